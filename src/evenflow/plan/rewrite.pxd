cimport cython
from evenflow.plan.decision cimport Inquiry
from evenflow.plan.rule_index cimport RuleIndex, index_of
from evenflow.plan.template cimport Escaping, Template, brings_question_mark, expand, pieces


cdef class Condition:
    cdef public Template test
    cdef public int kind
    cdef public object pattern, expression, number, origin
    cdef public bytes text
    cdef public tuple fields
    cdef public str written
    cdef public bint negated, or_next, any_case


cdef class EnvironmentChange:
    cdef public Template text


cdef class Rule:
    cdef public object pattern, rounds, origin
    cdef public bint negated, sees_files
    cdef public Template substitution, handler, content_type
    cdef public int flags, status, skip
    cdef public tuple environment, conditions, cookies
    cdef public Escaping escaping


@cython.locals(changed=cython.int, flags=cython.int, index=Py_ssize_t, longest=Py_ssize_t, rule=Rule, table=RuleIndex,
               worth=list, name=bytes, rest=bytes, at=Py_ssize_t)
cpdef int run_rules(Inquiry inquiry, tuple rules, bytes directory=*) except -1

@cython.locals(subject=bytes, conditions=tuple, index=Py_ssize_t, condition=Condition, held=bint)
cpdef bint matches(Inquiry inquiry, Rule rule) except -1

@cython.locals(subject=bytes, directory=bytes)
cpdef bytes subject_of(Inquiry inquiry)

cpdef bint is_proxied(Inquiry inquiry) except -1

@cython.locals(there=tuple)
cpdef tuple fields_there(Inquiry inquiry, Condition condition)

@cython.locals(text=bytes, kind=cython.int, held=bint)
cpdef bint holds(Inquiry inquiry, Condition condition) except -1

@cython.locals(template=Template, made=bytes, before=bytes)
cpdef bint apply(Inquiry inquiry, Rule rule) except -1

cpdef object change_environment(Inquiry inquiry, EnvironmentChange change)

@cython.locals(flags=cython.int, directory=bytes, prefixed=bint, proxied=bint, name=bytes)
cpdef object substitute(Inquiry inquiry, Rule rule, bytes made)

@cython.locals(skip=Py_ssize_t, question=Py_ssize_t, added=bytes, query=bytes)
cpdef bytes split_query(Inquiry inquiry, bytes made, int flags)

@cython.locals(colon=Py_ssize_t, size=Py_ssize_t, scheme=bytes)
cpdef Py_ssize_t scheme_end(bytes text) except? -1
