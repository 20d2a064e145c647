cimport cython
from evenflow.plan.model cimport Member
from evenflow.proxy cimport attempt
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport MEMBER
from evenflow.serve.backend_connection cimport BackendConnection, connect
from evenflow.serve.client_connection cimport ClientConnection
from evenflow.serve.clock cimport monotonic
from evenflow.slotmem.members cimport MemberSlot

@cython.locals(called=bint)
cpdef bint connect_to(ClientConnection client, Exchange exchange, Member member, tuple addresses) except -1
cdef BackendConnection connect_somehow(ClientConnection client, Member member, tuple addresses)
@cython.locals(exchange=Exchange)
cpdef resolved(ClientConnection client, MemberSlot slot, object addresses, str cause)
