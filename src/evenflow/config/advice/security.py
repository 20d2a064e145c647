"""What a stranger could make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.checks.view import Places, Server, flag
from evenflow.config.diagnostics import Diagnostic, warning

FROM_REQUEST = re.compile(
    # $N and REQUEST_URI begin with a slash behind an authority; before one they are the authority
    r"^[a-z0-9]+://(?:[^/]*?(?P<any>%\{(?:HTTP_HOST|HTTP:[^}]*|QUERY_STRING)\}|%[0-9])|(?P<first>\$[0-9]|%\{REQUEST_URI\}))",
    re.IGNORECASE,
)


def check_backend_from_request(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The member's name comes from the request."""
    rules = [*server.rules, *(rule for location in server.locations for rule in location.rewrite.rules or ())]
    for rule in rules:
        found = FROM_REQUEST.match(rule.substitution)
        if found is None or not flag(rule, "P"):
            continue
        yield warning(
            "backend-from-request",
            f"`{found['any'] or found['first']}` lets the client say whom the request is sent to",
            places.word(rule.origin, rule.substitution),
            notes=(
                "with httpd anybody can reach any machine that this one can reach, from behind your firewall",
                "evenflow sends such a request only to members that the configuration names, and answers 500 otherwise",
            ),
            help="write the member's own address into the rule",
        )


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
