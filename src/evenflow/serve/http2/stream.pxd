cimport cython
from evenflow.proxy.exchange cimport Exchange
from evenflow.serve.client_connection cimport ClientConnection
from evenflow.serve.clock cimport monotonic
from evenflow.serve.sockets cimport BLOCKED, FAILED, SENT
from evenflow.wire.outlet cimport Outlet


cdef class Stream(ClientConnection):
    cdef public object session, request, reader
    cdef public int number
    cdef bytearray inbox
    cdef public long long unacknowledged
    cdef long long body_left
    cdef public bint body_ended, told_end, gone, completing
    cdef double moved, silence

    @cython.locals(exchange=Exchange)
    cpdef begin(self)
    cpdef bint body_came(self, bytes data, Py_ssize_t size) except -1
    cpdef bint body_end(self) except -1
    cdef void _take(self, bytes data) except *
    @cython.locals(size=Py_ssize_t)
    cdef void _use(self, bytes data) except *
    cpdef deliver(self)
    cdef void _acknowledge(self) except *
    cpdef client_reset(self)
    cpdef void start_reading(self) except *
    cpdef void stop_reading(self) except *
    cpdef void start_writing(self) except *
    cpdef void stop_writing(self) except *
    cdef int push(self, Outlet out) except -3
    @cython.locals(turn=Py_ssize_t, most=Py_ssize_t)
    cdef int _push_frames(self, Outlet out) except -3
    cdef bint _send_head(self, list fields) except -1
    cdef bint _end_answer(self) except -1
    cpdef end(self)
    @cython.locals(done=cython.int)
    cdef int forward(self, bytearray buffer, Py_ssize_t size) except -3
    cdef void shut_writing(self) except *
    cpdef void close(self) except *
    cpdef bint is_whole(self) except -1
    cpdef list read_from(self)
    cpdef void drain(self, double now) except *
    cdef void _finish(self, Exchange exchange) except *
    cdef void linger(self) except *
    cdef void _cut(self, Exchange exchange) except *
    cdef void lost(self) except *
    @cython.locals(exchange=Exchange)
    cdef bint is_clients_turn(self) except -1
    cpdef watch(self)
