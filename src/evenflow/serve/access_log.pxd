from evenflow.serve.log_format cimport LogFormat
from evenflow.serve.log_record cimport LogRecord


cdef class AccessLog:
    cdef LogFormat format
    cdef object target
    cdef bytes variable
    cdef bint wanted
    cdef object condition
    cdef public object plan
    cdef int descriptor
    cdef Py_ssize_t atomic
    cdef list lines
    cdef Py_ssize_t size
    cdef long left_out
    cdef object errors

    cpdef void write(self, LogRecord record) except *
    cpdef void flush(self) except *
