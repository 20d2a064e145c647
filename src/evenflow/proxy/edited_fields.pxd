cimport cython
from evenflow.plan.model cimport ANSWER, FILE, LOCAL, Decision, Scope
from evenflow.proxy.exchange cimport Exchange

@cython.locals(scope=Scope)
cpdef void edit_request(Exchange exchange, object fields) except *
@cython.locals(decision=Decision)
cpdef void edit_ours(Exchange exchange) except *
cpdef object always_fields(Exchange exchange)
cpdef object first_of_always(Exchange exchange)
cpdef object always_of_ours(Exchange exchange)
@cython.locals(decision=Decision, scope=Scope)
cpdef list fields_of_ours(Exchange exchange, list fields, bytes own_type, tuple varied)
cpdef void expire(Exchange exchange, object fields, int status, bytes content_type, long long changed) except *
cpdef object error_inquiry(Exchange exchange, int status)
