from evenflow.serve.log_format cimport LogFormat
from evenflow.serve.log_record cimport LogRecord
from evenflow.serve.log_sink cimport LogSink


cdef class AccessLog:
    cdef LogFormat format
    cdef object target
    cdef bytes variable
    cdef bint wanted
    cdef object condition
    cdef public object plan
    cdef public LogSink sink

    cpdef void write(self, LogRecord record) except *
    cpdef void flush(self) except *
