"""The lines for programs."""

from __future__ import annotations

from evenflow.control.status.report import for_programs, make_report
from tests.control.status.told import at_work


def lines(text: str | None = None) -> dict[str, str]:
    plan, board = at_work() if text is None else at_work(text)
    report = make_report("evenflow/9", plan.hosts[0], plan, board, 200.0)
    found = for_programs(report).splitlines()
    assert found[0] == "www.example"
    return dict(line.split(": ", 1) for line in found[1:])


def test_sums_over_the_children() -> None:
    said = lines()
    assert said["Total Accesses"] == "15" and said["Total kBytes"] == "4"
    assert (said["Uptime"], said["ReqPerSec"], said["BytesPerReq"]) == ("100", "0.15", "273.067")
    assert (said["BusyWorkers"], said["IdleWorkers"], said["Tunnels"]) == ("2", "5", "1")
    assert (said["ConnsTotal"], said["Processes"], said["Scoreboard"]) == ("8", "2", "WG.")
    assert said["ServerVersion"] == "evenflow/9"


def test_members_where_proxy_status_is_on() -> None:
    said = lines()
    assert said["ProxyBalancer[0]Name"] == "balancer://c"
    assert said["ProxyBalancer[0]Worker[0]Name"] == "http://b1:8080"
    assert said["ProxyBalancer[0]Worker[1]Status"] == "Init Dis "
    assert said["ProxyBalancer[0]Worker[0]Elected"] == "0"


def test_no_members_where_it_is_off() -> None:
    said = lines("ProxyStatus Off\nProxyPass / http://b1/")
    assert not [name for name in said if name.startswith("ProxyBalancer")]
