cimport cython
from evenflow.plan.model cimport Member
from evenflow.serve.clock cimport monotonic
from evenflow.serve.connection cimport Connection
from evenflow.serve.server cimport Server
from evenflow.serve.sockets cimport SENT, WOULD_BLOCK


cdef class BackendConnection(Connection):
    cdef readonly Member member
    cdef bytes called
    cdef public Connection client
    cdef readonly bint connecting
    cdef public bint broken
    cdef readonly double idle_since
    cdef public object address, tried
    cdef public tuple others
    cdef object pool
    cdef readonly object way, handshake, passage

    @cython.locals(size=Py_ssize_t, client=Connection)
    cpdef on_readable(self)
    @cython.locals(client=Connection)
    cpdef on_writable(self)
    @cython.locals(client=Connection)
    cdef void _connected(self) except *
    cpdef bint try_next(self, str cause) except -1
    cdef tell_of_address(self, str cause)
    cdef take_address(self, object address)
    @cython.locals(client=Connection)
    cpdef passed(self)
    @cython.locals(client=Connection)
    cpdef not_passed(self, str cause)
    cpdef secure(self, object tls)
    @cython.locals(client=Connection)
    cpdef secured(self)
    @cython.locals(client=Connection)
    cpdef not_secured(self, str cause)
    cdef bint flush_pending(self) except -1
    cdef void keep(self) except *
    cpdef void close(self) except *
    cpdef bint is_current(self) except -1
    cdef bint is_silent(self) except -1
    cpdef void leave_pool(self) except *

@cython.locals(connection=BackendConnection, last=Py_ssize_t, at=Py_ssize_t)
cpdef BackendConnection connect(Server server, Member member, tuple addresses, Connection client, object way)

cdef int begin(Member member, tuple address) except -1

cpdef leave_old_addresses(Server server)

@cython.locals(kept=list, connection=BackendConnection)
cpdef BackendConnection take_kept(Server server, Member member, Connection client, bint careful)

@cython.locals(kept=list, connection=BackendConnection)
cpdef BackendConnection take_kept_secured(Server server, Member member, Connection client, bint careful, object way)
