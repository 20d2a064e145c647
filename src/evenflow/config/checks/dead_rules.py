"""Rules that never act: behind one that ends the list, with a pattern that no path matches, with a query in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.checks.rules import is_websocket
from evenflow.config.checks.view import CATCH_ALL, Places, Server, flag, line_of, literal_start
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.settings import RuleLine

ENDING = ("L", "P", "F", "G", "END", "PT")
"""Flags that end a list; F, G, P and PT do it without being asked."""

WITHOUT_SLASH = re.compile(r"^\^[A-Za-z0-9]")
"""An anchored pattern whose first letter is no slash."""

QUERY = re.compile(r"\\\?[A-Za-z0-9_]+=")
"""A query, as in `^/page\\?id=7`; a question mark alone may stand for `%3F` in a path."""


def check_behind_the_end(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A rule behind one that takes every path, asks nothing and ends the list."""
    end: RuleLine | None = None
    starts: dict[str, RuleLine] = {}
    chained = False
    for rule in server.rules:
        earlier = _earlier(starts, rule) if end is None and not is_websocket(server, rule) else None
        if earlier is not None:
            yield warning(
                "rule-shadowed",
                f"`{rule.origin.text}` is never reached",
                places.whole(rule.origin),
                also=(Label(places.whole(earlier.origin), "this rule takes all of its paths", primary=False),),
                notes=("rules are tried in the order they are written",),
                help=f"move it, with its conditions, above {line_of(earlier.origin, rule.origin)}",
            )
        start = "" if chained else whole_start(rule)
        chained = flag(rule, "C")
        if start:
            starts.setdefault(start, rule)
        if end is not None:
            if is_websocket(server, rule):
                continue  # said, with what it means, by `websocket-not-tunnelled`
            yield warning(
                "rule-shadowed",
                f"`{rule.origin.text}` is never reached",
                places.whole(rule.origin),
                also=(Label(places.whole(end.origin), "this rule takes every path and ends", primary=False),),
                notes=("rules are tried in the order they are written",),
                help=f"move it, with its conditions, above {line_of(end.origin, rule.origin)}",
            )
        elif ends(rule):
            end = rule


TAIL = re.compile(r"(?:\(\.\*\)|\.\*)?\$?$")


def whole_start(rule: RuleLine) -> str:
    """The text such that the rule takes every path which begins with it and ends the list there; "" for any other."""
    if rule.conditions or flag(rule, "S") or flag(rule, "C") or not any(flag(rule, name) for name in ENDING):
        return ""
    if rule.pattern.startswith("!") or not rule.pattern.startswith("^/"):
        return ""
    body = rule.pattern
    tail = TAIL.search(body)
    if tail is None or tail.group() == "$":
        return ""
    start = body[: tail.start()]
    return start[1:] if literal_start(start) == start[1:] and len(start) > 2 else ""


def _earlier(starts: dict[str, RuleLine], rule: RuleLine) -> RuleLine | None:
    """The rule that takes whatever this one would."""
    if rule.pattern.startswith("!") or flag(rule, "NC") or flag(rule, "C"):
        return None
    start = literal_start(rule.pattern)
    return next((starts[start[:size]] for size in range(1, len(start) + 1) if start[:size] in starts), None)


def ends(rule: RuleLine) -> bool:
    """Whether no request comes past it."""
    if rule.conditions or not CATCH_ALL.match(rule.pattern) or flag(rule, "S"):
        return False
    return any(flag(rule, name) for name in ENDING)


def check_patterns(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A server's pattern that no path can match."""
    for rule in server.rules:
        pattern = rule.pattern
        if WITHOUT_SLASH.match(pattern) and "|" not in pattern:
            yield warning(
                "rule-never-matches",
                f"`{pattern}` never matches: every path begins with a slash",
                places.word(rule.origin, pattern),
                notes=("only inside `<Directory>` and .htaccess is the path shown without it",),
                help=f"write `^/?{pattern[1:]}`",
            )
        elif QUERY.search(pattern) and not pattern.startswith("!"):
            yield warning(
                "rule-never-matches",
                f"`{pattern}` never matches: a rule sees the path without the query",
                places.word(rule.origin, pattern),
                help="write `RewriteCond %{QUERY_STRING} ...` above the rule, and the path alone into its pattern",
            )


def check_mapped_locations(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A rule inside a Location whose requests a ProxyPass has mapped: its pattern is matched with `proxy:http://...`."""
    for location in server.locations:
        if location.match != "prefix" or not (server.engine or location.rewrite.engine is True):
            continue
        mapped = bool(location.proxy.mappings) or any(
            mapping.target != "!" and mapping.path is not None and _covers(mapping.path, location.pattern)
            for mapping in server.mappings
        )
        for rule in location.rewrite.rules or ():
            if mapped and rule.pattern.startswith("^/") and not is_websocket(server, rule):
                yield warning(
                    "rule-never-matches",
                    f"`{rule.pattern}` never matches: inside a section a mapped request is seen as `proxy:http://...`",
                    places.word(rule.origin, rule.pattern),
                    help="write `.*` as the pattern, and test the path with `RewriteCond %{REQUEST_URI}`",
                )


def _covers(path: str, pattern: str) -> bool:
    return pattern == path or pattern.startswith(path.rstrip("/") + "/")
