"""A child at work: accept, tick, and, when told, drain and come to an end."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import select
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from evenflow.plan import patterns
from evenflow.plan.model import ConnectionFacts, Listener, Plan
from evenflow.plan.occupancy import CHILD
from evenflow.plan.preambles import Preambles
from evenflow.plan.tracing import Tracing
from evenflow.plan.vhosts import table_for
from evenflow.proxy.routes import Routes
from evenflow.serve.access_log import AccessLogs
from evenflow.serve.backend_connection import leave_old_addresses
from evenflow.serve.client_connection import ClientConnection
from evenflow.serve.clock import monotonic
from evenflow.serve.crowd import FEW, MANY, MANY_RESERVED, Crowd
from evenflow.serve.deadlines import check_deadlines
from evenflow.serve.error_log import ErrorLog, tell_of_fault
from evenflow.serve.farewell import END_SECONDS, Farewells
from evenflow.serve.hello import AwaitedHello
from evenflow.serve.measures import host_rows
from evenflow.serve.pages import http_date
from evenflow.serve.preamble import AwaitedPreamble
from evenflow.serve.resolver import Resolver, patience_of
from evenflow.serve.scarce import MEANS, give_way
from evenflow.serve.server import Server
from evenflow.serve.stapling import Stapler
from evenflow.serve.tls import contexts_of
from evenflow.slotmem.children import ChildSlot, ChildState
from evenflow.slotmem.layout import SPANS_LEFT_OUT, SPANS_REFUSED, SPANS_SENT
from evenflow.slotmem.limits import BY_ADDRESS, BY_CONNECTIONS, BY_DESCRIPTORS, BY_RESERVED, write_down
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.wire.proxy_protocol import Preamble

TICK = 0.1
"""Seconds between two looks at all deadlines."""
SELDOM = 10
"""Ticks from one time to the next that is done what can wait a second."""
ACCEPT_AT_ONCE = 64
"""Connections taken from one socket before others have their turn."""
READS_AT_ONCE = 64
"""Reads of a broken connection before others have their turn."""
MOST_DESCRIPTORS = 1 << 20
"""What counts as room where there is no limit."""
CROWD_PAUSE = 0.05
"""Seconds from one look for room to the next, while there is none for clients."""
WAITED_FOR = {MANY: BY_CONNECTIONS, MANY_RESERVED: BY_RESERVED, FEW: BY_DESCRIPTORS}
"""Which limit it is that nobody is accepted for."""
PAUSE = 0.2
"""Seconds without accepting when no file descriptor is left."""


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def run(
    plan: Plan,
    sockets: list[tuple[socket.socket, Listener]],
    scoreboard: Scoreboard,
    child: int,
    handlers: dict[str, Callable[..., Any]],
    log: ErrorLog,
    line: socket.socket | None = None,
) -> None:
    """Serve with these listening sockets until told to end, then finish what is in flight, and return.

    SIGTERM is to end soon: who has nothing in flight is let go at once. SIGUSR2 is to retire: a younger generation
    serves, so there is no hurry; kept connections end with the next answer or by their time-out, and tunnels live on
    unless the judge at the other end of `line` says that their way has changed.
    """
    loop = new_event_loop()
    asyncio.set_event_loop(loop)
    routes = Routes(plan, scoreboard, child)
    resolver = Resolver(loop, scoreboard, patience_of(plan))
    server = Server(loop, routes, resolver, handlers, log, AccessLogs(plan, log), scoreboard)
    server.host_rows = host_rows(scoreboard, child)
    if isinstance(plan.tracing, Tracing):
        # Behind the fork: it has a thread.
        server.tracer = traced(plan.tracing)
    loop.set_exception_handler(partial(tell_of_mistake, log))
    work = Work(server, plan, sockets, scoreboard.child(child), Farewells(server, line))
    # From within the loop: uvloop loses a signal that comes before it runs, and the child would never end.
    loop.call_soon(loop.add_signal_handler, signal.SIGTERM, work.drain)
    loop.call_soon(loop.add_signal_handler, signal.SIGUSR2, work.retire)
    loop.call_soon(work.begin_serving)
    work.start()
    try:
        loop.run_forever()
    finally:
        resolver.close()
        if server.tracer is not None:
            server.tracer.exporter.close()
        work.count()
        server.access_logs.flush()
        server.error_logs.close()
        server.questions.close()
        server.client_statuses.close()
        work.stapler.close()
        loop.close()


def traced(said: Tracing) -> object:
    """What tells a collector of requests, at work."""
    from evenflow.serve.trace_export import Exporter
    from evenflow.serve.tracing import Tracer

    exporter = Exporter(said)
    exporter.start()
    return Tracer(said, exporter)


def room_for_connections() -> int:
    """So many descriptors this process may have."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


