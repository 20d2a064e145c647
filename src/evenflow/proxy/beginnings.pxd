cimport cython
from evenflow.wire.scan cimport find_byte

@cython.locals(line_end=Py_ssize_t, at=Py_ssize_t)
cpdef object fault_of(bytearray buffer, Py_ssize_t start, Py_ssize_t end, Py_ssize_t searched, Py_ssize_t limit)
cpdef bytes noted(bytearray buffer, Py_ssize_t start, Py_ssize_t end)
