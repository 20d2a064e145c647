cimport cython
from evenflow.proxy.exchange cimport Exchange
from evenflow.wire.http1 cimport RequestHead, ResponseHead

@cython.locals(old=RequestHead, keep=bint)
cpdef void begin(Exchange exchange, bytes path, int status, bytes reason, double now) except *
cpdef void keep_status(Exchange exchange) except *
@cython.locals(answer=ResponseHead)
cpdef void replace(Exchange exchange) except *
