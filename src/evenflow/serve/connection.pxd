cimport cython
from evenflow.serve.server cimport Server
from evenflow.serve.sockets cimport BLOCKED, BROKEN, FAILED, SENT, WOULD_BLOCK, receive, send_outlet, send_range
from evenflow.wire.outlet cimport Outlet


cdef class Connection:
    cdef readonly Server server
    cdef readonly int fd
    cdef readonly object tls
    cdef Outlet pending
    cdef bytes farewell
    cdef readonly bint reading
    cdef bint writing
    cdef readonly bint closed
    cdef double deadline
    cdef object __weakref__

    cpdef void start_reading(self) except *
    cpdef void stop_reading(self) except *
    cpdef void start_writing(self) except *
    cpdef void stop_writing(self) except *
    cdef Py_ssize_t receive(self) except -3
    cdef int push(self, Outlet out) except -3
    cdef int _push_tls(self, Outlet out) except -3
    @cython.locals(sent=Py_ssize_t, done=cython.int)
    cdef int forward(self, bytearray buffer, Py_ssize_t size) except -3
    cdef void shut_writing(self) except *
    cpdef void close(self) except *
    cpdef on_readable(self)
    cpdef on_writable(self)
    cdef void backend_connected(self) except *
    cdef void backend_sent(self, Py_ssize_t size) except *
    cdef void backend_ended(self, str cause) except *
    cdef void backend_writable(self) except *
