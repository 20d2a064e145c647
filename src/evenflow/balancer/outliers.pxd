cimport cython
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t EJECTED_UNTIL, EJECTIONS, FAULTS, OUTCOMES, PASSED_OVER, STATUS, WAITED
cdef long long DRAINING


@cython.final
cdef class Outliers:
    cdef readonly object ejection
    cdef readonly list slots
    cdef readonly list news
    cdef readonly double next_look
    cdef list _seen

    @cython.locals(kept=Py_ssize_t, place=Py_ssize_t, until=cython.double, slot=MemberSlot)
    cpdef object pass_over(self, list found, double now)

    @cython.locals(slot=MemberSlot)
    cpdef object look(self, double now)

    @cython.locals(slot=MemberSlot)
    cdef tuple _since(self, Py_ssize_t place)

    cdef str worse_than_others(self, Py_ssize_t place, list since)

    @cython.locals(ejected=Py_ssize_t, left=Py_ssize_t, other=MemberSlot)
    cdef bint may_eject(self, MemberSlot slot)

    cdef object eject(self, MemberSlot slot, str why, double now)
