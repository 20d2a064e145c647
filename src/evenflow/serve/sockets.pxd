cimport cython
from evenflow.wire.outlet cimport Outlet

cdef Py_ssize_t WOULD_BLOCK, BROKEN
cdef int SENT, BLOCKED, FAILED

@cython.locals(pointer=cython.p_uchar, got=Py_ssize_t)
cpdef Py_ssize_t receive(int fd, bytearray buffer) except -3
@cython.locals(pointer=cython.p_uchar, got=Py_ssize_t)
cpdef Py_ssize_t send_range(int fd, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except -3
@cython.locals(lent=bytearray, kept_pointer=cython.p_uchar, lent_pointer=cython.p_uchar, got=Py_ssize_t)
cdef Py_ssize_t _send_both(int fd, Outlet out) except -3
@cython.locals(kept=Py_ssize_t, lent=Py_ssize_t, got=Py_ssize_t, taken=Py_ssize_t)
cpdef int send_outlet(int fd, Outlet out) except -3
