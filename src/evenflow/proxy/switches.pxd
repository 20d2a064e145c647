cdef int NO_KEEPALIVE, NOT_POOLED, HTTP_1_0, WITH_LENGTH, NO_INTERIM, NO_HALF_CLOSE, PINGS

cpdef int read(dict env) except -1
