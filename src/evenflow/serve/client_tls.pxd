from evenflow.serve.client_connection cimport ClientConnection
from evenflow.wire.outlet cimport Outlet

cpdef bint shake_hands(ClientConnection client) except -1
cpdef void answer_plain_http(ClientConnection client) except *
