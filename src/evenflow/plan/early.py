"""Header and RequestHeader ... early: fields are changed before anything is decided.

For httpd's own documentation a means of testing; in the wild it feeds SetEnvIf and conditions. The head itself is
changed, so that whatever looks at it afterwards, and the member, sees what is left of it. What `Header` makes waits
for the answer: `always` is on any, the other table on those alone that come neither from a member nor from an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.plan import steps
from evenflow.plan.decision import FIELDS, Inquiry
from evenflow.plan.edits import EDIT, EDIT_ALL, Edit, edit_request, edit_response
from evenflow.wire.headers import Headers

if TYPE_CHECKING:
    from evenflow.plan.model import ConnectionFacts, Decision, VirtualHost
    from evenflow.wire.http1 import RequestHead


class Beginning:
    """What an edit may look at when nothing is decided."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.head: RequestHead = inquiry.head
        self.facts: ConnectionFacts = inquiry.facts
        self.decision: Decision | None = None
        self.env: dict[bytes, bytes] | None = inquiry.env
        self.asked = inquiry

    def inquiry(self) -> Inquiry:
        return self.asked


class EarlyFields:
    """What there is of an answer's two tables before anything is decided."""

    __slots__ = ("always", "onsuccess")

    def __init__(self) -> None:
        self.always = Headers()
        self.onsuccess = Headers()


def begin_early(inquiry: Inquiry) -> None:
    """What the virtual host changes before anything else."""
    host = inquiry.host
    if host.early_edits or host.early_always or host.early_onsuccess:
        edit_early(host, inquiry)


def edit_early(host: VirtualHost, inquiry: Inquiry) -> None:
    """Run the virtual host's lines over the head of the request, and over an answer's tables that are empty still. No
    answer is remembered for what follows."""
    inquiry.asked |= FIELDS
    head = inquiry.head
    if head.repeated and not head.apart:
        # As httpd has read them: one of each name.
        names = [name.lower() for name, _ in head.pairs()]
        for name in {name for name in names if names.count(name) > 1}:
            head.replace(name, head.get(name))
    fields = Headers(head.pairs())
    view = Beginning(inquiry)
    inquiry.fields = fields
    kept = inquiry.path
    inquiry.path = head.path or b"/"
    for line in host.early_edits:
        assert isinstance(line, Edit)
        before = fields.get_all(line.name)
        edit_request((line,), fields, view)
        after = fields.get_all(line.name)
        if after != before or (before and (line.action == EDIT or line.action == EDIT_ALL)):
            if line.action == EDIT or line.action == EDIT_ALL:
                # What was edited ends up behind the other fields.
                head.replace(line.name, None)
            head.replace(line.name, *(after or (None,)))
            if inquiry.trace is not None:
                inquiry.note(steps.FIELD, line.origin, line.name, b", ".join(after))
    if host.early_always or host.early_onsuccess:
        made = EarlyFields()
        if isinstance(inquiry.early_fields, EarlyFields):
            # For the ErrorDocument of a request: what is `always` there stays, and the lines run once more.
            made.always = inquiry.early_fields.always.copy()
        edit_response(host.early_always, made.always, view)
        edit_response(host.early_onsuccess, made.onsuccess, view)
        inquiry.early_fields = made
        if inquiry.trace is not None:
            for name, value in (*made.always.items, *made.onsuccess.items):
                inquiry.note(steps.FIELD, host.origin, b"(answer) " + name, value)
    inquiry.path = kept
    inquiry.fields = None
