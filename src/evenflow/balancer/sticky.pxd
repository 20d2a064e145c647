cimport cython
from evenflow.balancer.balance cimport Balance
from evenflow.balancer.health cimport try_again
from evenflow.slotmem.members cimport MemberSlot

cdef long long STANDBY
cdef Py_ssize_t STATUS
cdef bytes BLANKS


@cython.final
@cython.freelist(16)
cdef class Session:
    cdef readonly bytes name
    cdef readonly bytes route
    cdef readonly bytes value


@cython.locals(name=bytes, value=bytes, whole=bytes, separator=bytes, cut=Py_ssize_t)
cpdef Session find_session(Balance balance, bytes url, bytes cookie)

@cython.locals(size=Py_ssize_t, at=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t)
cpdef bytes in_url(bytes url, bytes name, bint semicolon_ends)

@cython.locals(byte=cython.uchar)
cdef bint is_delimiter(bytes url, Py_ssize_t at, bint semicolon_ends)

@cython.locals(size=Py_ssize_t, at=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t)
cpdef bytes in_cookie(bytes cookie, bytes name)

cpdef MemberSlot find_routed(Balance balance, bytes route, double now, Py_ssize_t depth)

@cython.locals(slot=MemberSlot, instead=MemberSlot)
cdef MemberSlot find_route_among(Balance balance, list slots, bytes route, double now, Py_ssize_t depth, long long standby)

@cython.locals(slot=MemberSlot)
cpdef bint is_known(Balance balance, bytes route)

cpdef bint route_changed(Balance balance, bytes route, MemberSlot slot)
