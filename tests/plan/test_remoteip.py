"""The client behind proxies in front of us."""

from __future__ import annotations

import pytest

from evenflow.plan.decide import Decider
from evenflow.plan.model import Decision
from evenflow.plan.remoteip import is_private, read_address
from evenflow.wire.http1 import RequestHead
from tests.plan.cases import facts_of, head_of, inside, plan_of


def asked(text: str, *fields: str, remote: str = "192.0.2.1") -> tuple[Decision, RequestHead]:
    plan = plan_of(inside(f"RemoteIPHeader X-For\nRemoteIPProxiesHeader X-By\n{text}\nProxyPass / http://b1/\n"))
    head = head_of("GET", "/", fields)
    return Decider(plan).decide(facts_of(plan, remote), head), head


@pytest.mark.parametrize(
    "text, address",
    [
        (b"1.2.3.4", "1.2.3.4"),
        (b"1.2.3", "1.2.0.3"),
        (b"1", "0.0.0.1"),
        (b"0x7f.1", "127.0.0.1"),
        (b"010.0.0.1", "8.0.0.1"),
        (b"4294967295", "255.255.255.255"),
        (b"::ffff:1.2.3.4", "1.2.3.4"),
        (b"2001:DB8::1", "2001:db8::1"),
    ],
)
def test_addresses(text: bytes, address: str) -> None:
    assert str(read_address(text)) == address


@pytest.mark.parametrize(
    "text",
    [b"", b"a", b"1.2.3.4.5", b"1..2", b"256.1.1.1", b"1.2.3.256", b"4294967296", b"09.1.1.1", b"1.2.3.4:5", b"[::1]",
     b"fe80::1%lo", b"0x", b"-1", b"+1", b"1 2", b"1_0", b"\xff", b"1.2.3.4\0", b"::1::"],
)  # fmt: skip
def test_what_is_no_address(text: bytes) -> None:
    assert read_address(text) is None


@pytest.mark.parametrize(
    "text, private",
    [("10.1.1.1", True), ("172.15.0.1", False), ("172.31.0.1", True), ("8.8.8.8", False), ("2001:db8::1", False),
     ("fe80::1", True), ("::1", True), ("169.254.9.9", True)],
)  # fmt: skip
def test_private_addresses(text: str, private: bool) -> None:
    address = read_address(text.encode())
    assert address is not None and is_private(address) is private


def test_entries_are_used_up() -> None:
    made, head = asked("RemoteIPTrustedProxy 192.0.2.1 8.8.8.8", "X-For: 7.7.7.7, 9.9.9.9,8.8.8.8", "A: b")
    assert made.address == b"9.9.9.9"
    assert head.get(b"x-for") == b"7.7.7.7"
    assert head.get(b"x-by") == b"192.0.2.1, 8.8.8.8"
    made, head = asked("", "X-For: 7.7.7.7", "A: b")
    assert (made.address, head.get(b"x-for"), head.get(b"a")) == (b"7.7.7.7", None, b"b")


def test_whoever_is_not_listed_is_not_believed() -> None:
    made, head = asked("RemoteIPInternalProxy 10.0.0.1", "X-For: 7.7.7.7")
    assert (made.address, head.get(b"x-for")) == (b"", b"7.7.7.7")


def test_one_clients_address_is_not_anothers() -> None:
    plan = plan_of(inside("RemoteIPHeader X-For\nProxyPass / http://b1/\n"))
    decider = Decider(plan)
    found = [
        decider.decide(facts_of(plan), head_of("GET", "/", fields)).address
        for fields in (("X-For: 7.7.7.7",), (), ("X-For: 6.6.6.6",))
    ]
    assert found == [b"7.7.7.7", b"", b"6.6.6.6"]
