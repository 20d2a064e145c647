cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.model cimport ConnectionFacts


cdef class Network:
    cdef public int bits
    cdef public object address, mask


cdef class Require:
    cdef public int provider
    cdef public frozenset words
    cdef public tuple networks
    cdef public object origin


@cython.locals(require=Require)
cpdef bint allowed(tuple requires, Inquiry inquiry) except -1

@cython.locals(provider=cython.int, facts=ConnectionFacts)
cpdef bint holds(Require require, Inquiry inquiry) except -1
