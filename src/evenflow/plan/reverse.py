"""ProxyPassReverse: a member's own URLs in its answer become ours.

Location, Content-Location, URI and Destination are compared, nothing else (no bodies, cookies, Refresh, Link). The
first entry one of whose URLs the value begins with wins; upper and lower case are the same, and segments have no
boundaries (httpd's `ap_proxy_location_reverse_map`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from evenflow.plan.edits import unwrapped
from evenflow.plan.mapping_forms import interpolated
from evenflow.plan.model import ConnectionFacts, CookieReverse, Decision, Reverse
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
    def variables(self) -> dict[bytes, bytes]: ...


def prefixes_of(name: bytes, part: bytes, fake: bytes) -> tuple[bytes, ...]:
    """What stands for one member in a ProxyPassReverse of `balancer://NAME` and `part` behind it."""
    url = name.lower()
    if len(part) > 1:
        return (url.rstrip(b"/") + part.lower(),)
    if fake == b"/" and not url.endswith(b"/"):
        # `/` and the rest of a URL, which begins with a slash, make one slash and not two.
        return url + b"/", url
    return (url,)


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
        prefixes = reverse.prefixes
        replacement = reverse.replacement
        if reverse.texts is not None and view.decision.scope.interpolate:
            env = view.variables()
            prefixes = (interpolated(reverse.texts[0], env).lower(),)
            replacement = interpolated(reverse.texts[1], env)
        for prefix in prefixes:
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
                made = replacement + url[start + len(prefix) :]
                if made.startswith(b"/"):
                    made = own_url(view.decision.host, view.decision.scope, view.head, view.facts) + made
                # Interpolated, it may hold what a client sent.
                return made if reverse.texts is None else unwrapped(made)
    return None


def reverse_cookies(headers: Headers, view: Answered) -> None:
    """Rewrite Path and Domain of every Set-Cookie in place (`ap_proxy_cookie_reverse_map`)."""
    scope = view.decision.scope
    items = headers.items
    for index in range(len(items)):
        name, value = items[index]
        if len(name) == 10 and name.lower() == b"set-cookie":
            items[index] = (name, reverse_cookie(value, scope.cookie_paths, scope.cookie_domains, view))


def reverse_cookie(
    cookie: bytes, paths: tuple[CookieReverse, ...], domains: tuple[CookieReverse, ...], view: Answered
) -> bytes:
    """The Set-Cookie with its last Path and its last Domain replaced, where an entry is for them."""
    pieces = cookie.split(b";")
    path = domain = -1
    for place, piece in enumerate(pieces):
        name = piece.partition(b"=")[0].strip(b" \t").lower()
        if name == b"path" and b"=" in piece:
            path = place
        elif name == b"domain" and b"=" in piece:
            domain = place
    for place, entries, any_case in ((path, paths, False), (domain, domains, True)):
        if place < 0:
            continue
        name, _, value = pieces[place].partition(b"=")
        for entry in entries:
            inner, public = entry.inner, entry.public
            if entry.texts is not None and view.decision.scope.interpolate:
                env = view.variables()
                inner, public = interpolated(entry.texts[0], env), interpolated(entry.texts[1], env)
            if value.lower().startswith(inner.lower()) if any_case else value.startswith(inner):
                pieces[place] = name + b"=" + (public if entry.texts is None else unwrapped(public))
                break
    return b";".join(pieces)
