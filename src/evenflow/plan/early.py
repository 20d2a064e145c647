"""RequestHeader ... early: fields of a request are changed before anything is decided.

For httpd's own documentation a means of testing; in the wild it feeds SetEnvIf and conditions. The head itself is
changed, so that whatever looks at it afterwards, and the member, sees what is left of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.plan import steps
from evenflow.plan.decision import FIELDS, Inquiry
from evenflow.plan.edits import EDIT, EDIT_ALL, Edit, edit_request
from evenflow.wire.headers import Headers

if TYPE_CHECKING:
    from evenflow.plan.model import ConnectionFacts, Decision
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


def edit_early(lines: tuple[object, ...], inquiry: Inquiry) -> None:
    """Run these lines over the head of the request. No answer is remembered for what follows."""
    inquiry.asked |= FIELDS
    head = inquiry.head
    fields = Headers(head.pairs())
    view = Beginning(inquiry)
    inquiry.fields = fields
    kept = inquiry.path
    inquiry.path = head.path or b"/"
    for line in lines:
        assert isinstance(line, Edit)
        before = fields.get_all(line.name)
        edit_request((line,), fields, view)
        after = fields.get_all(line.name)
        if after != before or (before and (line.action == EDIT or line.action == EDIT_ALL)):
            value = b", ".join(after) if after else None
            if line.action == EDIT or line.action == EDIT_ALL:
                # What was edited ends up behind the other fields.
                head.replace(line.name, None)
            head.replace(line.name, value)
            if inquiry.trace is not None:
                inquiry.note(steps.FIELD, line.origin, line.name, value or b"")
    inquiry.path = kept
    inquiry.fields = None
