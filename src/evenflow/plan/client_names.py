"""HostnameLookups: what the client's address is called.

httpd asks the resolver when somebody looks at the name first, and waits. Here it is asked before the first phase that
may look at it, off the loop, and kept for a while; so where lookups are on, no answer to a request is remembered. A
name that is not to be had is no fault: the address stands for it.
"""

from __future__ import annotations

from typing import Final

from evenflow.plan import steps
from evenflow.plan.decision import CLIENT, Inquiry, wait
from evenflow.plan.model import Decision
from evenflow.plan.questions import NAME, NAME_OF, OVERLOADED, Question

OFF: Final = 0
ON: Final = 1
DOUBLE: Final = 2
"""The name's addresses are asked too, and the client's must be among them."""


def find(inquiry: Inquiry) -> Decision | None:
    """A phase: know the name from here on, where this place wants it."""
    wanted = inquiry.scope.hostname_lookups
    # A sub-inquiry cannot wait; it knows what the request's own place wanted to know.
    if wanted == OFF or inquiry.client_name is not None or inquiry.main is not None:
        return None
    inquiry.asked |= CLIENT
    inquiry.client_name = name_of(inquiry, NAME_OF if wanted == DOUBLE else NAME, inquiry.address)
    if inquiry.client_name is None:
        return wait(inquiry)
    if inquiry.trace is not None:
        inquiry.note(steps.CLIENT, inquiry.scope.lookups_origin, inquiry.address, inquiry.client_name or b"no name")
    return None


def name_of(inquiry: Inquiry, kind: int, address: bytes) -> bytes | None:
    """What the resolver calls an address, b"" where it has no name; None where it has to be asked first (`wait`)."""
    found = inquiry.answer_to(kind, address)
    if found is None:
        inquiry.question = Question(kind, address)
        return None
    if found == OVERLOADED:
        # Only a place that needs the name to decide (`Require host`) refuses the request for that.
        inquiry.told.pop((kind, address), None)
    return found if isinstance(found, bytes) else b""
