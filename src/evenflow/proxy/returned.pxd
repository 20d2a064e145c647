cimport cython
from evenflow.plan.model cimport Scope
from evenflow.proxy.answer_body cimport AnswerBody
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy cimport response
from evenflow.wire.headers cimport Headers
from evenflow.wire.http1 cimport ResponseHead

@cython.locals(scope=Scope, answer=ResponseHead, body=AnswerBody)
cpdef void choose_way(Exchange exchange) except *
@cython.locals(scope=Scope)
cpdef object chosen_for(Exchange exchange, int status, object answer, object fields, bytes content_type, bytes own_type)
@cython.locals(scope=Scope, answer=ResponseHead, body=AnswerBody)
cpdef void write(Exchange exchange, bint edited, int saying, bytes keep_line, bytes added) except *
