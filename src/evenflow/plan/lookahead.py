"""Sub-inquiries: what would become of another URL, or of a file, for this client?

`-U`, `-F`, `%{LA-U:..}` and `%{LA-F:..}` of rules ask. The deciding phases run on an inquiry of its own, up to the
place where something would be sent: no member is asked and no file is opened. How deep and how often is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from evenflow.plan.decision import FILES, Inquiry
from evenflow.plan.model import ASK
from evenflow.wire.targets import escape

if TYPE_CHECKING:
    from evenflow.plan.model import Decision

MOST_LOOKS: Final = 200
"""So many sub-inquiries one request may cause in all; httpd bounds only how deep they go."""

URL_PHASES: Final[list[Callable[[Inquiry], Decision | None]]] = []
"""What runs for a URL; `decide` puts its phases here."""
FILE_PHASES: Final[list[Callable[[Inquiry], Decision | None]]] = []
"""What runs for a file that is known."""


def may_look(inquiry: Inquiry) -> bool:
    """Whether a sub-inquiry is made at all: never from one that asks for the path of its own cause (httpd's
    `subreq_ok`)."""
    return inquiry.main is None or inquiry.main.path != inquiry.path


def url_of_rules(inquiry: Inquiry) -> Inquiry | None:
    """The sub-inquiry for %{LA-U:..}: for the path that the rules have come to. None where there is none."""
    if not may_look(inquiry):
        return None
    path = inquiry.subject
    if inquiry.directory is not None and not path.startswith(b"/"):
        path = (inquiry.directory_url or inquiry.directory) + path
    return look_at_url(inquiry, path)


def file_of_rules(inquiry: Inquiry) -> Inquiry | None:
    """The sub-inquiry for %{LA-F:..}."""
    if not may_look(inquiry):
        return None
    path = inquiry.subject
    if inquiry.directory is not None:
        if path.startswith(b"/"):
            return look_at_url(inquiry, path)
        path = inquiry.directory + path
    return look_at_file(inquiry, path)


def look_at_url(inquiry: Inquiry, url: bytes) -> Inquiry:
    """Run a sub-inquiry for `url`, a path with an optional query; one that is relative counts from the inquiry's own
    path. Its `status` is 200, or what it would be answered with."""
    if not url.startswith(b"/"):
        url = escape(inquiry.path[: inquiry.path.rfind(b"/") + 1]) + url
    sub = begin(inquiry)
    url = url.partition(b"#")[0]
    path, mark, query = url.partition(b"?")
    sub.path = path
    sub.query = query if mark else None
    run(sub, URL_PHASES)
    inquiry.asked |= sub.asked
    inquiry.cookies = sub.cookies
    return sub


def look_at_file(inquiry: Inquiry, path: bytes) -> Inquiry:
    """Run a sub-inquiry for a file; a relative path counts from the directory of the inquiry's own file."""
    here = inquiry.filename[: inquiry.filename.rfind(b"/") + 1]
    if not path.startswith(b"/"):
        path = here + path
    sub = begin(inquiry)
    sub.filename = path
    sub.located = True
    if here and path.startswith(here) and b"/" not in path[len(here) :]:
        sub.path = inquiry.path[: inquiry.path.rfind(b"/") + 1] + path[len(here) :]
    sub.asked |= FILES
    run(sub, FILE_PHASES)
    inquiry.asked |= sub.asked
    inquiry.cookies = sub.cookies
    return sub


class Unanswered(Exception):
    """A sub-inquiry hangs on a question: the request itself must wait for the answer, and begin again."""

    def __init__(self, sub: Inquiry) -> None:
        super().__init__()
        self.question = sub.question
        self.answers = sub.answers


def begin(inquiry: Inquiry) -> Inquiry:
    """A sub-inquiry; its `status` is 500 where there are too many."""
    sub = Inquiry(inquiry.plan, inquiry.facts, inquiry.head, inquiry.host, None)
    sub.main = inquiry
    sub.depth = inquiry.depth + 1
    sub.address = inquiry.address
    sub.client_name = inquiry.client_name
    sub.cookies = inquiry.cookies
    sub.env = dict(inquiry.env)
    sub.fields = inquiry.fields
    sub.told = inquiry.told
    sub.answers = inquiry.answers
    sub.user = inquiry.user
    sub.auth_type = inquiry.auth_type
    sub.query = None
    sub.own_query = False
    sub.status = 200
    root = root_of(inquiry)
    root.looks += 1
    if inquiry.depth >= inquiry.host.most_lookups or root.looks > MOST_LOOKS:
        sub.status = 500
    return sub


def root_of(inquiry: Inquiry) -> Inquiry:
    """The request's own inquiry."""
    while inquiry.main is not None:
        inquiry = inquiry.main
    return inquiry


def run(sub: Inquiry, phases: list[Callable[[Inquiry], Decision | None]]) -> None:
    """Lead it through the phases until one decides, or a Location's rule changes the path: there it ends."""
    if sub.status != 200:
        return
    for phase in phases:
        sub.status = 0
        made = phase(sub)
        if made is not None:
            if made.kind == ASK and root_of(sub).renewable:
                raise Unanswered(sub)
            sub.status = made.status or 403
            return
        if sub.restart:
            break
    sub.status = 200
