cimport cython

cdef Py_ssize_t BUSY, EJECTED_UNTIL, ELECTED, FACTOR, LATENCY, LBSET, OWED, RECEIVED, RETRIES, SENT, STATUS
cdef long long UNUSABLE, STAMPS


@cython.final
cdef class MemberSlot:
    cdef readonly object member
    cdef readonly double retry
    cdef readonly bytes route
    cdef readonly bytes redirect
    cdef long long[::1] shared
    cdef double[::1] failure
    cdef long long[::1] own
    cdef double[::1] times
    cdef long long[::1] measured
    cdef unsigned char[::1] _seen
    cdef Py_ssize_t _mask
    cdef double _pace
    cdef long long[::1] _cells
    cdef double[::1] _floats
    cdef Py_ssize_t _first
    cdef Py_ssize_t _stride
    cdef Py_ssize_t _rows
    cdef object _region
    cdef Py_ssize_t _at

    cpdef bint usable(self)

    @cython.locals(mask=Py_ssize_t, stamp=cython.longlong)
    cpdef void saw(self, bytes session, double now) except *

    @cython.locals(found=cython.longlong, at=Py_ssize_t, _=Py_ssize_t)
    cpdef long long total(self, Py_ssize_t cell)

    @cython.locals(found=cython.double, at=Py_ssize_t, _=Py_ssize_t)
    cpdef double total_time(self, Py_ssize_t cell)

    cpdef read_texts(self)


@cython.locals(text=cython.p_uchar, at=Py_ssize_t, mixed=cython.ulonglong)
cpdef unsigned long long place_of(bytes session)
