cimport cython
from evenflow.balancer.budget cimport RetryBudget
from evenflow.balancer.outliers cimport Outliers
from evenflow.balancer.slow_start cimport SlowStart
from evenflow.balancer.turn cimport Turn
from evenflow.slotmem.members cimport MemberSlot

cdef Py_ssize_t CHANGES, ELECTED, FACTOR, OWED
cdef long long DISABLED, DRAINING, SPARE, STANDBY, STOPPED, RESTART_AT_FACTOR


@cython.final
cdef class Balance:
    cdef readonly object balancer
    cdef readonly list slots
    cdef readonly list candidates
    cdef readonly bint nofailover
    cdef readonly bint forcerecovery
    cdef readonly Py_ssize_t maxattempts
    cdef readonly double timeout
    cdef readonly bytes sticky_cookie
    cdef readonly bytes sticky_path
    cdef readonly bytes separator
    cdef readonly bint semicolon_ends
    cdef readonly object method
    cdef object pick
    cdef readonly Turn turn
    cdef readonly bint keyed
    cdef readonly bint announced
    cdef readonly bint watches
    cdef readonly RetryBudget budget
    cdef readonly Outliers outliers
    cdef readonly SlowStart slow_start
    cdef readonly bint narrows
    cdef public object reason
    cdef public list trace
    cdef readonly object row
    cdef readonly bint follows
    cdef double _awaited_until
    cdef long long[::1] cells
    cdef Py_ssize_t _child
    cdef long long _changes
    cdef long long _restarts
    cdef list _spares, _urls

    cpdef read(self)
    @cython.locals(until=cython.double)
    cpdef double patience(self, double since) except? -1.0
    @cython.locals(budget=RetryBudget, chosen=cython.longlong, slot=MemberSlot)
    cpdef bint may_repeat(self, double now, double cost)

    @cython.locals(outliers=Outliers)
    cpdef list take_news(self)

    cpdef bint is_current(self)

    @cython.locals(slot=MemberSlot, url=bytes)
    cdef object _take_added(self)

    @cython.locals(slot=MemberSlot, gone=list, at=Py_ssize_t, place=Py_ssize_t)
    cdef object _give_back(self)

    @cython.locals(slot=MemberSlot)
    cdef object _restart(self, long long how)
