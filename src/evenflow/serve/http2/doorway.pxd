cimport cython
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport IDLE
from evenflow.serve.client_connection cimport ClientConnection


cdef class Doorway(ClientConnection):
    cdef bint looked

    cdef bint _shake_hands(self) except -1
    @cython.locals(exchange=Exchange)
    cdef void _consume(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
