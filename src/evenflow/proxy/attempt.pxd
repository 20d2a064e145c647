from evenflow.proxy.exchange cimport Exchange
from evenflow.proxy.steps cimport ANSWERING, CUT, MEMBER, SENDING
from evenflow.wire.framing cimport UNTIL_CLOSE

cpdef void connect_failed(Exchange exchange, str cause, double now) except *
cpdef void name_unknown(Exchange exchange, str cause, double now) except *
cpdef void handshake_failed(Exchange exchange, str cause, double now, bint blames) except *
cpdef void backend_closed(Exchange exchange, str cause, double now) except *
cpdef void timed_out(Exchange exchange, double now) except *
cpdef void failed_by_status(Exchange exchange, double now) except *
cpdef void break_off(Exchange exchange, str stage, str cause) except *
cpdef void bad_answer(Exchange exchange, object fault) except *
