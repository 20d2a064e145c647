cimport cython
from libc.math cimport exp
from evenflow.balancer.turn cimport Turn
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t BUSY, FACTOR, LATENCY, LATENCY_AT
cdef double MEMORY, LEAST, UNKNOWN


@cython.final
cdef class PeakEwma:
    cdef Turn turn

    @cython.locals(size=Py_ssize_t, place=Py_ssize_t, other=Py_ssize_t, turn=Turn, one=MemberSlot, two=MemberSlot)
    cpdef MemberSlot choose(self, list candidates)


@cython.locals(busy=cython.longlong, latency=cython.double)
cpdef double cost(MemberSlot slot, double now)

@cython.locals(known=cython.double, kept=cython.double)
cpdef object learn(MemberSlot slot, double seconds, double now)
