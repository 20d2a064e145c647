cdef class LogRecord:
    cdef public object decision
    cdef public object host
    cdef public object head
    cdef public object last_head
    cdef public bytes refused
    cdef public object facts
    cdef public object tls
    cdef public object first_decision
    cdef public int status, first_status
    cdef public long long body_bytes_sent
    cdef public long long bytes_sent
    cdef public long long bytes_received
    cdef public double started
    cdef public double duration
    cdef public str why
    cdef public int attempts
    cdef public long keepalive_count
    cdef public bint aborted
    cdef public bint kept_alive
    cdef public bytes sent_head
    cdef public bytes request_trailers, response_trailers, log_id
    cdef public dict env
    cdef public object request_fields, plain, failure

    cpdef bytes request_field(self, bytes name)
    cpdef bytes response_field(self, bytes name)
    cpdef bytes variable(self, bytes name)
    cpdef bytes client(self)
    cpdef bytes called(self)
