"""One client's connection: it feeds what arrives to an exchange and does what the exchange's step asks for.

A step is acted upon in `advance`, read from top to bottom. Bytes that cannot be used yet wait in `stash`; when either
side is slower than the other, reading stops at the faster one. After a 101 the connection is one end of a tunnel.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from evenflow.plan.model import ConnectionFacts, Member, VirtualHost
from evenflow.plan.questions import CERTIFICATE
from evenflow.proxy import attempt
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.steps import (
    ANSWERING,
    ASKING,
    BODY,
    CUT,
    DONE,
    EXPLAINING,
    IDLE,
    MEMBER,
    OWN,
    SENDING,
    SWITCHED,
    WAIT,
)
from evenflow.proxy.switches import NOT_POOLED
from evenflow.serve import client_tls, connecting, measures, pacing, switching
from evenflow.serve.answers import explain, own_answer
from evenflow.serve.backend_connection import BackendConnection, take_kept, take_kept_secured
from evenflow.serve.clock import monotonic
from evenflow.serve.connection import Connection
from evenflow.serve.member_tls import way_to
from evenflow.serve.pace import Pace
from evenflow.serve.read_limit import ReadLimit
from evenflow.serve.reports import report_failure, report_refusal, was_denied
from evenflow.serve.server import Server
from evenflow.serve.sockets import BLOCKED, FAILED, SENT, WOULD_BLOCK
from evenflow.serve.tally import Tally
from evenflow.serve.tunnel_connection import TunnelConnection
from evenflow.wire.outlet import Outlet

if TYPE_CHECKING:
    from evenflow.serve.file_body import FileBody
    from evenflow.serve.late_certificate import LateCertificate
    from evenflow.serve.packing import PackedFile

MOST_STASH = 65536
"""Bytes of requests to come that are kept before reading stops."""
LINGER = 2.0
"""Seconds that a client has to read our last answer before its connection is closed."""
MOST_LINGER = 1 << 20
"""Bytes that it may send meanwhile."""
FILE_PIECE = 65536


class ClientConnection(Connection):
    """See the module."""

    def __init__(self, server: Server, fd: int, tls: Any, facts: ConnectionFacts) -> None:
        Connection.__init__(self, server, fd, tls)
        self.facts = facts
        self.exchange: Exchange | None = None
        self.backend: BackendConnection | None = None
        self.tunnel: TunnelConnection | None = None
        self.stash: bytearray | None = None
        self.searched = 0
        self.served = 0
        self.tally = Tally() if server.logs_access or server.tracer is not None else None
        """What an access log and a span need of the request at work."""
        table: Any = facts.table
        self.host: VirtualHost = table.first
        self.handshaking = tls is not None
        self.late: LateCertificate | None = None
        """The client is being asked for its certificate, for the request at hand."""
        self.ended = False
        """The client has sent its last byte."""
        self.lingering = False
        self.lingered = 0
        self.consuming = False
        self.file: FileBody | PackedFile | None = None
        """The rest of an answer of ours."""
        self.paused = False
        """Reading stopped because bytes wait for somebody."""
        self.waits_for: Any = None
        """The `MemberPool` that we wait in for a connection."""
        self.way: Any = None
        """How TLS is spoken to the member that we connect to; None for plain."""
        self.called = False
        """It is our turn in that pool."""
        self.room_until = 0.0
        self.pace: Pace | None = None
        """How fast the answer may go (RATE_LIMIT)."""
        self.resting = False
        """It waits for its pace's next portion."""
        now = monotonic()
        self.deadline = now + self.host.timeout
        self.read_limit = ReadLimit()
        """By when the client must have sent what it has begun (RequestReadTimeout)."""
        if self.handshaking:
            self.read_limit.begin_handshake(self.host, now)
        server.clients.add(self)

    # --- reading --------------------------------------------------------------------------------------------------

    def on_readable(self) -> None:
        if self.closed:
            return
        if self.handshaking and not client_tls.shake_hands(self):
            return
        while True:
            size = self.receive()
            if size == WOULD_BLOCK:
                if self.late is not None:
                    client_tls.look_for_certificate(self)
                return
            if size <= 0:
                self._on_end(size == 0)
                return
            if self.tunnel is not None:
                if not self.tunnel.client_sent(self.server.buffer, size):
                    self.close_tunnel()
            elif self.lingering:
                self.lingered += size
                if self.lingered > MOST_LINGER:
                    self.close()
            else:
                self._feed(size)
                if self.late is not None:
                    client_tls.look_for_certificate(self)
            if self.tls is None or not self.reading:
                return

    def _feed(self, size: int) -> None:
        buffer = self.server.buffer
        self.read_limit.put_off(size)
        stash = self.stash
        if stash is None:
            self._consume(buffer, 0, size)
            return
        stash += buffer[:size]
        exchange = self.exchange
        if exchange is None or exchange.step == IDLE or exchange.step == BODY or self._wants_body(exchange):
            self.stash = None
            self._consume(stash, 0, len(stash))
        elif len(stash) > MOST_STASH and self.late is None:
            self._pause()

    def _wants_body(self, exchange: Exchange) -> bool:
        """Whether request body bytes can be passed on now."""
        if exchange.step != SENDING and exchange.step != ANSWERING:
            return False
        if exchange.request_left == 0 or exchange.held_back:
            return False
        backend = self.backend
        return backend is not None and (backend.broken or exchange.to_backend.pending() == 0)

    def _keep(self, buffer: bytearray, start: int, end: int) -> None:
        """Put bytes aside for later."""
        if end > start:
            self.stash = buffer[start:end]
            exchange = self.exchange
            if end - start > MOST_STASH and (exchange is None or exchange.step != IDLE) and self.late is None:
                self._pause()

    def _pause(self) -> None:
        self.paused = True
        self.stop_reading()

    def resume(self) -> None:
        self.paused = False
        if not self.ended:
            self.start_reading()

    def _go_on(self) -> None:
        """Read on after a pause, unless bytes still wait for the member or for the request before them."""
        exchange = self.exchange
        if exchange is None:
            if self.stash is None:
                self.resume()
        elif exchange.to_backend.pending() == 0:
            step = exchange.step
            if self.stash is None or step == IDLE or step == BODY:
                self.resume()

    def _consume(self, buffer: bytearray, start: int, end: int) -> None:
        """Give the exchange what it can use of `buffer[start:end]`, request after request, and keep the rest."""
        self.consuming = True
        while start < end and not self.closed:
            exchange = self.exchange
            if exchange is None:
                if self.lingering or self.tunnel is not None:
                    break
                exchange = self._begin_exchange()
            step = exchange.step
            if step == IDLE:
                at = exchange.take_head(buffer, start, end, start + self.searched, monotonic())
                if at < 0:
                    if self.searched == 0:
                        self.read_limit.begin_head(self.host, end - start, monotonic())
                    self.searched = end - start
                    break
                self.searched = 0
                self.read_limit.end()
                if self.server.tracer is not None and self.tally is not None:
                    self.tally.trace(self.server.tracer, exchange)
                if exchange.request_left != 0 and exchange.decision is not None:
                    self.read_limit.begin_body(exchange.decision.host, end - at, monotonic())
            elif step == BODY or self._wants_body(exchange):
                backend = self.backend
                if backend is not None and backend.broken:
                    # Nobody takes it any more, but an answer may be on its way: read and forget.
                    if self.tally is not None:
                        self.tally.received += end - start
                    start = end
                    break
                now = monotonic()
                at = exchange.take_body(buffer, start, end, now)
                if step != BODY:
                    self.deadline = now + self.patience()
            else:
                break
            if self.tally is not None:
                self.tally.received += at - start
            start = at
            self.advance()
        self.consuming = False
        if start < end and not self.closed and not self.lingering:
            if self.tunnel is not None:
                if not self.tunnel.client_sent(buffer[start:end], end - start):
                    self.close_tunnel()
                return
            self._keep(buffer, start, end)
            exchange = self.exchange
            if exchange is not None and exchange.request_left != 0 and exchange.to_backend.pending():
                # The member is slower than the client.
                self._pause()

    def _begin_exchange(self) -> Exchange:
        exchange = self.server.take_exchange()
        exchange.begin(self.facts)
        exchange.served = self.served
        self.exchange = exchange
        now = monotonic()
        self.deadline = now + self.host.timeout
        if self.tally is not None:
            self.tally.begin(now)
        return exchange

    def _is_between(self) -> bool:
        """Whether no request is at work: there is none, or only a part of one."""
        exchange = self.exchange
        return exchange is None or exchange.step == IDLE or exchange.step == BODY

    def _on_end(self, cleanly: bool) -> None:
        """The client has closed its side, or the connection is broken."""
        if self.lingering:
            self.close()
            return
        if self.tunnel is not None:
            if not cleanly or not self.tunnel.client_ended():
                self.close_tunnel()
            return
        exchange = self.exchange
        if not cleanly or exchange is None or self._is_between() or exchange.request_left != 0:
            self.lost()
            return
        # It may have shut only its sending side: the answer is still wanted.
        self.ended = True
        self.stop_reading()

    # --- acting ---------------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Do what the exchange's step asks for, until it waits for somebody."""
        while True:
            exchange = self.exchange
            if exchange is None:
                return
            if exchange.failure is not None:
                measures.count_failure(self.server, exchange.failure)
                if self.tally is not None:
                    self.tally.failed(exchange.failure)
                report_failure(self.server.error_logs, exchange)
            step = exchange.step
            if step == SENDING or step == ANSWERING:
                self._flush(exchange)
                return
            if step == MEMBER:
                if not self._find_backend(exchange):
                    return
            elif step == DONE:
                self._finish(exchange)
                return
            elif step == OWN:
                self._answer_own(exchange)
            elif step == SWITCHED:
                switching.switch(self, exchange)
                return
            elif step == CUT:
                self._cut(exchange)
                return
            elif step == WAIT:
                self.deadline = monotonic() + 0.1
                return
            elif step == ASKING:
                self._ask(exchange)
                return
            elif step == EXPLAINING:
                explain(self.server, exchange)
            else:
                if exchange.to_client.pending():
                    # A 100 that we owe the client for its body.
                    self._flush(exchange)
                return

    def _ask(self, exchange: Exchange) -> None:
        """Find out what the decision depends on; meanwhile the connection waits."""
        decision = exchange.decision
        self.deadline = monotonic() + self.host.timeout
        if decision.question.kind == CERTIFICATE:
            client_tls.ask_for_certificate(self, exchange)
            return
        self.server.questions.ask(decision.question, partial(self._answered, decision))

    def _answered(self, decision: object, answer: object) -> None:
        exchange = self.exchange
        if self.closed or exchange is None or exchange.step != ASKING or exchange.decision is not decision:
            # The client is gone, or waited too long.
            return
        exchange.take_answer(answer, monotonic())
        self.advance()
        self._take_stash()

    def _take_stash(self) -> None:
        """Use what the client sent while its request could not go on."""
        exchange = self.exchange
        stash = self.stash
        if self.closed or exchange is None or exchange.step != BODY:
            return
        if stash is not None and not self.consuming:
            self.stash = None
            self._consume(stash, 0, len(stash))
        if self.paused and not self.closed and not self.lingering and self.tunnel is None:
            self._go_on()

    def _flush(self, exchange: Exchange) -> None:
        """Send what both outlets hold; who cannot take it stops the other side's reading."""
        backend = self.backend
        if backend is not None and exchange.to_backend.pending() and not backend.connecting:
            done = SENT if backend.broken else backend.push(exchange.to_backend)
            if done == BLOCKED:
                self._pause()
            elif done == FAILED:
                backend.broken = True
                exchange.to_backend.clear()
            elif backend.broken:
                exchange.to_backend.clear()
        if exchange.to_client.pending():
            done = self._send(exchange.to_client)
            if done == BLOCKED:
                self.deadline = monotonic() + self.host.timeout
                if backend is not None:
                    backend.stop_reading()
            elif done == FAILED:
                self.lost()
        if self.stash is not None and not self.consuming and not self.closed and self._wants_body(exchange):
            stash = self.stash
            self.stash = None
            self._consume(stash, 0, len(stash))
        if self.paused and not self.consuming and not self.closed and self.tunnel is None:
            self._go_on()

    def _send(self, out: Outlet) -> int:
        """`push` to the client, counted for a log."""
        waiting = out.pending()
        done = self.push(out) if self.pace is None else pacing.push(self, out)
        if self.tally is not None:
            self.tally.sent += waiting - out.pending()
        return done

    def _find_backend(self, exchange: Exchange) -> bool:
        """A kept connection to the chosen member, or a new one; False while it is being made."""
        slot = exchange.slot
        assert slot is not None
        if exchange.decision.scope.rate_limited:
            pacing.set_pace(self, exchange)
        member: Member = slot.member
        # A second try after a kept connection failed must be a fresh one.
        fresh = exchange.repeated_fresh or exchange.attempts != 0
        if exchange.switched & NOT_POOLED and exchange.served == 0:
            fresh = True
        if member.encrypted:
            self.way = way_to(member, exchange.decision, exchange.head)
            careful = not exchange.may_repeat()
            backend = None if fresh else take_kept_secured(self.server, member, self, careful, self.way)
        else:
            self.way = None
            backend = None if fresh else take_kept(self.server, member, self, not exchange.may_repeat())
        if backend is not None:
            self.backend = backend
            self.deadline = monotonic() + self.patience()
            exchange.attach(True)
            return True
        addresses = self.server.resolver.address(member)
        now = monotonic()
        self.deadline = now + (member.connect_timeout or member.timeout or self._proxy_timeout(exchange))
        if addresses is None:
            self.server.resolver.ask(member, partial(connecting.resolved, self, slot))
            return False
        return connecting.connect_to(self, exchange, member, addresses)

    def pool_has_room(self, pool: Any) -> None:
        """It is our turn to connect to the member whose pool we wait in."""
        exchange = self.exchange
        if self.closed or self.waits_for is not pool or exchange is None or exchange.step != MEMBER:
            pool.decline(self)
            return
        self.waits_for = None
        self.called = True
        self.advance()
        if self.called:
            # A kept connection was there.
            self.called = False
            pool.settled(self)

    def _proxy_timeout(self, exchange: Exchange) -> float:
        decision = exchange.decision
        return decision.host.proxy_timeout if decision is not None else self.host.proxy_timeout

    def patience(self) -> float:
        """Seconds that the member may be silent."""
        backend = self.backend
        exchange = self.exchange
        if exchange is not None and exchange.pinging and backend is not None:
            return backend.member.ping
        if backend is not None and backend.member.timeout > 0:
            return backend.member.timeout
        return self._proxy_timeout(exchange) if exchange is not None else self.host.proxy_timeout

    def _answer_own(self, exchange: Exchange) -> None:
        self.drop_backend()
        answer = own_answer(self.server, exchange)
        if answer is None:
            # An ErrorDocument is fetched: what went wrong is known by now.
            if exchange.why:
                report_refusal(self.server.error_logs, exchange)
            return
        if exchange.decision is not None and exchange.decision.scope.rate_limited:
            pacing.set_pace(self, exchange)
        exchange.to_client.put(answer.data)
        if exchange.remembers:
            exchange.sent_head = answer.data[: len(answer.data) - answer.body_bytes]
        if exchange.why and not exchange.document_status and (exchange.status >= 400 or was_denied(exchange)):
            report_refusal(self.server.error_logs, exchange)
        self.file = answer.file
        exchange.answered(answer.body_bytes + answer.file_bytes)

    def drop_backend(self) -> None:
        backend = self.backend
        if backend is not None:
            self.backend = None
            backend.client = None
            backend.close()

    def _finish(self, exchange: Exchange) -> None:
        """The answer is complete: free the member's connection, send the rest, and go on or close."""
        backend = self.backend
        if backend is not None:
            self.backend = None
            if (
                exchange.keep_backend
                and not backend.broken
                and not backend.writing
                and exchange.to_backend.pending() == 0
            ):
                backend.keep()
            else:
                backend.client = None
                backend.close()
        while True:
            done = self._send(exchange.to_client)
            if done == BLOCKED:
                self.deadline = monotonic() + self.host.timeout
                return
            if done == FAILED:
                self.lost()
                return
            if self.file is None or not self._read_file(exchange):
                break
        self.stop_writing()
        self.pace = None
        if self.tally is not None:
            self.tally.log(self.server, exchange, self.tls, False)
        if self.server.host_rows:
            measures.count_exchange(self.server, exchange, monotonic())
        self.served += 1
        self.server.answered += 1
        self.server.body_bytes += exchange.body.sent
        if exchange.decision is not None:
            keep_alive = exchange.decision.host.keep_alive_timeout
        else:
            keep_alive = self.host.keep_alive_timeout
        unread = exchange.request_left != 0 or exchange.abandoned or exchange.decision is None
        keep = exchange.keep_client
        self.exchange = None
        self.server.give_exchange(exchange)
        if not keep or (self.server.ending and self.stash is None):
            if unread or self.stash is not None:
                self.linger()
            else:
                self.close()
            return
        self.deadline = monotonic() + keep_alive
        if self.consuming:
            return
        stash = self.stash
        if stash is not None:
            self.stash = None
            self._consume(stash, 0, len(stash))
        if self.closed or self.lingering or self.tunnel is not None:
            return
        if self.ended:
            if self._is_between():
                # What the client left unfinished will never be a request.
                self.lost()
        elif self.paused:
            self._go_on()

    def _read_file(self, exchange: Exchange) -> bool:
        """Put the next piece of a file into the outlet; False at its end."""
        file = self.file
        assert file is not None
        piece = file.read(FILE_PIECE)
        if piece:
            exchange.to_client.put(piece)
            return True
        if file.cut():
            # It became shorter than was announced.
            exchange.keep_client = False
        file.close()
        self.file = None
        return False

    def linger(self) -> None:
        """Say that we are done, and let the client read our answer before its unread bytes reset the connection."""
        self.exchange = None
        self.stash = None
        self.lingering = True
        if self.ended:
            self.close()
            return
        self.shut_writing()
        tls = self.tls
        if tls is not None:
            # OpenSSL takes bytes behind its farewell for an error, and nobody wants them decoded: read them raw.
            self.tls = None
            self.fd = tls.detach()
            self.shut_writing()
        self.deadline = monotonic() + LINGER
        self.resume()

    def _cut(self, exchange: Exchange) -> None:
        """The answer broke off: the client learns it from the connection's end."""
        self.drop_backend()
        self.pace = None
        self._send(exchange.to_client)
        if self.tally is not None:
            # It is not the client that went away.
            exchange.keep_client = False
            self.tally.log(self.server, exchange, self.tls, False)
        if self.server.host_rows:
            measures.count_exchange(self.server, exchange, monotonic())
        self.exchange = None
        self.server.give_exchange(exchange)
        self.close()

    def lost(self) -> None:
        """The client is gone."""
        exchange = self.exchange
        if exchange is not None:
            exchange.client_gone()
            if self.tally is not None and exchange.decision is not None:
                self.tally.log(self.server, exchange, self.tls, True)
            if self.server.host_rows:
                measures.count_exchange(self.server, exchange, monotonic())
            self.exchange = None
            self.server.give_exchange(exchange)
        self.drop_backend()
        self.close()

    def never_asked(self) -> None:
        """Its time is over, and not even a request line came: the connection ends without a word, as in httpd. A log
        has a line for it if it never carried a request.
        """
        if self.tally is not None and self.served == 0:
            exchange = self.exchange or self._begin_exchange()
            exchange.refuse_request(408, "no request line came in time")
            self.tally.log(self.server, exchange, self.tls, False)
        self.lost()

    def abandon(self) -> None:
        """Let everything go that it holds, after a mistake of ours left it in no state that anybody knows."""
        exchange = self.exchange
        self.exchange = None
        try:
            if exchange is not None:
                exchange.client_gone()
            if self.tunnel is not None:
                self.tunnel.tunnel.close()
            self.drop_backend()
        finally:
            self.close()

    def close(self) -> None:
        if self.closed:
            return
        Connection.close(self)
        self.server.clients.discard(self)
        self.stash = None
        if self.file is not None:
            self.file.close()
            self.file = None

    # --- the member's connection says -----------------------------------------------------------------------------

    def backend_connected(self) -> None:
        exchange = self.exchange
        if exchange is None or exchange.step != MEMBER:
            self.drop_backend()
            return
        exchange.attach(False)
        self.deadline = monotonic() + self.patience()
        self.advance()

    def backend_sent(self, size: int) -> None:
        if self.tunnel is not None:
            if not self.tunnel.backend_sent(self.server.buffer, size):
                self.close_tunnel()
            return
        exchange = self.exchange
        if exchange is None:
            self.drop_backend()
            return
        now = monotonic()
        exchange.backend_sent(self.server.buffer, 0, size, now)
        self.deadline = now + self.patience()
        self.advance()

    def backend_ended(self, cause: str) -> None:
        if self.tunnel is not None:
            if cause != "closed" or not self.tunnel.backend_ended():
                self.close_tunnel()
            return
        backend = self.backend
        exchange = self.exchange
        connecting = backend is not None and backend.connecting
        handshaking = connecting and backend is not None and backend.handshake is not None
        self.drop_backend()
        if exchange is None:
            return
        if handshaking:
            attempt.handshake_failed(exchange, cause, monotonic(), not self.way.of_client)
        elif connecting:
            attempt.connect_failed(exchange, cause, monotonic())
        else:
            attempt.backend_closed(exchange, cause, monotonic())
        self.advance()

    def backend_writable(self) -> None:
        backend = self.backend
        assert backend is not None
        if self.tunnel is not None:
            self.tunnel.backend_writable()
            return
        exchange = self.exchange
        if exchange is None:
            return
        done = backend.push(exchange.to_backend)
        if done == BLOCKED:
            return
        backend.stop_writing()
        if done == FAILED:
            backend.broken = True
            exchange.to_backend.clear()
        self.deadline = monotonic() + self.patience()
        stash = self.stash
        if stash is not None and self._wants_body(exchange):
            self.stash = None
            self._consume(stash, 0, len(stash))
        if self.paused and not self.closed and not self.lingering:
            self._go_on()

    def on_writable(self) -> None:
        if self.handshaking:
            self.stop_writing()
            self.on_readable()
            return
        if self.late is not None:
            client_tls.ask_on(self)
            return
        if self.tunnel is not None:
            if not self.tunnel.client_writable():
                self.close_tunnel()
            return
        exchange = self.exchange
        if exchange is None:
            self.stop_writing()
            return
        if exchange.step == DONE:
            self._finish(exchange)
            return
        done = self._send(exchange.to_client)
        if done == BLOCKED:
            self.deadline = monotonic() + self.host.timeout
            return
        self.stop_writing()
        if done == FAILED:
            self.lost()
        elif self.backend is not None:
            self.deadline = monotonic() + self.patience()
            self.backend.start_reading()

    # --- tunnels --------------------------------------------------------------------------------------------------

    def close_tunnel(self) -> None:
        connected = self.tunnel
        assert connected is not None
        tunnel = connected.tunnel
        tunnel.close()
        if self.tally is not None:
            self.tally.log_tunnel(self.server, tunnel)
        self.drop_backend()
        self.close()

    def read_from(self) -> list[Connection]:
        """The connections that bytes are awaited on now, its own and its member's."""
        found: list[Connection] = []
        if self.reading:
            found.append(self)
        if self.backend is not None and self.backend.reading:
            found.append(self.backend)
        return found

    def drain(self, now: float) -> None:
        """This child ends: finish what is in flight, take nothing new."""
        if self.tunnel is None and self.exchange is None and not self.lingering and not self.handshaking:
            if self.served:
                self.close()
            else:
                # Its first request may be on its way.
                self.deadline = min(self.deadline, now + 1.0)
