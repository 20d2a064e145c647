"""RewriteRule and RewriteCond: a list of rules is run over a request.

Step by step as httpd's mod_rewrite does it (`apply_rewrite_list`, `apply_rewrite_rule`, `apply_rewrite_cond`): the
rule's pattern first, then its conditions, then substitution, environment and flags. The same functions run the rules of
a server and of a Location; what becomes of the result is decided elsewhere.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Final

from evenflow.origin import Origin
from evenflow.plan import steps
from evenflow.plan.decision import FILES, QUERY, Inquiry
from evenflow.plan.model import VirtualHost
from evenflow.plan.names import own_scheme, own_url
from evenflow.plan.template import Escaping, Template, brings_question_mark, expand, expand_substitution
from evenflow.plan.vhosts import matches as wildcard_matches
from evenflow.wire.targets import escape

# What became of a list of rules.
UNCHANGED: Final = 0
CHANGED: Final = 1
CHANGED_AS_IS: Final = 2
"""Changed, and NE: the result is not escaped any more."""
REFUSED: Final = 3
"""`inquiry.status` is to be answered."""

# Flags of a rule.
PROXY: Final = 1
LAST: Final = 2
END: Final = 4
REDIRECT: Final = 8
STATUS: Final = 16
"""F, G, and R with a status that is no redirect: answer it, drop the substitution."""
CHAIN: Final = 32
NEXT: Final = 64
PASS: Final = 128
AS_IS: Final = 256
"""NE"""
QUERY_APPEND: Final = 512
QUERY_DISCARD: Final = 1024
QUERY_LAST: Final = 2048
QUERY_NONE: Final = 4096
"""The substitution ended in `?`, or QSD without a query of its own."""
ALLOW_3F: Final = 8192

# Kinds of condition pattern.
REGEX: Final = 1
EQUAL: Final = 2
LESS: Final = 3
GREATER: Final = 4
LESS_EQUAL: Final = 5
GREATER_EQUAL: Final = 6
INT_EQ: Final = 7
INT_NE: Final = 8
INT_LT: Final = 9
INT_LE: Final = 10
INT_GT: Final = 11
INT_GE: Final = 12
IS_FILE: Final = 13
IS_DIRECTORY: Final = 14
IS_NOT_EMPTY: Final = 15
IS_LINK: Final = 16
IS_EXECUTABLE: Final = 17

# Schemes of absolute URLs, and whether a query makes sense with them.
SCHEMES: Final = {
    b"http": True, b"https": True, b"ws": True, b"wss": True, b"balancer": True, b"ajp": True, b"fcgi": True,
    b"scgi": True, b"h2": True, b"h2c": True, b"unix": True, b"ftp": False, b"gopher": False, b"ldap": False,
}  # fmt: skip
SHORT_SCHEMES: Final = {b"mailto": True, b"news": False, b"nntp": False}


class Condition:
    """One RewriteCond."""

    __slots__ = ("test", "kind", "pattern", "text", "number", "negated", "or_next", "any_case", "origin")

    def __init__(self, test: Template, kind: int, negated: bool, or_next: bool, any_case: bool, origin: Origin) -> None:
        self.test = test
        self.kind = kind
        self.pattern: re.Pattern[bytes] | None = None
        self.text = b""
        """What strings are compared with."""
        self.number = 0
        """What integers are compared with."""
        self.negated = negated
        self.or_next = or_next
        self.any_case = any_case
        self.origin = origin


class EnvironmentChange:
    """E=NAME:VALUE, or E=!NAME where `value` is None."""

    __slots__ = ("name", "value")

    def __init__(self, name: Template, value: Template | None) -> None:
        self.name = name
        self.value = value


class Rule:
    """One RewriteRule with its conditions. `substitution` is None for `-`."""

    __slots__ = (
        "pattern", "negated", "substitution", "flags", "status", "skip", "rounds", "environment", "conditions",
        "escaping", "handler", "location", "origin",
    )  # fmt: skip

    def __init__(
        self, pattern: re.Pattern[bytes], negated: bool, substitution: Template | None, flags: int, origin: Origin
    ) -> None:
        self.pattern = pattern
        self.negated = negated
        self.substitution = substitution
        self.flags = flags
        self.status = 302
        self.skip = 0
        self.rounds = 32000
        self.environment: tuple[EnvironmentChange, ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        self.escaping: Escaping | None = None
        self.handler = ""
        self.location: bytes | None = None
        """The path of the Location that it stands in; None for a rule of a server."""
        self.origin = origin


def run_rules(inquiry: Inquiry, rules: tuple[object, ...]) -> int:
    """Run a list over `inquiry.filename`.

    Returns UNCHANGED, CHANGED, CHANGED_AS_IS or REFUSED. A result to be proxied has `proxy:` before it.
    """
    changed = UNCHANGED
    # httpd counts the first run as well: N=3 lets the list start anew once.
    rounds = 1
    index = 0
    while index < len(rules):
        rule = rules[index]
        assert isinstance(rule, Rule)
        index += 1
        if not matches(inquiry, rule):
            while rule.flags & CHAIN and index < len(rules):
                rule = rules[index]
                assert isinstance(rule, Rule)
                index += 1
                if inquiry.trace is not None:
                    inquiry.note(steps.RULE, rule.origin, inquiry.filename, b"skipped", "the rule before it has C")
            continue
        flags = rule.flags
        inquiry.origin = rule.origin
        made = b""
        if rule.substitution is not None:
            made = expand_substitution(rule.substitution, inquiry, rule.escaping)
        for change in rule.environment:
            change_environment(inquiry, change)
        if rule.handler:
            inquiry.handler = rule.handler
        if rule.substitution is not None:
            before = inquiry.filename
            if not substitute(inquiry, rule, rule.substitution, made):
                return REFUSED
            if inquiry.trace is not None:
                inquiry.note(steps.REWRITE, rule.origin, before, inquiry.filename)
            changed = CHANGED_AS_IS if flags & AS_IS else CHANGED
        elif inquiry.trace is not None:
            inquiry.note(steps.REWRITE, rule.origin, inquiry.filename, b"-")
        if flags & STATUS:
            inquiry.status = rule.status
            return REFUSED
        if flags & PASS:
            inquiry.filename = b"passthrough:" + inquiry.filename
            changed = CHANGED
            break
        if flags & END:
            inquiry.ended = True
            break
        if flags & (PROXY | LAST):
            break
        if flags & NEXT:
            rounds += 1
            if rounds >= rule.rounds:
                inquiry.status = 500
                return REFUSED
            index = 0
            continue
        index += rule.skip
    return changed


def matches(inquiry: Inquiry, rule: Rule) -> bool:
    """Whether the pattern matches and the conditions hold; leaves what $N and %N refer to in the inquiry."""
    subject = inquiry.filename
    location = rule.location
    if location is not None and not subject.startswith(b"proxy:") and subject.startswith(location):
        subject = subject[len(location) :]
    match = rule.pattern.search(subject)
    held = (match is None) == rule.negated
    if inquiry.trace is not None:
        inquiry.note(steps.RULE, rule.origin, subject, b"matches" if held else b"fails")
    if not held:
        return False
    inquiry.rule_match = match
    inquiry.condition_match = None
    conditions = rule.conditions
    index = 0
    while index < len(conditions):
        condition = conditions[index]
        index += 1
        held = holds(inquiry, condition)
        if condition.or_next:
            if held:
                # The rest of the group is not looked at.
                while index < len(conditions) and condition.or_next:
                    condition = conditions[index]
                    index += 1
        elif not held:
            return False
    return True


def holds(inquiry: Inquiry, condition: Condition) -> bool:
    """Whether one condition holds."""
    text = expand(condition.test, inquiry)
    kind = condition.kind
    if kind == REGEX:
        assert condition.pattern is not None
        match = condition.pattern.search(text)
        held = match is not None
        if held and not condition.negated:
            inquiry.condition_match = match
    elif kind >= IS_FILE:
        inquiry.asked |= FILES
        held = _file_test(kind, text)
    elif kind >= INT_EQ:
        held = _compare_numbers(kind, leading_number(text), condition.number)
    else:
        held = _compare_texts(kind, text, condition.text, condition.any_case)
    held = held != condition.negated
    if inquiry.trace is not None:
        inquiry.note(steps.CONDITION, condition.origin, text, b"holds" if held else b"fails")
    return held


def _compare_texts(kind: int, text: bytes, other: bytes, any_case: bool) -> bool:
    if any_case:
        text = text.lower()
        other = other.lower()
    if kind == EQUAL:
        return text == other
    order = 0
    if any_case or len(text) == len(other):
        order = (text > other) - (text < other)
    else:
        # httpd compares the lengths first: a longer string is greater.
        order = 1 if len(text) > len(other) else -1
    if kind == LESS:
        return order < 0
    if kind == GREATER:
        return order > 0
    if kind == LESS_EQUAL:
        return order <= 0
    return order >= 0


def _compare_numbers(kind: int, number: int, other: int) -> bool:
    if kind == INT_EQ:
        return number == other
    if kind == INT_NE:
        return number != other
    if kind == INT_LT:
        return number < other
    if kind == INT_LE:
        return number <= other
    if kind == INT_GT:
        return number > other
    return number >= other


def leading_number(text: bytes) -> int:
    """The number at the front of a text, as C's atoi reads it: blanks, a sign, ASCII digits; 0 where there is none."""
    text = text.lstrip(b" \t\n\v\f\r")
    negative = text.startswith(b"-")
    if negative or text.startswith(b"+"):
        text = text[1:]
    number = 0
    for digit in text[:19]:
        if digit < 48 or digit > 57:
            break
        number = number * 10 + digit - 48
    return -number if negative else number


