cimport cython
from evenflow.balancer.balance cimport Balance
from evenflow.balancer.health cimport try_again
from evenflow.slotmem.members cimport MemberSlot

cdef long long DRAINING, SPARE, STANDBY
cdef Py_ssize_t LBSET, READY, STATUS

@cython.locals(slots=list, found=list, lbset=cython.longlong)
cpdef list find_candidates(Balance balance, double now)

@cython.locals(lbset=cython.longlong, last=cython.longlong, missing=cython.longlong, spares=cython.longlong, standbys=cython.longlong, own_set=cython.longlong, status=cython.longlong, slot=MemberSlot)
cdef long long add_lowest(list slots, list found, double now) except -2

@cython.locals(slot=MemberSlot)
cdef object add_announced(list slots, list found, double now)

@cython.locals(others=cython.longlong, status=cython.longlong, slot=MemberSlot)
cdef object add_reserve(list slots, list found, long long lbset, long long kind, long long most)

cdef object narrow(Balance balance, list found, double now)
