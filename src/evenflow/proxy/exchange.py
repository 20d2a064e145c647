"""One exchange: a client's request, the attempts at members, and the answer. No I/O.

It is told what arrived, and leaves bytes in its two outlets and a `step` that says what it waits for. Whoever moves the
bytes asks nothing else: a step of MEMBER wants a connection to `slot.member`, OWN wants an answer of ours, DONE frees
both sides. One object serves request after request; `begin` makes it new.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any, Final

import cython

from evenflow.balancer.balance import Balance
from evenflow.balancer.choose import begin as begin_slot
from evenflow.balancer.choose import choose, release
from evenflow.balancer.health import mark_failed
from evenflow.balancer.sticky import find_session, route_changed
from evenflow.plan import documents, edits, expires, filters
from evenflow.plan.access import contains
from evenflow.plan.decide import resume
from evenflow.plan.decision import Inquiry, afterwards
from evenflow.plan.model import ASK, FILE, FORWARD, LOCAL, ConnectionFacts, Decision, Member, Scope
from evenflow.plan.naming import with_charset
from evenflow.plan.reverse import reverse_cookies, reverse_fields
from evenflow.plan.unique import UNIQUE_ID, unique_id
from evenflow.proxy import attempt, bad_lines, encoding, hops, request, response, switches
from evenflow.proxy.answered import Answered
from evenflow.proxy.attempt import MemberFailure
from evenflow.proxy.response import CLOSING, SAY_CLOSE, SAY_CLOSE_OLD, SAY_KEEP, SAY_NOTHING
from evenflow.proxy.routes import Routes
from evenflow.slotmem.members import MemberSlot
from evenflow.wire.chunked import ChunkedReader
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import CHUNKED, UNTIL_CLOSE, request_body, response_body
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import (
    CONTENT_LENGTH,
    COOKIE,
    EXPECT,
    MAX_FORWARDS,
    TRANSFER_ENCODING,
    UPGRADE,
    RequestHead,
    ResponseHead,
    find_loose_head_end,
)
from evenflow.wire.outlet import Outlet
from evenflow.wire.scan import Buffer, find_byte, find_head_end, piece

# What an exchange waits for: `step`.
IDLE = 0
"""A request's head."""
BODY = 1
"""More of a request body that must be complete, or large enough, before we go on."""
MEMBER = 2
"""A connection to `slot.member`: `attach` or `connect_failed`."""
WAIT = 3
"""A member that is usable again, until `wait_until`: `elect`."""
SENDING = 4
"""The member's answer; the request body may still be on its way."""
ANSWERING = 5
"""The rest of the answer's body."""
OWN = 6
"""An answer of our own: `status` if it is not 0, else what `decision` says."""
DONE = 7
"""Nothing more: the answer is in the outlet. `keep_client` and `keep_backend` say what becomes of the connections."""
SWITCHED = 8
"""Nothing more: from here on the connection is a tunnel."""
CUT = 9
"""Nothing more: the answer broke off, and only closing the connection can tell the client."""
ASKING = 10
"""The answer to `decision.question`: `take_answer`."""
EXPLAINING = 11
"""An explanation of this request, for a client that may have it: `explained`."""

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(
        IDLE=IDLE,
        BODY=BODY,
        MEMBER=MEMBER,
        WAIT=WAIT,
        SENDING=SENDING,
        ANSWERING=ANSWERING,
        OWN=OWN,
        DONE=DONE,
        SWITCHED=SWITCHED,
        CUT=CUT,
        ASKING=ASKING,
        EXPLAINING=EXPLAINING,
    )

ROUTE_CHANGED: Final = b"BALANCER_ROUTE_CHANGED"
NO_ENGINE: Final = "SSLProxyEngine is off"
"""Why no TLS is spoken to a member, though its URL says it."""
PREFETCH: Final = 16384
"""httpd reads so much of a request body before it asks a member; what fits is sent with a Content-Length."""
MOST_COLLECTED: Final = 65536
"""A request body up to this size is read before we answer ourselves, so that the connection can be kept."""
PROXY_ERROR: Final = b"Proxy Error"
SAID_BY_PROXY: Final = ("corrupt status line", "Corrupt status line", "Too many", "Unexpected Upgrade")
"""Faults of a member's answer that httpd reports as `Proxy Error`."""
MOST_WHOLE: Final = 1 << 24
"""With proxy-sendcl a chunked body is read whole before a member is asked, if it is not longer than this."""
ANSWERED_HERE: Final = frozenset((FILE, LOCAL))
"""Whose request bodies have a limit."""
MOST_HEAD: Final = 1 << 20
"""A request head that is longer is refused, whatever the limits for its lines say."""
MOST_NOTED: Final = 8190
"""Bytes of a refused request's first line that are kept for the log."""
MOST_ANSWER_HEAD: Final = 1 << 18
MOST_INTERIM: Final = 10
"""httpd gives up after so many 1xx answers."""


LAST_DATE: Final = 253402300799
"""The end of the year 9999: no HTTP date is later."""
PAGE_TYPE: Final = b"text/html; charset=iso-8859-1"
"""The type of our pages, for those who ask before there is one."""


