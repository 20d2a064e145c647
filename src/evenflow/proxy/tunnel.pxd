cimport cython
from evenflow.balancer.choose cimport begin_tunnel, end_tunnel
from evenflow.slotmem.members cimport MemberSlot


@cython.final
cdef class Tunnel:
    cdef readonly MemberSlot slot
    cdef readonly double timeout
    cdef public long long sent
    cdef public long long received
    cdef public bint half_closes
    cdef public bint client_ended
    cdef public bint backend_ended

    cpdef bint over(self) except -1
    cpdef void close(self) except *
