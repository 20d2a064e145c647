# The files of functions over an exchange (attempt, interim, keys, ...) cimport it: it imports them, as Python does.
cimport cython
from evenflow.balancer.balance cimport Balance
from evenflow.balancer.choose cimport choose, release
from evenflow.balancer.choose cimport begin as begin_slot
from evenflow.balancer.sticky cimport Session, find_session, route_changed
from evenflow.plan cimport edits
from evenflow.plan.edits cimport Plain
from evenflow.plan.model cimport ASK, FORWARD, Balancer, ConnectionFacts, Decision, Member, Scope, VirtualHost
from evenflow.plan.vhosts cimport HostTable
from evenflow.proxy cimport request, response, switches, upgrades
from evenflow.proxy.answer_body cimport MORE, OVERFULL, AnswerBody
from evenflow.proxy.response cimport SAY_CLOSE, SAY_CLOSE_OLD, SAY_KEEP, SAY_NOTHING
from evenflow.proxy.routes cimport Routes
from evenflow.proxy.steps cimport (
    ANSWERING, ASKING, BODY, CUT, DONE, EXPLAINING, IDLE, MEMBER, OWN, SENDING, SWITCHED, WAIT,
)
from evenflow.slotmem.measured cimport observe
from evenflow.slotmem.members cimport MemberSlot
from evenflow.wire cimport framing
from evenflow.wire.chunked cimport ChunkedReader
from evenflow.wire.framing cimport CHUNKED, UNTIL_CLOSE, response_body
from evenflow.wire.http1 cimport (
    CONTENT_LENGTH, COOKIE, EXPECT, MAX_FORWARDS, TRANSFER_ENCODING, RequestHead, ResponseHead, find_loose_head_end,
)
from evenflow.wire.outlet cimport Outlet
from evenflow.wire.scan cimport find_head_end, piece

cdef Py_ssize_t SERVER_ERRORS


@cython.final
cdef class Exchange:
    cdef readonly Routes routes
    cdef readonly RequestHead head
    cdef readonly RequestHead first_head
    cdef readonly int document_status, documents
    cdef readonly object first_decision
    cdef bytes document_reason
    cdef readonly ResponseHead answer
    cdef readonly Outlet to_client
    cdef readonly Outlet to_backend
    cdef readonly AnswerBody body
    cdef Scope known_scope
    cdef bint edits_wait
    cdef readonly ChunkedReader request_chunks
    cdef bytearray held
    cdef readonly bytearray collected
    cdef readonly ConnectionFacts facts
    cdef readonly int step
    cdef public Decision decision
    cdef readonly Balance balance
    cdef public MemberSlot slot
    cdef bytes route
    cdef MemberSlot elected
    cdef bytes session_name
    cdef bytes session
    cdef bint rerouted
    cdef public dict env
    cdef public object view
    cdef readonly object request_fields
    cdef readonly Plain plain
    cdef object seen_answer, own_always
    cdef public int status
    cdef public str why
    cdef public bytes reason
    cdef public bint remembers
    cdef public bytes refused_head
    cdef public bytes sent_head
    cdef readonly bytes told
    cdef readonly bint told_instead
    cdef readonly list kept_fields
    cdef public object failure
    cdef double began
    cdef readonly double asked
    cdef readonly int attempts
    cdef MemberSlot died_at
    cdef bint reused
    cdef readonly bint repeated_fresh
    cdef readonly long long request_left
    cdef public long long request_length
    cdef public object inflater
    cdef bint expects
    cdef readonly bint held_back
    cdef readonly int switched
    cdef readonly bint pinging
    cdef readonly bint ends_here
    cdef readonly bint abandoned
    cdef int client_version
    cdef public bint speaks_old
    cdef bint closes_by_switch
    cdef public bint keep_client
    cdef public bint keep_backend
    cdef readonly bytes upgrade
    cdef int interims
    cdef double waits_since
    cdef readonly long long to_member
    cdef readonly long long from_member
    cdef public int served

    cpdef void begin(self, ConnectionFacts facts) except *
    @cython.locals(stop=Py_ssize_t, host=VirtualHost, table=HostTable)
    cpdef Py_ssize_t take_head(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, Py_ssize_t searched, double now) except -2
    cpdef void refuse_request(self, int status, str why) except *
    cpdef void refuse(self, int status, str why) except *
    cdef void _decide(self, double now) except *
    cpdef void take_answer(self, object answer, double now) except *
    cdef void decided(self, Decision decision, double now) except *
    cdef bint _may_be_told(self, Decision decision) except -1
    cpdef void explained(self, bytes told, bint instead, double now) except *
    @cython.locals(head=RequestHead, decision=Decision, host=VirtualHost)
    cdef void _proceed(self, double now) except *
    cdef void _look_at_switches(self, dict env) except *
    cdef void collected_all(self) except *
    @cython.locals(step=cython.int, size=cython.longlong)
    cpdef Py_ssize_t take_body(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except -2
    @cython.locals(decision=Decision, balance=Balance, balancer=Balancer, head=RequestHead, query=bytes, url=bytes, session=Session)
    cdef void find_session(self) except *
    @cython.locals(decision=Decision, balance=Balance, chosen=MemberSlot)
    cpdef void elect(self, double now) except *
    cdef void release(self) except *
    @cython.locals(member=Member, decision=Decision, scope=Scope, head=RequestHead, length=cython.longlong, out=Outlet,
                   plain=Plain, added=bytes)
    cpdef void attach(self, bint reused) except *
    cpdef bint may_repeat(self) except -1
    cpdef void give_up(self, int status, str why) except *
    cpdef void client_gone(self) except *
    cdef void proxy_error(self, int status, str why) except *
    cpdef void backend_sent(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except *
    @cython.locals(held=bytearray, answer=ResponseHead, member=Member, stop=Py_ssize_t)
    cdef void _take_answer(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except *
    cdef void _switch(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(answer=ResponseHead, head=RequestHead, decision=Decision, member=Member, status=cython.int, to_head=bint, coded=bint,
                   left=cython.longlong, scope=Scope, body=AnswerBody)
    cdef void _begin_answer(self, double now) except *
    cpdef int saying(self) except -1
    cpdef bytes keep_line(self)
    @cython.locals(out=Outlet)
    cdef void _remember_head(self, Py_ssize_t before) except *
    @cython.locals(scope=Scope, answer=ResponseHead, saying=cython.int, edited=bint, added=bytes, body=AnswerBody)
    cdef void _write_answer(self) except *
    cpdef object inquiry(self)
    @cython.locals(env=dict, slot=MemberSlot, member=Member)
    cpdef dict variables(self)
    @cython.locals(taken=cython.int)
    cdef void _pass_body(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(body=AnswerBody)
    cdef void finish(self) except *
    cpdef void answered(self, long long body_bytes) except *
