"""One client's connection: it feeds what arrives to an exchange and does what the exchange's step asks for.

A step is acted upon in `advance`, read from top to bottom. Bytes that cannot be used yet wait in `stash`; when either
side is slower than the other, reading stops at the faster one. After a 101 the connection is one end of a tunnel.
"""

from __future__ import annotations

import ssl
import time
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from evenflow.plan.model import ConnectionFacts, Member, VirtualHost
from evenflow.plan.read_timeouts import ReadTimeouts, Stage
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
from evenflow.proxy.switches import NO_HALF_CLOSE, NOT_POOLED
from evenflow.proxy.tunnel import Tunnel
from evenflow.serve.answers import EXPLAINER, own_answer
from evenflow.serve.backend_connection import BackendConnection, cause_of, connect, take_kept, take_kept_secured
from evenflow.serve.clock import monotonic
from evenflow.serve.connection import Connection
from evenflow.serve.error_log import tell_of_fault
from evenflow.serve.member_tls import way_to
from evenflow.serve.pace import STEP, Pace, pace_of
from evenflow.serve.server import Server
from evenflow.serve.sockets import BLOCKED, FAILED, SENT, WOULD_BLOCK
from evenflow.serve.tls import TlsSocket, prepared
from evenflow.serve.tunnel_connection import TunnelConnection
from evenflow.wire.outlet import Outlet

if TYPE_CHECKING:
    from evenflow.serve.packing import PackedFile
    from evenflow.serve.resolver import Address
    from evenflow.slotmem.members import MemberSlot

