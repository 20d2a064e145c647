"""Probes: their bytes, what is well, and after how many a member has failed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evenflow.plan.model import Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.prober import Patient, Prober, pause, question
from evenflow.slotmem.scoreboard import Scoreboard
from tests.peers import free_port
from tests.plan.cases import plan_of

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def planned(member: str, *before: str) -> Plan:
    lines = ["Listen 8000", *before, "<Proxy balancer://c>", f"BalancerMember {member}", "</Proxy>"]
    return plan_of("\n".join([*lines, "ProxyPass / balancer://c/"]))


class Case:
    """A member that answers with these bytes, and what one probe makes of it."""

    def __init__(self, tmp_path: Path, answer: bytes | None, words: str, *before: str, path: str = "") -> None:
        self.answer = answer
        self.heard = b""
        self.words = words
        self.before = before
        self.path = path
        self.log = tmp_path / "error.log"

    def probe(self) -> str:
        """The member's state after one probe: "" for well, else what the log says."""
        return asyncio.run(self._probe())

    async def _probe(self) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self.answer is None:
                await asyncio.sleep(30)
            self.heard = await reader.read(4096)
            writer.write(self.answer or b"")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        plan = planned(f"http://127.0.0.1:{port}{self.path} {self.words}", *self.before)
        board = Scoreboard(plan.members, plan.balancers, 1)
        prober = Prober(plan, board, ErrorLog(str(self.log), "info"))
        await prober.look_at(prober.patients[0])
        server.close()
        usable = board.member(0, 0).usable()
        said = self.log.read_text() if self.log.exists() else ""
        assert usable == (not said)
        return said


@pytest.mark.parametrize(
    ("words", "path", "request_line"),
    [
        ("hcmethod=GET hcuri=/h", "", b"GET /h HTTP/1.0"),
        ("hcmethod=GET11 hcuri=/eleven", "", b"GET /eleven HTTP/1.1"),
        ("hcmethod=HEAD hcuri=/q", "/head", b"HEAD /head//q HTTP/1.0"),
        ("hcmethod=OPTIONS hcuri=/ignored", "/app", b"OPTIONS * HTTP/1.0"),
    ],
)
def test_the_question_is_httpds(tmp_path: Path, words: str, path: str, request_line: bytes) -> None:
    case = Case(tmp_path, OK, words, path=path)
    assert case.probe() == ""
    port = case.heard.rpartition(b":")[2].strip()
    assert case.heard == request_line + b"\r\nHost: 127.0.0.1:" + port + b"\r\n\r\n"


def test_a_probe_without_uri_asks_for_nothing_as_httpds_does() -> None:
    (member,) = planned("http://127.0.0.1:1 hcmethod=GET").members
    assert question(member) == b"GET  HTTP/1.0\r\nHost: 127.0.0.1:1\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (OK, ""),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", ""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, ""),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", 'cause="status 404"'),
        (b"HTTP/1.1 503 Busy\r\n\r\n", 'cause="status 503"'),
        (b"", 'cause="closed without an answer"'),
        (b"HTTP/1.1 200 O", 'cause="the answer breaks off"'),
        (b"nonsense\r\n\r\n", 'cause="the answer is none'),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + b"\r\n\r\n", 'cause="the answer\'s head is too long"'),
    ],
)
def test_what_counts_as_well(tmp_path: Path, answer: bytes, says: str) -> None:
    said = Case(tmp_path, answer, "hcmethod=GET hcuri=/").probe()
    assert says in said and bool(says) == bool(said), said


def test_a_member_that_says_nothing_is_waited_for_as_a_request_would(tmp_path: Path) -> None:
    began = time.monotonic()
    said = Case(tmp_path, None, "hcmethod=GET hcuri=/ timeout=1").probe()
    assert 'cause="no answer within 1 s"' in said
    assert time.monotonic() - began < 10


def test_to_connect_is_enough_for_tcp(tmp_path: Path) -> None:
    assert Case(tmp_path, b"", "hcmethod=TCP").probe() == ""


def test_nobody_there(tmp_path: Path) -> None:
    plan = planned(f"http://127.0.0.1:{free_port()} hcmethod=TCP")
    board = Scoreboard(plan.members, plan.balancers, 1)
    log = tmp_path / "error.log"
    prober = Prober(plan, board, ErrorLog(str(log), "info"))
    before = board.balancer(0).cells[0]
    asyncio.run(prober.look_at(prober.patients[0]))
    assert not board.member(0, 0).usable()
    assert board.balancer(0).cells[0] > before, "children see it at their next choice"
    assert "member failed its health check: cause=" in log.read_text() and "balancer=c" in log.read_text()


