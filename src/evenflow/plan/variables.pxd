cdef class Variable:
    cdef public str name
    cdef public int depends
    cdef public object read
