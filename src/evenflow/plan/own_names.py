"""UseCanonicalName DNS: what the resolver calls the address that the client has connected to.

httpd asks when somebody looks at the name first, waits, and keeps the answer for the connection. Here it is asked
before the first phase that may look at it, off the loop. Where the address has no name ServerName stands for it.
"""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan import steps
from evenflow.plan.client_names import name_of
from evenflow.plan.decision import CLIENT, Inquiry, wait
from evenflow.plan.model import Decision
from evenflow.plan.questions import NAME


def find(inquiry: Inquiry) -> Decision | None:
    """A phase: know the name from here on, where this place wants it."""
    if not inquiry.scope.name_by_dns:
        return None
    # Another connection may have come to another of our addresses.
    inquiry.asked |= CLIENT
    facts = inquiry.facts
    # A sub-inquiry cannot wait; it knows what the request's own place wanted to know.
    if facts.own_host is not None or inquiry.main is not None:
        return None
    facts.own_host = name_of(inquiry, NAME, facts.local_address)
    if facts.own_host is None:
        return wait(inquiry)
    if inquiry.trace is not None:
        inquiry.note(steps.OWN_NAME, NOWHERE, facts.local_address, facts.own_host or b"no name")
    return None
