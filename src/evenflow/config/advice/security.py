"""What a stranger could make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.checks.view import Places, Server, every_block, flag
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.settings import RuleLine

FROM_REQUEST = re.compile(
    # $N and REQUEST_URI begin with a slash behind an authority; before one they are the authority
    r"^[a-z0-9]+://(?:[^/]*?(?P<any>%\{(?:HTTP_HOST|HTTP:[^}]*|QUERY_STRING)\}|%[0-9])|(?P<first>\$[0-9]|%\{REQUEST_URI\}))",
    re.IGNORECASE,
)


MAP = re.compile(r"\$\{(?P<name>[^:{}]+):(?P<key>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
NAMED = re.compile(r"^[A-Za-z0-9_-]+(?:(?:\\?\.)[A-Za-z0-9_-]+)*$")
FROM_VARIABLE = re.compile(r"^[a-z0-9]+://[^/]*?%\{ENV:(?P<name>[^}]+)\}", re.IGNORECASE)
OF_REQUEST = re.compile(r"%\{(?:HTTP_HOST|HTTP:[^}]*|QUERY_STRING|REQUEST_URI)\}|[$%][0-9]", re.IGNORECASE)


def check_backend_from_request(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The member's name comes from the request."""
    maps = {line.name: line.source for scope in (server.main, server.block) for line in scope.rewrite.maps or ()}
    for rule in server.all_rules:
        if not flag(rule, "P"):
            continue
        said = _culprit(server, rule, maps)
        if not said:
            continue
        yield warning(
            "backend-from-request",
            f"`{said}` lets the client say whom the request is sent to",
            places.word(rule.origin, rule.substitution),
            notes=(
                "with httpd anybody can reach any machine that this one can reach, from behind your firewall",
                "evenflow sends such a request only to members that the configuration names, and answers 500 otherwise",
            ),
            help="write the member's own address into the rule",
        )


def _culprit(server: Server, rule: RuleLine, maps: dict[str, str]) -> str:
    """What of the request stands in the target's authority; "" where nothing does, or only what lines name."""

    def looked_up(found: re.Match[str]) -> str:
        # A table's values are the configuration's; int: changes only letters.
        inner = maps.get(found["name"], "").startswith("int:")
        return found["key"] if inner else "x"

    target = MAP.sub(looked_up, rule.substitution)
    found = FROM_REQUEST.match(target)
    if found is not None:
        said = found["any"] or found["first"]
        if said[0] == "$" and said[1].isdigit() and _names_only(rule.pattern, int(said[1])):
            return ""
        if said[0] == "%" and said[1].isdigit():
            condition = next((one for one in reversed(rule.conditions) if not one.pattern.startswith("!")), None)
            if condition is not None and _names_only(condition.pattern, int(said[1])):
                return ""
        return said
    variable = FROM_VARIABLE.match(target)
    if variable is not None and _from_request(server, variable["name"]):
        return f"%{{ENV:{variable['name']}}}"
    return ""


def _names_only(pattern: str, group: int) -> bool:
    """Whether a group of a pattern holds names and nothing else, as `(a|b)` does."""
    groups: list[str] = []
    for at, letter in enumerate(pattern):
        if letter == "(" and (at == 0 or pattern[at - 1] != "\\") and pattern[at + 1 : at + 2] != "?":
            end = pattern.find(")", at)
            groups.append(pattern[at + 1 : end] if end > 0 else "")
    if not 0 < group <= len(groups):
        return False
    return all(NAMED.match(name) for name in groups[group - 1].split("|"))


def _from_request(server: Server, name: str) -> bool:
    """Whether a variable may hold what the client sends."""
    for rule in server.all_rules:
        for short, value in rule.flags:
            if short == "E" and value is not None and value.startswith(name + ":") and OF_REQUEST.search(value):
                return True
    for part in (*every_block(server.main), *every_block(server.block)):
        for line in part.environment.conditions or ():
            if any(key == name and value is not None and re.search(r"\$[0-9]", value) for key, value in line.changes):
                return True
    return False


def check_origin(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Origin or Referer are changed on their way to the application, which compares them."""
    for edit in server.edits:
        if edit.table != "request" or edit.name.lower() not in ("origin", "referer", "x-atlassian-token"):
            continue
        yield warning(
            "origin-changed",
            f"`RequestHeader {edit.action} {edit.name}` defeats the application's protection against forged requests",
            places.whole(edit.origin),
            notes=(
                "the application compares it with its own address; where they differ, scheme, name or port of the "
                "application's connector are not the public ones",
            ),
            help="remove it, and tell the application its public address (Tomcat: scheme, proxyName, proxyPort)",
        )
