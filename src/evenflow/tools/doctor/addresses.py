"""The address triangle: what was typed, what the node believes, what the pages say."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urljoin, urlsplit

from evenflow.tools.doctor.asking import Answer, Asker, Jar, Place, Unanswered
from evenflow.tools.doctor.health import state_of
from evenflow.tools.doctor.visit import Finding, Visit, found, looks_like_confluence, unknown

HOPS: Final = 10
STRANGER: Final = "evenflow-doctor.invalid"
"""A host name that nobody has (RFC 2606)."""


def check_redirects(visit: Visit) -> Iterator[Finding]:
    """From the first page on, redirect by redirect."""
    check = "redirects"
    site = visit.site.place
    target, jar, chain = f"{visit.path}/", Jar(), []
    for _ in range(HOPS):
        answer = visit.site.ask(target, jar=jar)
        visit.learn(answer)
        chain.append(f"{target} -> {answer.status}")
        location = answer.get("location")
        if not 300 <= answer.status < 400 or not location:
            return
        url = urlsplit(urljoin(f"{site.url}{target}", location))
        chain[-1] += f" {location}"
        wrong = wrong_address(site, url.scheme, url.hostname or "", url.port)
        if wrong:
            yield found(wrong, check, ", ".join(chain))
        if wrong or (url.hostname or "").lower() != site.host.lower():
            return
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    yield found("redirect-loop", check, ", ".join(chain))


def wrong_address(site: Place, scheme: str, host: str, port: int | None) -> str:
    """The fault of a redirect to there, "" for none. Another host may be a login's and is not followed."""
    if host.lower() != site.host.lower():
        local = host == "localhost" or host.endswith((".local", ".internal")) or is_inside(host)
        return "redirect-elsewhere" if local or port in (8090, 8091, 8443) else ""
    usual = {"http": 80, "https": 443}.get(scheme, 0)
    if scheme != site.scheme:
        return "redirect-scheme"
    return "redirect-elsewhere" if (port or usual) != site.port else ""


def is_inside(host: str) -> bool:
    """Whether it is an address of a private network, or of one machine alone."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


def check_plain(visit: Visit) -> Iterator[Finding]:
    """The clear port beside TLS, where it is the usual one."""
    site = visit.site.place
    if site.scheme != "https" or site.port != 443 or site.address is not None:
        return
    plain = Asker(Place("http", site.host, 80), visit.site.manners, visit.site.trust)
    try:
        answer = plain.ask(f"{visit.path}/")
    except Unanswered:
        return
    if not answer.get("location").startswith("https://"):
        yield found("plain-without-redirect", "plain", answer.evidence("Location"))


def check_page(visit: Visit) -> Iterator[Finding]:
    """What the login page says of its own address."""
    answer = visit.site.ask(visit.login, jar=Jar())
    visit.learn(answer)
    site = visit.site.place
    base = visit.meta.get("ajs-base-url", "")
    if base and base.rstrip("/").lower() != f"{site.url}{visit.path}".lower():
        yield found("base-url", "base URL", f"the page says {base}, and was asked for by {site.url}{visit.path}")
    if site.scheme == "https":
        host = re.escape(site.host)
        named = re.search(rf"(?:http|ws)://{host}[/:\"'?]", answer.text)
        if named is not None:
            start = max(0, named.start() - 40)
            shown = answer.text[start : named.end() + 40]
            yield found("mixed-content", "mixed content", f"{answer.request}: `{shown}`")


def check_forwarded(visit: Visit) -> Iterator[Finding]:
    """A stranger's X-Forwarded fields must not reach the node as they are."""
    site = visit.site.place
    other = "http" if site.scheme == "https" else "https"
    lies = {"X-Forwarded-Proto": other, "X-Forwarded-Host": STRANGER, "X-Forwarded-Port": "1"}
    honest = visit.site.ask(f"{visit.path}/")
    lied = visit.site.ask(f"{visit.path}/", fields=lies)
    if STRANGER in lied.get("location") or (
        lied.get("location").startswith(f"{other}://") and not honest.get("location").startswith(f"{other}://")
    ):
        yield found("forwarded-believed", "forwarded", lied.evidence("Location"))


def check_origin(visit: Visit) -> Iterator[Finding]:
    """A POST that a browser sends from the site's own page, to an address that changes nothing."""
    target = f"{visit.path}/rest/evenflow-doctor/nothing"
    fields = {"Origin": visit.site.place.url, "Referer": f"{visit.site.place.url}{visit.login}"}
    answer = visit.site.ask(target, "POST", {"Content-Type": "application/json", **fields}, b"{}")
    if answer.status == 403 and "xsrf" in answer.text.lower():
        yield found("origin-refused", "origin", answer.evidence())


def check_by_address(visit: Visit) -> Iterator[Finding]:
    """As monitoring may ask: by the address, without the name in Host and SNI."""
    site = visit.site.place
    if state_of(visit.site.ask(f"{visit.path}/status")) is None:
        return
    address = site.address or _address(site)
    if address is None or address[0] == site.host:
        return
    nameless = Asker(Place(site.scheme, address[0], address[1], address), visit.site.manners, visit.site.trust)
    try:
        answer = nameless.ask(f"{visit.path}/status")
    except Unanswered as why:
        yield found("other-by-address", "by address", str(why))
        return
    if state_of(answer) is None:
        yield found("other-by-address", "by address", f"{nameless.place.url}: {answer.evidence('Location', 'Server')}")


def _address(site: Place) -> tuple[str, int] | None:
    try:
        first = socket.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)[0][4]
    except OSError:
        return None
    return str(first[0]), site.port


def check_odd_paths(visit: Visit) -> Iterator[Finding]:
    """Characters that names of pages have: through the balancer as at a node."""
    names = ("x%3Fy", "x%25y", "x%23y", "x+y", "x;y", "x%20y", "%C3%BC")
    if not visit.nodes:
        # Nobody to compare with: what does not exist is 404, and only a 403 or 400 tells.
        plain = visit.site.ask(f"{visit.path}/evenflow-doctor/xy")
        for name in names:
            answer = visit.site.ask(f"{visit.path}/evenflow-doctor/{name}")
            if answer.status in (400, 403) and plain.status not in (400, 403):
                yield found("path-mangled", "odd paths", f"{answer.evidence()}; {plain.request} -> {plain.status}")
                return
        return
    node = visit.nodes[0]
    usual = f"{visit.path}/evenflow-doctor/xy"
    if not _alike(visit.site.ask(usual), node.asker.ask(usual)):
        yield unknown("odd paths", f"{usual} is answered otherwise than at {node.name}, so odd ones say nothing")
        return
    for name in (*names, "x%2Fy"):
        target = f"{visit.path}/evenflow-doctor/{name}"
        ours, theirs = visit.site.ask(target), node.asker.ask(target)
        if not _alike(ours, theirs):
            code = "slashes-refused" if "%2F" in name else "path-mangled"
            yield found(code, "odd paths", f"{ours.evidence('Server')}; at {node.name} {theirs.evidence('Server')}")


def _alike(ours: Answer, theirs: Answer) -> bool:
    """Whether the same application seems to have answered both."""
    return ours.status == theirs.status and looks_like_confluence(ours) == looks_like_confluence(theirs)
