cimport cython
from evenflow.plan.model cimport Scope
from evenflow.wire.http1 cimport RequestHead
from evenflow.wire.scan cimport count_controls


@cython.final
cdef class Format:
    cdef public tuple parts
    cdef public bytes literal
    cdef public dict rows
    cdef public object text


@cython.final
cdef class Edit:
    cdef public int action
    cdef public bytes name
    cdef public Format value
    cdef public object pattern
    cdef public tuple env
    cdef public object condition
    cdef public bint of_type
    cdef public object origin


cdef class Plain:
    cdef public tuple edits, names
    cdef public bytes lines
    cdef public list added
    cdef public dict values


@cython.locals(found=Plain, name=bytes)
cpdef Plain plain(Scope scope, RequestHead head)

@cython.locals(edit=Edit, condition=tuple)
cpdef bint any_applies(tuple edits, dict env) except -1

@cython.locals(edit=Edit)
cpdef bint all_wait_for(tuple edits, bytes name) except -1

@cython.locals(edit=Edit, condition=tuple, env=dict, lines=bytes)
cpdef bytes added_lines(tuple edits, object view)

@cython.locals(out=list, kind=cython.int, text=bytes)
cpdef bytes write(Format format, object view, dict env)

cpdef bytes unwrapped(bytes value)
