from evenflow.balancer.balance cimport Balance
from evenflow.balancer.peakewma cimport learn
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t FAULTS, OUTCOMES, WAITED

cpdef object tell(Balance balance, MemberSlot slot, double seconds, bint good, double now)
