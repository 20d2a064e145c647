cdef class Routes:
    cdef public object plan
    cdef public object decider
    cdef public list balances
    cdef public list slots
    cdef public bytes date
    cdef public bint draining
