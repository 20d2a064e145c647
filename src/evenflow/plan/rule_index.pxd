cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.template cimport Template, expand


cdef class Places:
    cdef public Template test
    cdef public dict at
    cdef public list sizes

    @cython.locals(size=Py_ssize_t, length=Py_ssize_t, at=dict)
    cpdef list fitting(self, bytes text, list found)


cdef class RuleIndex:
    cdef public tuple rules
    cdef public list always, places

    @cython.locals(always=list, found=list, places=Places, test=Template, text=bytes)
    cpdef list worth(self, bytes subject, Inquiry inquiry)


@cython.locals(found=RuleIndex)
cpdef RuleIndex index_of(tuple rules)
