cimport cython
from evenflow.plan.model cimport Balancer, ConnectionFacts, Decision, Member, Scope, VirtualHost
from evenflow.wire.http1 cimport RequestHead


cdef class Inquiry:
    cdef public object plan
    cdef public ConnectionFacts facts
    cdef public RequestHead head
    cdef public list trace
    cdef public VirtualHost host
    cdef public bytes path, filename, query, raw_path, met_path, address, content_type, path_info, subject, directory, directory_url, first_path
    cdef public dict env
    cdef public object fields, response
    cdef public object early, sections, location_mapping, origin, rule_match, condition_match
    cdef public tuple vary, cookies
    cdef public object early_fields, client_name
    cdef public int renewable
    cdef public Inquiry main
    cdef public object last_rule
    cdef public int depth, looks, asked, restarts, status, redirect_status
    cdef public bint located, script, own_query, mapped, translated, nocanon, ended, restart, reduced
    cdef public Scope scope
    cdef public str handler
    cdef public bytes user, auth_type
    cdef public object answers, question
    cdef public dict told
    cdef public int phase


@cython.locals(decision=Decision)
cpdef Decision made(Inquiry inquiry, int kind, object origin)

@cython.locals(decision=Decision)
cpdef Decision wait(Inquiry inquiry)

@cython.locals(decision=Decision)
cpdef Decision forward(Inquiry inquiry, Balancer balancer, Member member, bytes scheme, bytes path)
