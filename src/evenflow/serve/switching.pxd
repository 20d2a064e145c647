cimport cython
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.switches cimport NO_HALF_CLOSE
from evenflow.proxy.tunnel cimport Tunnel
from evenflow.serve.backend_connection cimport BackendConnection
from evenflow.serve.client_connection cimport ClientConnection
from evenflow.serve.measures cimport count_switch
from evenflow.serve.tunnel_connection cimport TunnelConnection
from evenflow.slotmem.members cimport MemberSlot
from evenflow.wire.frames cimport Frames

@cython.locals(backend=BackendConnection, slot=MemberSlot, stash=bytearray, tunnel=TunnelConnection, goes_on=bint)
cpdef void switch(ClientConnection client, Exchange exchange) except *
