"""Asks members whether they are well, as mod_proxy_hcheck does: the question's bytes, what counts as an answer, and who
has failed after how many.

It runs in a process of its own, on connections of its own: members that hang cost no client anything. The result is one
bit of the member's status, which every choice looks at.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time
from typing import Final

from evenflow.plan.decision import Inquiry
from evenflow.plan.expr import holds
from evenflow.plan.fronts import member_tls_of
from evenflow.plan.model import ConnectionFacts, Member, Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.member_tls import Way, context_of, is_address, objection
from evenflow.slotmem.layout import CHECK_FAILED, NOT_FOUND
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import CHUNKED, UNTIL_CLOSE, response_body
from evenflow.wire.http1 import RequestHead, ResponseHead

AT_ONCE: Final = 16
"""Probes under way at the same time (ProxyHCTPsize)."""
MOST_HEAD: Final = 65536
MOST_BODY: Final = 65536
"""Bytes of an answer's body that `hc()` may look at; the rest is not read."""
JITTER: Final = 0.1
"""Share of the interval by which probes wander, so that those of many balancers do not meet."""
FIRST: Final = 1.0
"""Seconds within which everybody is asked for the first time."""
HEALTHY: Final = range(200, 400)


class Unwell(Exception):
    """A probe that did not go well; the text says why."""


class Answered:
    """A probe's answer, as expressions see it (`plan.decision.Response`)."""

    def __init__(self, head: ResponseHead, body: bytes) -> None:
        self.head = head
        self.body = body

    @property
    def status(self) -> int:
        return self.head.status

    def get(self, name: bytes) -> bytes | None:
        return self.head.get(name.lower())

    def content_type(self) -> bytes:
        return self.head.get(b"content-type") or b""


