cimport cython
from evenflow.balancer.balance cimport Balance
from evenflow.balancer.byrequests cimport book
from evenflow.balancer.candidates cimport find_candidates
from evenflow.balancer.health cimport recover
from evenflow.balancer.sticky cimport find_routed, is_known
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t BUSY, ELECTED, RECEIVED, RETRIES, SENT, TUNNELLED
cdef object EMPTY, UNNAMED, UNUSABLE, ROUTE

@cython.locals(slot=MemberSlot)
cpdef MemberSlot choose(Balance balance, bytes route, double now)

cpdef object begin(MemberSlot slot)

cpdef object release(MemberSlot slot, long long sent, long long received)

cpdef object begin_tunnel(MemberSlot slot)

cpdef object end_tunnel(MemberSlot slot, long long sent, long long received)
