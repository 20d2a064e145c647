cimport cython
from evenflow.serve.clock cimport monotonic
from evenflow.serve.connection cimport Connection
from evenflow.serve.sockets cimport BLOCKED, FAILED, SENT, WOULD_BLOCK
from evenflow.wire.outlet cimport Outlet


cdef class Http2Connection(Connection):
    cdef public object facts, host, http2, h2, waiting, patience, lengths
    cdef bytes name
    cdef Outlet out
    cdef public dict streams, starved
    cdef public int errors, served, last
    cdef bint busy, scheduled
    cdef public bint leaving, lingering
    cdef Py_ssize_t lingered

    @cython.locals(size=Py_ssize_t)
    cpdef on_readable(self)
    cpdef on_writable(self)
    cpdef bint has_room(self) except -1
    @cython.locals(done=cython.int)
    cpdef flush(self)
    cpdef void close(self) except *
    cdef void on_deadline(self, double now) except *
