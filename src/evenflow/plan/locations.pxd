cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.mapping cimport Mapping
from evenflow.plan.model cimport Scope, VirtualHost


cdef class Section:
    cdef public bytes prefix
    cdef public bint whole_segments, searches, of_name
    cdef public object pattern, origin
    cdef public tuple names
    cdef public Mapping mapping
    cdef public Section within
    cdef public object said

    @cython.locals(size=Py_ssize_t, prefix=bytes)
    cpdef bint meets(self, bytes text) except -1


@cython.locals(section=Section, path=bytes)
cpdef object meet_locations(Inquiry inquiry)

cdef object _set_names(Inquiry inquiry, Section section)

@cython.locals(section=Section)
cpdef object meet(tuple sections, bytes text)

@cython.locals(scope=Scope)
cpdef Scope scope_of(VirtualHost host, object outer, bint of_files, object locations)
