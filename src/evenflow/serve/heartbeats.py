"""Hears how many requests members could take, for `lbmethod=heartbeat`, and keeps it in their rows.

Either mod_heartbeat of the members sends it by UDP, a datagram a second, and what was heard is written to a file as
mod_heartmonitor does; or somebody else writes that file. It runs in the watchdog: children look at the rows alone.

A datagram may come from anybody. It counts for the members whose host is the address that it came from, and for nobody
else; a longer one than httpd reads is none, numbers have bounds, and of strangers no more are remembered than the
configuration says.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import tempfile
import time
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from evenflow.balancer.methods import METHODS
from evenflow.plan.heartbeats import Heartbeats
from evenflow.plan.model import Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard

SILENT: Final = 10
"""Seconds after which a member that says nothing counts as not ready (httpd)."""
FORGOTTEN: Final = 30.0
"""Seconds after which a sender that says nothing is forgotten (httpd)."""
LOOK: Final = 1.0
"""Seconds from one look at the file, or at who has become silent, to the next."""
WRITE: Final = 5.0
"""Seconds from one writing of the file to the next (httpd)."""
MOST_DATAGRAM: Final = 1000
"""Bytes (httpd)."""
MOST_FILE: Final = 1 << 20
"""Bytes of the file that are read."""
MOST_PAIRS: Final = 32
AT_ONCE: Final = 64
"""Datagrams taken before others have their turn."""
LARGEST: Final = 1_000_000
"""Requests that one member can be ready for."""


class Beat:
    """What somebody said, and when (time.monotonic())."""

    __slots__ = ("ready", "busy", "port", "heard")

    def __init__(self, ready: int, busy: int, port: int, heard: float) -> None:
        self.ready = ready
        self.busy = busy
        self.port = port
        self.heard = heard


class Listener:
    """Looks after the readiness of a plan's members until it is cancelled."""

    def __init__(self, plan: Plan, scoreboard: Scoreboard, log: ErrorLog) -> None:
        assert isinstance(plan.heartbeats, Heartbeats)
        self.said = plan.heartbeats
        self.plan = plan
        self.log = log
        self.scoreboard = scoreboard
        self.known: dict[str, Beat] = {}
        self.slots = slots_by_host(plan, scoreboard)
        self.hosts = {host for host, _ in self.slots}
        self.began = time.monotonic()
        self.trouble = ""

    async def run(self) -> None:
        """Hear, or read, for ever."""
        if self.said.host:
            await self.hear()
        else:
            while True:
                await asyncio.to_thread(self.read)
                await asyncio.sleep(LOOK)

    # --- by UDP ---

    async def hear(self) -> None:
        """Take what is sent, say who is silent, and write it down now and then."""
        loop = asyncio.get_running_loop()
        try:
            bound = open_socket(self.said.host, self.said.port)
        except OSError as fault:
            self.log.error(
                "cannot hear heartbeats: nobody is ready", address=f"{self.said.host}:{self.said.port}",
                cause=fault.strerror or fault, origin=self.said.origin,
            )  # fmt: skip
            # The supervisor would only start the same again.
            await loop.create_future()
            return
        loop.add_reader(bound.fileno(), self.take, bound)
        due = time.monotonic()
        try:
            while True:
                await asyncio.sleep(LOOK)
                now = time.monotonic()
                self.settle(now)
                if self.said.storage and now >= due:
                    due = now + WRITE
                    await asyncio.to_thread(self.write, now)
        finally:
            loop.remove_reader(bound.fileno())
            bound.close()

    def take(self, bound: socket.socket) -> None:
        """Some datagrams that have come."""
        for _ in range(AT_ONCE):
            try:
                data, (address, *_) = bound.recvfrom(MOST_DATAGRAM + 1)
            except OSError:
                # BlockingIOError, or an error that ICMP told about nothing of ours.
                break
            self.learn(data, address, time.monotonic())

    def learn(self, data: bytes, address: str, now: float) -> None:
        """One datagram."""
        beat = read_message(data, now)
        if beat is None:
            self.log.warn("a heartbeat that is none", "heartbeat", sender=address, bytes=len(data))
            return
        if address not in self.hosts and address not in self.known and self.strangers() >= self.said.most:
            self.log.warn("too many senders of heartbeats", "heartbeats", most=self.said.most)
            return
        self.known[address] = beat
        for host, slot in self.slots:
            if host == address:
                slot.ready = weight(beat)

    def look_for_members(self) -> None:
        """Members may be added while it runs."""
        self.slots = slots_by_host(self.plan, self.scoreboard)
        self.hosts = {host for host, _ in self.slots}

    def strangers(self) -> int:
        return sum([address not in self.hosts for address in self.known])

    def settle(self, now: float) -> None:
        """Nobody who is silent is ready, and who was added meanwhile is heard from now on."""
        self.look_for_members()
        for address in [address for address, beat in self.known.items() if now - beat.heard > FORGOTTEN]:
            del self.known[address]
        for host, slot in self.slots:
            # Who has just begun to listen believes what was heard before, for as long.
            heard = self.known[host].heard if host in self.known else self.began
            if slot.ready and now - heard >= SILENT:
                slot.ready = 0

    def write(self, now: float) -> None:
        """The file, in one piece: whoever reads it sees the old one or the new one."""
        lines = [
            f"{address} &ready={beat.ready}&busy={beat.busy}&lastseen={int(now - beat.heard)}&port={beat.port}\n"
            for address, beat in list(self.known.items())
        ]
        try:
            folder, name = os.path.split(self.said.storage)
            descriptor, made = tempfile.mkstemp(".tmp", name + ".", folder)
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.writelines(lines)
                os.chmod(made, 0o644)
                os.replace(made, self.said.storage)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(made)
                raise
        except OSError as fault:
            self.tell(f"cannot write: {fault.strerror}")
        else:
            self.tell("")

    # --- from a file ---

    def read(self) -> None:
        """What the file says now."""
        try:
            told = read_rows(read_file(self.said.storage))
        except OSError as fault:
            told = {}
            self.tell(fault.strerror or str(fault))
        else:
            self.tell("")
        self.look_for_members()
        for host, slot in self.slots:
            slot.ready = told.get(host, 0)

    def tell(self, trouble: str) -> None:
        """Say once what is wrong with the file, and that it is right again."""
        if trouble != self.trouble:
            self.trouble = trouble
            if trouble:
                self.log.error(
                    "the file of heartbeats cannot be used", file=self.said.storage, cause=trouble,
                    origin=self.said.origin,
                )  # fmt: skip
            else:
                self.log.notice("the file of heartbeats can be used again", file=self.said.storage)