def _file_test(kind: int, path: bytes) -> bool:
    try:
        if kind == IS_LINK:
            return stat.S_ISLNK(os.lstat(path).st_mode)
        facts = os.stat(path)
    except (OSError, ValueError):
        return False
    if kind == IS_DIRECTORY:
        return stat.S_ISDIR(facts.st_mode)
    if not stat.S_ISREG(facts.st_mode):
        return False
    if kind == IS_NOT_EMPTY:
        return facts.st_size > 0
    if kind == IS_EXECUTABLE:
        return facts.st_mode & 0o111 != 0
    return True


def change_environment(inquiry: Inquiry, change: EnvironmentChange) -> None:
    """E=..."""
    name = expand(change.name, inquiry)
    if change.value is None:
        inquiry.env.pop(name, None)
        if inquiry.trace is not None:
            inquiry.note(steps.ENVIRONMENT, inquiry.origin, name, b"", "unset")
    else:
        value = inquiry.env[name] = expand(change.value, inquiry)
        if inquiry.trace is not None:
            inquiry.note(steps.ENVIRONMENT, inquiry.origin, name, value)


def substitute(inquiry: Inquiry, rule: Rule, template: Template, made: bytes) -> bool:
    """Put `made`, the expanded substitution, in the place of `inquiry.filename`; False where it is refused
    (`inquiry.status`)."""
    flags = rule.flags
    location = rule.location
    if not flags & ALLOW_3F and b"?" in made and brings_question_mark(template, inquiry, rule.escaping):
        # AH10508: a question mark that was %3F in the request would become the start of a query.
        inquiry.status = 403
        return False
    inquiry.filename = split_query(inquiry, made, flags)
    absolute = scheme_end(inquiry.filename) != 0
    if not absolute and not inquiry.filename.startswith(b"/"):
        if location is None:
            inquiry.filename = b"/" + inquiry.filename
        elif not inquiry.mapped and not flags & PROXY:
            inquiry.filename = location + inquiry.filename
    if flags & PROXY:
        inquiry.filename = b"proxy:" + qualified(inquiry, inquiry.filename)
        return True
    if flags & REDIRECT:
        inquiry.filename = qualified(inquiry, inquiry.filename)
        inquiry.redirect_status = rule.status
        return True
    if absolute:
        inquiry.filename = reduced(inquiry, inquiry.filename)
        if scheme_end(inquiry.filename) != 0:
            inquiry.redirect_status = rule.status
    return True


