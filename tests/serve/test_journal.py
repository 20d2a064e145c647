"""The journal's protocol, and that a journal that takes nothing keeps nobody waiting."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.origin import Origin
from evenflow.plan.model import LogTarget
from evenflow.serve import journal
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.journal import Journal, is_journal
from evenflow.serve.log_sink import LogSink

ORIGIN = Origin("wiki.conf", 9, "BalancerMember http://10.0.0.1")


class Daemon:
    """A socket in the place of journald's, and what was sent to it."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)

    def entry(self) -> dict[str, str]:
        """The next entry's fields."""
        data, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 20, 1)
        for descriptor in descriptors:
            assert not data
            assert journal.fcntl.fcntl(descriptor, journal.fcntl.F_GET_SEALS) == journal.SEALS
            with open(descriptor, "rb") as file:
                file.seek(0)
                data = file.read()
        return parse(data)

    def nothing(self) -> bool:
        try:
            self.entry()
        except BlockingIOError:
            return True
        return False


def parse(data: bytes) -> dict[str, str]:
    """As journald reads an entry."""
    fields: dict[str, str] = {}
    while data:
        line, _, rest = data.partition(b"\n")
        if b"=" in line:
            name, _, value = line.partition(b"=")
            data = rest
        else:
            name = line
            size = int.from_bytes(rest[:8], "little")
            value, data = rest[8 : 8 + size], rest[8 + size :]
            assert data[:1] == b"\n"
            data = data[1:]
        fields[name.decode()] = value.decode()
    return fields


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    one = Daemon(tmp_path / "socket")
    monkeypatch.setattr(journal, "SOCKET", one.path)
    yield one
    one.socket.close()


def test_which_targets_are_the_journal() -> None:
    assert [is_journal(one) for one in ("journald", "journald:wiki", "journald.log", "/journald", "")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_a_line_of_the_error_log_is_an_entry_with_its_fields(daemon: Daemon) -> None:
    log = ErrorLog("journald", "warn")
    log.error("member unavailable", member="http://10.0.0.1", cause="refused", user=b"a\xff", origin=ORIGIN)
    assert daemon.entry() == {
        "MESSAGE": "member unavailable: member=http://10.0.0.1 cause=refused user=a\u00ff origin=wiki.conf:9",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "evenflow",
        "SYSLOG_PID": str(os.getpid()),
        "EVENFLOW_MEMBER": "http://10.0.0.1",
        "EVENFLOW_CAUSE": "refused",
        "EVENFLOW_USER": "a\u00ff",
        "CODE_FILE": "wiki.conf",
        "CODE_LINE": "9",
        "EVENFLOW_ORIGIN": "wiki.conf:9",
    }
    log.notice("not wanted")
    assert daemon.nothing()


@pytest.mark.parametrize(("level", "priority"), [(0, "1"), (1, "1"), (4, "4"), (7, "7"), (15, "7")])
def test_nobody_shouts_on_every_terminal(daemon: Daemon, level: int, priority: str) -> None:
    ErrorLog("journald:wiki", "trace8").write(level, "words")
    entry = daemon.entry()
    assert (entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"]) == (priority, "wiki")


def test_an_access_log_sends_a_line_as_it_would_write_it(daemon: Daemon) -> None:
    sink = LogSink(LogTarget("journald:access", "%s", None, ORIGIN))
    sink.put(b'10.0.0.1 "GET / HTTP/1.1" 200\n')
    sink.put(b"two\n")
    assert daemon.nothing()
    sink.flush()
    first = daemon.entry()
    assert first["MESSAGE"] == '10.0.0.1 "GET / HTTP/1.1" 200'
    assert (first["PRIORITY"], first["SYSLOG_IDENTIFIER"], first["CODE_LINE"]) == ("6", "access", "9")
    assert daemon.entry()["MESSAGE"] == "two"


def test_what_is_longer_than_a_datagram_is_handed_over_as_memory(daemon: Daemon) -> None:
    words = "x" * 3_000_000
    Journal("journald").write(4, words, {})
    assert daemon.entry()["MESSAGE"] == words


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_nothing_that_is_said_makes_a_field_of_its_own(message: str, said: dict[str, str]) -> None:
    made = Journal("journald", "/")._entry(4, message, said)
    fields = parse(made)
    assert fields["MESSAGE"] == message.encode("utf-8", "backslashreplace").decode()
    assert all(name.startswith("EVENFLOW_") for name in set(fields) - {"MESSAGE", "PRIORITY"} if "SYSLOG" not in name)


def test_a_full_journal_keeps_nobody_waiting_and_is_told_how_much_it_missed(daemon: Daemon) -> None:
    log = Journal("journald")
    sent = 0
    while not log.lost:
        log.write(4, "words", {})
        sent += 1
        assert sent < 100000
    log.write(4, "words", {})
    assert log.lost == 2
    for _ in range(sent - 1):
        assert daemon.entry()["MESSAGE"] == "words"
    assert daemon.nothing()
    log.write(4, "again", {})
    assert daemon.entry()["MESSAGE"] == "2 log lines were left out: the journal did not take them"
    assert daemon.entry()["MESSAGE"] == "again"
    assert log.lost == 0


def test_a_journal_that_is_started_anew_is_found_again(daemon: Daemon, tmp_path: Path) -> None:
    log = Journal("journald")
    log.write(4, "before", {})
    daemon.socket.close()
    os.unlink(daemon.path)
    log.write(4, "meanwhile", {})
    again = Daemon(tmp_path / "socket")
    log.write(4, "after", {})
    assert again.entry()["MESSAGE"].startswith("1 log lines")
    assert again.entry()["MESSAGE"] == "after"


def test_where_there_is_no_journal_it_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SOCKET", str(tmp_path / "none"))
    for make in (lambda: ErrorLog("journald"), lambda: LogSink(LogTarget("journald", "%s", None, ORIGIN))):
        with pytest.raises(OSError, match="there is no journal at"):
            make()
