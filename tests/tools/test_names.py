"""`evenflow check --names`: names of members and services that lead nowhere are told, with their lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from evenflow.tools.check import examine
from evenflow.tools.cli import main
from evenflow.tools.names import check_names
from tests.name_server import NameServer
from tests.plan.cases import plan_of

CONFIG = """\
Listen 8080
EvenflowResolver {dns}
<Proxy balancer://c>
    BalancerMember http://10.0.0.1:8090
    BalancerMember http://there.example:8090
    BalancerMember http://gone.example:8090
    BalancerMember http://gone.example:8091
    BalancerMember http://here:8090
    EvenflowMembersFrom srv://_http._tcp.wiki.example
    EvenflowMembersFrom srv://_http._tcp.gone.example
</Proxy>
ProxyPass / balancer://c/
"""


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with NameServer() as server:
        server.has("there.example", "A", "127.0.0.1")
        server.has("_http._tcp.wiki.example", "SRV", "0 0 8090 there.example.")
        yield server


def test_what_does_not_resolve_is_told_once_at_its_first_line(dns: NameServer, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("10.0.0.9 here\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    plan = plan_of(CONFIG.format(dns=dns.address))
    found = check_names(plan, str(tmp_path / "hosts"), str(tmp_path / "nsswitch.conf"))
    assert [(one.code, one.span.line if one.span else 0, one.headline) for one in found] == [
        ("name-unresolved", 6, "the name `gone.example` does not resolve now: there is no such name"),
        ("name-unresolved", 10, "the service `_http._tcp.gone.example` names no members now: there is no such name"),
    ]


def test_the_command_asks_only_where_it_is_told_to(dns: NameServer, tmp_path: Path) -> None:
    file = tmp_path / "wiki.conf"
    file.write_text(CONFIG.format(dns=dns.address))
    assert "name-unresolved" not in [one.code for one in examine(str(file), {}, advice=True).diagnostics]
    assert not dns.asked
    done = CliRunner().invoke(main, ["check", "--names", "--format", "json", str(file)])
    assert done.exit_code == 0
    said = json.loads(done.output)
    told = [one["headline"] for one in said["diagnostics"] if one["code"] == "name-unresolved"]
    assert len(told) == 3, "`here` is in no hosts file of this machine"
    assert dns.asked["there.example"]
