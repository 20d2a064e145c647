cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.template cimport Escaping, Template, brings_question_mark, expand, expand_substitution


cdef class Condition:
    cdef public Template test
    cdef public int kind
    cdef public object pattern, number, origin
    cdef public bytes text
    cdef public bint negated, or_next, any_case


cdef class EnvironmentChange:
    cdef public Template name, value


cdef class Rule:
    cdef public object pattern, rounds, origin
    cdef public bint negated
    cdef public Template substitution
    cdef public int flags, status, skip
    cdef public tuple environment, conditions
    cdef public Escaping escaping
    cdef public str handler
    cdef public bytes location


@cython.locals(changed=cython.int, flags=cython.int, index=Py_ssize_t, rule=Rule, before=bytes, made=bytes)
cpdef int run_rules(Inquiry inquiry, tuple rules) except -1

@cython.locals(subject=bytes, location=bytes, conditions=tuple, index=Py_ssize_t, condition=Condition, held=bint)
cpdef bint matches(Inquiry inquiry, Rule rule) except -1

@cython.locals(text=bytes, kind=cython.int, held=bint)
cpdef bint holds(Inquiry inquiry, Condition condition) except -1

cpdef object change_environment(Inquiry inquiry, EnvironmentChange change)

@cython.locals(flags=cython.int, absolute=bint, location=bytes)
cpdef bint substitute(Inquiry inquiry, Rule rule, Template template, bytes made) except -1

@cython.locals(skip=Py_ssize_t, question=Py_ssize_t, added=bytes, query=bytes)
cpdef bytes split_query(Inquiry inquiry, bytes made, int flags)

@cython.locals(colon=Py_ssize_t, size=Py_ssize_t, scheme=bytes)
cpdef Py_ssize_t scheme_end(bytes text) except? -1
