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
    cdef readonly object failure, span

    cpdef void begin(self, double now) except *
    @cython.locals(decision=Decision, record=LogRecord, facts=ConnectionFacts)
    cpdef void log(self, Server server, Exchange exchange, object tls, bint aborted) except *
    cpdef void failed(self, object failure) except *
    cpdef void trace(self, object tracer, Exchange exchange) except *
    cdef void _end_span(self, Server server, LogRecord record) except *
    cpdef void put_aside(self, Server server, Exchange exchange, object tls) except *
    @cython.locals(record=LogRecord)
    cpdef void log_tunnel(self, Server server, Tunnel tunnel) except *
    @cython.locals(record=LogRecord)
    cdef LogRecord _recall(self, Server server, long long received, long long sent)
