cimport cython


cdef class RuleIndex:
    cdef public tuple rules
    cdef public list always, sizes
    cdef public dict places

    @cython.locals(size=Py_ssize_t, length=Py_ssize_t, found=list, places=dict)
    cpdef list worth(self, bytes subject)


@cython.locals(found=RuleIndex)
cpdef RuleIndex index_of(tuple rules)
