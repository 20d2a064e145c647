cimport cython
from evenflow.plan.model cimport VirtualHost
from evenflow.plan.read_timeouts cimport ReadTimeouts, Stage

cdef double NEVER


@cython.final
cdef class ReadLimit:
    cdef public double until
    cdef double most, per_byte

    cpdef void begin_handshake(self, VirtualHost host, double now) except *
    cpdef void begin_head(self, VirtualHost host, Py_ssize_t size, double now) except *
    cpdef void begin_body(self, VirtualHost host, Py_ssize_t size, double now) except *
    cdef void _begin(self, Stage stage, Py_ssize_t size, double now) except *
    cpdef void put_off(self, Py_ssize_t size) except *
    cpdef void end(self) except *
