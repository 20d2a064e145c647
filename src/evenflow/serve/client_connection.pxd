cimport cython
from evenflow.plan.model cimport ConnectionFacts, Decision, Member, VirtualHost
from evenflow.proxy cimport attempt
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport (
    ANSWERING, ASKING, BODY, CUT, DONE, EXPLAINING, IDLE, MEMBER, OWN, SENDING, SWITCHED, WAIT,
)
from evenflow.proxy.switches cimport NOT_POOLED
from evenflow.proxy.tunnel cimport Tunnel
from evenflow.serve.backend_connection cimport BackendConnection, take_kept, take_kept_secured
from evenflow.serve cimport measures
from evenflow.serve.clock cimport monotonic
from evenflow.serve.connection cimport Connection
from evenflow.serve.read_limit cimport ReadLimit
from evenflow.serve.server cimport Server
from evenflow.serve.sockets cimport BLOCKED, FAILED, SENT, WOULD_BLOCK
from evenflow.serve.tally cimport Tally
from evenflow.serve.tunnel_connection cimport TunnelConnection
from evenflow.slotmem.members cimport MemberSlot
from evenflow.wire.outlet cimport Outlet

cdef Py_ssize_t MOST_STASH, MOST_LINGER, FILE_PIECE
cdef double LINGER


cdef class ClientConnection(Connection):
    cdef readonly ConnectionFacts facts
    cdef readonly Exchange exchange
    cdef BackendConnection backend
    cdef readonly TunnelConnection tunnel
    cdef bytearray stash
    cdef Py_ssize_t searched
    cdef readonly int served
    cdef VirtualHost host
    cdef Tally tally
    cdef ReadLimit read_limit
    cdef bint handshaking
    cdef object late
    cdef bint ended
    cdef bint lingering
    cdef Py_ssize_t lingered
    cdef bint consuming
    cdef object file
    cdef object pace
    cdef bint resting
    cdef bint paused
    cdef public object waits_for
    cdef bint called
    cdef object way
    cdef double room_until

    @cython.locals(size=Py_ssize_t)
    cpdef on_readable(self)
    @cython.locals(buffer=bytearray, stash=bytearray, exchange=Exchange)
    cdef void _feed(self, Py_ssize_t size) except *
    @cython.locals(backend=BackendConnection)
    cdef bint _wants_body(self, Exchange exchange) except -1
    @cython.locals(exchange=Exchange)
    cdef void _keep(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    cdef void _pause(self) except *
    cdef void resume(self) except *
    @cython.locals(exchange=Exchange, step=cython.int)
    cdef void _go_on(self) except *
    @cython.locals(exchange=Exchange, step=cython.int, at=Py_ssize_t, now=double, backend=BackendConnection)
    cdef void _consume(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(exchange=Exchange, now=double)
    cdef Exchange _begin_exchange(self)
    cpdef void never_asked(self) except *
    cdef bint _is_between(self) except -1
    @cython.locals(exchange=Exchange)
    cdef void _on_end(self, bint cleanly) except *
    @cython.locals(exchange=Exchange, step=cython.int)
    cdef void advance(self) except *
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
    @cython.locals(slot=MemberSlot, member=Member, backend=BackendConnection, now=double, fresh=bint, careful=bint)
    cdef bint _find_backend(self, Exchange exchange) except -1
    cpdef pool_has_room(self, object pool)
    @cython.locals(decision=Decision)
    cdef double _proxy_timeout(self, Exchange exchange) except -1
    @cython.locals(backend=BackendConnection, exchange=Exchange)
    cdef double patience(self) except -1
    cdef void _answer_own(self, Exchange exchange) except *
    @cython.locals(backend=BackendConnection)
    cdef void drop_backend(self) except *
    @cython.locals(backend=BackendConnection, done=cython.int, keep_alive=double, unread=bint, keep=bint, stash=bytearray)
    cdef void _finish(self, Exchange exchange) except *
    cdef bint _read_file(self, Exchange exchange) except -1
    cdef void linger(self) except *
    cdef void _cut(self, Exchange exchange) except *
    @cython.locals(exchange=Exchange)
    cdef void lost(self) except *
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
    @cython.locals(connected=TunnelConnection, tunnel=Tunnel)
    cpdef void close_tunnel(self) except *
    cpdef list read_from(self)
    cpdef void drain(self, double now) except *
