cimport cython
from evenflow.plan.model cimport Member


cdef class Backends:
    cdef public dict balancers, members

    @cython.locals(members=tuple, member=Member, url=bytes)
    cpdef Member find_member(self, bytes origin, bytes path)


@cython.locals(colon=Py_ssize_t, slash=Py_ssize_t, scheme=bytes, authority=bytes, default=bytes)
cpdef tuple split_url(bytes url)
