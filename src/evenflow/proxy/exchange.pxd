cimport cython
from evenflow.balancer.balance cimport Balance
from evenflow.balancer.choose cimport choose, release
from evenflow.balancer.choose cimport begin as begin_slot
from evenflow.balancer.health cimport mark_failed
from evenflow.balancer.sticky cimport Session, find_session, route_changed
from evenflow.plan.model cimport (
    ASK, FILE, FORWARD, LOCAL, Balancer, ConnectionFacts, Decision, Member, Scope, VirtualHost,
)
from evenflow.plan.vhosts cimport HostTable
from evenflow.plan cimport edits
from evenflow.plan.edits cimport Plain
from evenflow.proxy cimport request, response, switches
from evenflow.proxy.response cimport SAY_CLOSE, SAY_CLOSE_OLD, SAY_KEEP, SAY_NOTHING
from evenflow.proxy.routes cimport Routes
from evenflow.slotmem.members cimport MemberSlot
from evenflow.wire.chunked cimport ChunkedReader
from evenflow.wire.framing cimport CHUNKED, UNTIL_CLOSE, request_body, response_body
from evenflow.wire.http1 cimport (
    CONTENT_LENGTH, COOKIE, EXPECT, MAX_FORWARDS, TRANSFER_ENCODING, UPGRADE, RequestHead, ResponseHead, find_loose_head_end,
)
from evenflow.wire.outlet cimport Outlet
from evenflow.wire.scan cimport find_byte, find_head_end, piece

