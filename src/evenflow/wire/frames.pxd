cimport cython

cdef long long MOST


@cython.final
cdef class Frames:
    cdef readonly long long left
    cdef readonly int have
    cdef readonly bytearray head
    cdef readonly bint lost
    cdef readonly bint closed

    cpdef bint between(self) except -1
    @cython.locals(at=Py_ssize_t, took="long long")
    cpdef void pass_by(self, bytearray data, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(head=bytearray, size="long long", needed=cython.int, at=Py_ssize_t)
    cdef void _measure(self) except *
