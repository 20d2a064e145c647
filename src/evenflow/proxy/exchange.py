"""One exchange: a client's request, the attempts at members, and the answer. No I/O.

It is told what arrived, and leaves bytes in its two outlets and a `step` that says what it waits for. Whoever moves the
bytes asks nothing else: a step of MEMBER wants a connection to `slot.member`, OWN wants an answer of ours, DONE frees
both sides. One object serves request after request; `begin` makes it new.
"""

from __future__ import annotations

import time
from typing import Any, Final

from evenflow.balancer.balance import Balance
from evenflow.balancer.choose import begin as begin_slot
from evenflow.balancer.choose import choose, release
from evenflow.balancer.sticky import find_session, route_changed
from evenflow.plan import edits
from evenflow.plan.access import contains
from evenflow.plan.decide import resume
from evenflow.plan.decision import Inquiry, afterwards
from evenflow.plan.model import ASK, FORWARD, ConnectionFacts, Decision, Member, Scope
from evenflow.plan.unique import UNIQUE_ID, unique_id
from evenflow.proxy import (
    attempt,
    bad_lines,
    beginnings,
    edited_fields,
    error_document,
    hops,
    interim,
    keys,
    request,
    request_body,
    response,
    returned,
    switches,
    upgrades,
)
from evenflow.proxy.answer_body import MORE, OVERFULL, AnswerBody
from evenflow.proxy.answered import Answered
from evenflow.proxy.response import CLOSING, SAY_CLOSE, SAY_CLOSE_OLD, SAY_KEEP, SAY_NOTHING
from evenflow.proxy.routes import Routes
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
from evenflow.slotmem.layout import SERVER_ERRORS
from evenflow.slotmem.measured import observe
from evenflow.slotmem.members import MemberSlot
from evenflow.wire import framing
from evenflow.wire.chunked import ChunkedReader
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import CHUNKED, UNTIL_CLOSE, response_body
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import (
    CONTENT_LENGTH,
    COOKIE,
    EXPECT,
    MAX_FORWARDS,
    TRANSFER_ENCODING,
    RequestHead,
    ResponseHead,
    find_loose_head_end,
)
from evenflow.wire.outlet import Outlet
from evenflow.wire.scan import Buffer, find_head_end, piece

ROUTE_CHANGED: Final = b"BALANCER_ROUTE_CHANGED"
PROXY_ERROR: Final = b"Proxy Error"
MOST_ANSWER_HEAD: Final = 1 << 18