class Prober:
    """Probes the members of one generation until it is cancelled."""

    def __init__(self, plan: Plan, scoreboard: Scoreboard, log: ErrorLog) -> None:
        self.plan = plan
        self.log = log
        self.scoreboard = scoreboard
        self.patients = [
            Patient(scoreboard.member(member.slot, 0)) for member in plan.members if member.probe is not None
        ]
        self.turns = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Ask everybody, each in its own time."""
        await asyncio.gather(*[self._attend(patient) for patient in self.patients])

    async def _attend(self, patient: Patient) -> None:
        probe = patient.member.probe
        await asyncio.sleep(random.uniform(0.0, min(FIRST, probe.interval)))
        while True:
            began = time.monotonic()
            await self.look_at(patient)
            await asyncio.sleep(pause(probe.interval, time.monotonic() - began))

    async def look_at(self, patient: Patient) -> None:
        """One probe, and what follows from it. A row that is kept for somebody is nobody yet."""
        if not patient.member.name:
            return
        cause = ""
        async with self.turns:
            try:
                await asyncio.wait_for(self.ask(patient.member), self.patience(patient.member))
            except Unwell as unwell:
                cause = str(unwell)
            except TimeoutError:
                cause = f"no answer within {self.patience(patient.member):g} s"
            except (OSError, asyncio.IncompleteReadError) as fault:
                cause = (getattr(fault, "strerror", None) or str(fault) or "the connection broke").lower()
        patient.asked, patient.cause = time.monotonic(), cause
        if patient.learns(not cause):
            self.tell(patient, cause)

    def patience(self, member: Member) -> float:
        """Seconds for a whole probe: as long as a request would wait for the member."""
        host = self.plan.main or self.plan.hosts[0]
        return member.connect_timeout or member.timeout or host.proxy_timeout or host.timeout

    def tell(self, patient: Patient, cause: str) -> None:
        """A member has failed, or is well again."""
        member = patient.member
        balancer = member.balancer
        if balancer is not None:
            self.scoreboard.balancer(balancer.index).changed()
        name = member.name.decode("latin-1")
        fields = {
            "balancer": balancer.name.decode("latin-1") if balancer is not None else "-",
            "member": name,
            "origin": member.probe.origin,
        }
        if cause:
            self.log.error("member failed its health check", f"check {name}", cause=cause, **fields)
        else:
            self.log.notice("member passed its health check again", f"check {name}", **fields)

    async def ask(self, member: Member) -> None:
        """Put the question. Raises Unwell where the answer is none, or not what the probe asks for; OSError where
        nobody is there.
        """
        probe = member.probe
        reader, writer = await self.connect(member)
        try:
            if probe.method == b"TCP":
                return
            writer.write(question(member))
            await writer.drain()
            answered = await read_answer(reader, probe.method == b"HEAD", probe.condition is not None)
        finally:
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()
        if probe.condition is not None:
            if not self.fulfils(member, answered):
                raise Unwell(f"the answer ({answered.status}) does not fulfil the expression")
        elif answered.status not in HEALTHY:
            raise Unwell(f"status {answered.status}")

    async def connect(self, member: Member) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection, with TLS where the member speaks it."""
        if member.socket:
            return await asyncio.open_unix_connection(member.socket)
        places = self.places(member)
        for place in places[:-1]:
            try:
                return await self.connect_at(member, place)
            except OSError:
                continue
        return await self.connect_at(member, places[-1])

    def places(self, member: Member) -> tuple[str, ...]:
        """Where it may be, first things first. Raises Unwell where its name leads nowhere."""
        known = self.scoreboard.address(member.slot).read(member.dial_host)
        if known.state == NOT_FOUND:
            raise Unwell(f"its name does not resolve: {known.cause}")
        return known.addresses or (member.dial_host.strip("[]"),)

    async def connect_at(self, member: Member, place: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same at one address."""
        if not member.encrypted:
            return await asyncio.open_connection(place, member.dial_port)
        host = self.plan.main or self.plan.hosts[0]
        way = Way(member_tls_of(host.base.member_tls), member.host)
        name = None if is_address(member.host) else member.host
        reader, writer = await asyncio.open_connection(
            place, member.dial_port, ssl=context_of(way.said), server_hostname=name or ""
        )
        cause = objection(writer.get_extra_info("ssl_object"), way)
        if cause:
            writer.close()
            raise Unwell(cause)
        return reader, writer

    def fulfils(self, member: Member, answered: Answered) -> bool:
        """Whether the probe's expression holds for an answer."""
        host = self.plan.main or self.plan.hosts[0]
        head = RequestHead()
        head.parse(b"GET / HTTP/1.0\r\n\r\n", 0, 0, 0)
        inquiry = Inquiry(self.plan, ConnectionFacts(b"", 0, b"", 0, False, b"", None), head, host, None)
        inquiry.response = answered
        return holds(member.probe.condition, inquiry)


def pause(interval: float, took: float) -> float:
    """Seconds until the next probe, where the last one took so many."""
    return max(0.0, interval * random.uniform(1.0 - JITTER, 1.0 + JITTER) - took)


class Patient:
    """One member's results. As in httpd, failures of a well member add up, and so do the passes of a failed one."""

    def __init__(self, slot: MemberSlot) -> None:
        self.slot = slot
        self.member: Member = slot.member
        self.passed = 0
        self.failed = 0
        self.asked = 0.0
        """When it was asked last, CLOCK_MONOTONIC; 0.0 while it was not."""
        self.cause = ""
        """What was wrong then."""

    def learns(self, well: bool) -> bool:
        """Count a probe; True where the member's state has changed by it.

        Passing takes the ordinary error state away as well, before its retry time is over, as in httpd.
        """
        probe = self.member.probe
        sick = bool(self.slot.status & CHECK_FAILED)
        if sick:
            self.passed += well
            if self.passed < probe.passes:
                return False
            self.passed = 0
            self.slot.set_status(CHECK_FAILED, False)
            self.slot.error_since = 0.0
            self.slot.recovered = time.monotonic()
            return True
        self.failed += not well
        if self.failed < probe.fails:
            return False
        self.failed = 0
        self.slot.set_status(CHECK_FAILED, True)
        return True


def question(member: Member) -> bytes:
    """httpd's bytes: the request line, Host, and nothing else."""
    probe = member.probe
    if probe.method == b"OPTIONS":
        target = b"*"
    else:
        target = (member.path + b"/" if member.path else b"") + probe.uri
    version = b"HTTP/1.1" if probe.version == 11 else b"HTTP/1.0"
    host = f"{member.host}:{member.port}".encode()
    return b"%b %b %b\r\nHost: %b\r\n\r\n" % (probe.method, target, version, host)


async def read_answer(reader: asyncio.StreamReader, to_head: bool, whole: bool) -> Answered:
    """The final answer; with `whole`, as much of its body as anybody may look at. Raises Unwell for what is none."""
    while True:
        try:
            data = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise Unwell("the answer's head is too long") from None
        except asyncio.IncompleteReadError as fault:
            raise Unwell("closed without an answer" if not fault.partial else "the answer breaks off") from None
        head = ResponseHead()
        try:
            head.parse(data, 0)
            left = response_body(head, to_head)
        except ProtocolFault as fault:
            raise Unwell(f"the answer is none: {fault.message}") from None
        if head.status >= 200:
            break
    return Answered(head, await read_body(reader, left) if whole else b"")


async def read_body(reader: asyncio.StreamReader, left: int) -> bytes:
    """The beginning of the body, chunks and all: what an expression looks for stands in it either way."""
    body = bytearray()
    most = MOST_BODY if left in (CHUNKED, UNTIL_CLOSE) else min(left, MOST_BODY)
    while len(body) < most:
        piece = await reader.read(most - len(body))
        if not piece:
            break
        body += piece
        if left == CHUNKED and body.endswith(b"0\r\n\r\n"):
            break
    return bytes(body)


