"""Affinity and cookies: does a browser stay on one node?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from evenflow.tools.doctor.asking import Answer, Cookie, Jar
from evenflow.tools.doctor.visit import NODE_FIELD, Finding, Visit, found, unknown

ROUNDS: Final = 12
SESSION: Final = ("jsessionid", "seraph.confluence")
HEARTBEAT: Final = "/synchrony/heartbeat"
FAR: Final = "evenflow-doctor-nobody"
"""A route that no member has."""


def node_of(answer: Answer) -> str:
    """Which node says that it answered: by its field, else by the route in its session."""
    said = answer.get(NODE_FIELD)
    if said:
        return said
    for cookie in answer.cookies():
        if cookie.name.upper() == "JSESSIONID" and "." in cookie.value:
            return cookie.value.rpartition(".")[2]
    return ""


def check_affinity(visit: Visit) -> Iterator[Finding]:
    """A dozen requests of one browser, each asking for the login page."""
    check = "affinity"
    jar = Jar()
    seen: list[str] = []
    sessions: list[str] = []
    routes: dict[str, Cookie] = {}
    for _ in range(ROUNDS):
        answer = visit.site.ask(visit.login, jar=jar)
        visit.learn(answer)
        seen.append(node_of(answer))
        for cookie in answer.cookies():
            if cookie.name.lower() not in SESSION:
                routes.setdefault(cookie.name, cookie)
            elif cookie.name.upper() == "JSESSIONID":
                sessions.append(cookie.value)
    visit.routes = {name for name, cookie in routes.items() if is_route(cookie)}
    known = [node for node in seen if node]
    if len(set(known)) > 1:
        yield found("affinity-lost", check, f"{ROUNDS} requests of one browser were answered by {', '.join(known)}")
    elif len(set(sessions)) > 2:
        # The node does not say who it is, but a session that is known is not begun anew.
        said = f"{ROUNDS} requests of one browser began {len(set(sessions))} sessions: {sessions[:4]}"
        yield found("affinity-lost", check, said)
    elif not known and not sessions:
        yield unknown(check, "no answer says which node it comes from")
    elif not visit.routes and not any("." in value for value in sessions):
        yield found("no-route-cookie", check, f"cookies that are set: {', '.join(jar.cookies) or 'none'}")


def check_crossed(visit: Visit) -> Iterator[Finding]:
    """Who has a node for its pages asks for Synchrony, and must keep it."""
    jar = Jar()
    visit.site.ask(visit.login, jar=jar)
    mine = {name: value for name, value in jar.cookies.items() if name in visit.routes and not anew(name)}
    for name, value in sorted(mine.items()):
        answer = visit.site.ask(HEARTBEAT, fields={"Cookie": f"{name}={value}"})
        if any(cookie.name == name for cookie in answer.cookies()):
            said = f"Cookie: {name}={value}; {answer.evidence('Set-Cookie')}"
            yield found("cookie-crossed", "one cookie", said)


def anew(name: str) -> bool:
    """Whether a cookie of this name is set with every answer, as some balancers do."""
    return name.lower().startswith(("awsalb", "bigip"))


def is_route(cookie: Cookie) -> bool:
    """Whether a cookie looks like a balancer's: short, with a route behind its last dot or a well-known name."""
    name = cookie.name.lower()
    return len(cookie.value) < 80 and ("route" in name or name.startswith(("balanceid", "bigip", "awsalb", "ingress")))


def check_stale_route(visit: Visit) -> Iterator[Finding]:
    """A browser comes with the route of a member that is gone."""
    for name in sorted(visit.routes):
        answer = visit.site.ask(visit.login, fields={"Cookie": f"{name}=.{FAR}"})
        if answer.status >= 500:
            if visit.site.ask(visit.login).status >= 500:
                yield unknown("stale route", f"the page fails for everybody: {answer.evidence()}")
                return
            yield found("route-honoured-when-gone", "stale route", answer.evidence())
        elif not any(cookie.name == name for cookie in answer.cookies()):
            yield found("route-honoured-when-gone", "stale route", f"{name} is not set again: {answer.evidence()}")


def check_cookies(visit: Visit) -> Iterator[Finding]:
    """Path and flags of the session and the route that a first visit is given."""
    answer = visit.site.ask(visit.login)
    tls = visit.site.place.scheme == "https"
    for cookie in answer.cookies():
        if cookie.name.lower() not in SESSION and not is_route(cookie):
            # What scripts keep for themselves may be theirs to read.
            continue
        path = cookie.attributes.get("path", visit.login.rpartition("/")[0] or "/")
        if path.rstrip("/") not in ("", visit.path):
            yield found("cookie-path", "cookies", f"Set-Cookie: {cookie.line}")
        if "secure" in cookie.attributes and not tls:
            yield found("cookie-secure-in-clear", "cookies", f"Set-Cookie: {cookie.line}")
        if "secure" not in cookie.attributes and tls:
            yield found("cookie-not-secure", "cookies", f"Set-Cookie: {cookie.line}")
        if "httponly" not in cookie.attributes:
            yield found("cookie-readable", "cookies", f"Set-Cookie: {cookie.line}")


def check_cached(visit: Visit) -> Iterator[Finding]:
    """HTML that comes out of a cache."""
    for _ in range(2):
        answer = visit.site.ask(visit.login)
        # A cache says Age, be it 0, and nobody else does (RFC 9111 section 5.1).
        if answer.is_html and answer.get("age").isdecimal():
            yield found("pages-cached", "caches", answer.evidence("Age", "Cache-Control", "Via", "X-Cache"))
            return
