cimport cython
from evenflow.balancer.turn cimport Turn
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t READY


@cython.final
cdef class Heartbeat:
    cdef Turn turn

    @cython.locals(total=cython.longlong, drawn=cython.longlong, slot=MemberSlot, last=MemberSlot)
    cpdef MemberSlot choose(self, list candidates)
