cimport cython
from evenflow.proxy cimport attempt
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport ASKING, BODY, DONE, IDLE, MEMBER, SENDING, WAIT
from evenflow.serve.backend_connection cimport BackendConnection
from evenflow.serve.client_connection cimport ClientConnection

@cython.locals(client=ClientConnection, due=list)
cpdef void check_deadlines(set clients, double now) except *
@cython.locals(exchange=Exchange, step=cython.int, backend=BackendConnection, met=list)
cdef void on_deadline(ClientConnection client, double now) except *
@cython.locals(exchange=Exchange, step=cython.int, met=list)
cdef void on_read_timeout(ClientConnection client, double now) except *
@cython.locals(exchange=Exchange, stash=bytearray, head=bytearray)
cdef bint refuse_late_head(ClientConnection client) except -1
