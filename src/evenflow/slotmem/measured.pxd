cimport cython

cdef Py_ssize_t MICROSECONDS

cpdef Py_ssize_t bucket_of(double seconds) except -1

@cython.locals(micros=cython.longlong)
cpdef void observe(long long[::1] cells, double seconds) except *