def test_an_expression_decides_alone(tmp_path: Path) -> None:
    running = "ProxyHCExpr running {hc('body') =~ /RUNNING/}"
    words = "hcmethod=GET hcuri=/status hcexpr=running"
    body = b'{"state":"%b"}'

    def answer(status: bytes, state: bytes) -> bytes:
        said = body % state
        return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(said), said)

    assert Case(tmp_path, answer(b"200 OK", b"RUNNING"), words, running).probe() == ""
    assert Case(tmp_path, answer(b"500 Well", b"RUNNING"), words, running).probe() == ""
    said = Case(tmp_path, answer(b"200 OK", b"STARTING"), words, running).probe()
    assert 'cause="the answer (200) does not fulfil the expression"' in said


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("%{REQUEST_STATUS} =~ /^[23]/", True), ("%{resp:X-State} == 'up'", True), ("%{resp:X-State} == 'down'", False),
        ("hc('body') =~ /e!$/", True), ("hc('head') == ''", True),
    ],
)  # fmt: skip
def test_what_an_expression_may_look_at(tmp_path: Path, expression: str, holds: bool) -> None:
    answer = b"HTTP/1.1 200 OK\r\nX-State: up\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ne!\n\r\n0\r\n\r\n"
    if "body" in expression:
        answer = b"HTTP/1.0 200 OK\r\nX-State: up\r\n\r\nhere!"
        expression = expression.replace("e!$", "here!")
    words = "hcmethod=GET hcuri=/ hcexpr=x"
    assert (Case(tmp_path, answer, words, f"ProxyHCExpr x {{{expression}}}").probe() == "") is holds


def test_failures_add_up_and_passes_take_errors_away_too() -> None:
    plan = planned("http://127.0.0.1:1 hcmethod=TCP hcfails=2 hcpasses=3")
    slot = Scoreboard(plan.members, plan.balancers, 1).member(0, 0)
    patient = Patient(slot)
    # They need not follow each other (httpd).
    assert [patient.learns(well) for well in (False, True, True, False)] == [False, False, False, True]
    assert not slot.usable()
    slot.error_since = 5.0
    assert [patient.learns(well) for well in (True, False, True, True)] == [False, False, False, True]
    assert slot.usable()
    assert [patient.learns(False) for _ in range(2)] == [False, True]


def test_what_a_generation_before_found_out_is_known() -> None:
    plan = planned("http://127.0.0.1:1 hcmethod=TCP")
    slot = Scoreboard(plan.members, plan.balancers, 1).member(0, 0)
    Patient(slot).learns(False)
    assert Patient(slot).learns(True) and slot.usable()


def test_probes_wander_so_that_those_of_many_balancers_do_not_meet() -> None:
    pauses = [pause(10.0, 0.0) for _ in range(200)]
    assert 9.0 <= min(pauses) < 9.5 and 10.5 < max(pauses) <= 11.0
    # From the beginning of one to the beginning of the next; one that took longer is followed at once.
    assert 5.0 <= pause(10.0, 4.0) <= 7.0
    assert pause(10.0, 12.0) == 0.0


def test_members_that_start_together_are_not_asked_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What each member's task waits before its first probe, and before its second."""
    count = 20
    members = "\n".join(f"BalancerMember http://127.0.0.1:{1 + at} hcmethod=TCP hcinterval=20" for at in range(count))
    plan = plan_of(f"Listen 8000\n<Proxy balancer://c>\n{members}\n</Proxy>\nProxyPass / balancer://c/")
    prober = Prober(plan, Scoreboard(plan.members, plan.balancers, 1), ErrorLog(str(tmp_path / "log"), "crit"))
    first: dict[object, float] = {}
    second: list[float] = []

    async def sleep(seconds: float) -> None:
        if first.setdefault(asyncio.current_task(), seconds) is not seconds:
            second.append(seconds)
            if len(second) == count:
                raise KeyError("all have come to their second")
            await asyncio.Event().wait()

    async def look_at(patient: Patient) -> None:
        pass

    monkeypatch.setattr("evenflow.serve.prober.asyncio.sleep", sleep)
    monkeypatch.setattr(prober, "look_at", look_at)
    with pytest.raises(KeyError):
        asyncio.run(prober.run())
    assert len(set(first.values())) == count and all(0.0 <= seconds <= 1.0 for seconds in first.values())
    assert len(set(second)) == count and all(17.0 <= seconds <= 22.0 for seconds in second)


def test_a_unix_socket_is_asked_too(tmp_path: Path) -> None:
    path = str(tmp_path / "member.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen()
        plan = planned(f"unix:{path}|http://localhost/ hcmethod=TCP")
        board = Scoreboard(plan.members, plan.balancers, 1)
        prober = Prober(plan, board, ErrorLog(str(tmp_path / "log"), "info"))
        asyncio.run(prober.look_at(prober.patients[0]))
        assert board.member(0, 0).usable()
