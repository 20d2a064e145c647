"""Lines are gathered, stay in order, and go out together. More of it stands in test_access_log.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.model import LogTarget, Plan, VirtualHost
from evenflow.serve import log_output
from evenflow.serve.access_log import AccessLogs
from evenflow.serve.log_record import LogRecord
from evenflow.serve.log_sink import LogSink


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    log_output.forget()


def test_lines_wait_for_a_flush(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    sink = LogSink(LogTarget(str(path), "%s", None, NOWHERE))
    sink.put(b"one\n")
    sink.put(b"two\n")
    assert path.read_bytes() == b""
    sink.flush()
    assert path.read_bytes() == b"one\ntwo\n"


def test_logs_of_one_file_keep_the_order_of_requests(tmp_path: Path) -> None:
    path = str(tmp_path / "a.log")
    hosts = []
    for name in (b"one", b"two"):
        host = VirtualHost(0, name, NOWHERE)
        host.logs = (LogTarget(path, "%v", None, NOWHERE),)
        hosts.append(host)
    plan = Plan()
    plan.hosts = tuple(hosts)
    logs = AccessLogs(plan)
    for number in (0, 1, 0):
        record = LogRecord()
        record.host = hosts[number]
        for log in logs.of(hosts[number]):
            log.write(record)
    logs.flush()
    assert Path(path).read_text() == "one\ntwo\none\n"
