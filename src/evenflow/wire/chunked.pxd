cimport cython

cdef int SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER_START, TRAILER_LINE, TRAILER_LF, LAST_LF, DONE, BLANK
cdef int MOST_DIGITS, MOST_EXTENSION, MOST_TRAILER


@cython.final
cdef class ChunkedReader:
    cdef public Py_ssize_t data_start
    cdef public Py_ssize_t data_end
    cdef public bint done
    cdef int step
    cdef long long left
    cdef int digits
    cdef int passed
    cdef public bytearray trailers

    cpdef void reset(self) except *
    @cython.locals(at=Py_ssize_t, step=cython.int, size=cython.longlong, c=cython.uchar, digit=cython.uchar)
    cpdef Py_ssize_t take(self, const unsigned char* buffer, Py_ssize_t start, Py_ssize_t end) except -1
    cdef void _pass_trailer(self, int c) except *
