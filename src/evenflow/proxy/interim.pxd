from evenflow.proxy cimport request_body, response, switches
from evenflow.proxy.exchange cimport Exchange

cpdef void take(Exchange exchange) except *
