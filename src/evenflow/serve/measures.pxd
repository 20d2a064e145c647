cimport cython
from evenflow.plan.model cimport Decision, VirtualHost
from evenflow.proxy.exchange cimport Exchange
from evenflow.serve.server cimport Server
from evenflow.slotmem.measured cimport observe

cdef Py_ssize_t BODIES, ERRORS, REPEATED, STATUSES


@cython.final
cdef class HostRow:
    cdef long long[::1] cells


@cython.locals(status=cython.int, decision=Decision, host=VirtualHost, row=HostRow)
cpdef void count_exchange(Server server, Exchange exchange, double now) except *
@cython.locals(row=HostRow)
cpdef void count_switch(Server server, VirtualHost host) except *
cpdef void count_failure(Server server, object failure) except *
