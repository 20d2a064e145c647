cimport cython

cpdef Py_ssize_t find_byte(const unsigned char* buffer, int value, Py_ssize_t start, Py_ssize_t end) except -2

cpdef bytes piece(const unsigned char* buffer, Py_ssize_t start, Py_ssize_t end)

@cython.locals(at=Py_ssize_t)
cpdef Py_ssize_t find_head_end(const unsigned char* buffer, Py_ssize_t start, Py_ssize_t end) except -2

@cython.locals(at=Py_ssize_t, count=cython.int)
cpdef Py_ssize_t count_controls(const unsigned char* buffer, Py_ssize_t start, Py_ssize_t end) except -2

cpdef int copy_bytes(bytearray target, Py_ssize_t at, const unsigned char* source, Py_ssize_t start, Py_ssize_t end) except -1

@cython.locals(at=Py_ssize_t, size=Py_ssize_t, wanted=cython.p_uchar)
cpdef bint same_name(const unsigned char* buffer, Py_ssize_t start, Py_ssize_t end, bytes name) except -1
