cimport cython
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.routes cimport Routes

cdef class Server:
    cdef readonly object loop
    cdef readonly Routes routes
    cdef readonly object resolver
    cdef readonly dict handlers
    cdef readonly object log
    cdef readonly object error_logs
    cdef readonly object access_logs
    cdef readonly object questions, client_statuses
    cdef readonly bint logs_access
    cdef readonly object record
    cdef readonly bytearray buffer
    cdef readonly list idle
    cdef readonly list pools, limited
    cdef readonly object sweeper
    cdef readonly list limits_met
    cdef readonly set clients
    cdef public list host_rows
    cdef public object tracer
    cdef readonly set http2
    cdef readonly list spare_exchanges
    cdef public bint draining
    cdef public bint ending
    cdef public double now
    cdef public long long answered, body_bytes

    @cython.locals(exchange=Exchange)
    cpdef Exchange take_exchange(self)
    cpdef void give_exchange(self, Exchange exchange) except *
