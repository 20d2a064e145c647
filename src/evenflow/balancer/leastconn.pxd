cimport cython
from evenflow.balancer.byrequests cimport byrequests
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t BUSY, FACTOR

@cython.locals(least=cython.longlong, weight=cython.longlong, factor=cython.longlong, busy=cython.longlong, equals=list, slot=MemberSlot)
cpdef MemberSlot leastconn(list candidates)
