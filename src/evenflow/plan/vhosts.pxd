cimport cython
from evenflow.plan.model cimport VirtualHost


cdef class HostTable:
    cdef public tuple hosts
    cdef public VirtualHost first
    cdef public dict names
    cdef public list patterns, sizes
    cdef public dict tails
    cdef public bint strict, has_rules, has_paths

    @cython.locals(name=bytes, place=Py_ssize_t, size=Py_ssize_t, found=list)
    cpdef VirtualHost find(self, bytes host)
    @cython.locals(pattern=bytes, other=Py_ssize_t)
    cpdef Py_ssize_t earlier(self, list patterns, bytes name, Py_ssize_t place) except -1
    @cython.locals(found=VirtualHost)
    cpdef VirtualHost select(self, bytes host)
    @cython.locals(found=VirtualHost, host=VirtualHost)
    cpdef VirtualHost select_sni(self, bytes name)
    @cython.locals(shown=VirtualHost, found=VirtualHost)
    cpdef VirtualHost select_tls(self, bytes host, bytes sni)


@cython.locals(at=Py_ssize_t, pos=Py_ssize_t, star=Py_ssize_t, resume=Py_ssize_t, mark=cython.int)
cpdef bint matches(bytes pattern, bytes name) except -1
