cimport cython
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t FACTOR, RECEIVED, SENT

@cython.locals(least=cython.longlong, load=cython.longlong, factor=cython.longlong, slot=MemberSlot, best=MemberSlot)
cpdef MemberSlot bytraffic(list candidates)
