cimport cython
from evenflow.wire.http1 cimport CONTENT_LENGTH, STRIDE, TRANSFER_ENCODING, RequestHead, ResponseHead, decimal

cdef long long CHUNKED, UNTIL_CLOSE, MOST

@cython.locals(length=cython.longlong, coded=bint, cells="int[::1]", index=Py_ssize_t, number=cython.int)
cpdef long long request_body(RequestHead head) except -9

@cython.locals(length=cython.longlong, again=cython.longlong, coded=bint, cells="int[::1]", index=Py_ssize_t,
               number=cython.int, status=cython.int)
cpdef long long response_body(ResponseHead head, bint to_head) except -9
