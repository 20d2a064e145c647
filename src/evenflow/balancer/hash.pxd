cimport cython
from libc.math cimport log
from evenflow.balancer.byrequests cimport byrequests
from evenflow.balancer.turn cimport Turn
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t BUSY, FACTOR
cdef unsigned long long MASK, FIRST, SECOND


@cython.final
cdef class Hash:
    cdef Turn turn
    cdef double load
    cdef dict seeds

    @cython.locals(key=bytes, hashed=cython.ulonglong, behind=cython.double, least=cython.double, drawn=cython.double, slot=MemberSlot, best=MemberSlot, first=MemberSlot)
    cpdef MemberSlot choose(self, list candidates)

    @cython.locals(busy=cython.longlong, factors=cython.longlong, other=MemberSlot)
    cdef bint has_room(self, MemberSlot slot, list candidates)

    cdef unsigned long long seed(self, MemberSlot slot)


cpdef unsigned long long digest(bytes text)

@cython.locals(mixed=cython.ulonglong)
cpdef double lot(unsigned long long key, unsigned long long seed)