class Exchange:
    """See the module. Times are seconds of the caller's monotonic clock; byte counts are of this exchange only."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.head = self.first_head = RequestHead()
        self.answer = ResponseHead()
        self.to_client = Outlet()
        self.to_backend = Outlet()
        self.known_scope: Scope | None = None
        self.edits_wait = False
        """Whether all edits of `known_scope` act only where BALANCER_ROUTE_CHANGED is set: most answers need none then.
        """
        self.request_chunks = ChunkedReader()
        self.response_chunks = ChunkedReader()
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
        self.refused_line = b""
        """The first line of a request that could not be understood."""
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
        self.attempts = 0
        self.died_at: MemberSlot | None = None
        """The member whose fresh connection ended without an answer."""
        self.reused = False
        self.repeated_fresh = False
        self.request_left = 0
        self.request_length = 0
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
        self.response_left = 0
        self.response_coded = False
        self.chunked_out = False
        self.says_chunked = False
        """An answer to HEAD says that it would be chunked."""
        self.chunk_open = False
        self.client_version = 11
        """The HTTP version that answers are made for: the request's, or less where a variable says so."""
        self.speaks_old = False
        """Answers say HTTP/1.0 (force-response-1.0)."""
        self.closes_by_switch = False
        self.encoder: Any = None
        """An `encoding.Encoder`, where the answer's body is compressed on its way."""
        self.could_encode = False
        """It would have been for another Accept-Encoding."""
        self.keep_client = False
        self.keep_backend = False
        self.upgrade: bytes | None = None
        self.interims = 0
        self.wait_until = 0.0
        self.body_sent = 0
        """Body bytes for the client, framing not counted."""
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
            self._check_beginning(buffer, start, end, searched)
            if self.step == IDLE:
                return -1
            self._note_line(buffer, start, end)
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
            self.request_length = self.request_left = request_body(self.head)
            if self.request_left == CHUNKED:
                self.request_chunks.reset()
            self._decide(now)
        except ProtocolFault as fault:
            self._note_line(buffer, start, stop)
            self.refuse_request(fault.status, fault.message)
        return stop

    def _note_line(self, buffer: Buffer, start: int, end: int) -> None:
        """Keep a refused request's first line, so much of it as came, for the log."""
        line_end = find_byte(buffer, 10, start, end)
        if line_end < 0 or line_end > start + MOST_NOTED:
            line_end = end if end < start + MOST_NOTED else start + MOST_NOTED
        self.refused_line = bytes(buffer[start:line_end]).rstrip(b"\r")

    def _check_beginning(self, buffer: Buffer, start: int, end: int, searched: int) -> None:
        """Refuse early what cannot become a head: too long a line, no HTTP version in the first one, a line without CR,
        no end in sight.
        """
        limit = self.facts.table.first.limit_request_line
        line_end = find_byte(buffer, 10, start, end)
        if line_end < 0:
            if limit and end - start > limit + 2:
                self.refuse_request(414, f"the request line is longer than {limit} bytes")
            return
        if line_end >= searched and bytes(buffer[start:line_end]).find(b" HTTP/") < 0:
            self.refuse_request(400, "the request line has no protocol version")
            return
        if end - start > MOST_HEAD:
            self.refuse_request(400, f"the head is longer than {MOST_HEAD} bytes")
            return
        # Only what is new is looked at, so that a slow client cannot make us read its head again and again.
        at = line_end if line_end > searched else find_byte(buffer, 10, searched, end)
        while at >= 0:
            if at > start and buffer[at - 1] != 13:
                self.refuse_request(400, "a line of the head ends without CR")
                return
            at = find_byte(buffer, 10, at + 1, end)

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
        self._decided(self.routes.decider.decide(self.facts, self.head), now)

    def take_answer(self, answer: object, now: float) -> None:
        """The question of a decision that is not one yet has this answer."""
        try:
            self._decided(resume(self.decision, answer), now)
        except ProtocolFault as fault:
            self.refuse_request(fault.status, fault.message)

    def _decided(self, decision: Decision, now: float) -> None:
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
            self._look_at_expect()
            if self.step == OWN:
                return
        if decision.env:
            self.switched = switches.read(decision.env)
        if decision.kind == FORWARD and not self.ends_here and head.find(MAX_FORWARDS) >= 0 and not self._goes_on():
            return
        if decision.kind != FORWARD or self.ends_here:
            if self.request_left != 0 and decision.kind in ANSWERED_HERE and self._is_too_long():
                return
            if self.request_left != 0 and not self.expects and self.request_left <= MOST_COLLECTED:
                self.step = BODY
            else:
                self._collected_all()
            return
        if self.expects and (not decision.scope.forwards_expect or self._needs_body_first()):
            self._say_continue()
        if self.request_left == CHUNKED and not self.expects:
            self.step = BODY
            return
        self._find_session()
        self.elect(now)

    def _look_at_switches(self, env: dict[bytes, bytes]) -> None:
        """Variables that change how we speak to the client, for clients that get it wrong (httpd)."""
        if b"downgrade-1.0" in env:
            self.client_version = 10
        self.speaks_old = self.client_version < 11 and b"force-response-1.0" in env
        self.closes_by_switch = self.speaks_old or b"nokeepalive" in env

    def _goes_on(self) -> bool:
        """Whether Max-Forwards lets the request go to a member."""
        head = self.head
        judged = hops.judge(head.get(b"max-forwards") or b"")
        if judged == hops.PASSES:
            return True
        if judged == hops.GARBLED:
            self._proxy_error(400, "Max-Forwards request header could not be parsed")
        elif head.method == b"TRACE" or head.method == b"OPTIONS":
            self.ends_here = True
            return True
        else:
            self._proxy_error(400, "Max-Forwards has reached zero - proxy loop?")
        return False

    def _is_too_long(self) -> bool:
        """LimitRequestBody, as far as the request says how long its body is."""
        limit = self.decision.scope.body_limit
        if limit == 0 or self.request_left <= limit:
            return False
        self.refuse(413, f"the request body is longer than LimitRequestBody allows ({limit})")
        return True

    def _needs_body_first(self) -> bool:
        """Whether no member can be asked for the 100: HTTP/1.0 has none, and a length is known when the body is."""
        switched = self.switched
        return switched & switches.HTTP_1_0 != 0 or (
            switched & switches.WITH_LENGTH != 0 and self.request_left == CHUNKED
        )

    def _say_continue(self) -> None:
        """Proxy100Continue Off, and where no member can be asked: the client's 100 comes from us, and the member does
        not hear of it.
        """
        self.expects = self.held_back = False
        if self.request_left == 0:
            # httpd has promised a 100 that nothing calls for, and closes.
            self.keep_client = False
        else:
            self.to_client.put(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _look_at_expect(self) -> None:
        """RFC 9110 section 10.1.1: the only expectation is 100-continue; anything else is answered with 417."""
        value = self.head.get(b"expect")
        if value is None:
            return
        if value.lower() != b"100-continue":
            self.refuse_request(417, "an Expect other than 100-continue")
            return
        if self.head.version >= 11:
            self.expects = True
            self.held_back = self.request_left != 0

    def _collected_all(self) -> None:
        """No member is asked; with the body read, or given up, it is our turn."""
        if self.request_left != 0:
            self.keep_client = False
        self.step = OWN

    def take_body(self, buffer: bytearray, start: int, end: int, now: float) -> int:
        """Take request body bytes from `buffer[start:end]`; returns the position behind those of this request."""
        step = self.step
        if step == BODY:
            return self._collect(buffer, start, end, now)
        if self.request_left == 0 or (step != SENDING and step != ANSWERING):
            return start
        if self.request_left == CHUNKED:
            return self._pass_chunks(buffer, start, end)
        size = end - start
        if size > self.request_left:
            size = self.request_left
        self.request_left -= size
        self.to_member += size
        self.to_backend.lend(buffer, start, start + size)
        return start + size

    def _pass_chunks(self, buffer: bytearray, start: int, end: int) -> int:
        reader = self.request_chunks
        out = self.to_backend
        at = start
        while at < end and not reader.done:
            try:
                at = reader.take(buffer, at, end)
            except ProtocolFault as fault:
                self._broken_body(fault)
                return end
            size = reader.data_end - reader.data_start
            if size:
                out.put_chunk_size(size)
                out.put_range(buffer, reader.data_start, reader.data_end)
                out.put(b"\r\n")
                self.to_member += size
        if reader.done:
            out.put(b"0\r\n\r\n")
            self.request_left = 0
        return at

    def _broken_body(self, fault: ProtocolFault) -> None:
        """The request body breaks its framing: the member must not see an end, so its connection goes too."""
        self.keep_client = self.keep_backend = False
        self.to_backend.clear()
        self._release()
        if self.step == ANSWERING:
            self.step = CUT
            self.why = fault.message
        else:
            self.refuse(fault.status, fault.message)

    def _collect(self, buffer: bytearray, start: int, end: int, now: float) -> int:
        """Keep body bytes; go on when the body is complete or too large to wait for."""
        at = start
        forwards = self.decision.kind == FORWARD and not self.ends_here
        whole = forwards and self.switched & switches.WITH_LENGTH != 0
        most = MOST_WHOLE if whole else PREFETCH if forwards else MOST_COLLECTED
        if self.request_left == CHUNKED:
            reader = self.request_chunks
            while at < end and not reader.done and len(self.collected) <= (most if whole else MOST_COLLECTED):
                try:
                    at = reader.take(buffer, at, end)
                except ProtocolFault as fault:
                    self.refuse_request(fault.status, fault.message)
                    return end
                self.collected += buffer[reader.data_start : reader.data_end]
            if reader.done:
                self.request_left = 0
        else:
            size = end - start
            if size > self.request_left:
                size = self.request_left
            at = start + size
            self.collected += buffer[start:at]
            self.request_left -= size
        if self.request_left == 0 or len(self.collected) >= most:
            if forwards:
                if self.request_left == 0 and (whole or len(self.collected) <= PREFETCH):
                    self.request_length = len(self.collected)
                elif whole:
                    self.refuse_request(413, "the body is too long to be sent with a length (proxy-sendcl)")
                    return at
                self._find_session()
                self.elect(now)
            else:
                limit = self.decision.scope.body_limit
                if limit and len(self.collected) > limit and self.decision.kind in ANSWERED_HERE:
                    self.refuse_request(413, f"the request body is longer than LimitRequestBody allows ({limit})")
                else:
                    self._collected_all()
        return at

    # --- which member ---------------------------------------------------------------------------------------------

    def _find_session(self) -> None:
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

    def elect(self, now: float) -> None:
        """Choose a member; the step becomes MEMBER, WAIT, or OWN with 503."""
        decision = self.decision
        if decision.balancer is None:
            slot: MemberSlot = self.routes.slots[decision.member.slot]
            begin_slot(slot)
            self.slot = slot
            self.step = MEMBER
            return
        balance = self.balance
        chosen = choose(balance, self.route, now)
        self.slot = chosen
        if chosen is not None:
            self.elected = chosen
            self.env = None
            # httpd's variable stays set once any attempt went elsewhere, even if a later one comes back.
            if not self.rerouted:
                self.rerouted = route_changed(balance, self.route, chosen)
            self.step = MEMBER
            return
        if balance.timeout > 0:
            if self.wait_until == 0.0:
                self.wait_until = now + balance.timeout
            if now < self.wait_until:
                self.step = WAIT
                return
        self.refuse(503, f"balancer {decision.balancer.name.decode('latin-1')}: {balance.reason.value}")

    def _release(self) -> None:
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
        self.upgrade = self._wanted_upgrade(member)
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
            fields = Headers(request.merged(head.pairs()))
            if head.host:
                # RFC 9112 section 3.2.2: the authority of an absolute target, if there is one.
                fields.set(b"Host", head.host)
            if not self.expects and head.version >= 11:
                # We have said the 100 ourselves.
                fields.remove(b"Expect")
            self.plain = None
            if scope.request_edits:
                self._edit_request(fields)
            request.write_edited(out, head, fields, decision, member, self.facts, length, self.upgrade, switched)
        self.to_member += out.pending()
        self.step = SENDING
        if self.collected and not self.pinging:
            self._put_collected()

    def _put_collected(self) -> None:
        """What was read of the request body before a member was asked."""
        out = self.to_backend
        before = out.pending()
        if self.request_length == CHUNKED:
            out.put_chunk_size(len(self.collected))
            out.put_range(self.collected, 0, len(self.collected))
            out.put(b"\r\n0\r\n\r\n" if self.request_left == 0 else b"\r\n")
        else:
            out.put_range(self.collected, 0, len(self.collected))
        self.to_member += out.pending() - before

    def _edit_request(self, fields: Headers) -> None:
        """Run RequestHeader over the request's fields. Whoever looks at the request afterwards sees what it left."""
        scope = self.decision.scope
        # The balancer's variables are not there yet for RequestHeader: httpd runs it before a member is chosen.
        self.env = dict(self.decision.env)
        if self.routes.plan.unique_ids:
            self.env.setdefault(UNIQUE_ID, unique_id(self.facts))
        if self.view is not None:
            self.view.fields = None
        self.request_fields = fields
        edits.edit_request(scope.request_edits, fields, self)
        self.request_fields = fields.copy() if scope.always_edits or scope.onsuccess_edits or self.remembers else None
        self.env = None

    def _wanted_upgrade(self, member: Member) -> bytes | None:
        """The client's Upgrade, as spelled, if the member may be upgraded to it; httpd does not look at Connection."""
        if not member.upgrade:
            return None
        index = self.head.find(UPGRADE)
        if index < 0:
            return None
        value: bytes = self.head.value(index)
        wanted = value.lower()
        for protocol in member.upgrade:
            if protocol == b"any" or protocol == wanted:
                return value
        if len(member.upgrade) > 1 or b"," in wanted:
            tokens = [token.strip(b" \t") for token in wanted.split(b",")]
            for protocol in member.upgrade:
                if protocol in tokens:
                    return value
        return None

    # --- failures -------------------------------------------------------------------------------------------------

    def connect_failed(self, cause: str, now: float) -> None:
        """No connection to `slot.member`: it goes into error, and another one is tried while attempts are left."""
        slot = self.slot
        balance = self.balance
        unusable = mark_failed(balance, slot, now)
        self._release()
        if slot is self.died_at:
            # It died under the attempt before, and the lbmethod took it once more: one failure, not two.
            self.died_at = None
        else:
            self.attempts += 1
        again = unusable and balance is not None and self.attempts <= balance.maxattempts
        self.failure = MemberFailure(slot.member, attempt.CONNECT, cause, unusable, again)
        if again:
            self.elect(now)
        else:
            self.refuse(503, f"{slot.member.name.decode('latin-1')}: {cause}")

    def name_unknown(self, cause: str, now: float) -> None:
        """The member's name does not resolve: 500 as in httpd, in error, and no other attempt."""
        slot = self.slot
        unusable = mark_failed(self.balance, slot, now)
        self._release()
        self.attempts += 1
        self.failure = MemberFailure(slot.member, attempt.CONNECT, cause, unusable, False)
        self._proxy_error(500, f"DNS lookup failure for: {slot.member.host}")

    def handshake_failed(self, cause: str, now: float, blames: bool) -> None:
        """TLS with the member could not be agreed on: 500 as in httpd, in error if it is a balancer's and `blames`, and
        no other attempt. A client that brings a name of its own must not put members into error."""
        slot = self.slot
        unusable = blames and mark_failed(self.balance, slot, now)
        self._release()
        self.attempts += 1
        self.failure = MemberFailure(slot.member, attempt.CONNECT, cause, unusable, False)
        if cause == NO_ENGINE:
            self.refuse(500, f"{slot.member.name.decode('latin-1')}: {cause}")
        else:
            self._proxy_error(500, "Error during SSL Handshake with remote server")

    def backend_closed(self, cause: str, now: float) -> None:
        """The member's connection ended, cleanly (`cause` "closed") or not, and it is gone."""
        self.keep_backend = False
        self.to_backend.clear()
        if self.step == ANSWERING:
            if self.response_left == UNTIL_CLOSE and cause == "closed":
                self._finish()
                return
            self._break_off(attempt.BODY, cause)
            return
        if self.step != SENDING:
            return
        slot = self.slot
        cut_off = len(self.held) > 0
        # Not once a byte of an answer came.
        repeatable = not self.held and self.interims == 0 and self.may_repeat()
        if repeatable and self.reused and not self.repeated_fresh:
            # A kept connection that the member closed meanwhile says nothing about the member: a fresh one to the same,
            # and no attempt of the balancer's, or a stopped member would use up two of them.
            self.repeated_fresh = True
            self.attempts -= 1
            self.step = MEMBER
            self.failure = MemberFailure(slot.member, attempt.HEAD, cause, False, True)
            return
        balance = self.balance
        self._release()
        self.died_at = slot
        again = repeatable and balance is not None and self.attempts <= balance.maxattempts
        self.failure = MemberFailure(slot.member, attempt.HEAD, cause, False, again)
        if again:
            self.elect(now)
        elif cut_off:
            self.refuse(502, "the member's head was cut off")
        else:
            self._proxy_error(502, "Error reading from remote server")

    def may_repeat(self) -> bool:
        """Whether the request is idempotent (RFC 9110 section 9.2.2) and its body still here, not passed on."""
        return self.head.method in request.IDEMPOTENT and self.request_length == len(self.collected)

    def timed_out(self, now: float) -> None:
        """The member said nothing for as long as it may."""
        slot = self.slot
        self.keep_backend = False
        self.to_backend.clear()
        if self.step == ANSWERING:
            self._break_off(attempt.BODY, "timeout")
            return
        balance = self.balance
        if self.pinging:
            # Nothing of the body was sent: another member may have it, whatever the method.
            self.pinging = self.held_back = False
            in_error = mark_failed(balance, slot, now)
            self._release()
            again = in_error and balance is not None and self.attempts <= balance.maxattempts
            self.failure = MemberFailure(slot.member, attempt.HEAD, "no 100 in time (ping)", in_error, again)
            if again:
                self.elect(now)
            else:
                self._proxy_error(503, "Timeout on 100-Continue")
            return
        in_error = False
        if balance is not None and self.decision.balancer.failontimeout:
            in_error = mark_failed(balance, slot, now)
        self._release()
        self.failure = MemberFailure(slot.member, attempt.HEAD, "timeout", in_error, False)
        self._proxy_error(502, "Error reading from remote server")

    def give_up(self, status: int, why: str) -> None:
        """The client failed to send the rest of its request: an answer of ours, and the end of its connection."""
        self.to_backend.clear()
        self.keep_backend = False
        self._release()
        self.refuse_request(status, why)

    def client_gone(self) -> None:
        """The client's connection is lost: nobody waits for the answer."""
        self.keep_client = False
        if self.step == SENDING or self.step == ANSWERING:
            self.keep_backend = False
        self._release()
        self.step = CUT

    def _break_off(self, stage: str, cause: str) -> None:
        slot = self.slot
        self._release()
        self.keep_client = self.keep_backend = False
        self.failure = MemberFailure(slot.member, stage, cause, False, False)
        self.why = f"{slot.member.name.decode('latin-1')}: the answer broke off ({cause})"
        self.step = CUT

    def _bad_answer(self, fault: ProtocolFault) -> None:
        """The member breaks the protocol."""
        slot = self.slot
        self.keep_backend = False
        self.to_backend.clear()
        if self.step == ANSWERING:
            self._break_off(attempt.BODY, fault.message)
            return
        self._release()
        self.failure = MemberFailure(slot.member, attempt.HEAD, fault.message, False, False)
        if fault.message.startswith(SAID_BY_PROXY):
            self._proxy_error(fault.status, fault.message)
        else:
            self.refuse(fault.status, fault.message)

    def _proxy_error(self, status: int, why: str) -> None:
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
            if self.encoder is not None and self.step == ANSWERING:
                # What the member sent by now is to be seen by now.
                self._put_piece(self.encoder.flush())
        except ProtocolFault as fault:
            self._bad_answer(fault)

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
                self._switch(buffer, start, end)
                return
            else:
                self._pass_interim()
        if self.step == ANSWERING:
            self._pass_body(buffer, start, end)
        elif start < end:
            # Behind an answer that has no body: nobody knows what it is.
            self.keep_backend = False

    def _pass_interim(self) -> None:
        """1xx: on to a client that knows them; a 100 that it did not ask for is swallowed. RFC 9110 section 15.2."""
        self.interims += 1
        if self.interims > MOST_INTERIM:
            raise ProtocolFault("Too many (10) interim responses from origin server", 502)
        if self.answer.status == 100:
            if self.pinging:
                self.pinging = self.held_back = False
                if self.collected:
                    self._put_collected()
                return
            if not self.expects:
                return
            self.held_back = False
        if self.head.version >= 11 and not self.switched & switches.NO_INTERIM:
            response.write_interim(self.to_client, self.answer)

    def _switch(self, buffer: bytearray, start: int, end: int) -> None:
        """101: both connections become a tunnel; what the member sent behind its head is the tunnel's first bytes."""
        upgrade = self.upgrade
        token = self.answer.get(b"upgrade")
        if upgrade is None or token is None or token.lower() != upgrade.lower():
            wanted = "none" if upgrade is None else upgrade.decode("latin-1")
            found = "none" if token is None else token.decode("latin-1")
            raise ProtocolFault(f"Unexpected Upgrade: {found} (expecting {wanted})", 502)
        self.status = 101
        before = self.to_client.pending()
        response.write_switch(self.to_client, self.answer, upgrade)
        self._remember_head(before)
        self.to_client.put_range(buffer, start, end)
        self.body_sent += end - start
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
            in_error = mark_failed(self.balance, self.slot, now)
            self.failure = MemberFailure(member, attempt.HEAD, f"failonstatus {status}", in_error, False)
        scope = decision.scope
        if (
            scope.error_override
            and status >= 400
            and (not scope.error_override_codes or status in scope.error_override_codes)
        ):
            self.keep_backend = self.keep_backend and left == 0
            self._release()
            self.refuse(status, "the member's error page is replaced (ProxyErrorOverride)")
            # A document that a member refuses may have a document itself (httpd).
            self.document_status = 0
            self.reason = answer.reason
            if status == 401:
                self.kept_fields = [pair for pair in answer.pairs() if pair[0].lower() == b"www-authenticate"]
            return
        if self.document_status and scope.error_override and status < 400:
            self._keep_document_status()
            status = self.document_status
        self.status = status
        coded = answer.find(TRANSFER_ENCODING) >= 0
        # A length beside chunks is dropped, and so is one of an answer that has no body by its status.
        self.response_coded = coded or status == 204 or status == 304
        if (scope.output_codings or scope.typed_codings) and left != 0 and not to_head:
            self._choose_coding()
            if self.encoder is not None:
                # Nobody knows how long it will be.
                self.response_coded = True
        self.says_chunked = coded and to_head and self.client_version >= 11
        unknown = left < 0 or self.encoder is not None
        self.chunked_out = unknown and self.client_version >= 11
        if (status >= 400 and status in CLOSING) or self.request_left != 0 or (unknown and not self.chunked_out):
            self.keep_client = False
        if left == CHUNKED:
            self.response_chunks.reset()
        self.response_left = left
        self.step = ANSWERING
        if self.remembers:
            before = self.to_client.pending()
            self._write_answer()
            self._remember_head(before)
        else:
            self._write_answer()
        if left == 0:
            self._finish()

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
            added = (added or b"") + self._offered_upgrade()
        as_it_came = not (edited or self.could_encode or self.decision.cookies or self.told or scope.expires_on)
        if as_it_came and response.is_ordinary(answer, scope):
            response.write_ordinary(
                self.to_client,
                answer,
                self.routes.date,
                self.response_coded,
                self.chunked_out or self.says_chunked,
                saying,
                keep_line,
                added or b"",
            )
            return
        # The long way runs the edits itself, unless they only add lines.
        fields = response.returned_fields(answer, self.response_coded)
        for name in (b"Date", b"Server"):
            value = answer.get(name.lower())
            if value is not None:
                fields.set(name, value)
        if scope.via == b"on" or scope.via == b"full":
            # A line of its own, whoever wrote one before.
            fields.items.append((b"Via", request.via_of(scope, self.decision.host, self.head, self.facts)))
        if scope.reverses:
            reverse_fields(scope.reverses, fields, self)
        if scope.cookie_paths or scope.cookie_domains:
            reverse_cookies(fields, self)
        if self.encoder is not None:
            encoding.mark_fields(fields, self.encoder.coding, filters.compression_of(scope))
        elif self.could_encode:
            encoding.vary(fields)
        if scope.expires_on:
            self.expire(fields, answer.status, fields.get(b"content-type") or b"", -1)
        always = self._cookies()
        if edited:
            self.seen_answer = Answered(answer.status, fields, always, b"")
            if self.view is not None:
                # What RequestHeader's conditions looked at goes with the fields that the member's took the place of.
                self.view.vary = ()
            if scope.always_edits:
                edits.edit_response(scope.always_edits, always, self, fields)
            edits.edit_response(scope.onsuccess_edits, fields, self, fields)
            if self.view is not None:
                edits.compact_vary(fields)
        if scope.default_charset:
            kind = fields.get(b"content-type")
            if kind is not None:
                fields.set(b"Content-Type", with_charset(kind, scope.default_charset))
        response.write_edited(
            self.to_client,
            answer,
            self.routes.date,
            always,
            fields,
            self.chunked_out or self.says_chunked,
            saying,
            keep_line,
            added or b"",
        )

    def expire(self, fields: Headers, status: int, content_type: bytes, changed: int) -> None:
        """Say how long an answer may be kept; `changed` is when its file changed, -1 for none."""
        asked = self.began_us // 1000000
        says = fields.get(b"expires") is not None
        age = expires.age_of(self.decision.scope, status, content_type, says, asked, changed)
        if age >= 0:
            expires.add_age(fields, age, formatdate(min(asked + age, LAST_DATE), usegmt=True).encode())

    def _offered_upgrade(self) -> bytes:
        """RFC 9110 section 15.5.22: a 426 names the protocol that it asks for; it goes on where the member may be
        upgraded to it.
        """
        offered = self.answer.get(b"upgrade")
        if offered is None or offered.lower() not in self.slot.member.upgrade:
            return b""
        return b"Connection: Upgrade\r\nUpgrade: " + offered + b"\r\n"

    def always_fields(self) -> Headers:
        """What a rule's CO and `Header always` put on an answer of ours."""
        always = self._always_of_ours()
        if self.view is not None and self.view.vary:
            edits.add_vary(always, self.view.vary)
            edits.compact_vary(always)
            self.view.vary = ()
        return always

    def _cookies(self) -> Headers:
        """A table of `always` that holds what a rule's CO says, and an explanation that was asked for."""
        always = Headers()
        if self.told:
            always.append(b"Evenflow-Explanation", self.told)
        if self.decision is not None:
            for cookie in self.decision.cookies:
                always.add(b"Set-Cookie", cookie)
        return always

    def _always_of_ours(self) -> Headers:
        """`Header always` for an answer of ours; what its conditions read waits in the inquiry."""
        if self.own_always is None:
            self.own_always = self._cookies()
            decision = self.decision
            if decision is not None and decision.scope.always_edits:
                self._edit_ours()
                if self.view is not None:
                    # What was said before an error page goes with the fields that it drops.
                    self.view.vary = ()
                if self.seen_answer is None:
                    self.seen_answer = Answered(self.status, Headers(), self.own_always, PAGE_TYPE)
                self.variables()
                edits.edit_response(decision.scope.always_edits, self.own_always, self)
        return self.own_always

    def _edit_ours(self) -> None:
        """RequestHeader for what no member gets: a file, a handler of ours. Expressions and logs see what it does."""
        decision = self.decision
        if self.request_fields is None and decision.scope.request_edits and decision.kind in (FILE, LOCAL):
            fields = Headers(request.merged(self.head.pairs()))
            if self.head.host:
                fields.set(b"Host", self.head.host)
            self._edit_request(fields)

    def edited_fields(
        self, fields: list[tuple[bytes, bytes]], own_type: bytes, varied: tuple[bytes, ...]
    ) -> list[tuple[bytes, bytes]]:
        """What plain `Header` makes of the fields of a file or of a local handler's answer of this type; `varied` are
        the request's fields that it depends on already."""
        decision = self.decision
        if decision is None:
            return fields
        scope = decision.scope
        if not scope.onsuccess_edits and not scope.always_edits and not varied and not scope.request_edits:
            return fields
        self._edit_ours()
        if self.view is not None:
            varied += self.view.vary
        edited = Headers(list(fields))
        self.own_always = None
        self.seen_answer = Answered(self.status, edited, Headers(), own_type)
        self.seen_answer.always = self._always_of_ours()
        if self.view is not None:
            if scope.always_edits:
                varied += self.view.vary
            self.view.vary = ()
        edits.add_vary(edited, varied)
        self.variables()
        edits.edit_response(scope.onsuccess_edits, edited, self, edited)
        edits.compact_vary(edited)
        return edited.items

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

    def error_inquiry(self, status: int) -> Inquiry:
        """The same for the text of an ErrorDocument."""
        if self.seen_answer is None:
            self.seen_answer = Answered(status, Headers(), Headers(), PAGE_TYPE)
        return self.inquiry()

    def variables(self) -> dict[bytes, bytes]:
        """The environment, as `Header` and the log see it; with the balancer's variables once a member was chosen."""
        env = self.env
        if env is None:
            env = self.env = dict(self.decision.env)
            if self.routes.plan.unique_ids:
                env.setdefault(UNIQUE_ID, unique_id(self.facts))
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
        """Answer body bytes: from the member's framing into the client's."""
        left = self.response_left
        if left == CHUNKED:
            reader = self.response_chunks
            at = start
            while at < end and not reader.done:
                try:
                    at = reader.take(buffer, at, end)
                except ProtocolFault as fault:
                    raise ProtocolFault(fault.message, 502) from None
                if reader.data_end > reader.data_start:
                    self._put_body(buffer, reader.data_start, reader.data_end)
            if reader.done:
                if at < end:
                    self.keep_backend = False
                self._finish()
        elif left == UNTIL_CLOSE:
            if end > start:
                self._put_body(buffer, start, end)
        else:
            size = end - start
            if size > left:
                # More than was announced: nobody knows what it is.
                self.keep_backend = False
                size = left
            if size:
                self._put_body(buffer, start, start + size)
            self.response_left = left - size
            if left == size:
                self._finish()

    def _choose_coding(self) -> None:
        """Compress the body if its place, its type and the client want that."""
        scope = self.decision.scope
        answer = self.answer
        content_type = answer.get(b"content-type") or b""
        codings = filters.codings_for(scope.output_codings, scope.typed_codings, answer.status, content_type)
        if not codings:
            return
        env = self.variables()
        ranged = answer.get(b"content-range") is not None
        coded = answer.get(b"content-encoding") or b""
        if not filters.may_compress(env, answer.status, content_type, coded, ranged):
            return
        self.could_encode = True
        coding = filters.choose(codings, self.head.get(b"accept-encoding"), b"force-gzip" in env)
        if coding:
            self.encoder = encoding.Encoder(coding, filters.compression_of(scope))

    def _put_piece(self, data: bytes) -> None:
        """Some bytes of a body that is compressed."""
        if not data:
            return
        out = self.to_client
        self.body_sent += len(data)
        if self.chunked_out:
            if self.chunk_open:
                out.put(b"\r\n")
            out.put_chunk_size(len(data))
            self.chunk_open = True
        out.put(data)

    def _put_body(self, buffer: bytearray, start: int, end: int) -> None:
        if self.encoder is not None:
            self._put_piece(self.encoder.feed(bytes(buffer[start:end])))
            return
        out = self.to_client
        self.body_sent += end - start
        if not self.chunked_out:
            out.lend(buffer, start, end)
            return
        if self.chunk_open:
            out.put(b"\r\n")
        out.put_chunk_size(end - start)
        out.lend(buffer, start, end)
        self.chunk_open = True

    def _finish(self) -> None:
        """The answer is complete."""
        if self.encoder is not None and self.step == ANSWERING:
            self._put_piece(self.encoder.finish())
            if self.encoder.notes:
                self.encoder.note(self.variables())
        if self.chunked_out and self.step == ANSWERING:
            self.to_client.put(b"\r\n0\r\n\r\n" if self.chunk_open else b"0\r\n\r\n")
        if self.request_left != 0:
            # The member answered before it had the whole request: what comes is not a new request.
            self.keep_client = self.keep_backend = False
        self._release()
        self.step = DONE

    def begin_document(self, path: bytes, status: int, reason: bytes, now: float) -> None:
        """In the place of the page for `status`, answer with what lies at `path`; the phases run for it. Once for an
        exchange: a document that fails has our own page.
        """
        failed = self.decision
        if self.first_decision is None:
            self.first_decision = failed
        self.document_status = status
        self.documents += 1
        self.document_reason = reason
        if status in CLOSING:
            self.keep_client = False
        if self.request_left != 0:
            # What is left of the body goes nowhere, and nobody knows where the next request begins.
            self.keep_client = False
            self.abandoned = True
        # The document is asked for without a body. What was said of the failed request's would make its member wait
        # for one, and take the next request on that connection for it.
        self.request_left = self.request_length = 0
        self.collected = bytearray()
        self.route = self.session_name = b""
        self.rerouted = False
        keep = self.keep_client
        old = self.head
        self.head = documents.head_for(old, path)
        self.expects = self.held_back = False
        self.status = 0
        self.reason = b""
        self.env = None
        self.view = self.seen_answer = self.own_always = self.request_fields = self.plain = None
        self.balance = self.elected = None
        self.attempts = 0
        self.died_at = None
        self.repeated_fresh = False
        self._decided(documents.decide_document(self.routes.plan, self.facts, failed, old, self.head, status), now)
        self.keep_client = self.keep_client and keep

    def _keep_document_status(self) -> None:
        """With ProxyErrorOverride the document's answer says the status that it is shown for, else its own (httpd)."""
        data = self.answer.data
        line = b"HTTP/1.1 %d " % self.document_status + self.document_reason
        self.answer.parse(line + data[data.find(b"\r\n") :], 0)

    def answered(self, body_bytes: int) -> None:
        """The caller has put an answer of ours into `to_client`."""
        self.body_sent += body_bytes
        self._release()
        self.step = DONE
