cimport cython


cdef class Headers:
    cdef public list items

    @cython.locals(wanted=bytes, key=bytes, value=bytes)
    cpdef bytes get(self, bytes name)
    @cython.locals(wanted=bytes, kept=list, placed=bint)
    cpdef object set(self, bytes name, bytes value)
    cpdef object add(self, bytes name, bytes value)
    @cython.locals(wanted=bytes, kept=list)
    cpdef bint remove(self, bytes name) except -1
    @cython.locals(wanted=bytes, index=Py_ssize_t, key=bytes, old=bytes)
    cpdef object append(self, bytes name, bytes value)
