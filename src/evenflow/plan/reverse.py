"""ProxyPassReverse: a member's own URLs in its answer become ours.

Location, Content-Location, URI and Destination are compared, nothing else (no bodies, cookies, Refresh, Link). The
first entry one of whose URLs the value begins with wins; upper and lower case are the same, and segments have no
boundaries (httpd's `ap_proxy_location_reverse_map`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from evenflow.plan.model import ConnectionFacts, Decision, Reverse
from evenflow.plan.names import own_url
from evenflow.wire.headers import Headers

if TYPE_CHECKING:
    from evenflow.wire.http1 import RequestHead

FIELDS = (b"location", b"content-location", b"uri", b"destination")


class Answered(Protocol):
    """The request that is being answered."""

    @property
    def head(self) -> RequestHead: ...
    @property
    def facts(self) -> ConnectionFacts: ...
    @property
    def decision(self) -> Decision: ...


def reverse_fields(reverses: tuple[Reverse, ...], headers: Headers, view: Answered) -> None:
    """Rewrite the fields in place; `view` is the request, for our own name in it."""
    items = headers.items
    for index in range(len(items)):
        name, value = items[index]
        if len(name) in (3, 8, 11, 16) and name.lower() in FIELDS:
            mapped = reverse_url(reverses, value, view)
            if mapped is not None:
                items[index] = (name, mapped)


def reverse_url(reverses: tuple[Reverse, ...], url: bytes, view: Answered) -> bytes | None:
    """The URL as clients know it, or None where no entry is for it."""
    lowered = url.lower()
    path = -1
    scheme_end = url.find(b"://")
    for reverse in reverses:
        for prefix in reverse.prefixes:
            if prefix.startswith(b"/"):
                # An entry with a path only: compared with the path, whoever the URL names.
                if path < 0:
                    path = 0 if scheme_end < 0 else url.find(b"/", scheme_end + 3)
                    if path < 0:
                        path = len(url)
                start = path
            else:
                start = 0
            if lowered.startswith(prefix, start):
                made = reverse.replacement + url[start + len(prefix) :]
                if made.startswith(b"/"):
                    made = own_url(view.decision.host, view.head, view.facts) + made
                return made
    return None