def split_query(inquiry: Inquiry, made: bytes, flags: int) -> bytes:
    """Take the query out of a substitution and merge it with the request's own, by QSA, QSD, QSL; the path remains
    (`splitout_queryargs`)."""
    if flags & QUERY_NONE:
        inquiry.query = None
        inquiry.own_query = False
        return made
    skip = scheme_end(made)
    if skip < 0:
        # A scheme that knows no query.
        inquiry.query = None
        inquiry.own_query = False
        return made
    if flags & QUERY_DISCARD:
        inquiry.query = None
        inquiry.own_query = False
    question = made.rfind(b"?", skip) if flags & QUERY_LAST else made.find(b"?", skip)
    if question < 0:
        return made
    added = made[question + 1 :]
    if flags & QUERY_APPEND:
        inquiry.asked |= QUERY
        if added:
            inquiry.query = added + b"&" + (inquiry.query or b"")
            inquiry.own_query = False
    else:
        inquiry.query = added
        inquiry.own_query = False
    query = inquiry.query
    if query is not None:
        if not query:
            inquiry.query = None
            inquiry.own_query = False
        elif query.endswith(b"&"):
            inquiry.query = query[: len(query) - 1]
            inquiry.own_query = False
    return made[:question]


def scheme_end(text: bytes) -> int:
    """The length of `scheme://` at the front of an absolute URL; 0 where there is none, negative for a scheme that
    knows no query."""
    colon = text.find(b":", 0, 12)
    if colon < 2:
        return 0
    scheme = text[:colon].lower()
    known = SCHEMES.get(scheme)
    size = colon + 3
    if known is None:
        known = SHORT_SCHEMES.get(scheme)
        if known is None:
            return 0
        size = colon + 1
    elif not text.startswith(b"://", colon):
        if scheme != b"unix":
            return 0
        size = colon + 1
    return size if known else -size


