cimport cython
from evenflow.slotmem.members cimport MemberSlot


@cython.final
cdef class SlowStart:
    cdef readonly double seconds
    cdef readonly double least
    cdef dict credits

    @cython.locals(recovered=cython.double, passed=cython.double)
    cpdef double share(self, MemberSlot slot, double now)

    @cython.locals(size=Py_ssize_t, kept=Py_ssize_t, place=Py_ssize_t, share=cython.double, credit=cython.double, slot=MemberSlot)
    cpdef object hold_back(self, list found, double now)
