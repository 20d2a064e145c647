cimport cython
from evenflow.proxy.tunnel cimport Tunnel
from evenflow.serve.backend_connection cimport BackendConnection
from evenflow.serve.connection cimport Connection
from evenflow.serve.sockets cimport BLOCKED, FAILED
from evenflow.wire.frames cimport Frames
from evenflow.wire.outlet cimport Outlet

cdef double CLOSING_SECONDS


@cython.final
cdef class TunnelConnection:
    cdef readonly Tunnel tunnel
    cdef readonly Connection client
    cdef readonly BackendConnection backend
    cdef public Frames frames
    cdef public bytes head
    cdef public bytes balancer
    cdef public bint leaves
    cdef bint gone

    @cython.locals(done=cython.int)
    cdef bint begin(self, Outlet to_backend, Outlet to_client) except -1
    cdef void _touch(self) except *
    @cython.locals(done=cython.int)
    cdef bint client_sent(self, bytearray buffer, Py_ssize_t size) except -1
    @cython.locals(done=cython.int)
    cdef bint backend_sent(self, bytearray buffer, Py_ssize_t size) except -1
    @cython.locals(frames=Frames, frame=bytearray)
    cpdef bint say_goodbye(self, double now) except -1
    @cython.locals(tunnel=Tunnel)
    cdef bint client_ended(self) except -1
    @cython.locals(tunnel=Tunnel)
    cdef bint backend_ended(self) except -1
    @cython.locals(client=Connection, done=cython.int)
    cdef bint client_writable(self) except -1
    cdef void backend_writable(self) except *