def begin(plan: Plan, scoreboard: Scoreboard) -> None:
    """Before anybody serves: what the file says already."""
    if isinstance(plan.heartbeats, Heartbeats) and not plan.heartbeats.host:
        with contextlib.suppress(OSError):
            told = read_rows(read_file(plan.heartbeats.storage))
            for host, slot in slots_by_host(plan, scoreboard):
                slot.ready = told.get(host, 0)


def leave_unheard(plan: Plan, scoreboard: Scoreboard, log: ErrorLog) -> None:
    """Before anybody serves: a balancer for which heartbeats were chosen while it ran does as it is configured where
    nobody listens for them any more.
    """
    for balancer in plan.balancers:
        row = scoreboard.balancer(balancer.index)
        if plan.heartbeats is None and row.method and METHODS[row.method - 1].announced:
            log.warn(
                "the lbmethod that was chosen while it ran is not kept: nothing listens for heartbeats",
                balancer=balancer.name.decode("latin-1"), lbmethod=balancer.lbmethod, origin=balancer.origin,
            )  # fmt: skip
            row.method = 0


def suppose(plan: Plan, scoreboard: Scoreboard) -> None:
    """Where nothing runs, for an explanation: what the file says, and all are ready where one would have to listen."""
    begin(plan, scoreboard)
    if isinstance(plan.heartbeats, Heartbeats) and plan.heartbeats.host:
        for _, slot in slots_by_host(plan, scoreboard):
            slot.ready = 1


def slots_by_host(plan: Plan, scoreboard: Scoreboard) -> list[tuple[str, MemberSlot]]:
    """Every member with its host, as senders are named; a row that is free has none."""
    slots = [scoreboard.member(member.slot, 0) for member in plan.members]
    hosts = [slot.member.host or urlsplit(slot.url.decode("latin-1")).hostname or "" for slot in slots]
    return [(host.strip("[]"), slot) for host, slot in zip(hosts, slots, strict=True) if host]


def weight(beat: Beat) -> int:
    """How much it counts: one that does nothing has just begun, and is not flooded (httpd)."""
    return beat.ready // 4 if beat.busy == 0 else beat.ready


def read_message(data: bytes, now: float) -> Beat | None:
    """A datagram: `v=1&ready=75&busy=0`; None for what is no such thing."""
    if len(data) > MOST_DATAGRAM:
        return None
    said = read_pairs(data)
    if not said.keys() >= {b"v", b"ready", b"busy"}:
        return None
    return Beat(number(said[b"ready"]), number(said[b"busy"]), number(said.get(b"port", b"80")), now)


def read_file(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(MOST_FILE)


def read_rows(data: bytes) -> dict[str, int]:
    """By host, how ready the lines say that it is: `HOST &ready=30&busy=5&lastseen=1`. What they do not say again in
    another line of the same host stays (httpd)."""
    told: dict[bytes, dict[bytes, bytes]] = {}
    for line in data.split(b"\n"):
        host, blank, rest = line.partition(b" ")
        if blank and not line.startswith(b"#"):
            told.setdefault(host, {}).update(read_pairs(rest))
    return {
        host.decode("latin-1"): weight(Beat(number(said.get(b"ready", b"")), number(said.get(b"busy", b"")), 80, 0.0))
        for host, said in told.items()
        if number(said.get(b"lastseen", b"")) < SILENT
    }


def read_pairs(data: bytes) -> dict[bytes, bytes]:
    """`name=value&...`, names in any case; the last of a name counts."""
    said = {}
    for pair in data.split(b"&", MOST_PAIRS)[:MOST_PAIRS]:
        name, _, value = pair.partition(b"=")
        said[unquote_to_bytes(name).strip().lower()] = unquote_to_bytes(value)
    return said


def number(value: bytes) -> int:
    """As C reads it: the digits that it begins with; 0 for what has none, or is less."""
    digits = 0
    value = value.strip()
    while digits < len(value) and digits < 9 and 48 <= value[digits] <= 57:
        digits += 1
    return min(int(value[:digits] or b"0"), LARGEST)


def open_socket(host: str, port: int) -> socket.socket:
    """Bound, and in its group if the address is one. Raises OSError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        # The watchdog of the next generation listens before this one ends.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        if ipaddress.IPv4Address(host).is_multicast:
            wanted = socket.inet_aton(host) + socket.inet_aton("0.0.0.0")
            bound.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, wanted)
    except OSError:
        bound.close()
        raise
    return bound
