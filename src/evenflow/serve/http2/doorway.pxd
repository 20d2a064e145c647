cimport cython
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport IDLE
from evenflow.serve.client_connection cimport ClientConnection
from evenflow.serve.client_tls cimport shake_hands
from evenflow.serve.clock cimport monotonic


cdef class Doorway(ClientConnection):
    cdef bint looked

    cpdef on_readable(self)
    @cython.locals(exchange=Exchange)
    cdef void _consume(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
