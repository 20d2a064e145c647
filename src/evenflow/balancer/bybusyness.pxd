cimport cython
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t BUSY, FACTOR, OWED

@cython.locals(turn=cython.longlong, least=cython.longlong, most=cython.longlong, factor=cython.longlong, owed=cython.longlong, busy=cython.longlong, slot=MemberSlot, best=MemberSlot)
cpdef MemberSlot bybusyness(list candidates)
