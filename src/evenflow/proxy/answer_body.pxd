cimport cython
from evenflow.wire.chunked cimport ChunkedReader
from evenflow.wire.framing cimport CHUNKED, UNTIL_CLOSE
from evenflow.wire.outlet cimport Outlet

cdef int MORE, WHOLE, OVERFULL


@cython.final
cdef class AnswerBody:
    cdef Outlet out
    cdef ChunkedReader chunks
    cdef public long long left, sent
    cdef public bint coded, chunked, says_chunked, could_encode
    cdef bint open
    cdef public object encoder
    cdef public tuple vary, words

    cpdef void begin(self) except *
    cpdef void expect(self, long long left) except *
    cpdef bytes trailers(self)
    @cython.locals(left=cython.longlong, size=cython.longlong)
    cpdef int take(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(at=Py_ssize_t, reader=ChunkedReader)
    cdef int _take_chunks(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(out=Outlet)
    cdef void _put(self, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(out=Outlet)
    cdef void _put_piece(self, bytes data) except *
    cpdef void flush(self) except *
    cpdef void end(self) except *
