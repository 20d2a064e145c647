cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.model cimport ConnectionFacts


cdef class Network:
    cdef public int bits
    cdef public object address, mask


cdef class Methods:
    cdef public frozenset names
    cdef public bint others

    cpdef bint hold(self, bytes method) except -1


cdef class Require:
    cdef public int provider
    cdef public frozenset words
    cdef public tuple networks, items
    cdef public bint negated, needs_all, asks_user
    cdef public object origin, methods, text, condition
    cdef public bytes shown, group_file


@cython.locals(found=cython.int)
cpdef int outcome_of(Require require, Inquiry inquiry, bint needs_all) except -1

@cython.locals(found=cython.int, one=cython.int, needs_all=bint, item=Require)
cpdef int outcome_of_items(Require require, Inquiry inquiry) except -1

@cython.locals(provider=cython.int, facts=ConnectionFacts)
cpdef bint holds(Require require, Inquiry inquiry) except -1
