from evenflow.plan.model cimport VirtualHost


cdef class HostTable:
    cdef public tuple hosts
    cdef public VirtualHost first
    cdef public dict names
    cdef public list patterns