MOST_STASH = 65536
"""Bytes of requests to come that are kept before reading stops."""
LINGER = 2.0
"""Seconds that a client has to read our last answer before its connection is closed."""
MOST_LINGER = 1 << 20
"""Bytes that it may send meanwhile."""
FILE_PIECE = 65536
NEVER = float("inf")


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
        self.started = 0.0
        self.began = 0.0
        self.received = 0
        """Bytes of the request at work."""
        self.sent = 0
        """Bytes of its answer; counted only where an access log is written."""
        table: Any = facts.table
        self.host: VirtualHost = table.first
        self.handshaking = tls is not None
        self.ended = False
        """The client has sent its last byte."""
        self.lingering = False
        self.lingered = 0
        self.consuming = False
        self.file: BinaryIO | None = None
        self.file_left = 0
        self.packed: PackedFile | None = None
        """A file that is compressed as it is sent."""
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
        self.log_later: Any = None
        """What a tunnel's log line needs at its end."""
        self.deadline = monotonic() + self.host.timeout
        self.until = NEVER
        """When what the client is sending must have come (RequestReadTimeout)."""
        self.until_most = NEVER
        """So far may its bytes put that off,"""
        self.per_byte = 0.0
        """by so many seconds each."""
        timeouts = self.host.read_timeouts
        if self.handshaking and isinstance(timeouts, ReadTimeouts):
            self._begin_stage(timeouts.handshake)
        server.clients.add(self)

    # --- reading --------------------------------------------------------------------------------------------------

    def on_readable(self) -> None:
        if self.closed:
            return
        if self.handshaking and not self._shake_hands():
            return
        while True:
            size = self.receive()
            if size == WOULD_BLOCK:
                return
            if size <= 0:
                self._on_end(size == 0)
                return
            if self.tunnel is not None:
                if not self.tunnel.client_sent(self.server.buffer, size):
                    self._close_tunnel()
            elif self.lingering:
                self.lingered += size
                if self.lingered > MOST_LINGER:
                    self.close()
            else:
                self._feed(size)
            if self.tls is None or not self.reading:
                return

    def _shake_hands(self) -> bool:
        tls = self.tls
        assert tls is not None
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLWantWriteError:
            self.start_writing()
            return False
        except ssl.SSLError as fault:
            if fault.reason == "HTTP_REQUEST":
                self._answer_plain_http()
            else:
                self.close()
            return False
        except OSError:
            self.close()
            return False
        self.handshaking = False
        self.until = NEVER
        self.facts.sni = getattr(tls, "sni", b"")
        contexts = prepared()
        if contexts is not None and isinstance(tls, TlsSocket):
            if not contexts.admits(tls):
                self.tls = None
                self.fd = tls.detach()
                self.close()
                return False
            self.facts.tls_facts = contexts.facts(tls)
        return True

    def _answer_plain_http(self) -> None:
        """Somebody speaks HTTP without TLS to this port: say so in HTTP, as httpd does."""
        from evenflow.serve.pages import error_response

        tls = self.tls
        assert tls is not None
        self.tls = None
        self.handshaking = False
        self.fd = tls.detach()
        out = Outlet()
        detail = b"You're speaking plain HTTP to an SSL-enabled server port. Use the https scheme for this address."
        out.put(error_response(400, (), True, self.server.routes.date, detail=detail))
        self.push(out)
        self._linger()

    def _feed(self, size: int) -> None:
        buffer = self.server.buffer
        if self.until != NEVER:
            self._put_off(size)
        stash = self.stash
        if stash is None:
            self._consume(buffer, 0, size)
            return
        stash += buffer[:size]
        exchange = self.exchange
        if exchange is None or exchange.step == IDLE or exchange.step == BODY or self._wants_body(exchange):
            self.stash = None
            self._consume(stash, 0, len(stash))
        elif len(stash) > MOST_STASH:
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
            if end - start > MOST_STASH and (exchange is None or exchange.step != IDLE):
                self._pause()

    def _pause(self) -> None:
        self.paused = True
        self.stop_reading()

    def _resume(self) -> None:
        self.paused = False
        if not self.ended:
            self.start_reading()

    def _go_on(self) -> None:
        """Read on after a pause, unless bytes still wait for the member or for the request before them."""
        exchange = self.exchange
        if exchange is None:
            if self.stash is None:
                self._resume()
        elif exchange.to_backend.pending() == 0:
            step = exchange.step
            if self.stash is None or step == IDLE or step == BODY:
                self._resume()

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
                        self._begin_head(end - start)
                    self.searched = end - start
                    break
                self.searched = 0
                self.until = NEVER
                if exchange.request_left != 0 and exchange.decision is not None:
                    self._begin_body(exchange, end - at)
            elif step == BODY or self._wants_body(exchange):
                backend = self.backend
                if backend is not None and backend.broken:
                    # Nobody takes it any more, but an answer may be on its way: read and forget.
                    self.received += end - start
                    start = end
                    break
                now = monotonic()
                at = exchange.take_body(buffer, start, end, now)
                if step != BODY:
                    self.deadline = now + self._patience()
            else:
                break
            self.received += at - start
            start = at
            self._advance()
        self.consuming = False
        if start < end and not self.closed and not self.lingering:
            if self.tunnel is not None:
                if not self.tunnel.client_sent(buffer[start:end], end - start):
                    self._close_tunnel()
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
        if self.server.logs_access:
            self.began = now
            self.started = time.time()
            self.received = 0
            self.sent = 0
        return exchange

    def _begin_head(self, size: int) -> None:
        """A request's head has begun with so many bytes, and does not end in them."""
        timeouts = self.host.read_timeouts
        if isinstance(timeouts, ReadTimeouts):
            self._begin_stage(timeouts.header)
            self._put_off(size)

    def _begin_body(self, exchange: Exchange, size: int) -> None:
        """A request has a body, of which so many bytes may be here already."""
        timeouts = exchange.decision.host.read_timeouts
        if isinstance(timeouts, ReadTimeouts):
            self._begin_stage(timeouts.body)
            self._put_off(size)

    def _begin_stage(self, stage: Stage) -> None:
        """The client begins to send something that has a time to come in."""
        if stage.first > 0:
            now = monotonic()
            self.until = now + stage.first
            self.until_most = now + stage.most if stage.most > 0 else NEVER
            self.per_byte = stage.per_byte
        else:
            self.until = NEVER

    def _put_off(self, size: int) -> None:
        """Bytes came: a client that is fast enough has more time."""
        if self.per_byte > 0 and self.until != NEVER:
            self.until += size * self.per_byte
            if self.until > self.until_most:
                self.until = self.until_most

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
                self._close_tunnel()
            return
        exchange = self.exchange
        if not cleanly or exchange is None or self._is_between() or exchange.request_left != 0:
            self._lost()
            return
        # It may have shut only its sending side: the answer is still wanted.
        self.ended = True
        self.stop_reading()

    # --- acting ---------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Do what the exchange's step asks for, until it waits for somebody."""
        while True:
            exchange = self.exchange
            if exchange is None:
                return
            if exchange.failure is not None:
                self._report(exchange)
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
                self._begin_tunnel(exchange)
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
                self._explain_to(exchange)
            else:
                if exchange.to_client.pending():
                    # A 100 that we owe the client for its body.
                    self._flush(exchange)
                return

    def _explain_to(self, exchange: Exchange) -> None:
        """The client may know why its request goes where it goes."""
        explainer = self.server.handlers.get(EXPLAINER)
        told, instead = b"", False
        if explainer is not None:
            only = exchange.head.get(b"evenflow-explain")
            instead = only is not None and only.lower() == b"only"
            told = explainer(self.facts, exchange.head.came or exchange.head.data, exchange.routes.decider, instead)
        exchange.explained(told, instead, monotonic())

    def _ask(self, exchange: Exchange) -> None:
        """Find out what the decision depends on; meanwhile the connection waits."""
        decision = exchange.decision
        self.deadline = monotonic() + self.host.timeout
        self.server.questions.ask(decision.question, partial(self._answered, decision))

    def _answered(self, decision: object, answer: object) -> None:
        exchange = self.exchange
        if self.closed or exchange is None or exchange.step != ASKING or exchange.decision is not decision:
            # The client is gone, or waited too long.
            return
        exchange.take_answer(answer, monotonic())
        self._advance()
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
                self._lost()
        if self.stash is not None and not self.consuming and not self.closed and self._wants_body(exchange):
            stash = self.stash
            self.stash = None
            self._consume(stash, 0, len(stash))
        if self.paused and not self.consuming and not self.closed and self.tunnel is None:
            self._go_on()

    def _send(self, out: Outlet) -> int:
        """`push` to the client, counted for a log."""
        waiting = out.pending()
        done = self.push(out) if self.pace is None else self._push_paced(out)
        if not self.server.logs_access:
            return done
        self.sent += waiting - out.pending()
        return done

    def _set_pace(self, exchange: Exchange) -> None:
        """The answer goes through RATE_LIMIT: the variables say how fast."""
        if self.pace is None:
            self.pace = pace_of(exchange.variables(), monotonic())

    def _push_paced(self, out: Outlet) -> int:
        """`push` of what may go now; BLOCKED where the rest waits, for the socket or for the next portion."""
        pace = self.pace
        assert pace is not None
        out.settle()
        size = min(out.pending(), pace.allowance(monotonic()))
        done = SENT
        if size:
            whole = out.end
            rest = bytes(memoryview(out.data)[out.start + size : whole])
            out.end = out.start + size
            done = self.push(out)
            pace.spend(size - out.pending())
            out.put(rest)
        if done != SENT:
            return done
        if out.pending() == 0:
            return SENT
        self.stop_writing()
        if not self.resting:
            self.resting = True
            self.server.loop.call_later(STEP, self._rested)
        return BLOCKED

    def _rested(self) -> None:
        """The next portion may go."""
        self.resting = False
        exchange = self.exchange
        if self.closed or self.pace is None or exchange is None or self.tunnel is not None or self.writing:
            return
        if exchange.step == SENDING or exchange.step == ANSWERING or exchange.step == DONE:
            self.on_writable()

    def _find_backend(self, exchange: Exchange) -> bool:
        """A kept connection to the chosen member, or a new one; False while it is being made."""
        slot = exchange.slot
        assert slot is not None
        if exchange.decision.scope.rate_limited:
            self._set_pace(exchange)
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
            self.deadline = monotonic() + self._patience()
            exchange.attach(True)
            return True
        address = self.server.resolver.address(member)
        now = monotonic()
        self.deadline = now + (member.connect_timeout or member.timeout or self._proxy_timeout(exchange))
        if address is None:
            self.server.resolver.ask(member, partial(self._resolved, slot))
            return False
        return self._connect(exchange, member, address)

    def _connect(self, exchange: Exchange, member: Member, address: Address) -> bool:
        pool = self.server.pools[member.slot]
        if pool is not None:
            called = self.called
            self.called = False
            if not pool.admits(self, called, self.server.idle[member.slot]):
                if not called:
                    self.room_until = monotonic() + pool.acquire
                self.deadline = self.room_until
                return False
        try:
            self.backend = connect(self.server, member, address, self, self.way)
        except OSError as fault:
            attempt.connect_failed(exchange, cause_of(fault.errno or 0), monotonic())
            return True
        return False

    def _resolved(self, slot: MemberSlot, address: Address | None, cause: str) -> None:
        exchange = self.exchange
        # It may be late: the request may be with another member by now, or over.
        if (
            self.closed
            or exchange is None
            or exchange.step != MEMBER
            or exchange.slot is not slot
            or self.backend is not None
        ):
            return
        if address is None:
            attempt.name_unknown(exchange, cause, monotonic())
        elif not self._connect(exchange, slot.member, address):
            return
        self._advance()

    def pool_has_room(self, pool: Any) -> None:
        """It is our turn to connect to the member whose pool we wait in."""
        exchange = self.exchange
        if self.closed or self.waits_for is not pool or exchange is None or exchange.step != MEMBER:
            pool.wake(self.server.loop)
            return
        self.waits_for = None
        self.called = True
        self._advance()
        if self.called:
            # A kept connection was there, and room for the next.
            self.called = False
            pool.wake(self.server.loop)

    def _proxy_timeout(self, exchange: Exchange) -> float:
        decision = exchange.decision
        return decision.host.proxy_timeout if decision is not None else self.host.proxy_timeout

    def _patience(self) -> float:
        """Seconds that the member may be silent."""
        backend = self.backend
        exchange = self.exchange
        if exchange is not None and exchange.pinging and backend is not None:
            return backend.member.ping
        if backend is not None and backend.member.timeout > 0:
            return backend.member.timeout
        return self._proxy_timeout(exchange) if exchange is not None else self.host.proxy_timeout

    def _answer_own(self, exchange: Exchange) -> None:
        self._drop_backend()
        answer = own_answer(self.server, exchange)
        if answer is None:
            # An ErrorDocument is fetched: what went wrong is known by now.
            if exchange.why:
                self._explain(exchange)
            return
        if exchange.decision is not None and exchange.decision.scope.rate_limited:
            self._set_pace(exchange)
        exchange.to_client.put(answer.data)
        if exchange.remembers:
            exchange.sent_head = answer.data[: len(answer.data) - answer.body_bytes]
        if exchange.why and exchange.status >= 400 and not exchange.document_status:
            self._explain(exchange)
        self.file = answer.file
        self.file_left = answer.file_bytes
        self.packed = answer.packed
        exchange.answered(answer.body_bytes + answer.file_bytes)

    def _drop_backend(self) -> None:
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
                self._lost()
                return
            if self.packed is not None:
                if not self._read_packed(exchange):
                    break
            elif self.file is None or not self._read_file(exchange):
                break
        self.stop_writing()
        self.pace = None
        if self.server.logs_access:
            self._log(exchange, False)
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
                self._linger()
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
                self._lost()
        elif self.paused:
            self._go_on()

    def _read_file(self, exchange: Exchange) -> bool:
        """Put the next piece of a file into the outlet; False at its end."""
        file = self.file
        assert file is not None
        piece = file.read(min(FILE_PIECE, self.file_left))
        self.file_left -= len(piece)
        if not piece or not self.file_left:
            file.close()
            self.file = None
        if not piece:
            if self.file_left:
                # The file became shorter than was announced.
                exchange.keep_client = False
            return False
        exchange.to_client.put(piece)
        return True

    def _read_packed(self, exchange: Exchange) -> bool:
        """The same of a file that is compressed on its way."""
        packed = self.packed
        assert packed is not None
        piece = packed.read(FILE_PIECE)
        if piece:
            exchange.to_client.put(piece)
            return True
        if packed.cut():
            exchange.keep_client = False
        packed.close()
        self.packed = None
        return False

    def _linger(self) -> None:
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
        self._resume()

    def _cut(self, exchange: Exchange) -> None:
        """The answer broke off: the client learns it from the connection's end."""
        self._drop_backend()
        self.pace = None
        self._send(exchange.to_client)
        if self.server.logs_access:
            self._log(exchange, True)
        self.exchange = None
        self.server.give_exchange(exchange)
        self.close()

    def _lost(self) -> None:
        """The client is gone."""
        exchange = self.exchange
        if exchange is not None:
            exchange.client_gone()
            if self.server.logs_access and exchange.decision is not None:
                self._log(exchange, True)
            self.exchange = None
            self.server.give_exchange(exchange)
        self._drop_backend()
        self.close()

    def abandon(self) -> None:
        """Let everything go that it holds, after a mistake of ours left it in no state that anybody knows."""
        exchange = self.exchange
        self.exchange = None
        try:
            if exchange is not None:
                exchange.client_gone()
            if self.tunnel is not None:
                self.tunnel.tunnel.close()
            self._drop_backend()
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
        if self.packed is not None:
            self.packed.close()
            self.packed = None

    # --- the member's connection says -----------------------------------------------------------------------------

    def backend_connected(self) -> None:
        exchange = self.exchange
        if exchange is None or exchange.step != MEMBER:
            self._drop_backend()
            return
        exchange.attach(False)
        self.deadline = monotonic() + self._patience()
        self._advance()

    def backend_sent(self, size: int) -> None:
        if self.tunnel is not None:
            if not self.tunnel.backend_sent(self.server.buffer, size):
                self._close_tunnel()
            return
        exchange = self.exchange
        if exchange is None:
            self._drop_backend()
            return
        now = monotonic()
        exchange.backend_sent(self.server.buffer, 0, size, now)
        self.deadline = now + self._patience()
        self._advance()

    def backend_ended(self, cause: str) -> None:
        if self.tunnel is not None:
            if cause != "closed" or not self.tunnel.backend_ended():
                self._close_tunnel()
            return
        backend = self.backend
        exchange = self.exchange
        connecting = backend is not None and backend.connecting
        handshaking = connecting and backend is not None and backend.handshake is not None
        self._drop_backend()
        if exchange is None:
            return
        if handshaking:
            attempt.handshake_failed(exchange, cause, monotonic(), not self.way.of_client)
        elif connecting:
            attempt.connect_failed(exchange, cause, monotonic())
        else:
            attempt.backend_closed(exchange, cause, monotonic())
        self._advance()

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
        self.deadline = monotonic() + self._patience()
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
        if self.tunnel is not None:
            if not self.tunnel.client_writable():
                self._close_tunnel()
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
            self._lost()
        elif self.backend is not None:
            self.deadline = monotonic() + self._patience()
            self.backend.start_reading()

    # --- tunnels --------------------------------------------------------------------------------------------------

    def _begin_tunnel(self, exchange: Exchange) -> None:
        """Both connections stop speaking HTTP to us; what has arrived goes along."""
        backend = self.backend
        slot = exchange.slot
        assert backend is not None and slot is not None
        self.pace = None
        # httpd: the larger of both sides' time-outs.
        tunnel = TunnelConnection(Tunnel(slot, max(self.host.timeout, self._patience())), self, backend)
        self.tunnel = tunnel
        exchange.slot = None
        tunnel.tunnel.received = exchange.body.sent
        if exchange.switched & NO_HALF_CLOSE:
            tunnel.tunnel.half_closes = False
        if self.server.logs_access:
            head_bytes = self.sent + exchange.to_client.pending() - exchange.body.sent
            self.log_later = (
                bytes(exchange.head.data),
                exchange.decision,
                dict(exchange.variables()),
                exchange.sent_head,
                self.received,
                head_bytes,
            )
        goes_on = tunnel.begin(exchange.to_backend, exchange.to_client)
        self.exchange = None
        self.server.give_exchange(exchange)
        stash = self.stash
        if goes_on and stash is not None:
            self.stash = None
            goes_on = tunnel.client_sent(stash, len(stash))
        if goes_on and self.ended:
            goes_on = tunnel.client_ended()
        if not goes_on:
            self._close_tunnel()
        elif self.paused and backend.pending is None:
            self._resume()

    def _close_tunnel(self) -> None:
        connected = self.tunnel
        assert connected is not None
        tunnel = connected.tunnel
        tunnel.close()
        if self.log_later is not None:
            self._log_tunnel(tunnel)
        self._drop_backend()
        self.close()

    # --- time -----------------------------------------------------------------------------------------------------

    def on_deadline(self, now: float) -> None:
        """Nothing happened for as long as it may take."""
        if self.tunnel is not None:
            self._close_tunnel()
            return
        exchange = self.exchange
        if exchange is None or self.lingering or self.handshaking:
            self.close()
            return
        step = exchange.step
        if step == WAIT:
            exchange.elect(now)
        elif step == DONE:
            self._lost()
            return
        elif step == IDLE or step == BODY:
            exchange.refuse_request(408, "the request did not arrive in time")
        elif step == ASKING:
            exchange.refuse_request(503, "the answer to a question of access did not come in time")
        elif step == MEMBER:
            self._drop_backend()
            cause = "timeout" if self.waits_for is None else "all connections that `max` allows are at work"
            self.waits_for = None
            attempt.connect_failed(exchange, cause, now)
        elif exchange.to_client.pending():
            # The client takes nothing.
            self._lost()
            return
        elif (
            step == SENDING
            and exchange.request_left != 0
            and exchange.to_backend.pending() == 0
            and not exchange.held_back
        ):
            self._drop_backend()
            exchange.give_up(408, "the request body did not arrive in time")
        else:
            self._drop_backend()
            attempt.timed_out(exchange, now)
        self.deadline = now + self.host.timeout
        self._advance()

    def on_read_timeout(self, now: float) -> None:
        """The client takes too long to send what it has begun."""
        exchange = self.exchange
        self.until = NEVER
        if self.handshaking:
            self.close()
            return
        if exchange is None or self.lingering or self.tunnel is not None:
            return
        step = exchange.step
        if step == IDLE:
            stash = self.stash
            if stash is None or stash.lstrip(b"\r\n").find(b"\n") < 0:
                # Not even a request line: httpd says nothing.
                self._lost()
                return
            exchange.refuse_request(408, "the request's head did not arrive in time")
        elif exchange.request_left == 0:
            return
        elif step == BODY:
            exchange.refuse_request(408, "the request body did not arrive in time")
        elif self.paused or exchange.held_back or step == ASKING or step == MEMBER or step == WAIT:
            # It is not the client that is waited for.
            self.until = now + 1.0
            return
        elif step == SENDING:
            self._drop_backend()
            exchange.give_up(408, "the request body did not arrive in time")
        else:
            self._drop_backend()
            self._lost()
            return
        self.deadline = now + self.host.timeout
        self._advance()

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

    # --- saying what happened -------------------------------------------------------------------------------------

    def _report(self, exchange: Exchange) -> None:
        """A member failed: one line for who is called."""
        failure = exchange.failure
        exchange.failure = None
        member = failure.member
        name = member.name.decode("latin-1")
        balancer = member.balancer.name.decode("latin-1") if member.balancer is not None else "-"
        log = self.server.error_logs.of(exchange.decision.host)
        if failure.in_error:
            log.error(
                "member unavailable",
                f"unavailable {name}",
                balancer=balancer,
                member=name,
                stage=failure.stage,
                cause=failure.cause,
                retry_in=int(member.retry),
                origin=member.origin,
            )
        elif not (failure.repeated and exchange.step == MEMBER and failure.cause == "closed"):
            log.error(
                "member failed",
                f"failed {name} {failure.stage}",
                balancer=balancer,
                member=name,
                stage=failure.stage,
                cause=failure.cause,
                client=self._client(exchange),
                origin=member.origin,
            )

    def _explain(self, exchange: Exchange) -> None:
        """An error of ours: why, and which line of the configuration has to do with it."""
        status = exchange.document_status or exchange.status
        log = self.server.error_logs.of(exchange.decision.host if exchange.decision is not None else self.host)
        if status >= 500:
            origin = exchange.decision.origin if exchange.decision is not None else None
            log.error(
                "request failed",
                f"request {status} {exchange.why}",
                status=status,
                why=exchange.why,
                target=exchange.head.target[:200].decode("latin-1"),
                client=self._client(exchange),
                origin=origin,
            )
        else:
            log.info(
                "request refused",
                f"refused {status}",
                status=status,
                why=exchange.why,
                client=self._client(exchange),
            )

    def _client(self, exchange: Exchange) -> str:
        """The client's address, for a log."""
        decision = exchange.decision
        address = self.facts.client if decision is None else decision.client(self.facts)
        return address.decode("latin-1")

    def _log(self, exchange: Exchange, aborted: bool) -> None:
        decision = exchange.decision
        host = decision.host if decision is not None else self.host
        logs = self.server.access_logs.of(host)
        if not logs:
            return
        record = self.server.record
        record.decision = decision
        record.host = host
        record.head = exchange.first_head if decision is not None else None
        record.facts = self.facts
        record.tls = self.tls
        record.first_decision = exchange.first_decision
        record.status = exchange.status
        record.first_status = exchange.document_status or exchange.status
        record.body_bytes_sent = exchange.body.sent
        record.bytes_sent = self.sent
        record.refused = exchange.refused_head
        record.bytes_received = self.received
        record.started = self.started
        record.duration = monotonic() - self.began
        record.keepalive_count = self.served
        record.aborted = aborted
        record.kept_alive = exchange.keep_client and not aborted
        record.env = exchange.variables() if decision is not None else {}
        record.request_fields = exchange.request_fields
        record.plain = exchange.plain
        record.sent_head = exchange.sent_head
        for log in logs:
            log.write(record)

    def _log_tunnel(self, tunnel: Tunnel) -> None:
        from evenflow.wire.http1 import RequestHead

        data, decision, env, sent_head, received, head_bytes = self.log_later
        self.log_later = None
        record = self.server.record
        head = RequestHead()
        head.parse(data, 0, 0, 0)
        record.decision = decision
        record.host = decision.host
        record.head = head
        record.facts = self.facts
        record.tls = self.tls
        record.first_decision = None
        record.status = record.first_status = 101
        record.body_bytes_sent = tunnel.received
        record.bytes_sent = head_bytes + tunnel.received
        record.bytes_received = received + tunnel.sent
        record.started = self.started
        record.duration = monotonic() - self.began
        record.keepalive_count = self.served
        record.aborted = False
        record.kept_alive = False
        record.env = env
        record.request_fields = None
        record.plain = None
        record.sent_head = sent_head
        for log in self.server.access_logs.of(decision.host):
            log.write(record)


def check_deadlines(clients: set[Any], now: float) -> None:
    """Tell every connection whose time is over; called at each tick."""
    due: list[Any] = []
    for client in clients:
        if client.deadline <= now or client.until <= now:
            due.append(client)
    for client in due:
        if client.closed:
            continue
        try:
            if client.until <= now:
                client.on_read_timeout(now)
            else:
                client.on_deadline(now)
        except Exception as fault:
            # A mistake of ours: everybody else's time goes on all the same, and this one is at its end.
            tell_of_fault(client.server.log, fault)
            client.abandon()