class Work:
    """The child's listeners and its tick."""

    def __init__(
        self,
        server: Server,
        plan: Plan,
        sockets: list[tuple[socket.socket, Listener]],
        row: ChildSlot,
        farewells: Farewells,
    ) -> None:
        self.server = server
        self.row = row
        self.farewells = farewells
        self.plan = plan
        self.sockets = sockets
        self.tables: dict[tuple[bytes, int], Any] = {}
        self.contexts = contexts_of(plan)
        self.http2 = any(host.http2 is not None for host in (*plan.hosts, plan.main) if host is not None)
        """Some virtual host speaks HTTP/2."""
        self.stapler = Stapler(server.loop, server.log)
        self.ticks = 0
        room = room_for_connections()
        CHILD.begin(server.clients, room)
        self.crowd = Crowd(server.clients, server.http2, plan.most_connections, plan.most_of_address, room)
        self.crowd.reserve(plan.reserved_ports, plan.most_reserved)
        self.waiting: list[tuple[socket.socket, Listener]] = []
        """Where nobody is accepted until there is room."""

    def begin_serving(self) -> None:
        """From here on signals are heard: the supervisor may count on this child."""
        self.row.state = ChildState.SERVING

    def start(self) -> None:
        """Begin to accept."""
        for bound, listener in self.sockets:
            bound.setblocking(False)
            self.server.loop.add_reader(bound.fileno(), self.accept, bound, listener)
        self.contexts.staple(self.stapler)
        self.tick()

    def accept(self, bound: socket.socket, listener: Listener) -> bool:
        """Take waiting connections; whether there may be more."""
        crowd = self.crowd
        for _ in range(ACCEPT_AT_ONCE):
            if crowd.near_end or crowd.most or crowd.reserved:
                why = crowd.reason_to_wait(bound.fileno(), listener.port)
                if why:
                    self.wait_for_room(bound, listener, why)
                    return False
            try:
                made, peer = bound.accept()
            except ConnectionAbortedError:
                continue
            except BlockingIOError:
                return False
            except OSError as fault:
                if fault.errno in MEANS and listener.port in crowd.reserved and crowd.in_hand.set_free():
                    continue
                self.pause(bound, listener, fault)
                return False
            crowd.came(made.fileno())
            try:
                self.welcome(made, peer, listener)
            except OSError:
                # Gone again before we looked at it.
                made.close()
        return True

    def wait_for_room(self, bound: socket.socket, listener: Listener, why: str) -> None:
        """Nobody is to be accepted now: who comes waits in the kernel's queue."""
        crowd = self.crowd
        crowd.pauses += 1
        self.server.limits_met[WAITED_FOR[why]] += 1
        if why == FEW:
            give_way(self.server)
        self.server.log.warn("not accepting", "not accepting", cause=why, times=crowd.pauses, origin=listener.origin)
        self.server.loop.remove_reader(bound.fileno())
        if not self.waiting:
            self.server.loop.call_later(CROWD_PAUSE, self.let_in)
        self.waiting.append((bound, listener))

    def let_in(self) -> None:
        """Who came first the last time comes last now: else one port would have every place that becomes free."""
        waiting, self.waiting = self.waiting, []
        if self.server.draining:
            return
        for bound, listener in (*waiting[1:], *waiting[:1]):
            self.go_on(bound, listener)
            self.accept(bound, listener)

    def pause(self, bound: socket.socket, listener: Listener, fault: OSError) -> None:
        """Nothing can be accepted now: without descriptors the loop would only spin."""
        self.server.log.error("cannot accept", "accept", cause=fault.strerror, origin=listener.origin)
        if fault.errno in MEANS:
            self.server.limits_met[BY_DESCRIPTORS] += 1
            give_way(self.server)
            self.server.loop.remove_reader(bound.fileno())
            self.server.loop.call_later(PAUSE, self.go_on, bound, listener)

    def go_on(self, bound: socket.socket, listener: Listener) -> None:
        if not self.server.draining:
            self.server.loop.add_reader(bound.fileno(), self.accept, bound, listener)

    def welcome(self, made: socket.socket, peer: tuple[Any, ...], listener: Listener) -> None:
        """A new client."""
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        local = made.getsockname()
        local_address = plain_address(local[0])
        table = self.table(local_address, local[1])
        facts = ConnectionFacts(plain_address(peer[0]), peer[1], local_address, local[1], listener.tls, b"", table)
        preambles = self.plan.preambles
        if isinstance(preambles, Preambles) and preambles.wanted(local_address, local[1], facts.remote_address):
            patience = table.first.timeout
            awaited = AwaitedPreamble(
                self.server.loop,
                self.server.log,
                made,
                facts.remote_address,
                patience,
                lambda socket, preamble: self.introduce(socket, preamble, facts, listener, table),
            )
            self.crowd.add_awaited(awaited, facts, False)
            return
        self.begin(made, facts, listener, table)

    def introduce(
        self, made: socket.socket, preamble: Preamble, facts: ConnectionFacts, listener: Listener, table: Any
    ) -> None:
        """A client whose PROXY preamble has come."""
        facts.spoken_for = True
        facts.proxied_address = preamble.address
        facts.proxied_port = preamble.port
        self.begin(made, facts, listener, table)

    def begin(self, made: socket.socket, facts: ConnectionFacts, listener: Listener, table: Any) -> None:
        """TLS or HTTP begins, unless the client has too many connections."""
        if self.crowd.of_address and not self.crowd.admits(facts):
            self.server.limits_met[BY_ADDRESS] += 1
            made.close()
            self.server.log.warn(
                "too many connections of one client: closed (EvenflowMaxConnectionsPerAddress)",
                "connections of one client",
                client=(facts.proxied_address or facts.remote_address).decode(),
                times=self.crowd.turned_away,
            )
            return
        if not listener.tls:
            self.kind(table, False)(self.server, made.detach(), None, facts).start_reading()
        elif self.contexts.differ(table):
            then = partial(self.begin_tls, facts, table)
            self.crowd.add_awaited(AwaitedHello(self.server.loop, made, table.first.timeout, then), facts, True)
        else:
            self.begin_tls(facts, table, made, b"")

    def begin_tls(self, facts: ConnectionFacts, table: Any, made: socket.socket, name: bytes) -> None:
        """A handshake begins; `name` is what the client asks for, where that had to be known."""
        tls = self.contexts.wrap(made, table.hosts, name)
        self.kind(table, True)(self.server, tls.fileno(), tls, facts).start_reading()

    def kind(self, table: Any, tls: bool) -> type[ClientConnection]:
        """What a connection to these virtual hosts is at first."""
        if not self.http2:
            return ClientConnection
        from evenflow.serve.http2.doorway import Doorway, speaks

        return Doorway if speaks(table.hosts, tls) else ClientConnection

    def table(self, address: bytes, port: int) -> Any:
        """The virtual hosts of a local address."""
        key = (address, port)
        found = self.tables.get(key)
        if found is None:
            found = self.tables[key] = table_for(self.plan, address, port)
        return found

    def tick(self) -> None:
        """Look after everything, and come again, whatever goes wrong meanwhile: without a tick no time-out would ever
        end, and a draining child neither.
        """
        server = self.server
        try:
            self.look_after()
        finally:
            if server.draining and not server.clients and not server.http2:
                server.loop.stop()
            else:
                server.loop.call_later(TICK, self.tick)

    def look_after(self) -> None:
        """What is done again and again: the date, deadlines, logs, old kept connections."""
        server = self.server
        server.routes.date = http_date(time.time())
        now = monotonic()
        server.now = now + TICK
        if server.http2:
            from evenflow.serve.http2.connection import look_after

            look_after(server, now)
        check_deadlines(server.clients, now)
        self.farewells.tick(now)
        for pool, idle in server.limited:
            pool.tick(idle)
        if server.logs_access:
            server.access_logs.flush()
        self.ticks += 1
        self.crowd.tick()
        if self.ticks % SELDOM == 0:
            self.crowd.forget()
            self.row.beat(now)
            if server.sweeper is not None:
                server.sweeper.tick(now)
            self.count()
            self.trim(now)
            leave_old_addresses(server)
            self.farewells.dismiss_from_leaving_members(now)
            self.find_broken()
            self.tell_of_patterns()
            self.tell_of_outliers()
            server.error_logs.tick()

    def count(self) -> None:
        """Write down how much this child does: for server-status, in the row that only it writes."""
        row, server = self.row, self.server
        row.requests = server.answered
        write_down(row, server.limits_met)
        row.body_bytes = server.body_bytes
        row.connections = sum([client.fd >= 0 for client in server.clients]) + len(server.http2)
        row.tunnels = sum([client.tunnel is not None for client in server.clients])
        row.in_flight = sum([client.exchange is not None for client in server.clients])
        if server.tracer is not None:
            self.count_spans(server.tracer.exporter)

    def count_spans(self, exporter: Any) -> None:
        """Write down what became of spans, and tell what is wrong with their collector."""
        counts = self.row.counts
        counts[SPANS_SENT] = exporter.sent
        counts[SPANS_LEFT_OUT] = exporter.left_out
        counts[SPANS_REFUSED] = exporter.refused
        trouble, exporter.trouble = exporter.trouble, ""
        if trouble:
            self.server.log.warn(
                "traces do not reach their collector", "traces", cause=trouble, left_out=exporter.left_out,
                refused=exporter.refused, origin=exporter.said.origin,
            )  # fmt: skip

    def tell_of_patterns(self) -> None:
        """Write down whose searches were given up."""
        for pattern, times in patterns.gave_up.items():
            shown = pattern.decode("utf-8", "backslashreplace")
            self.server.log.warn("a pattern backtracks without end", "pattern", pattern=shown, times=times)
        patterns.gave_up.clear()

    def tell_of_outliers(self) -> None:
        """Write down which members this child passes over from now on."""
        for balance in self.server.routes.balances:
            for name, why, seconds in balance.take_news():
                key = f"outlier {name}"
                self.server.log.warn("member passed over", key, member=name, cause=why, seconds=round(seconds))

    def find_broken(self) -> None:
        """Wake connections that are broken and were not told so.

        libuv stops watching a socket when it sees an error, after one last call-back. Where data came right before a
        reset, that call-back reads some of the data, and of the rest and the reset nobody would ever hear.
        """
        poller = select.poll()
        watched: dict[int, Any] = {}
        for client in (*self.server.clients, *self.server.http2):
            for connection in client.read_from():
                watched[connection.fd] = connection
                poller.register(connection.fd, 0)
        if watched:
            for fd, _ in poller.poll(0):
                for _ in range(READS_AT_ONCE):
                    if watched[fd].reading:
                        watched[fd].on_readable()

    def trim(self, now: float) -> None:
        """Close kept connections that were idle for longer than their member's ttl."""
        for kept in self.server.idle:
            while kept and kept[0].member.ttl > 0 and now - kept[0].idle_since > kept[0].member.ttl:
                kept.pop(0).close()

    def drain(self) -> None:
        """Accept what waits, then nothing more; connections end after the request that they are at."""
        self.stop_accepting()
        if not self.server.ending:
            self.server.ending = True
            now = monotonic()
            for client in (*self.server.clients, *self.server.http2):
                client.drain(now)
            self.farewells.dismiss(self.farewells.tunnels(), END_SECONDS)

    def retire(self) -> None:
        """The same, but nobody is hurried: a kept connection has its next answer, or its time-out, to end. Said again
        at each reload.
        """
        self.stop_accepting()
        self.farewells.ask()

    def stop_accepting(self) -> None:
        """Accept what waits, then nothing more."""
        server = self.server
        if server.draining:
            return
        # Whoever waits would be lost with the socket.
        self.crowd.open_to_all()
        for bound, listener in self.sockets:
            server.loop.remove_reader(bound.fileno())
            while self.accept(bound, listener):
                pass
        server.draining = True
        server.routes.draining = True
        self.row.state = ChildState.DRAINING
        for bound, _ in self.sockets:
            with contextlib.suppress(OSError):
                bound.close()


def tell_of_mistake(log: ErrorLog, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A call-back of the loop raised: that is a mistake of ours, and a traceback in the error log. The connection that
    it was for waits until its time is over.
    """
    fault = context.get("exception")
    if isinstance(fault, BaseException):
        tell_of_fault(log, fault)
    else:
        log.error("a mistake in evenflow", "loop", what=context.get("message", ""))


def plain_address(text: str) -> bytes:
    """An address as httpd writes it: an IPv4 address in IPv6 clothes without them, no zone."""
    if text.startswith("::ffff:") and "." in text:
        text = text[7:]
    return text.partition("%")[0].encode("ascii")
