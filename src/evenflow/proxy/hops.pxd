from evenflow.proxy.exchange cimport Exchange

cpdef bint goes_on(Exchange exchange) except -1
