cimport cython
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t FACTOR, OWED

@cython.locals(turn=cython.longlong, most=cython.longlong, factor=cython.longlong, owed=cython.longlong, slot=MemberSlot, best=MemberSlot)
cpdef MemberSlot byrequests(list candidates)

@cython.locals(turn=cython.longlong, factor=cython.longlong, slot=MemberSlot)
cpdef object book(list slots, MemberSlot chosen)
