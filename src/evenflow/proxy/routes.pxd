from evenflow.plan.decide cimport Decider


cdef class Routes:
    cdef public object plan
    cdef public Decider decider
    cdef public list balances
    cdef public list slots
    cdef public bytes date
    cdef public bint draining
