cimport cython
from evenflow.plan.model cimport Decision
from evenflow.proxy.exchange cimport Exchange
from evenflow.wire.http1 cimport RequestHead

@cython.locals(decision=Decision, head=RequestHead, query=bytes, cookie=bytes)
cpdef bytes key_of(Exchange exchange)

@cython.locals(decision=Decision, head=RequestHead, cookie=bytes, value=bytes)
cpdef bytes session_of(Exchange exchange)
