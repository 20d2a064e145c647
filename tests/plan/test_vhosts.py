"""Names and patterns; whole tables are in the Markdown cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.origin import NOWHERE
from evenflow.plan.model import VirtualHost
from evenflow.plan.vhosts import HostTable, matches, table_for
from tests.plan.cases import plan_of

TEXT = """\
Listen 8000
<VirtualHost *:8000>
    ServerName plain.example
</VirtualHost>
<VirtualHost *:8000>
    ServerName a.example
    SSLEngine on
    SSLCertificateFile a.crt
</VirtualHost>
<VirtualHost *:8000>
    ServerName b.example
    ServerAlias *.b.example
    SSLEngine on
    SSLCertificateFile b.crt
</VirtualHost>
"""


@pytest.fixture
def table() -> HostTable:
    return table_for(plan_of(TEXT), b"192.0.2.1", 8000)


@pytest.mark.parametrize(
    "pattern, name, fits",
    [
        (b"*.example", b"a.example", True),
        (b"*.example", b"a.b.example", True),
        (b"*.example", b".example", True),
        (b"*.example", b"example", False),
        (b"?.example", b"a.example", True),
        (b"?.example", b"ab.example", False),
        (b"*", b"", True),
        (b"a*c*e", b"abcde", True),
        (b"a*c*e", b"abcd", False),
        (b"**", b"x", True),
        (b"", b"", True),
        (b"", b"x", False),
    ],
)
def test_wildcards(pattern: bytes, name: bytes, fits: bool) -> None:
    assert matches(pattern, name) is fits


def test_a_wildcard_is_not_slow() -> None:
    assert not matches(b"*a" * 30 + b"b", b"a" * 250)


def test_names(table: HostTable) -> None:
    assert [host.server_name for host in table.hosts] == [b"plain.example", b"a.example", b"b.example"]
    assert table.first.server_name == b"plain.example"
    assert table.select(b"B.example:1").server_name == b"b.example"
    assert table.select(b"x.b.example").server_name == b"b.example"
    assert table.select(b"").server_name == b"plain.example"
    assert table.find(b"nobody.example") is None


def test_a_handshake_shows_a_host_with_tls(table: HostTable) -> None:
    assert table.select_sni(b"b.example").server_name == b"b.example"
    assert table.select_sni(b"").server_name == b"a.example"
    assert table.select_sni(b"plain.example").server_name == b"a.example"
    assert table.select_sni(b"nobody.example").server_name == b"a.example"


def test_an_address_that_no_virtual_host_has_is_the_main_servers() -> None:
    plan = plan_of(TEXT)
    assert table_for(plan, b"192.0.2.1", 9000).first is plan.main


NAMES = st.text(alphabet="ab.", min_size=1, max_size=4).filter(lambda text: text[-1] != ".").map(str.encode)
WILDCARDS = (
    st.text(alphabet="ab.*?", min_size=1, max_size=4).map(str.encode).filter(lambda text: b"*" in text or b"?" in text)
)


@given(st.lists(st.tuples(NAMES, st.lists(WILDCARDS, max_size=2)), min_size=2, max_size=6), NAMES)
def test_the_first_in_the_file_that_has_the_name_is_found(said: list[tuple[bytes, list[bytes]]], name: bytes) -> None:
    hosts = []
    for index, (server_name, wildcards) in enumerate(said):
        host = VirtualHost(index, server_name, NOWHERE)
        host.wildcards = tuple(wildcards)
        hosts.append(host)
    fitting = [
        host for host in hosts if host.server_name == name or any(matches(pattern, name) for pattern in host.wildcards)
    ]
    assert HostTable(tuple(hosts)).select(name) is (fitting or hosts)[0]