cdef int IDLE, BODY, MEMBER, WAIT, SENDING, ANSWERING, OWN, DONE, SWITCHED, CUT, ASKING, EXPLAINING


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
    cdef Scope known_scope
    cdef bint edits_wait
    cdef ChunkedReader request_chunks
    cdef ChunkedReader response_chunks
    cdef bytearray held
    cdef readonly bytearray collected
    cdef readonly ConnectionFacts facts
    cdef readonly int step
    cdef readonly Decision decision
    cdef readonly Balance balance
    cdef public MemberSlot slot
    cdef bytes route
    cdef MemberSlot elected
    cdef bytes session_name
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
    cdef readonly bytes refused_line
    cdef public bytes sent_head
    cdef readonly bytes told
    cdef readonly bint told_instead
    cdef readonly list kept_fields
    cdef public object failure
    cdef double began
    cdef readonly int attempts
    cdef MemberSlot died_at
    cdef bint reused
    cdef readonly bint repeated_fresh
    cdef readonly long long request_left
    cdef readonly long long request_length
    cdef bint expects
    cdef readonly bint held_back
    cdef readonly int switched
    cdef readonly bint pinging
    cdef readonly bint ends_here
    cdef readonly bint abandoned
    cdef long long response_left
    cdef bint response_coded
    cdef bint chunked_out
    cdef bint says_chunked
    cdef bint chunk_open
    cdef int client_version
    cdef public bint speaks_old
    cdef bint closes_by_switch
    cdef readonly object encoder
    cdef bint could_encode
    cdef public bint keep_client
    cdef public bint keep_backend
    cdef readonly bytes upgrade
    cdef int interims
    cdef double wait_until
    cdef public long long body_sent
    cdef readonly long long to_member
    cdef readonly long long from_member
    cdef public int served

    cpdef void begin(self, ConnectionFacts facts) except *
    @cython.locals(stop=Py_ssize_t, host=VirtualHost, table=HostTable)
    cpdef Py_ssize_t take_head(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, Py_ssize_t searched, double now) except -2
    @cython.locals(limit=Py_ssize_t, line_end=Py_ssize_t, at=Py_ssize_t)
    cdef void _check_beginning(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, Py_ssize_t searched) except *
    @cython.locals(line_end=Py_ssize_t)
    cdef void _note_line(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    cpdef void refuse_request(self, int status, str why) except *
    cpdef void refuse(self, int status, str why) except *
    cdef void _decide(self, double now) except *
    cpdef void take_answer(self, object answer, double now) except *
    cdef void _decided(self, Decision decision, double now) except *
    cdef bint _may_be_told(self, Decision decision) except -1
    cpdef void explained(self, bytes told, bint instead, double now) except *
    @cython.locals(head=RequestHead, decision=Decision, host=VirtualHost)
    cdef void _proceed(self, double now) except *
    cdef void _look_at_switches(self, dict env) except *
    cdef bint _goes_on(self) except -1
    cdef bint _is_too_long(self) except -1
    @cython.locals(switched=cython.int)
    cdef bint _needs_body_first(self) except -1
    cdef void _say_continue(self) except *
    cdef void _look_at_expect(self) except *
    cdef void _collected_all(self) except *
    @cython.locals(step=cython.int, size=cython.longlong)
    cpdef Py_ssize_t take_body(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except -2
    @cython.locals(at=Py_ssize_t, size=Py_ssize_t, reader=ChunkedReader, out=Outlet)
    cdef Py_ssize_t _pass_chunks(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except -2
    cdef void _broken_body(self, object fault) except *
    @cython.locals(at=Py_ssize_t, size=cython.longlong, reader=ChunkedReader, forwards=bint, whole=bint, most=Py_ssize_t)
    cdef Py_ssize_t _collect(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except -2
    @cython.locals(decision=Decision, balance=Balance, balancer=Balancer, head=RequestHead, query=bytes, url=bytes, session=Session)
    cdef void _find_session(self) except *
    @cython.locals(decision=Decision, balance=Balance, chosen=MemberSlot)
    cpdef void elect(self, double now) except *
    cdef void _release(self) except *
    @cython.locals(member=Member, decision=Decision, scope=Scope, head=RequestHead, length=cython.longlong, out=Outlet,
                   plain=Plain, added=bytes)
    cpdef void attach(self, bint reused) except *
    @cython.locals(index=Py_ssize_t, value=bytes, wanted=bytes, protocol=bytes)
    cdef bytes _wanted_upgrade(self, Member member)
    @cython.locals(out=Outlet, before=Py_ssize_t)
    cdef void _put_collected(self) except *
    cpdef void connect_failed(self, str cause, double now) except *
    cpdef void name_unknown(self, str cause, double now) except *
    cpdef void handshake_failed(self, str cause, double now, bint blames) except *
    cpdef void backend_closed(self, str cause, double now) except *
    cpdef bint may_repeat(self) except -1
    cpdef void timed_out(self, double now) except *
    cpdef void give_up(self, int status, str why) except *
    cpdef void client_gone(self) except *
    cdef void _break_off(self, str stage, str cause) except *
    cdef void _bad_answer(self, object fault) except *
    cdef void _proxy_error(self, int status, str why) except *
    cpdef void backend_sent(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except *
    @cython.locals(held=bytearray, answer=ResponseHead, member=Member, stop=Py_ssize_t)
    cdef void _take_answer(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except *
    cdef void _pass_interim(self) except *
    cdef void _switch(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(answer=ResponseHead, head=RequestHead, decision=Decision, member=Member, status=cython.int, to_head=bint, coded=bint,
                   left=cython.longlong, scope=Scope)
    cdef void _begin_answer(self, double now) except *
    cpdef int saying(self) except -1
    cpdef bytes keep_line(self)
    @cython.locals(out=Outlet)
    cdef void _remember_head(self, Py_ssize_t before) except *
    @cython.locals(scope=Scope, answer=ResponseHead, saying=cython.int, edited=bint, added=bytes)
    cdef void _write_answer(self) except *
    cpdef void expire(self, object fields, int status, bytes content_type, long long changed) except *
    cdef bytes _offered_upgrade(self)
    cpdef object always_fields(self)
    cdef object _cookies(self)
    cdef object _always_of_ours(self)
    @cython.locals(decision=Decision)
    cdef void _edit_ours(self) except *
    @cython.locals(scope=Scope)
    cdef void _edit_request(self, object fields) except *
    @cython.locals(decision=Decision, scope=Scope)
    cpdef list edited_fields(self, list fields, bytes own_type, tuple varied)
    cpdef object inquiry(self)
    cpdef object error_inquiry(self, int status)
    @cython.locals(env=dict, slot=MemberSlot, member=Member)
    cpdef dict variables(self)
    @cython.locals(left=cython.longlong, at=Py_ssize_t, size=cython.longlong, reader=ChunkedReader)
    cdef void _pass_body(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(out=Outlet)
    cdef void _put_body(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    cdef void _finish(self) except *
    @cython.locals(out=Outlet)
    cdef void _put_piece(self, bytes data) except *
    @cython.locals(scope=Scope, answer=ResponseHead, coding=bytes, env=dict)
    cdef void _choose_coding(self) except *
    @cython.locals(old=RequestHead, keep=bint)
    cpdef void begin_document(self, bytes path, int status, bytes reason, double now) except *
    cdef void _keep_document_status(self) except *
    cpdef void answered(self, long long body_bytes) except *
