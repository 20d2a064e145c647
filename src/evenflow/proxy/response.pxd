cimport cython
from evenflow.wire.http1 cimport (
    CONTENT_LENGTH, DATE, DESTINATION, HOST, LOCATION, PROXY_AUTHENTICATE, SERVER, STRIDE, ResponseHead,
)
from evenflow.wire.outlet cimport Outlet
from evenflow.plan.model cimport Scope

cdef int SAY_NOTHING, SAY_CLOSE, SAY_KEEP, SAY_CLOSE_OLD

@cython.locals(cells="int[::1]", index=Py_ssize_t, number=cython.int)
cpdef bint is_ordinary(ResponseHead head, Scope scope) except -1
cdef void put_status(Outlet out, ResponseHead head, int saying=*) except *
cdef void put_end(Outlet out, bint chunked, int saying, bytes keep_line) except *
@cython.locals(data=bytes, cells="int[::1]", index=Py_ssize_t, number=cython.int, run=Py_ssize_t)
cpdef void write_ordinary(Outlet out, ResponseHead head, bytes date, bint coded, bint chunked, int saying, bytes keep_line, bytes added=*) except *
cpdef void write_edited(Outlet out, ResponseHead head, bytes date, object always, object fields, bint chunked, int saying,
                        bytes keep_line, bytes added=*) except *
cpdef void write_interim(Outlet out, ResponseHead head) except *
cpdef void write_switch(Outlet out, ResponseHead head, bytes upgrade) except *
