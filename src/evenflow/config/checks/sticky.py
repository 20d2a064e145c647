"""Sessions that cannot stick: routes that are missing, cookies that nobody sets, balancers that split one client."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.checks.mappings import paths_and_mappings, patterns_and_mappings
from evenflow.config.checks.view import BalancerView, Places, Server, flag, host_and_port, line_of, literal_start
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.settings import UNSET, FieldEdit, RuleLine
from evenflow.origin import Origin

APPLICATION_COOKIES = frozenset(
    {
        "jsessionid",
        "jsessionidsso",
        "phpsessid",
        "asp.net_sessionid",
        "aspsessionid",
        "connect.sid",
        "sessionid",
        "_session_id",
        "laravel_session",
    }
)
"""Set by applications and their servers, which may put a route behind the last dot (Tomcat's jvmRoute)."""

VARIABLES = frozenset(
    {
        "BALANCER_SESSION_STICKY",
        "BALANCER_SESSION_ROUTE",
        "BALANCER_NAME",
        "BALANCER_WORKER_NAME",
        "BALANCER_WORKER_ROUTE",
        "BALANCER_ROUTE_CHANGED",
    }
)
"""What a balancer sets."""

SETTING = frozenset({"add", "set", "setifempty", "append", "merge"})


def check_routes(server: Server, places: Places) -> Iterator[Diagnostic]:
    """stickysession, and a member without a route."""
    for balancer in server.balancers.values():
        sticky = balancer.sticky
        if sticky is None:
            continue
        bare = [member for member in balancer.members if not member.parameters.route]
        if not bare:
            continue
        first = bare[0]
        names = " and ".join(f"`{member.url}`" for member in bare[:2]) + (
            f" and {len(bare) - 2} more" if len(bare) > 2 else ""
        )
        line = first.origin.text
        yield warning(
            "route-missing",
            f"`stickysession={sticky[0]}` cannot work: {names} {'has' if len(bare) == 1 else 'have'} no `route`",
            places.whole(first.origin),
            also=(
                *(Label(places.whole(member.origin)) for member in bare[1:]),
                Label(places.word(sticky[1], "stickysession"), "a session is led by the route", primary=False),
            ),
            notes=("the cookie's value names a route; a member without one can never be found again",),
            help=f"write `{line} route={_free_route(balancer)}`",
        )


def _free_route(balancer: BalancerView) -> str:
    taken = {member.parameters.route for member in balancer.members}
    number = 1
    while str(number) in taken:
        number += 1
    return str(number)


def check_cookie(server: Server, places: Places) -> Iterator[Diagnostic]:
    """stickysession by a cookie that no Header line and no application sets."""
    for balancer in server.balancers.values():
        sticky = balancer.sticky
        if sticky is None or len(balancer.members) < 2 or balancer.name in server.inherited:
            continue
        name, origin = sticky
        if not name or name.lower() in APPLICATION_COOKIES or _is_set(server, name):
            continue
        tried = next((line for line in _tries(server, name)), None)
        if tried is not None:
            yield _never_a_route(places, name, *tried)
            continue
        yield warning(
            "sticky-cookie-never-set",
            f"`stickysession={name}` has no effect: nothing here sets a cookie `{name}`",
            places.word(origin, "stickysession"),
            notes=(
                "a balancer reads the cookie and never makes one, so each request may go to another member",
                f"if the application itself sets `{name}` with `.ROUTE` at the end of its value, all is well",
            ),
            help=f'write `Header add Set-Cookie "{name}=.%{{BALANCER_WORKER_ROUTE}}e; path=/" '
            "env=BALANCER_ROUTE_CHANGED`",
        )


def _tries(server: Server, name: str) -> Iterator[tuple[Origin, str, str]]:
    """Lines that mean to set the cookie and cannot: (line, why, what to type)."""
    right = f'write `Header add Set-Cookie "{name}=.%{{BALANCER_WORKER_ROUTE}}e; path=/" env=BALANCER_ROUTE_CHANGED`'
    for edit in server.edits:
        why = _sets(edit, name) and _why_no_route(edit)
        if why:
            yield edit.origin, why, right
    for rule in server.all_rules:
        if _rule_sets(rule, name):
            yield rule.origin, "rules run before a member is chosen: `BALANCER_WORKER_ROUTE` is empty then", right


def _never_a_route(places: Places, name: str, origin: Origin, why: str, help: str) -> Diagnostic:
    return warning(
        "sticky-cookie-never-set",
        f"`stickysession={name}` has no effect: this line never gives a client the cookie with a route",
        places.whole(origin),
        notes=(why,),
        help=help,
    )


ROUTE_VARIABLE = re.compile(r"%\{(BALANCER_[A-Z_]+)\}e")


def _sets(edit: FieldEdit, name: str) -> bool:
    return (
        edit.table != "request"
        and edit.action in SETTING
        and edit.name.lower() == "set-cookie"
        and edit.value.lstrip().startswith(name + "=")
    )


def _why_no_route(edit: FieldEdit) -> str:
    """Why a line that sets the cookie does not set it for a new session; "" where nothing is wrong with it."""
    if edit.env == ("BALANCER_ROUTE_CHANGED", False):
        return "`env=!BALANCER_ROUTE_CHANGED` holds only where the client has its cookie already"
    if edit.env is not None and edit.env[1] and edit.env[0].startswith("BALANCER_") and edit.env[0] not in VARIABLES:
        return f"nothing sets `{edit.env[0]}`; the variable is called `BALANCER_ROUTE_CHANGED`"
    for variable in ROUTE_VARIABLE.findall(edit.value):
        if variable == "BALANCER_SESSION_ROUTE":
            return "`BALANCER_SESSION_ROUTE` is the route that the client asked for: a new client asks for none"
        if variable not in VARIABLES:
            return f"nothing sets `{variable}`; the route is in `BALANCER_WORKER_ROUTE`"
    return ""


def _rule_sets(rule: RuleLine, name: str) -> bool:
    return any(
        short == "CO" and value is not None and value.lstrip(";").startswith((name + ":", name + ";"))
        for short, value in rule.flags
    )


def _is_set(server: Server, name: str) -> bool:
    for edit in server.edits:
        if edit.table == "request":
            continue
        if _sets(edit, name) and not _why_no_route(edit):
            return True
        if (
            edit.action in ("edit", "edit*")
            and edit.name.lower() == "set-cookie"
            and name in edit.value + edit.replacement
        ):
            return True
    return any(
        _rule_sets(rule, name) and not any("BALANCER_WORKER_ROUTE" in (value or "") for _, value in rule.flags)
        for rule in server.all_rules
    )


def check_split(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Two balancers over the same hosts for the same paths: one client's requests are chosen for twice."""
    alike: dict[object, list[tuple[BalancerView, str]]] = {}
    for balancer, path in _uses(server):
        alike.setdefault(balancer.hosts, []).append((balancer, path))
        if balancer.sticky is not None:
            # One cookie for both, and another application on the same hosts: it must mean the same host in both.
            key = (balancer.sticky[0], frozenset(host for host, _ in balancer.hosts))
            alike.setdefault(key, []).append((balancer, path))
    seen: set[frozenset[str]] = set()
    pairs = ((*one, *other) for used in alike.values() for place, one in enumerate(used) for other in used[place + 1 :])
    for one, first_path, other, second_path in pairs:
        pair = frozenset((one.name, other.name))
        if (
            len(pair) < 2
            or pair in seen
            or not (first_path.startswith(second_path) or second_path.startswith(first_path))
        ):
            continue
        if len(one.hosts) < 2 or _choose_alike(one, other):
            continue
        seen.add(pair)
        first, second = sorted((one, other), key=lambda balancer: (balancer.origin.file, balancer.origin.line))
        path = max(first_path, second_path, key=len)
        yield warning(
            "balancers-split",
            f"`balancer://{first.name}` and `balancer://{second.name}` choose a member each for the same client",
            places.whole(second.origin),
            "the same hosts",
            also=(Label(places.whole(first.origin), "the same hosts", primary=False),),
            notes=(
                f"both serve `{path}` and they share no session, so a client that uses both meets two nodes "
                "and one of them does not know it",
            ),
            help=_one_balancer(first, second, line_of(second.origin, first.origin)),
        )


def _one_balancer(first: BalancerView, second: BalancerView, where: str) -> str:
    upgrade = any(member.url.lower().startswith(("ws:", "wss:")) for member in (*first.members, *second.members))
    sticky = first.sticky or second.sticky
    name = sticky[0] if sticky else "NAME"
    return (
        "use one balancer for both: "
        + ("http:// members with `upgrade=websocket`, " if upgrade else "")
        + f"`ProxySet stickysession={name}` and a Header line that sets the cookie, in place of the one at {where}"
    )


def _choose_alike(one: BalancerView, other: BalancerView) -> bool:
    """The same cookie leads to the same host in both."""
    if one.sticky is None or other.sticky is None or one.sticky[0] != other.sticky[0]:
        return False
    return _routes(one) == _routes(other)


def _routes(balancer: BalancerView) -> set[tuple[str, str]]:

    return {
        (host_and_port(member.url)[0], member.parameters.route if member.parameters.route is not UNSET else "")
        for member in balancer.members
    }


def _uses(server: Server) -> Iterator[tuple[BalancerView, str]]:
    """Each balancer with the start of the paths that are sent to it; "" where that is every path or not known."""
    for path, mapping in (*paths_and_mappings(server), *patterns_and_mappings(server)):
        balancer = server.balancers.get(balancer_name(mapping.target) or "")
        if balancer is not None:
            yield balancer, path
    for rule in server.rules:
        balancer = server.balancers.get(balancer_name(rule.substitution) or "")
        if balancer is not None and flag(rule, "P"):
            yield balancer, rule_start(rule)
    for location in server.locations:
        if location.match != "prefix" or not (server.engine or location.rewrite.engine is True):
            continue
        for rule in location.rewrite.rules or ():
            balancer = server.balancers.get(balancer_name(rule.substitution) or "")
            if balancer is not None and flag(rule, "P"):
                yield balancer, location.pattern


def rule_start(rule: RuleLine) -> str:
    """What every path that the rule takes begins with; "" where that is not certain."""
    starts = [literal_start(rule.pattern)]
    starts += [
        literal_start(condition.pattern)
        for condition in rule.conditions
        if condition.test.upper() == "%{REQUEST_URI}" and not flag(condition, "OR")
    ]
    return max(starts, key=len)
