"""The cookie that keeps a session on its node: its value, its path, its flags, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.advice.uses import uses
from evenflow.config.checks.view import BalancerView, Places, Server, host_and_port, make_server, speaks_tls
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.settings import UNSET, Block, FieldEdit
from evenflow.origin import Origin

SETTING = frozenset({"add", "set", "setifempty", "append", "merge"})
ROUTE = "%{BALANCER_WORKER_ROUTE}e"


def cookies(server: Server) -> Iterator[tuple[FieldEdit, BalancerView, str]]:
    """(line, balancer, the cookie's value and attributes) for each Header line that sets a balancer's route cookie."""
    for edit in server.edits:
        if edit.table == "request" or edit.action not in SETTING or edit.name.lower() != "set-cookie":
            continue
        name, equals, rest = edit.value.lstrip().partition("=")
        if not equals:
            continue
        for balancer in server.balancers.values():
            sticky = balancer.sticky
            if sticky is not None and sticky[0] == name.strip() and ROUTE in rest:
                yield edit, balancer, rest
                break


def separator_of(balancer: BalancerView) -> str:
    """What stands before the route in a value; "" where the whole value is the route."""
    for parameters, _ in reversed(balancer.parameters):
        if parameters.stickysessionsep is not UNSET:
            return parameters.stickysessionsep
    return "."


def check_separator(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The route without the dot before it, or with one where the whole value counts."""
    for edit, balancer, rest in cookies(server):
        separator = separator_of(balancer)
        before = rest.partition(ROUTE)[0]
        sticky = balancer.sticky
        assert sticky is not None
        if separator and separator not in before:
            yield warning(
                "route-without-separator",
                f"the cookie `{sticky[0]}` holds a route without `{separator}` before it, and is never honoured",
                places.whole(edit.origin),
                notes=(f"the route is what stands behind the first `{separator}` of the value",),
                help=f"write `{sticky[0]}={before}{separator}{ROUTE}`",
            )
        elif not separator and before:
            yield warning(
                "route-without-separator",
                f"with `stickysessionsep=Off` the whole value of `{sticky[0]}` is the route, `{before}` included",
                places.whole(edit.origin),
                help=f"write `{sticky[0]}={ROUTE}`",
            )


def check_duplicate_routes(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Two members of one balancer with the same route: the second never gets a session."""
    for balancer in server.balancers.values():
        if balancer.name in server.inherited:
            continue
        first: dict[str, int] = {}
        for place, member in enumerate(balancer.members):
            route = member.parameters.route
            if not route:
                continue
            standby = any(letter in "HR" and on for letter, on in member.parameters.status or ())
            if route not in first:
                first[route] = place
            elif not standby and member.url != balancer.members[first[route]].url:
                other = balancer.members[first[route]]
                yield warning(
                    "route-twice",
                    f"`route={route}` belongs to two members: sessions go to the first of them that is usable",
                    places.word(member.origin, "route="),
                    also=(Label(places.word(other.origin, "route="), "this one gets them", primary=False),),
                    help="give each member a route of its own",
                )


def check_cookie_path(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The cookie's path leaves out paths that the balancer serves, or is the page's own."""
    for edit, balancer, rest in cookies(server):
        served = [use.path for use in uses(server) if use.balancer is not None and use.balancer.name == balancer.name]
        path = attribute(rest, "path")
        if not served:
            continue
        widest = min(served, key=len)
        if path is None:
            yield warning(
                "cookie-path",
                "the cookie holds only below the page that set it: it has no `path`",
                places.whole(edit.origin),
                help=f"write `; path={widest}` into it",
            )
        elif not _covers(path, widest):
            yield warning(
                "cookie-path",
                f"the cookie is sent below `{path}`, and the balancer serves `{widest}`",
                places.whole(edit.origin),
                help=f"write `path={widest}`",
            )


def _covers(path: str, other: str) -> bool:
    return other == path or other.startswith(path.rstrip("/") + "/") or path == "/"


def check_crossed(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A route cookie that the answers of another sticky balancer set too: whose choice it holds is then chance."""
    everywhere = {edit for block in (server.main, server.block) for edit in block.headers.edits or ()}
    for edit, balancer, _ in cookies(server):
        sticky = balancer.sticky
        if edit not in everywhere or edit.env != ("BALANCER_ROUTE_CHANGED", True) or sticky is None:
            continue
        for use in uses(server):
            other = use.balancer.sticky if use.balancer is not None else None
            if use.balancer is None or other is None or other[0] == sticky[0]:
                continue
            yield warning(
                "cookie-crosses-balancers",
                f"an answer of `balancer://{use.balancer.name}` moves people to another member of "
                f"`balancer://{balancer.name}`",
                places.whole(edit.origin),
                also=(Label(places.whole(use.origin), "its answers get this cookie too", primary=False),),
                notes=(
                    "BALANCER_ROUTE_CHANGED is set whichever balancer has chosen, and the route is that one's choice",
                ),
                help=f"write `stickysession={sticky[0]}` for both, with the same routes, or put the line into "
                f"`<LocationMatch \"^(?!{re.escape(use.path.rstrip('/'))}(?:/|$))\">`",
            )
            break


def check_same_site(server: Server, places: Places) -> Iterator[Diagnostic]:
    """`SameSite=None` without Secure: browsers throw such a cookie away."""
    for edit, balancer, rest in cookies(server):
        if (attribute(rest, "SameSite") or "").lower() == "none" and attribute(rest, "Secure") is None:
            sticky = balancer.sticky
            assert sticky is not None
            yield warning(
                "cookie-flags",
                f"a browser throws `{sticky[0]}` away: it is `SameSite=None` and not `Secure`",
                places.whole(edit.origin),
                help="write `; Secure` at its end, or leave `SameSite=None` out",
            )


def check_cookie_flags(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A route cookie on TLS that travels in the clear too, or that scripts can read."""
    if not speaks_tls(server.main, server.block):
        yield from _secure_in_the_clear(server, places)
        return
    for edit, _, rest in cookies(server):
        missing = [name for name in ("Secure", "HttpOnly") if attribute(rest, name) is None]
        if missing:
            yield warning(
                "cookie-flags",
                f"the cookie lacks {' and '.join(f'`{name}`' for name in missing)}",
                places.whole(edit.origin),
                notes=("without Secure a browser sends it over plain HTTP too; without HttpOnly any script reads it",),
                help=f"write `; {'; '.join(missing)}` at its end",
            )


def _secure_in_the_clear(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A Secure cookie on plain HTTP: a browser throws it away. Where TLS ends before us, a line says so."""
    if server.block is server.main and any(block.kind == "virtualhost" for block in server.main.blocks):
        # Its lines may be meant for a virtual host.
        return
    name = server.block.core.server_name
    if name is not UNSET and name.scheme == "https":
        return
    for edit in server.edits:
        if edit.table == "request" and edit.value.lower() in ("https", "on", "443"):
            return
    for edit, balancer, rest in cookies(server):
        if attribute(rest, "Secure") is None or server.block.origin != _vhost_of(server, edit):
            continue
        sticky = balancer.sticky
        assert sticky is not None
        yield warning(
            "cookie-secure-in-clear",
            f"a browser throws `{sticky[0]}` away: it is `Secure`, and this server does not speak TLS",
            places.whole(edit.origin),
            notes=("so each request may go to another member",),
            help="leave `Secure` out, or, where TLS ends in front of this server, write `ServerName https://NAME`",
        )


def _vhost_of(server: Server, edit: FieldEdit) -> Origin:
    """The server that the line stands in."""
    return server.block.origin if edit in every_edit(server.block) else server.main.origin


def every_edit(block: Block) -> list[FieldEdit]:
    """The Header lines of a section and of those inside it."""
    found = list(block.headers.edits or ())
    for inner in block.blocks:
        if inner.kind != "virtualhost":
            found += every_edit(inner)
    return found


def attribute(cookie: str, name: str) -> str | None:
    """The value of a cookie's attribute ("" for one without a value), None where it is not there."""
    for part in cookie.split(";")[1:]:
        key, _, value = part.strip().partition("=")
        if key.strip().lower() == name.lower():
            return value.strip()
    return None


def check_shared_cookies(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Two applications at / of one host name on two ports: cookies know no ports, so each ends the other's sessions."""
    block = server.block
    name = block.core.server_name
    if block.kind != "virtualhost" or name is UNSET:
        return
    mine = _at_root(server)
    if not mine:
        return
    for earlier in server.main.blocks:
        if earlier is block:
            return
        other = earlier.core.server_name
        if earlier.kind != "virtualhost" or other is UNSET or other.host.lower() != name.host.lower():
            continue
        theirs = _at_root(make_server(server.main, earlier))
        if not theirs or theirs & mine:
            continue
        yield warning(
            "cookies-shared",
            f"two applications at `/` of `{name.host}`, told apart by the port only",
            places.whole(block.origin),
            also=(Label(places.whole(earlier.origin), "the other one", primary=False),),
            notes=("a browser keeps one JSESSIONID for the name: who logs in here is logged out there",),
            help="give them different names, or different context paths",
        )
        return


def _at_root(server: Server) -> frozenset[tuple[str, int]]:
    return frozenset(host_and_port(member.url) for use in uses(server) if use.path == "/" for member in use.members)
