"""What becomes of a path that names a directory, or nothing: DirectorySlash, DirectoryIndex, FallbackResource.

mod_dir's `dir_fixups`: each index is tried as a request of its own, so it may be a file, a member's page or a redirect.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import Final

from evenflow.plan import decision, lookahead, rewritten, steps
from evenflow.plan.decision import FILES, Inquiry
from evenflow.plan.model import ANSWER, FILE, REDIRECT, Decision
from evenflow.plan.names import own_url
from evenflow.wire.targets import escape

PHASES: Final[list[Callable[[Inquiry], Decision | None]]] = []
"""What runs for an index; `decide` puts its phases here."""


def find_index(inquiry: Inquiry) -> Decision | None:
    """The answer for a directory or for nothing, if there is one; leaves PATH_INFO in the inquiry."""
    if inquiry.mapped or inquiry.script:
        return None
    scope = inquiry.scope
    handled = bool(inquiry.handler or scope.handler)
    if handled and scope.checks_handler:
        return None
    if not inquiry.located and not inquiry.host.document_root:
        return None
    mode = mode_of(inquiry)
    if mode == 0:
        return fallback(inquiry) if scope.fallback and not handled else None
    if mode < 0 or not stat.S_ISDIR(mode) or inquiry.path_info:
        return None
    if not inquiry.path.endswith(b"/"):
        return with_slash(inquiry)
    return first_index(inquiry)


def mode_of(inquiry: Inquiry) -> int:
    """The kind of the inquiry's file, 0 for none, -1 for what may not be seen. A name that goes on behind a file is
    split."""
    inquiry.asked |= FILES
    mode = mode_at(inquiry.filename)
    if mode == 0:
        rewritten.split_path_info(inquiry)
        mode = mode_at(inquiry.filename)
    return mode


def mode_at(name: bytes) -> int:
    try:
        return os.stat(name).st_mode
    except OSError as fault:
        return 0 if fault.errno in (errno.ENOENT, errno.ENOTDIR) else -1
    except ValueError:
        return 0


def with_slash(inquiry: Inquiry) -> Decision | None:
    """The redirect to the directory's name with its slash."""
    if not inquiry.scope.slash:
        return None
    if inquiry.head.method not in (b"GET", b"HEAD") and b"redirect-carefully" in inquiry.env:
        return None
    target = escape(inquiry.path) + b"/"
    if inquiry.query is not None:
        target += b"?" + inquiry.query
    return decision.redirect(inquiry, 301, own_url(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts) + target)


def first_index(inquiry: Inquiry) -> Decision | None:
    """The first index that is there; else the last answer that was not "not found"."""
    scope = inquiry.scope
    refused: Decision | None = None
    names = scope.indexes
    if scope.fallback:
        names = (*names, scope.fallback)
    for name in names:
        made = try_url(inquiry, name, inquiry.query)
        if is_there(made):
            if scope.index_redirect:
                target = own_url(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts) + escape(made.uri)
                return decision.redirect(inquiry, scope.index_redirect, target)
            return made
        if made.kind == REDIRECT or (made.status in (401, 406) and name is names[-1]):
            return made
        if made.kind == ANSWER and made.status not in (200, 404):
            refused = made
    return refused


def fallback(inquiry: Inquiry) -> Decision | None:
    """FallbackResource, where there is no file."""
    made = try_url(inquiry, inquiry.scope.fallback, inquiry.query)
    if is_there(made) or made.kind == REDIRECT:
        return made
    if made.kind == ANSWER and made.status == 500:
        return made
    return None


def is_there(made: Decision) -> bool:
    """Whether it is somebody else's answer, or a file."""
    if made.kind == ANSWER or made.kind == REDIRECT:
        return False
    if made.kind != FILE:
        return made.balancer is not None or made.member is not None
    mode = mode_at(made.file)
    return mode > 0 and stat.S_ISREG(mode)


def try_url(inquiry: Inquiry, url: bytes, query: bytes | None) -> Decision:
    """What a request for this path, or for this name in the directory, would get."""
    path, mark, own = url.partition(b"?")
    if not path.startswith(b"/"):
        path = escape(inquiry.path[: inquiry.path.rfind(b"/") + 1]) + path
    sub = lookahead.begin(inquiry)
    sub.trace = inquiry.trace
    if inquiry.trace is not None:
        inquiry.note(steps.ALIAS, inquiry.origin, inquiry.path, path, "tried in its place")
    sub.path = path
    # As httpd puts them together: the name, then `?` and the request's query.
    if mark:
        sub.query = own + (b"?" + query if query is not None else b"")
    else:
        sub.query = query
        sub.own_query = inquiry.own_query
    made = decision.answer(sub, 500, "too many requests within a request") if sub.status != 200 else None
    if made is None:
        sub.status = 0
        for phase in PHASES:
            made = phase(sub)
            if made is not None or sub.restart:
                break
    inquiry.asked |= sub.asked
    if made is None:
        made = decision.answer(sub, 404, "rules changed the path of an index")
    return made
