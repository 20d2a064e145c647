cimport cython
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport ANSWERING, DONE, SENDING
from evenflow.serve.client_connection cimport ClientConnection
from evenflow.serve.clock cimport monotonic
from evenflow.serve.sockets cimport BLOCKED, SENT
from evenflow.wire.outlet cimport Outlet

cpdef void set_pace(ClientConnection client, Exchange exchange) except *
@cython.locals(done=cython.int)
cpdef int push(ClientConnection client, Outlet out) except -2
@cython.locals(exchange=Exchange)
cpdef rested(ClientConnection client)
