cimport cython
from evenflow.plan.model cimport ConnectionFacts, Decision
from evenflow.wire.http1 cimport RequestHead


cdef class Memo:
    cdef public dict young
    cdef public dict old
    cdef public dict hosts


cdef class Decider:
    cdef public object plan
    cdef public dict memos
    cdef public dict early_memos
    cdef public bint asks_early
    cdef public object answers

    @cython.locals(memo=Memo, key=tuple)
    cpdef Decision decide(self, ConnectionFacts facts, RequestHead head)
