cimport cython
from evenflow.balancer.balance cimport Balance
from evenflow.balancer.budget cimport REFUSED
from evenflow.balancer.outcomes cimport tell
from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport ANSWERING, CUT, MEMBER, SENDING
from evenflow.slotmem.members cimport MemberSlot
from evenflow.wire.framing cimport UNTIL_CLOSE

@cython.locals(balance=Balance, again=bint, spent=bint)
cdef bint note_failure(Exchange exchange, MemberSlot slot, str stage, str cause, bint in_error, bint wanted, double now) except -1
@cython.locals(balance=Balance, seconds=cython.double)
cpdef void tell_outcome(Exchange exchange, bint good, double now) except *
cpdef void connect_failed(Exchange exchange, str cause, double now) except *
@cython.locals(slot=MemberSlot, wanted=bint, again=bint)
cpdef void no_room(Exchange exchange, double now) except *
cpdef void without_means(Exchange exchange, str cause, double now) except *
cpdef void name_unknown(Exchange exchange, str cause, double now) except *
cpdef void blocked(Exchange exchange) except *
cpdef void handshake_failed(Exchange exchange, str cause, double now, bint blames) except *
cpdef void backend_closed(Exchange exchange, str cause, double now) except *
cpdef void timed_out(Exchange exchange, double now) except *
cpdef void failed_by_status(Exchange exchange, double now) except *
cpdef void break_off(Exchange exchange, str stage, str cause) except *
cpdef void bad_answer(Exchange exchange, object fault, double now) except *
