"""Addresses and networks."""

from __future__ import annotations

import ipaddress

import pytest

from evenflow.plan.access import LOOPBACK, Network, contains


def network(text: str) -> Network:
    made = ipaddress.ip_network(text)
    return Network(made.max_prefixlen, int(made.network_address), int(made.netmask))


@pytest.mark.parametrize(
    "address, inside",
    [
        (b"10.0.0.0", True),
        (b"10.255.255.255", True),
        (b"11.0.0.0", False),
        (b"::ffff:10.1.2.3", True),
        (b"::a00:1", False),
        (b"2001:db8::1", False),
        (b"nonsense", False),
        (b"", False),
        (b"\xff", False),
    ],
)
def test_an_address_is_in_a_network_or_not(address: bytes, inside: bool) -> None:
    assert contains((network("192.0.2.0/24"), network("10.0.0.0/8")), address) is inside


@pytest.mark.parametrize(
    "address, inside", [(b"127.0.0.1", True), (b"127.9.9.9", True), (b"::1", True), (b"::2", False)]
)
def test_loopback(address: bytes, inside: bool) -> None:
    assert contains(LOOPBACK, address) is inside


def test_bits_behind_the_mask_do_not_matter() -> None:
    assert contains((Network(32, 0x0A010203, 0xFF000000),), b"10.9.9.9")
