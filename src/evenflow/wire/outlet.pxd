cimport cython
from evenflow.wire.scan cimport copy_bytes

cdef int COPY_LIMIT


@cython.final
cdef class Outlet:
    cdef public bytearray data
    cdef public Py_ssize_t start
    cdef public Py_ssize_t end
    cdef public bytearray lent
    cdef public Py_ssize_t lent_start
    cdef public Py_ssize_t lent_end

    cpdef Py_ssize_t pending(self) except -1
    cpdef void clear(self) except *
    @cython.locals(data=bytearray, waiting=Py_ssize_t)
    cpdef void make_room(self, Py_ssize_t size) except *
    @cython.locals(size=Py_ssize_t)
    cpdef void put(self, bytes piece) except *
    cpdef void put_range(self, const unsigned char* source, Py_ssize_t start, Py_ssize_t end) except *
    cpdef void lend(self, bytearray source, Py_ssize_t start, Py_ssize_t end) except *
    cpdef void settle(self) except *
    @cython.locals(shift=cython.int, at=Py_ssize_t, data=bytearray)
    cpdef void put_chunk_size(self, unsigned long long size) except *
    cpdef void put_decimal(self, long long number) except *
