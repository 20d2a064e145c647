cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.model cimport VirtualHost


cdef class Mapping:
    cdef public bytes prefix, target, subtree
    cdef public bint nocanon, ordinary, interpolate, encoded, servlet
    cdef public object origin, pattern
    cdef public tuple pieces, prefix_texts, target_texts


@cython.locals(prefix=bytes)
cpdef Py_ssize_t covered(Mapping mapping, bytes path) except -1

@cython.locals(at=Py_ssize_t, pos=Py_ssize_t)
cdef Py_ssize_t _covered_with_runs(bytes prefix, bytes path) except -1

@cython.locals(size=Py_ssize_t, inside=Mapping, mapping=Mapping)
cpdef bint map_path(Inquiry inquiry) except -1

@cython.locals(inside=Mapping, mapping=Mapping)
cpdef bint map_encoded(Inquiry inquiry) except -1

@cython.locals(size=Py_ssize_t, plain=Mapping)
cpdef bint take_otherwise(Inquiry inquiry, Mapping mapping) except -1

cdef void _go(Inquiry inquiry, Mapping mapping, bytes url) except *

@cython.locals(raw_size=Py_ssize_t, rest=bytes)
cdef bint _take(Inquiry inquiry, Mapping mapping, Py_ssize_t size) except -1
