cimport cython
from libc.math cimport exp

cdef double WINDOW, REFUSED


@cython.final
cdef class RetryBudget:
    cdef readonly double share
    cdef readonly double per_second
    cdef readonly double left
    cdef long long _chosen
    cdef long long _granted
    cdef double _at

    cpdef bint take(self, long long chosen, double now, double cost)

    @cython.locals(passed=cython.double, earned=cython.double, kept=cython.double, requests=cython.longlong)
    cdef object _earn(self, long long chosen, double now)
