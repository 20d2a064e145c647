cdef class LogSink:
    cdef object target
    cdef int descriptor
    cdef Py_ssize_t atomic
    cdef list lines
    cdef Py_ssize_t size
    cdef long left_out
    cdef object errors
    cdef object journal

    cpdef void put(self, bytes line) except *
    cpdef void flush(self) except *
