cimport cython
from evenflow.wire.http1 cimport CONTENT_LENGTH, EXPECT, MAX_FORWARDS, STRIDE, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_SERVER, RequestHead
from evenflow.wire.framing cimport CHUNKED
from evenflow.wire.outlet cimport Outlet
from evenflow.plan.model cimport ConnectionFacts, Decision, Member, Scope, VirtualHost

@cython.locals(query=bytes)
cdef void put_start(Outlet out, RequestHead head, Decision decision, Member member, bint old=*) except *
cdef void put_end(Outlet out, Member member, long long length, bytes upgrade, bint closes=*, bint old=*) except *
cpdef bint is_ordinary(RequestHead head, Scope scope, bint plainly=*) except -1
@cython.locals(scope=Scope, host=VirtualHost, data=bytes, cells="int[::1]", add=bint, seen_for=bint, seen_host=bint,
               seen_server=bint, index=Py_ssize_t, base=Py_ssize_t, number=cython.int, run=Py_ssize_t)
cpdef void write_ordinary(Outlet out, RequestHead head, Decision decision, Member member, ConnectionFacts facts,
                          long long length, bytes upgrade, bytes added=*) except *
cpdef void write_edited(Outlet out, RequestHead head, object fields, Decision decision, Member member, ConnectionFacts facts,
                        long long length, bytes upgrade, int switched=*) except *
