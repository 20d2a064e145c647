cimport cython
from evenflow.plan.model cimport ConnectionFacts, Decision
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.tunnel cimport Tunnel
from evenflow.serve.clock cimport monotonic
from evenflow.serve.log_record cimport LogRecord
from evenflow.serve.server cimport Server
from evenflow.wire.http1 cimport RequestHead


@cython.final
cdef class Tally:
    cdef double started, began
    cdef public long long received, sent
    cdef object later

    cpdef void begin(self, double now) except *
    @cython.locals(decision=Decision, record=LogRecord, facts=ConnectionFacts)
    cpdef void log(self, Server server, Exchange exchange, object tls, bint aborted) except *
    cpdef void put_aside(self, Exchange exchange, object tls) except *
    @cython.locals(record=LogRecord)
    cpdef void log_tunnel(self, Server server, Tunnel tunnel) except *
