cimport cython


cdef class Match:
    cdef public Pattern re
    cdef public bytes string
    cdef object _data
    cdef object _number(self, object which)
    cpdef group(self, object which=*)
    cpdef span(self, object which=*)


cdef class Pattern:
    cdef public bytes source
    cdef public object groups
    cdef public dict groupindex
    cdef public tuple starts, folded
    cdef object _code
    cdef tuple _tries
    cdef bint _tied
    cpdef search(self, bytes subject)
    cpdef search_from(self, bytes subject, Py_ssize_t start)
    cdef object _again(self, bytes subject, object fault, Py_ssize_t start=*)


cdef class BoundedPattern(Pattern):
    @cython.locals(size=Py_ssize_t, place=Py_ssize_t)
    cpdef search(self, bytes subject)
