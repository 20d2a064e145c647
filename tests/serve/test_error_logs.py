"""Each virtual host's lines go to its own log."""

from __future__ import annotations

from pathlib import Path

from evenflow.origin import NOWHERE
from evenflow.plan.error_lines import ErrorLines
from evenflow.plan.model import Plan, VirtualHost
from evenflow.serve.error_format import formats_of
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.error_logs import ErrorLogs


def test_each_virtual_host_has_the_log_and_the_level_that_it_asked_for(tmp_path: Path) -> None:
    main = ErrorLog(str(tmp_path / "main.log"), "warn")
    plan = Plan()
    plan.main = VirtualHost(2, b"main", NOWHERE)
    own, quiet = VirtualHost(0, b"own", NOWHERE), VirtualHost(1, b"quiet", NOWHERE)
    own.error_log = str(tmp_path / "own.log")
    quiet.log_level = "crit"
    plan.hosts = (own, quiet)
    logs = ErrorLogs(plan, main)
    for host in (own, quiet, plan.main, None):
        logs.of(host).error("something failed", str(host), host=host)
    logs.close()
    assert "VirtualHost(own" in (tmp_path / "own.log").read_text()
    said = (tmp_path / "main.log").read_text()
    assert said.count("something failed") == 2 and "VirtualHost(main" in said and "host=None" in said
    assert logs.of(plan.main) is main and logs.of(None) is main


def test_hosts_of_one_file_have_their_own_forms(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    plan = Plan()
    plan.main = VirtualHost(2, b"main", NOWHERE)
    plan.main.error_lines = ErrorLines("%v %M", (), (), NOWHERE)
    one, other = VirtualHost(0, b"one", NOWHERE), VirtualHost(1, b"other", NOWHERE)
    one.error_lines = plan.main.error_lines
    other.error_lines = ErrorLines("%l: %M", (), (), NOWHERE)
    plan.hosts = (one, other)
    logs = ErrorLogs(plan, ErrorLog(str(path), formats=formats_of(plan.main), server="main"))
    for host in (one, other, plan.main):
        logs.of(host).error("failed", cause="refused")
    assert path.read_text() == "one failed: cause=refused\nerror: failed: cause=refused\nmain failed: cause=refused\n"
