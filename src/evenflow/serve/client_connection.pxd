cimport cython
from evenflow.plan.model cimport ConnectionFacts, Decision, Member, VirtualHost
from evenflow.proxy cimport attempt
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport (
    ANSWERING, ASKING, BODY, CUT, DONE, EXPLAINING, IDLE, MEMBER, OWN, SENDING, SWITCHED, WAIT,
)
from evenflow.plan.read_timeouts cimport ReadTimeouts, Stage
from evenflow.proxy.switches cimport NO_HALF_CLOSE, NOT_POOLED
from evenflow.proxy.tunnel cimport Tunnel
from evenflow.serve.backend_connection cimport BackendConnection, connect, take_kept, take_kept_secured
from evenflow.serve.clock cimport monotonic
from evenflow.serve.connection cimport Connection
from evenflow.serve.server cimport Server
from evenflow.serve.sockets cimport BLOCKED, FAILED, SENT, WOULD_BLOCK
from evenflow.serve.tunnel_connection cimport TunnelConnection
from evenflow.slotmem.members cimport MemberSlot
from evenflow.wire.outlet cimport Outlet

cdef Py_ssize_t MOST_STASH, MOST_LINGER, FILE_PIECE
cdef double LINGER, NEVER


cdef class ClientConnection(Connection):
    cdef readonly ConnectionFacts facts
    cdef readonly Exchange exchange
    cdef BackendConnection backend
    cdef readonly TunnelConnection tunnel
    cdef bytearray stash
    cdef Py_ssize_t searched
    cdef readonly int served
    cdef double started
    cdef double began
    cdef long long received
    cdef long long sent
    cdef VirtualHost host
    cdef bint handshaking
    cdef double until
    cdef double until_most
    cdef double per_byte
    cdef bint ended
    cdef bint lingering
    cdef Py_ssize_t lingered
    cdef bint consuming
    cdef object file
    cdef long long file_left
    cdef object packed
    cdef object pace
    cdef bint resting
    cdef bint paused
    cdef object log_later
    cdef public object waits_for
    cdef bint called
    cdef object way
    cdef double room_until

    @cython.locals(size=Py_ssize_t)
    cpdef on_readable(self)
    cdef bint _shake_hands(self) except -1
    cdef void _answer_plain_http(self) except *
    @cython.locals(buffer=bytearray, stash=bytearray, exchange=Exchange)
    cdef void _feed(self, Py_ssize_t size) except *
    @cython.locals(backend=BackendConnection)
    cdef bint _wants_body(self, Exchange exchange) except -1
    @cython.locals(exchange=Exchange)
    cdef void _keep(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    cdef void _pause(self) except *
    cdef void _resume(self) except *
    @cython.locals(exchange=Exchange, step=cython.int)
    cdef void _go_on(self) except *
    @cython.locals(exchange=Exchange, step=cython.int, at=Py_ssize_t, now=double, backend=BackendConnection)
    cdef void _consume(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(exchange=Exchange, now=double)
    cdef Exchange _begin_exchange(self)
    cdef void _begin_head(self, Py_ssize_t size) except *
    cdef void _begin_body(self, Exchange exchange, Py_ssize_t size) except *
    @cython.locals(now=double)
    cdef void _begin_stage(self, Stage stage) except *
    cdef void _put_off(self, Py_ssize_t size) except *
    cdef bint _is_between(self) except -1
    @cython.locals(exchange=Exchange)
    cdef void _on_end(self, bint cleanly) except *
    @cython.locals(exchange=Exchange, step=cython.int)
    cdef void _advance(self) except *
    @cython.locals(decision=Decision)
    cdef void _ask(self, Exchange exchange) except *
    @cython.locals(exchange=Exchange)
    cpdef _answered(self, object decision, object answer)
    @cython.locals(exchange=Exchange, stash=bytearray)
    cdef void _take_stash(self) except *
    @cython.locals(backend=BackendConnection, done=cython.int, stash=bytearray)
    cdef void _flush(self, Exchange exchange) except *
    @cython.locals(waiting=Py_ssize_t, done=cython.int)
    cdef int _send(self, Outlet out) except -2
    cdef void _set_pace(self, Exchange exchange) except *
    cdef int _push_paced(self, Outlet out) except -2
    @cython.locals(slot=MemberSlot, member=Member, backend=BackendConnection, now=double, fresh=bint, careful=bint)
    cdef bint _find_backend(self, Exchange exchange) except -1
    @cython.locals(called=bint)
    cdef bint _connect(self, Exchange exchange, Member member, object address) except -1
    cpdef pool_has_room(self, object pool)
    @cython.locals(decision=Decision)
    cdef double _proxy_timeout(self, Exchange exchange) except -1
    @cython.locals(backend=BackendConnection, exchange=Exchange)
    cdef double _patience(self) except -1
    cdef void _answer_own(self, Exchange exchange) except *
    @cython.locals(backend=BackendConnection)
    cdef void _drop_backend(self) except *
    @cython.locals(backend=BackendConnection, done=cython.int, keep_alive=double, unread=bint, keep=bint, stash=bytearray)
    cdef void _finish(self, Exchange exchange) except *
    cdef bint _read_file(self, Exchange exchange) except -1
    cdef void _linger(self) except *
    cdef void _cut(self, Exchange exchange) except *
    @cython.locals(exchange=Exchange)
    cdef void _lost(self) except *
    cpdef void close(self) except *
    @cython.locals(exchange=Exchange)
    cdef void backend_connected(self) except *
    @cython.locals(exchange=Exchange, now=double)
    cdef void backend_sent(self, Py_ssize_t size) except *
    @cython.locals(backend=BackendConnection, exchange=Exchange, connecting=bint, handshaking=bint)
    cdef void backend_ended(self, str cause) except *
    @cython.locals(backend=BackendConnection, exchange=Exchange, done=cython.int, stash=bytearray)
    cdef void backend_writable(self) except *
    @cython.locals(exchange=Exchange, done=cython.int)
    cpdef on_writable(self)
    @cython.locals(backend=BackendConnection, slot=MemberSlot, stash=bytearray, tunnel=TunnelConnection, goes_on=bint)
    cdef void _begin_tunnel(self, Exchange exchange) except *
    @cython.locals(connected=TunnelConnection, tunnel=Tunnel)
    cdef void _close_tunnel(self) except *
    @cython.locals(exchange=Exchange, step=cython.int)
    cdef void on_deadline(self, double now) except *
    @cython.locals(exchange=Exchange, step=cython.int)
    cdef void on_read_timeout(self, double now) except *
    cpdef list read_from(self)
    cpdef void drain(self, double now) except *
    cdef void _report(self, Exchange exchange) except *
    cdef void _explain(self, Exchange exchange) except *
    @cython.locals(decision=Decision)
    cdef str _client(self, Exchange exchange)
    cdef void _log(self, Exchange exchange, bint aborted) except *
    cdef void _log_tunnel(self, Tunnel tunnel) except *

@cython.locals(client=ClientConnection, due=list)
cpdef void check_deadlines(set clients, double now) except *
