"""Access logs: when lines are written, where to, and what keeps them from being written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.compiler.expr import compile_condition
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.decide import decide
from evenflow.plan.model import LogTarget, Plan, VirtualHost
from evenflow.serve import log_output
from evenflow.serve.access_log import AccessLog, AccessLogs, check_logs, warn_of_logs
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.log_format import FormatFault
from evenflow.serve.log_record import LogRecord
from evenflow.serve.log_sink import ENOUGH
from tests.plan.cases import facts_of, head_of, inside
from tests.plan.cases import plan_of as plan_from

ORIGIN = Origin("wiki.conf", 7, "CustomLog ...")


@pytest.fixture(autouse=True)
def closed_files() -> Iterator[None]:
    yield
    log_output.forget()


def target(path: Path | str, text: str = "%>s %O", env: tuple[bytes, bool] | None = None) -> LogTarget:
    return LogTarget(str(path), text, env, ORIGIN)


def record(status: int = 200, size: int = 100) -> LogRecord:
    made = LogRecord()
    made.status = status
    made.bytes_sent = size
    return made


def plan_of(*hosts: VirtualHost) -> Plan:
    plan = Plan()
    plan.hosts = hosts
    plan.main = VirtualHost(99, b"main", NOWHERE)
    return plan


def host_with(*logs: LogTarget) -> VirtualHost:
    host = VirtualHost(0, b"wiki", NOWHERE)
    host.logs = logs
    return host


def test_lines_wait_for_the_tick(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(target(path))
    log.write(record(200, 1))
    log.write(record(404, 2))
    assert path.read_bytes() == b""
    log.flush()
    assert path.read_bytes() == b"200 1\n404 2\n"
    log.flush()
    assert path.read_bytes() == b"200 1\n404 2\n"


def test_enough_lines_are_written_without_a_tick(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(target(path, "x" * 99))
    for _ in range(ENOUGH // 100):
        log.write(record())
    assert path.stat().st_size == 0
    log.write(record())
    assert path.stat().st_size == (ENOUGH // 100 + 1) * 100


def test_env_conditions(tmp_path: Path) -> None:
    wanted, unwanted = tmp_path / "wanted.log", tmp_path / "unwanted.log"
    logs = [AccessLog(target(wanted, "%s", (b"keep", True))), AccessLog(target(unwanted, "%s", (b"keep", False)))]
    with_it, without = record(201), record(202)
    with_it.env = {b"keep": b""}
    for log in logs:
        log.write(with_it)
        log.write(without)
        log.flush()
    assert wanted.read_text() == "201\n"
    assert unwanted.read_text() == "202\n"


def test_children_share_a_file_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(target(path, "%P " + "x" * 200))
    children = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            for _ in range(500):
                log.write(record())
            log.flush()
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    lines = path.read_text().splitlines()
    assert len(lines) == 1500
    assert {line.split()[0] for line in lines} == {str(pid) for pid in children}
    assert all(line.endswith(" " + "x" * 200) for line in lines)


def test_hosts_share_the_log_that_the_main_server_gives_them(tmp_path: Path) -> None:
    shared, own = target(tmp_path / "shared.log"), target(tmp_path / "own.log")
    one, two = host_with(shared), host_with(shared, own)
    logs = AccessLogs(plan_of(one, two))
    for host in (one, two):
        for log in logs.of(host):
            log.write(record())
    logs.flush()
    assert (tmp_path / "shared.log").read_text() == "200 100\n200 100\n"
    assert (tmp_path / "own.log").read_text() == "200 100\n"
    assert logs.of(VirtualHost(5, b"other", NOWHERE)) == ()


def test_a_command_that_does_not_read_stops_nobody(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    log_output.adopt("|slow", writing)
    errors = ErrorLog(str(tmp_path / "error.log"))
    log = AccessLog(target("|slow", "%s " + "x" * 995), errors)
    for number in range(200):
        log.write(record(200 + number))
    log.flush()
    received = b""
    while received.count(b"\n") < 200:
        received += os.read(reading, 65536)
        log.flush()
    lines = received.decode().splitlines()
    assert [line.split()[0] for line in lines] == [str(200 + number) for number in range(200)]
    os.close(reading)


def test_what_a_command_never_reads_is_left_out_and_counted(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    log_output.adopt("|stuck", writing)
    errors = tmp_path / "error.log"
    log = AccessLog(target("|stuck", "x" * 9999), ErrorLog(str(errors)))
    for _ in range(300):
        log.write(record())
    received = b""
    while not errors.exists():
        received += os.read(reading, 1 << 20)
        log.flush()
    os.set_blocking(reading, False)
    while True:
        try:
            received += os.read(reading, 1 << 20)
        except BlockingIOError:
            break
        log.flush()
    os.close(reading)
    lines = received.decode().splitlines()
    assert all(line == "x" * 9999 for line in lines)
    left_out = int(errors.read_text().partition("lines=")[2].split()[0])
    assert left_out > 100
    assert len(lines) + left_out == 300


def test_a_command_that_is_gone_is_said_in_the_error_log(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    log_output.adopt("|gone", writing)
    errors = tmp_path / "error.log"
    log = AccessLog(target("|gone"), ErrorLog(str(errors)))
    log.write(record())
    log.flush()
    assert "cannot write an access log: log=|gone" in errors.read_text()
    assert "origin=wiki.conf:7" in errors.read_text()


def test_a_bad_format_is_refused_with_who_wrote_it(tmp_path: Path) -> None:
    bad = target(tmp_path / "a.log", "%h %y")
    with pytest.raises(FormatFault):
        AccessLog(bad)
    assert check_logs(plan_of(host_with(bad, bad), host_with(bad))) == [
        (ORIGIN, "there is no `%y` in log formats: `%y` cannot be understood")
    ]


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "access.log"
    assert check_logs(plan_of(host_with(target(path)))) == [
        (ORIGIN, f"cannot open the access log `{path}`: No such file or directory")
    ]


def test_good_logs_are_opened_and_said_nothing_of(tmp_path: Path) -> None:
    plan = plan_of(host_with(target(tmp_path / "a.log")))
    assert check_logs(plan) == [] and warn_of_logs(plan) == []
    assert (tmp_path / "a.log").exists()


def test_what_is_always_a_dash_is_a_warning(tmp_path: Path) -> None:
    plan = plan_of(host_with(target(tmp_path / "a.log", "%h %{x}c")))
    assert warn_of_logs(plan) == [(ORIGIN, "`%{x}c` is always `-` in this version")]


def test_a_condition_looks_at_the_request_and_at_the_answer(tmp_path: Path) -> None:
    plan = plan_from(inside("ProxyPass / http://b1/"))
    one = target(tmp_path / "access.log", "%>s %{N}n")
    one.condition = compile_condition(
        "%{REQUEST_STATUS} >= 400 && %{REQUEST_URI} == '/p' && %{req:X} == 'x' && resp('Y') == 'y' && note('N') == 'n'"
    )
    log = AccessLog(one)
    made = record(404)
    made.facts = facts_of(plan)
    made.head = head_of("GET", "/p", ("X: x",))
    made.decision = decide(plan, made.facts, made.head)
    made.sent_head = b"HTTP/1.1 404 No\r\nY: y\r\n\r\n"
    made.env = {b"note:N": b"n"}
    log.write(made)
    made.status = 200
    log.write(made)
    log.flush()
    assert (tmp_path / "access.log").read_bytes() == b"404 n\n"


def test_a_condition_on_a_request_that_nobody_could_read(tmp_path: Path) -> None:
    plan = plan_from(inside("ProxyPass / http://b1/"))
    one = target(tmp_path / "access.log", "%>s")
    one.condition = compile_condition("%{REQUEST_STATUS} == '400' && %{REQUEST_URI} == ''")
    log = AccessLog(one)
    made = record(400)
    log.write(made)
    made.facts = facts_of(plan)
    made.host = plan.hosts[0]
    log.write(made)
    log.flush()
    assert (tmp_path / "access.log").read_bytes() == b"400\n"
