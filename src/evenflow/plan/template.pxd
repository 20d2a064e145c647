cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.variables cimport Variable


cdef class Part:
    cdef public int kind, number
    cdef public bytes text
    cdef public Variable variable


cdef class Template:
    cdef public bytes source, literal
    cdef public tuple parts


cdef class Escaping:
    cdef public tuple table

    cpdef bytes apply(self, bytes text)


@cython.locals(out=list, part=Part, kind=cython.int)
cpdef bytes expand(Template template, Inquiry inquiry)

@cython.locals(out=list, part=Part, kind=cython.int)
cpdef bytes expand_substitution(Template template, Inquiry inquiry, Escaping escaping)

@cython.locals(part=Part, kind=cython.int, value=bytes)
cpdef bint brings_question_mark(Template template, Inquiry inquiry, Escaping escaping) except -1

@cython.locals(variable=Variable)
cdef bytes _value(Part part, Inquiry inquiry)

cdef bytes _group(object match, int number)
