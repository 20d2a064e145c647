cimport cython
from evenflow.plan.model cimport Decision
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport ASKING
from evenflow.serve.client_connection cimport ClientConnection
from evenflow.wire.outlet cimport Outlet

cpdef bint shake_hands(ClientConnection client) except -1
cpdef bint is_vetted(ClientConnection client, object tls) except -1
cpdef void vetted(ClientConnection client, str cause) except *
cpdef void refuse(ClientConnection client, str cause) except *
cpdef void turn_away(ClientConnection client) except *
@cython.locals(decision=Decision)
cpdef void ask_for_certificate(ClientConnection client, Exchange exchange) except *
cpdef void say_answer(ClientConnection client, object decision, object told) except *
cpdef void ask_on(ClientConnection client) except *
@cython.locals(exchange=Exchange)
cpdef void look_for_certificate(ClientConnection client) except *
cpdef void take_certificate(ClientConnection client, object late, str cause) except *
cpdef void answer_plain_http(ClientConnection client) except *
