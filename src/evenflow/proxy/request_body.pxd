cimport cython
from evenflow.plan.model cimport FILE, FORWARD, LOCAL
from evenflow.proxy cimport switches
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport ANSWERING, CUT
from evenflow.wire.chunked cimport ChunkedReader
from evenflow.wire.framing cimport CHUNKED
from evenflow.wire.outlet cimport Outlet

cpdef void look_at_expect(Exchange exchange) except *
@cython.locals(switched=cython.int)
cpdef bint is_needed_first(Exchange exchange) except -1
cpdef void say_continue(Exchange exchange) except *
cpdef void begin_inflating(Exchange exchange) except *
@cython.locals(at=Py_ssize_t, size=cython.longlong, reader=ChunkedReader)
cpdef Py_ssize_t pass_inflated(Exchange exchange, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except -2
@cython.locals(made=bytes, out=Outlet)
cpdef void put_inflated(Exchange exchange, bytes data) except *
cpdef void check_whole(Exchange exchange) except *
cpdef bint is_too_long(Exchange exchange) except -1
@cython.locals(at=Py_ssize_t, size=Py_ssize_t, reader=ChunkedReader, out=Outlet)
cpdef Py_ssize_t pass_chunks(Exchange exchange, bytearray buffer, Py_ssize_t start, Py_ssize_t end) except -2
@cython.locals(at=Py_ssize_t, size=cython.longlong, reader=ChunkedReader, forwards=bint, whole=bint, most=Py_ssize_t)
cpdef Py_ssize_t collect(Exchange exchange, bytearray buffer, Py_ssize_t start, Py_ssize_t end, double now) except -2
cpdef void broken(Exchange exchange, object fault) except *
@cython.locals(out=Outlet, before=Py_ssize_t)
cpdef void put_collected(Exchange exchange) except *