class Exchange:
    """See the module. Times are seconds of the caller's monotonic clock; byte counts are of this exchange only."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.head = self.first_head = RequestHead()
        self.answer = ResponseHead()
        self.to_client = Outlet()
        self.to_backend = Outlet()
        self.body = AnswerBody(self.to_client)
        """The answer's."""
        self.known_scope: Scope | None = None
        self.edits_wait = False
        """Whether all edits of `known_scope` act only where BALANCER_ROUTE_CHANGED is set: most answers need none then.
        """
        self.request_chunks = ChunkedReader()
        self.held = bytearray()
        """The beginning of an answer's head that has not come whole."""
        self.collected = bytearray()
        """Request body bytes kept until we go on."""
        self.kept_fields: list[tuple[bytes, bytes]] = []
        """Fields of a replaced answer that stay: WWW-Authenticate."""
        self.remembers = False
        """Whether somebody wants `sent_head` afterwards: an access log."""
        self.begin(None)

    def begin(self, facts: ConnectionFacts | None) -> None:
        """Be ready for a request on the connection that `facts` describe."""
        self.facts: Any = facts
        self.head = self.first_head
        """The request that is answered: the client's, or the one for an ErrorDocument in its place."""
        self.document_status = 0
        """The status that an ErrorDocument is shown for; 0 while there is none."""
        self.documents = 0
        """How many were looked for."""
        self.first_decision: Any = None
        """What was decided of the client's request, where an ErrorDocument is shown in its place."""
        self.document_reason = b""
        self.step = IDLE
        self.to_client.clear()
        self.to_backend.clear()
        self.body.begin()
        self.request_chunks.trailers = None
        if self.held:
            self.held.clear()
        if self.collected:
            self.collected = bytearray()
        if self.kept_fields:
            self.kept_fields = []
        if facts is not None:
            facts.unique = b""
        self.decision: Any = None
        """A `Decision`, once the head is understood."""
        self.balance: Any = None
        """The `Balance` that chooses, if a balancer does."""
        self.slot: Any = None
        """The chosen member's `MemberSlot`, from the choice to the end."""
        self.elected: Any = None
        """The slot of the balancer's last choice: the variables speak of it also after it was given back."""
        self.route = b""
        self.session_name = b""
        self.session = b""
        """What tells the session from all others of its member."""
        self.rerouted = False
        """An attempt went to another route than the request asked for."""
        self.env: dict[bytes, bytes] | None = None
        self.view: Any = None
        """The `Inquiry` that expressions look at, once one was asked."""
        self.request_fields: Headers | None = None
        """The request's fields as RequestHeader left them; None where it did not run, or nobody looks."""
        self.plain: Any = None
        """`edits.Plain`: what was added in its place."""
        self.seen_answer: Answered | None = None
        """The answer, for those who ask about it."""
        self.own_always: Headers | None = None
        """What `Header always` made for an answer of ours."""
        self.status = 0
        """The status of an answer of ours while OWN; afterwards what the client was told."""
        self.why = ""
        """The cause of an answer of ours, in words."""
        self.reason = b""
        """The reason phrase of an answer of ours where it is not the status's own."""
        self.refused_head = b""
        """The beginning of a request that could not be understood."""
        self.sent_head = b""
        """The head of the answer as the client gets it, if `remembers`."""
        self.told = b""
        """An explanation that was asked for."""
        self.told_instead = False
        """It is the answer."""
        self.failure: Any = None
        """The last attempt's failure; the caller logs it and sets it to None."""
        self.began = 0.0
        """When the head was complete."""
        self.asked = 0.0
        """When the balancer chose a member last."""
        self.attempts = 0
        self.died_at: MemberSlot | None = None
        """The member whose fresh connection ended without an answer."""
        self.reused = False
        self.repeated_fresh = False
        self.request_left = 0
        self.request_length = 0
        self.inflater: Any = None
        """A `decoding.Inflater`, where the request's body is unpacked on its way."""
        self.abandoned = False
        """Part of the request's body is not read any more: an ErrorDocument is shown instead."""
        self.expects = False
        self.pinging = False
        """The request body waits for a 100 that we asked the member for."""
        self.switched = 0
        """What `switches` of the environment are set."""
        self.ends_here = False
        """Max-Forwards is used up: TRACE and OPTIONS are answered by ourselves."""
        self.held_back = False
        """The request body waits for the member's 100."""
        self.client_version = 11
        """The HTTP version that answers are made for: the request's, or less where a variable says so."""
        self.speaks_old = False
        """Answers say HTTP/1.0 (force-response-1.0)."""
        self.closes_by_switch = False
        self.keep_client = False
        self.keep_backend = False
        self.upgrade: bytes | None = None
        self.interims = 0
        self.waits_since = 0.0
        self.to_member = 0
        self.from_member = 0
        self.served = 0
        """Requests that this client connection had before."""

    # --- the client's side ----------------------------------------------------------------------------------------

    def take_head(self, buffer: Buffer, start: int, end: int, searched: int, now: float) -> int:
        """Read a request's head in `buffer[start:end]`; returns the position behind it, or -1 while it is incomplete.

        Up to `searched` there was no end of a head last time. What is wrong with the head becomes an answer of ours.
        """
        while start < end and (buffer[start] == 13 or buffer[start] == 10):
            start += 1
        stop = find_head_end(buffer, start if searched - 3 < start else searched - 3, end)
        if stop < 0:
            fault = beginnings.fault_of(buffer, start, end, searched, self.facts.table.first.limit_request_line)
            if fault is None:
                return -1
            self.refused_head = beginnings.noted(buffer, start, end)
            self.refuse_request(fault.status, fault.message)
            return end
        self.began = now
        table = self.facts.table
        host = table.first
        try:
            self.head.parse(
                piece(buffer, start, stop),
                host.limit_request_line,
                host.limit_request_field_size,
                host.limit_request_fields,
            )
            self.request_length = self.request_left = framing.request_body(self.head)
            if self.request_left == CHUNKED:
                self.request_chunks.reset()
            self._decide(now)
        except ProtocolFault as wrong:
            self.refused_head = beginnings.noted(buffer, start, stop)
            self.refuse_request(wrong.status, wrong.message)
        return stop

    def refuse_request(self, status: int, why: str) -> None:
        """The request cannot be understood: an answer of ours, and the end of the connection."""
        self.keep_client = False
        self.refuse(status, why)

    def refuse(self, status: int, why: str) -> None:
        """Answer with `status` ourselves. What is left of the request body is no request: then the connection ends."""
        if self.request_left != 0:
            self.keep_client = False
        self.status = status
        self.why = why
        self.step = OWN

    @property
    def began_us(self) -> int:
        """The same in microseconds since 1970: `%t` of Header, and where `%D` counts from."""
        return int((time.time() - (time.monotonic() - self.began)) * 1000000)

    def _decide(self, now: float) -> None:
        self.decided(self.routes.decider.decide(self.facts, self.head), now)

    def take_answer(self, answer: object, now: float) -> None:
        """The question of a decision that is not one yet has this answer."""
        try:
            self.decided(resume(self.decision, answer), now)
        except ProtocolFault as fault:
            self.refuse_request(fault.status, fault.message)

    def decided(self, decision: Decision, now: float) -> None:
        self.decision = decision
        if decision.kind == ASK:
            self.step = ASKING
            return
        if decision.host.explain_from and self.documents == 0 and self._may_be_told(decision):
            self.step = EXPLAINING
            return
        self._proceed(now)

    def _may_be_told(self, decision: Decision) -> bool:
        """Whether the client asks for an explanation, and is one of those whom the configuration gives it."""
        networks: Any = decision.host.explain_from
        wanted = self.head.get(b"evenflow-explain")
        return (
            wanted is not None
            and wanted.lower() in (b"1", b"only")
            and contains(networks, decision.client(self.facts))
        )

    def explained(self, told: bytes, instead: bool, now: float) -> None:
        """The explanation that was asked for: it goes along with the answer as a field, or is the answer `instead`."""
        self.told = told
        self.told_instead = instead
        if instead:
            self.ends_here = True
        try:
            self._proceed(now)
        except ProtocolFault as fault:
            self.refuse_request(fault.status, fault.message)

    def _proceed(self, now: float) -> None:
        """The decision is made: do what it says."""
        head = self.head
        decision = self.decision
        host = decision.host
        self.client_version = head.version
        if decision.env:
            self._look_at_switches(decision.env)
        # httpd's counter is off by one: a limit of N serves N+1 requests.
        self.keep_client = (
            host.keep_alive
            and not self.routes.draining
            and (not head.closes if self.client_version >= 11 else head.keeps)
            and not self.closes_by_switch
            and (host.max_keep_alive_requests == 0 or self.served < host.max_keep_alive_requests)
        )
        if self.request_left != 0 or (head.count > 0 and head.find(EXPECT) >= 0):
            request_body.look_at_expect(self)
            if self.step == OWN:
                return
        if decision.env:
            self.switched = switches.read(decision.env)
        if decision.kind == FORWARD and not self.ends_here and head.find(MAX_FORWARDS) >= 0 and not hops.goes_on(self):
            return
        if decision.kind != FORWARD or self.ends_here:
            if self.request_left != 0 and request_body.is_too_long(self):
                return
            if self.request_left != 0 and not self.expects and self.request_left <= request_body.MOST_COLLECTED:
                self.step = BODY
            else:
                self.collected_all()
            return
        if self.expects and (not decision.scope.forwards_expect or request_body.is_needed_first(self)):
            request_body.say_continue(self)
        if self.request_left != 0 and (decision.scope.inflates or decision.scope.filter_names):
            request_body.begin_inflating(self)
        if (self.request_left == CHUNKED or self.inflater is not None) and not self.expects:
            self.step = BODY
            return
        self.find_session()
        self.elect(now)

    def _look_at_switches(self, env: dict[bytes, bytes]) -> None:
        """Variables that change how we speak to the client, for clients that get it wrong (httpd)."""
        if b"downgrade-1.0" in env:
            self.client_version = 10
        self.speaks_old = self.client_version < 11 and b"force-response-1.0" in env
        self.closes_by_switch = self.speaks_old or b"nokeepalive" in env

    def collected_all(self) -> None:
        """No member is asked; with the body read, or given up, it is our turn."""
        if self.request_left != 0:
            self.keep_client = False
        self.step = OWN

    def take_body(self, buffer: bytearray, start: int, end: int, now: float) -> int:
        """Take request body bytes from `buffer[start:end]`; returns the position behind those of this request."""
        step = self.step
        if step == BODY:
            return request_body.collect(self, buffer, start, end, now)
        if self.request_left == 0 or (step != SENDING and step != ANSWERING):
            return start
        if self.inflater is not None:
            return request_body.pass_inflated(self, buffer, start, end)
        if self.request_left == CHUNKED:
            return request_body.pass_chunks(self, buffer, start, end)
        size = end - start
        if size > self.request_left:
            size = self.request_left
        self.request_left -= size
        self.to_member += size
        self.to_backend.lend(buffer, start, start + size)
        return start + size

    # --- which member ---------------------------------------------------------------------------------------------

    def find_session(self) -> None:
        decision = self.decision
        balancer = decision.balancer
        if balancer is None:
            return
        balance: Balance = self.routes.balances[balancer.index]
        self.balance = balance
        if not balance.sticky_cookie:
            return
        head = self.head
        query = head.query if decision.keep_query else decision.query
        url = decision.path if query is None else decision.path + b"?" + query
        session = find_session(balance, url, head.known(COOKIE) if not head.repeated else head.get(b"cookie"))
        if session is not None:
            self.route = session.route
            self.session_name = session.name
            if session.route:
                self.session = session.value or keys.session_of(self)

    def elect(self, now: float) -> None:
        """Choose a member; the step becomes MEMBER, WAIT, or OWN with 503."""
        decision = self.decision
        if decision.balancer is None:
            slot: MemberSlot = self.routes.slots[decision.member.slot]
            begin_slot(slot)
            self.slot = slot
            self.asked = now
            self.step = MEMBER
            if slot.member.blocked:
                attempt.blocked(self)
            return
        balance = self.balance
        if balance.keyed:
            balance.turn.key = keys.key_of(self)
        chosen = choose(balance, self.route, now)
        self.slot = chosen
        if chosen is not None:
            self.elected = chosen
            self.asked = now
            self.env = None
            # httpd's variable stays set once any attempt went elsewhere, even if a later one comes back.
            if not self.rerouted:
                self.rerouted = route_changed(balance, self.route, chosen)
            if self.session and chosen.route == self.route:
                chosen.saw(self.session, now)
            self.step = MEMBER
            if chosen.member.blocked:
                attempt.blocked(self)
            return
        if self.waits_since == 0.0:
            self.waits_since = now
        if now < balance.patience(self.waits_since):
            self.step = WAIT
            return
        self.refuse(503, f"balancer {decision.balancer.name.decode('latin-1')}: {balance.reason.value}")

    def release(self) -> None:
        if self.slot is not None:
            release(self.slot, self.to_member, self.from_member)
            self.slot = None

    def attach(self, reused: bool) -> None:
        """A connection to `slot.member` is there: leave the request in the outlet. `reused`: it served before."""
        member: Member = self.slot.member
        self.reused = reused
        self.attempts += 1
        self.held.clear()
        decision = self.decision
        scope = decision.scope
        head = self.head
        self.upgrade = upgrades.wanted(head, member)
        length = self.request_length
        if length == 0 and head.find(CONTENT_LENGTH) < 0 and head.find(TRANSFER_ENCODING) < 0:
            length = -2
        out = self.to_backend
        switched = self.switched
        self.pinging = False
        pings = member.ping > 0 and not switched & switches.HTTP_1_0
        if pings and (self.request_left != 0 or self.collected) and head.find(EXPECT) < 0:
            # The body waits for the member's 100, as if the client had asked for it.
            self.pinging = self.held_back = True
            switched |= switches.PINGS
        plain = edits.plain(scope, head) if scope.request_edits else None
        if not switched and request.is_ordinary(head, scope, plain is not None):
            self.plain = plain
            added = b"" if plain is None else plain.lines or b""
            request.write_ordinary(out, head, decision, member, self.facts, length, self.upgrade, added)
        else:
            fields = Headers(request.merged(head.pairs(), head.apart))
            if head.host:
                # RFC 9112 section 3.2.2: the authority of an absolute target, if there is one.
                fields.set(b"Host", head.host)
            if not self.expects and head.version >= 11:
                # We have said the 100 ourselves.
                fields.remove(b"Expect")
            self.plain = None
            if scope.request_edits:
                edited_fields.edit_request(self, fields)
            request.write_edited(out, head, fields, decision, member, self.facts, length, self.upgrade, switched)
        self.to_member += out.pending()
        self.step = SENDING
        if self.collected and not self.pinging:
            request_body.put_collected(self)

    # --- failures -------------------------------------------------------------------------------------------------

    def may_repeat(self) -> bool:
        """Whether the request is idempotent (RFC 9110 section 9.2.2) and its body still here, not passed on."""
        return self.head.method in request.IDEMPOTENT and self.request_length == len(self.collected)

    def give_up(self, status: int, why: str) -> None:
        """The client failed to send the rest of its request: an answer of ours, and the end of its connection."""
        self.to_backend.clear()
        self.keep_backend = False
        self.release()
        self.refuse_request(status, why)

    def client_gone(self) -> None:
        """The client's connection is lost: nobody waits for the answer."""
        self.keep_client = False
        if self.step == SENDING or self.step == ANSWERING:
            self.keep_backend = False
        self.release()
        self.step = CUT

    def proxy_error(self, status: int, why: str) -> None:
        """httpd tells what went wrong between it and a member from what a member did wrong, in the reason phrase and on
        the page.
        """
        self.refuse(status, why)
        self.reason = PROXY_ERROR

    # --- the member's side ----------------------------------------------------------------------------------------

    def backend_sent(self, buffer: bytearray, start: int, end: int, now: float) -> None:
        """The member sent `buffer[start:end]`."""
        self.from_member += end - start
        try:
            if self.step == SENDING:
                self._take_answer(buffer, start, end, now)
            elif self.step == ANSWERING:
                self._pass_body(buffer, start, end)
            if self.step == ANSWERING:
                self.body.flush()
        except ProtocolFault as fault:
            attempt.bad_answer(self, fault, now)

    def _take_answer(self, buffer: bytearray, start: int, end: int, now: float) -> None:
        held = self.held
        if held:
            held += buffer[start:end]
            # A copy: what is lent from it must not change when the next bytes are held.
            buffer = bytearray(held)
            held.clear()
            start = 0
            end = len(buffer)
        answer = self.answer
        member: Member = self.slot.member
        while self.step == SENDING and start < end:
            stop = find_loose_head_end(buffer, start, end)
            if stop < 0:
                if end - start > MOST_ANSWER_HEAD:
                    raise ProtocolFault("the member's head is too long", 502)
                if not b"HTTP/1.".startswith(bytes(buffer[start : end if end - start < 7 else start + 7])):
                    raise ProtocolFault("Corrupt status line returned by remote server", 502)
                held += buffer[start:end]
                return
            data = piece(buffer, start, stop)
            if self.decision.scope.bad_header:
                data, size = bad_lines.forgiven(data, self.decision.scope.bad_header)
                stop = start + size
            answer.parse(data, member.response_field_size)
            start = stop
            if answer.status >= 200:
                self._begin_answer(now)
            elif answer.status == 101:
                if self.balance is not None and self.balance.watches:
                    attempt.tell_outcome(self, True, now)
                self._switch(buffer, start, end)
                return
            else:
                interim.take(self)
        if self.step == ANSWERING:
            self._pass_body(buffer, start, end)
        elif start < end:
            # Behind an answer that has no body: nobody knows what it is.
            self.keep_backend = False

    def _switch(self, buffer: bytearray, start: int, end: int) -> None:
        """101: both connections become a tunnel; what the member sent behind its head is the tunnel's first bytes."""
        upgrade = upgrades.agree(self.upgrade, self.answer)
        self.status = 101
        before = self.to_client.pending()
        response.write_switch(self.to_client, self.answer, upgrade)
        self._remember_head(before)
        self.to_client.put_range(buffer, start, end)
        self.body.sent += end - start
        self.keep_client = self.keep_backend = False
        self.step = SWITCHED

    def _begin_answer(self, now: float) -> None:
        answer = self.answer
        head = self.head
        decision = self.decision
        member: Member = self.slot.member
        status = answer.status
        to_head = head.method == b"HEAD"
        left = response_body(answer, to_head)
        self.keep_backend = (
            (not answer.closes if answer.version >= 11 else answer.keeps)
            and left != UNTIL_CLOSE
            and not member.generic
            and not member.disable_reuse
            and not self.pinging
            and not self.switched & (switches.NO_KEEPALIVE | switches.HTTP_1_0)
        )
        if (
            decision.balancer is not None
            and decision.balancer.failonstatus
            and status in decision.balancer.failonstatus
        ):
            attempt.failed_by_status(self, now)
        if self.balance is not None and self.balance.watches:
            attempt.tell_outcome(self, status < 500, now)
        observe(self.slot.measured, now - self.asked)
        if status >= 500:
            self.slot.measured[SERVER_ERRORS] += 1
        scope = decision.scope
        if (
            scope.error_override
            and status >= 400
            and (not scope.error_override_codes or status in scope.error_override_codes)
        ):
            self.keep_backend = self.keep_backend and left == 0
            error_document.replace(self)
            return
        if self.document_status and scope.error_override and status < 400:
            error_document.keep_status(self)
            status = self.document_status
        self.status = status
        body = self.body
        coded = answer.find(TRANSFER_ENCODING) >= 0
        # A length beside chunks is dropped, and so is one of an answer that has no body by its status.
        body.coded = coded or status == 204 or status == 304
        filtered = scope.output_filters or scope.typed_filters or scope.filter_chain or scope.filter_names
        if filtered and (left != 0 or to_head):
            returned.choose_way(self)
            if body.encoder is not None:
                # Nobody knows how long it will be.
                body.coded = True
        body.says_chunked = coded and to_head and self.client_version >= 11
        unknown = left < 0 or body.encoder is not None
        body.chunked = unknown and self.client_version >= 11
        if (status >= 400 and status in CLOSING) or self.request_left != 0 or (unknown and not body.chunked):
            self.keep_client = False
        body.expect(left)
        self.step = ANSWERING
        if self.remembers:
            before = self.to_client.pending()
            self._write_answer()
            self._remember_head(before)
        else:
            self._write_answer()
        if left == 0:
            self.finish()

    def saying(self) -> int:
        """What the answer says of the client's connection."""
        if not self.keep_client:
            return SAY_CLOSE_OLD if self.speaks_old else SAY_CLOSE
        return SAY_KEEP if self.head.keeps else SAY_NOTHING

    def keep_line(self) -> bytes:
        """`Keep-Alive` and `Connection` for a client that asked to keep the connection."""
        host = self.decision.host
        seconds = int(host.keep_alive_timeout)
        if host.max_keep_alive_requests:
            most = host.max_keep_alive_requests - self.served
            return b"Keep-Alive: timeout=%d, max=%d\r\nConnection: Keep-Alive\r\n" % (seconds, most)
        return b"Keep-Alive: timeout=%d\r\nConnection: Keep-Alive\r\n" % seconds

    def _remember_head(self, before: int) -> None:
        """A head was just written into `to_client`, behind `before` bytes that waited there."""
        if self.remembers:
            out = self.to_client
            self.sent_head = bytes(out.data[out.end - out.pending() + before : out.end])

    def _write_answer(self) -> None:
        scope = self.decision.scope
        answer = self.answer
        saying = self.saying()
        keep_line = self.keep_line() if saying == SAY_KEEP else b""
        edited = False
        added: bytes | None = b""
        if scope.always_edits or scope.onsuccess_edits:
            if scope is not self.known_scope:
                self.known_scope = scope
                self.edits_wait = edits.all_wait_for(scope.always_edits + scope.onsuccess_edits, ROUTE_CHANGED)
            if self.rerouted or not self.edits_wait:
                env = self.variables()
                edited = edits.any_applies(scope.always_edits, env) or edits.any_applies(scope.onsuccess_edits, env)
        if edited and not scope.always_edits:
            # The usual edit adds a cookie: that needs no list.
            added = edits.added_lines(scope.onsuccess_edits, self)
            edited = added is None
        if answer.status == 426:
            added = (added or b"") + upgrades.offered(answer, self.slot.member)
        body = self.body
        as_it_came = not (edited or body.could_encode or self.decision.cookies or self.told or scope.expires_on)
        if self.decision.early_fields is not None or body.vary or body.words or body.encoder is not None:
            as_it_came = False
        if as_it_came and response.is_ordinary(answer, scope):
            response.write_ordinary(
                self.to_client,
                answer,
                self.routes.date,
                body.coded,
                body.chunked or body.says_chunked,
                saying,
                keep_line,
                added or b"",
            )
            return
        # The long way runs the edits itself, unless they only add lines.
        returned.write(self, edited, saying, keep_line, added or b"")

    def inquiry(self) -> Inquiry:
        """The request, and the answer once there is one, as expressions see them."""
        view = self.view
        if view is None:
            view = self.view = afterwards(
                self.routes.decider.plan, self.facts, self.head, self.decision, self.variables(), None
            )
        view.env = self.variables()
        if self.request_fields is None and self.plain is not None:
            self.request_fields = self.plain.applied(self.head)
        view.fields = self.request_fields
        view.response = self.seen_answer
        made: Inquiry = view
        return made

    def variables(self) -> dict[bytes, bytes]:
        """The environment, as `Header` and the log see it; with the balancer's variables once a member was chosen."""
        env = self.env
        if env is None:
            env = self.env = dict(self.decision.env)
            if self.routes.plan.unique_ids:
                env.setdefault(UNIQUE_ID, unique_id(self.facts))
            if self.facts.http2 is not None:
                env.update(self.facts.http2)
            slot = self.elected
            if slot is not None:
                member: Member = slot.member
                env[b"BALANCER_NAME"] = b"balancer://" + self.decision.balancer.name
                env[b"BALANCER_WORKER_NAME"] = member.name
                env[b"BALANCER_WORKER_ROUTE"] = slot.route
                if self.session_name:
                    env[b"BALANCER_SESSION_STICKY"] = self.session_name
                    env[b"BALANCER_SESSION_ROUTE"] = self.route
                if self.rerouted:
                    env[b"BALANCER_ROUTE_CHANGED"] = b"1"
        return env

    def _pass_body(self, buffer: bytearray, start: int, end: int) -> None:
        taken = self.body.take(buffer, start, end)
        if taken != MORE:
            if taken == OVERFULL:
                self.keep_backend = False
            self.finish()

    def finish(self) -> None:
        """The answer is complete."""
        if self.step == ANSWERING:
            body = self.body
            body.end()
            if body.encoder is not None and body.encoder.notes:
                body.encoder.note(self.variables())
        if self.request_left != 0:
            # The member answered before it had the whole request: what comes is not a new request.
            self.keep_client = self.keep_backend = False
        self.release()
        self.step = DONE

    def answered(self, body_bytes: int) -> None:
        """The caller has put an answer of ours into `to_client`."""
        self.body.sent += body_bytes
        self.release()
        self.step = DONE
