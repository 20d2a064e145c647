cimport cython
from evenflow.balancer.balance cimport Balance
from evenflow.slotmem.members cimport MemberSlot

cdef long long IGNORE_ERRORS, STOPPED
cdef Py_ssize_t RETRIES, STATUS

@cython.locals(since=double, status=cython.longlong)
cpdef object try_again(MemberSlot slot, double now)

@cython.locals(slots=list, slot=MemberSlot)
cpdef object recover(Balance balance, double now)

cpdef bint mark_failed(Balance balance, MemberSlot slot, double now)

cpdef object end_error(MemberSlot slot, double now)
