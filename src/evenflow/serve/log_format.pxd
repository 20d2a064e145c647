cimport cython
from evenflow.serve.log_record cimport LogRecord

cdef int LITERAL, CLIENT_NAME, TIME, REQUEST_LINE, STATUS, BODY_BYTES_OR_DASH, BYTES_SENT, REQUEST_FIELD, MICROSECONDS, OTHER


cdef class LogFormat:
    cdef public tuple silent
    cdef bytes codes
    cdef tuple arguments
    cdef Py_ssize_t size
    cdef long long second
    cdef bytes stamp

    @cython.locals(codes=bytes, index=Py_ssize_t, code=cython.int, second=cython.longlong, parts=list)
    cpdef bytes line(self, LogRecord record)

cpdef bytes escape(bytes value)
cpdef bytes request_line(LogRecord record)

@cython.locals(text=cython.p_uchar, at=Py_ssize_t, odd=cython.int)
cpdef bint is_plain(bytes value)

@cython.locals(at=Py_ssize_t)
cpdef bytes number(long long value)
