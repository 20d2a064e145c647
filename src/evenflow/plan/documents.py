"""ErrorDocument: what is shown in the place of a status's page.

A text (made of the request), a URL to redirect to, or a path of ours that the request is sent to anew: as a GET, with
variables that tell what happened. httpd's ap_die and ap_internal_redirect.
"""

from __future__ import annotations

from typing import Final

from evenflow.origin import Origin
from evenflow.plan.decision import Inquiry, Step, afterwards
from evenflow.plan.early import begin_early
from evenflow.plan.model import ConnectionFacts, Decision, Plan
from evenflow.wire.http1 import RequestHead

TEXT: Final = 1
PATH: Final = 2
URL: Final = 3

OF_THE_BODY: Final = frozenset(
    (b"content-length", b"transfer-encoding", b"content-type", b"content-encoding", b"expect", b"trailer", b"upgrade")
)
"""Fields of the request that the document's has not: it has no body, and becomes no tunnel."""

CONDITIONAL: Final = frozenset(
    (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range", b"range")
)
"""What speaks of the resource that was asked for, and not of the document."""


class Document:
    """One ErrorDocument; `text` is for `decision.written`. Of several for one status the innermost counts."""

    __slots__ = ("status", "kind", "text", "origin")

    def __init__(self, status: int, kind: int, text: object, origin: Origin) -> None:
        self.status = status
        self.kind = kind
        """TEXT, PATH, URL; 0 for `default`, the page of our own."""
        self.text = text
        self.origin = origin


def document_for(documents: tuple[object, ...], status: int) -> Document | None:
    """What is shown for a status; None for our own page."""
    for document in reversed(documents):
        assert isinstance(document, Document)
        if document.status == status:
            return document if document.kind else None
    return None


def head_for(head: RequestHead, path: bytes) -> RequestHead:
    """A request for the document: GET (or HEAD), the fields of the one that failed."""
    method = b"HEAD" if head.method == b"HEAD" else b"GET"
    lines = [method + b" " + path + (b" HTTP/1.1" if head.version >= 11 else b" HTTP/1.0")]
    for name, value in head.pairs():
        key = name.lower()
        if key not in OF_THE_BODY and key not in CONDITIONAL:
            lines.append(name + b": " + value)
    made = RequestHead()
    made.parse(b"\r\n".join(lines) + b"\r\n\r\n", 0, 0, 0)
    made.apart = head.apart
    return made


def inquiry_for(
    plan: Plan,
    facts: ConnectionFacts,
    failed: Decision,
    old: RequestHead,
    head: RequestHead,
    status: int,
    trace: list[Step] | None,
) -> Inquiry:
    """Where does the document come from: an inquiry for its path, in the same virtual host; see `Decider`."""
    inquiry: Inquiry = afterwards(plan, facts, head, failed, renamed(failed.env), None)
    inquiry.trace = trace
    inquiry.env[b"REDIRECT_STATUS"] = b"%d" % status
    inquiry.env[b"REDIRECT_REQUEST_METHOD"] = old.method
    inquiry.path, inquiry.query = head.path, head.query
    inquiry.handler = ""
    inquiry.restarts = 1
    inquiry.early_fields = failed.early_fields
    inquiry.cookies = tuple([(b"", value) for value in failed.cookies])
    begin_early(inquiry)
    return inquiry


def renamed(env: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """The variables as an internal redirect sees them."""
    return {b"REDIRECT_" + name: value for name, value in env.items()}
