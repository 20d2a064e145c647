"""Networks as they are written."""

from __future__ import annotations

import pytest

from evenflow.compiler.findings import Refused
from evenflow.compiler.networks import compile_network
from evenflow.plan import access


@pytest.mark.parametrize(
    "text, first, last, outside",
    [
        ("10", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("10.", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("172.16", "172.16.0.0", "172.16.255.255", "172.17.0.0"),
        ("10.1.2", "10.1.2.0", "10.1.2.255", "10.1.3.0"),
        ("10.1.2.3", "10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("10.1.2.3/8", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("10.1.0.0/255.255.0.0", "10.1.0.0", "10.1.255.255", "10.2.0.0"),
        ("2001:db8::/32", "2001:db8::", "2001:db8:ffff::1", "2001:db9::"),
        ("::1", "::1", "::1", "::2"),
    ],
)
def test_networks(text: str, first: str, last: str, outside: str) -> None:
    network = (compile_network(text),)
    found = [access.contains(network, address.encode()) for address in (first, last, outside)]
    assert found == [True, True, False]


@pytest.mark.parametrize(
    "text", ["10.256", "10.1/16", "a.example", "10.0.0.0/0", "10.0.0.0/33", "::1/129", "::1%e", ""]
)
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(Refused):
        compile_network(text)
