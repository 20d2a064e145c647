cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.variables cimport Variable


cdef class Part:
    cdef public int kind, number
    cdef public bytes text, field
    cdef public Variable variable
    cdef public object map
    cdef public Template key, otherwise
    cdef public Part inner


cdef class Template:
    cdef public bytes source, literal
    cdef public tuple parts


cdef class Escaping:
    cdef public tuple table

    cpdef bytes apply(self, bytes text)


cpdef bytes expand(Template template, Inquiry inquiry, Escaping escaping=*)

@cython.locals(out=list, part=Part, kind=cython.int, group=bytes)
cpdef list pieces(Template template, Inquiry inquiry, Escaping escaping)

cpdef bint brings_question_mark(Template template, list texts, bint last) except -1

@cython.locals(variable=Variable)
cdef bytes _value(Part part, Inquiry inquiry)

cdef bytes _mapped(Part part, Inquiry inquiry, Escaping escaping)

@cython.locals(inner=Part)
cdef bytes _looked_ahead(Part part, Inquiry inquiry)

cdef bytes _group(object match, int number)
