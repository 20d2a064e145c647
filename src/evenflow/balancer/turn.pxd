cimport cython


@cython.final
cdef class Turn:
    cdef readonly object balancer
    cdef public double now
    cdef public bytes key
    cdef public object dice