def escape_url(url: bytes) -> bytes:
    """Escape the path of a URL, or a path (`escape_absolute_uri`)."""
    start = scheme_end(url)
    if start < 0:
        start = -start
    if not start:
        return escape(url)
    if url.startswith(b"/", start - 1):
        slash = url.find(b"/", start)
        if slash < 0 or slash + 1 == len(url):
            return url
        start = slash + 1
    return url[:start] + escape(url[start:])


def qualified(inquiry: Inquiry, url: bytes) -> bytes:
    """An absolute URL as it is, a path behind our own scheme, name and port."""
    if scheme_end(url) != 0:
        return url
    if not url.startswith(b"/"):
        url = b"/" + url
    return own_url(inquiry.host, inquiry.head, inquiry.facts) + url


def reduced(inquiry: Inquiry, url: bytes) -> bytes:
    """An http(s) URL that names this virtual host is a path; any other stays (`reduce_uri`)."""
    host = inquiry.host
    scheme = own_scheme(host, inquiry.facts)
    prefix = scheme + b"://"
    if url[: len(prefix)].lower() != prefix:
        return url
    slash = url.find(b"/", len(prefix))
    if slash < 0:
        slash = len(url)
    authority = url[len(prefix) : slash]
    name, colon, digits = authority.partition(b":")
    port = leading_number(digits) if colon else (443 if scheme == b"https" else 80)
    if port != host.server_port or not is_named(host, name.lower()):
        return url
    return url[slash:] or b"/"


def is_named(host: VirtualHost, name: bytes) -> bool:
    """Whether the virtual host has this name (lower case)."""
    if name == host.server_name or name in host.aliases:
        return True
    for pattern in host.wildcards:  # noqa: SIM110  a generator costs a frame
        if wildcard_matches(pattern, name):
            return True
    return False
