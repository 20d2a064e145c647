cimport cython
from evenflow.wire.scan cimport count_controls, find_byte, piece, same_name

cdef int HOST, CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TE, TRAILER, UPGRADE, TRANSFER_ENCODING, CONTENT_LENGTH
cdef int PROXY_AUTHENTICATE, EXPECT, COOKIE, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_SERVER, VIA, MAX_FORWARDS
cdef int DATE, SERVER, LOCATION, CONTENT_LOCATION, URI, DESTINATION, SET_COOKIE
cdef int STRIDE

@cython.locals(at=Py_ssize_t, value=cython.uint)
cpdef int name_hash(const unsigned char* name, Py_ssize_t start, Py_ssize_t end) except -1

cpdef Py_ssize_t trimmed_end(const unsigned char* data, Py_ssize_t start, Py_ssize_t end) except -1


cdef class Head:
    cdef public bytes data
    cdef public int count
    cdef unsigned int known_names
    cdef public bint repeated, apart
    cdef public int version
    cdef int[::1] cells
    cdef public bint closes
    cdef public bint keeps
    cdef public bint names_others
    cdef public bint uneven

    @cython.locals(data=cython.p_uchar, cells="int[::1]", table=cython.p_uchar, slots=cython.p_uchar, room=Py_ssize_t,
                   seen=cython.ulonglong, known=cython.uint, bit=cython.ulonglong, count=cython.int, lines=cython.int, first=Py_ssize_t,
                   line_end=Py_ssize_t, stop=Py_ssize_t, hash_=cython.uint, pos=Py_ssize_t, colon=Py_ssize_t, base=Py_ssize_t, number=cython.int)
    cpdef Py_ssize_t scan_fields(self, Py_ssize_t at, Py_ssize_t end, Py_ssize_t max_size, Py_ssize_t max_count) except -1
    cdef void _refuse_name(self, Py_ssize_t at, Py_ssize_t pos, Py_ssize_t stop) except *
    @cython.locals(data=cython.p_uchar, cells="int[::1]", base=Py_ssize_t, start=Py_ssize_t, size=Py_ssize_t, other=Py_ssize_t,
                   at=Py_ssize_t, i=Py_ssize_t)
    cdef bint _is_repeated(self, Py_ssize_t index) except -1
    @cython.locals(data=cython.p_uchar, comma=Py_ssize_t, stop=Py_ssize_t)
    cdef void scan_connection(self, Py_ssize_t start, Py_ssize_t end) except *
    @cython.locals(index=Py_ssize_t)
    cpdef Py_ssize_t find(self, int number) except -2
    cpdef bytes value(self, Py_ssize_t index)
    cpdef bytes name(self, Py_ssize_t index)
    @cython.locals(index=Py_ssize_t)
    cpdef bytes known(self, int number)
    @cython.locals(index=Py_ssize_t, base=Py_ssize_t)
    cpdef bytes get(self, bytes name)


@cython.final
cdef class RequestHead(Head):
    cdef public bytes method
    cdef public bytes target
    cdef public bytes path
    cdef public bytes query
    cdef public bytes host
    cdef public bytes came
    cdef bytes checked_host

    @cython.locals(table=cython.p_uchar, text=cython.p_uchar, end=Py_ssize_t, line_end=Py_ssize_t, stop=Py_ssize_t, pos=Py_ssize_t, start=Py_ssize_t,
                   space=Py_ssize_t, question=Py_ssize_t)
    cpdef void parse(self, bytes data, Py_ssize_t max_line=*, Py_ssize_t max_size=*, Py_ssize_t max_count=*) except *
    @cython.locals(data=cython.p_uchar, major=cython.int, minor=cython.int)
    cdef void _parse_version(self, Py_ssize_t start, Py_ssize_t stop) except *
    @cython.locals(index=Py_ssize_t, other=Py_ssize_t)
    cdef void _parse_host(self) except *
    cdef void _parse_other_target(self) except *


@cython.locals(table=cython.p_uchar, text=cython.p_uchar, size=Py_ssize_t, pos=Py_ssize_t, digits=bint, port=cython.longlong)
cpdef void check_authority(bytes host) except *

@cython.locals(value=cython.longlong, before_last=cython.longlong, c=cython.uchar)
cpdef long long decimal(bytes digits, long long most) except -2


@cython.final
cdef class ResponseHead(Head):
    cdef public int status
    cdef public Py_ssize_t reason_start
    cdef public Py_ssize_t reason_end

    cpdef void parse(self, bytes data, Py_ssize_t max_size=*) except *
    @cython.locals(line_end=Py_ssize_t)
    cdef void _scan(self, Py_ssize_t max_size) except *
    @cython.locals(data=cython.p_uchar, status=cython.int, at=Py_ssize_t)
    cdef void _parse_status_line(self, Py_ssize_t stop) except *

@cython.locals(at=Py_ssize_t)
cpdef Py_ssize_t find_loose_head_end(const unsigned char* buffer, Py_ssize_t start, Py_ssize_t end) except -2
