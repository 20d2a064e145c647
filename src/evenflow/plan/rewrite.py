"""RewriteRule and RewriteCond: a list of rules is run over a request.

Step by step as httpd's mod_rewrite does it (`apply_rewrite_list`, `apply_rewrite_rule`, `apply_rewrite_cond`): the
rule's pattern first, then its conditions, then substitution, environment and flags. The same functions run the rules of
a server and of a Location; what becomes of the result is decided elsewhere.
"""

from __future__ import annotations

import os
import stat
from typing import Final

from evenflow.origin import Origin
from evenflow.plan import expr, lookahead, steps
from evenflow.plan.cookies import add_cookie
from evenflow.plan.decision import FILES, QUERY, Inquiry
from evenflow.plan.model import VirtualHost
from evenflow.plan.names import own_scheme, own_url
from evenflow.plan.patterns import Pattern
from evenflow.plan.rule_index import index_of
from evenflow.plan.template import Escaping, Template, brings_question_mark, expand, pieces
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
NOT_IN_LOOKS: Final = 16384
"""NS, and R: not for sub-inquiries."""
DISCARD_PATH_INFO: Final = 32768
KEEP_SLASHES: Final = 65536
"""UNC"""
PREFIX_STAT: Final = 131072
"""UnsafePrefixStat"""

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
LOOKS_URL: Final = 18
"""-U"""
LOOKS_FILE: Final = 19
"""-F"""
EXPRESSION: Final = 20
"""The test string is the word `expr`."""

# Schemes of absolute URLs, and whether a query makes sense with them.
SCHEMES: Final = {
    b"http": True, b"https": True, b"ws": True, b"wss": True, b"balancer": True, b"ajp": True, b"fcgi": True,
    b"scgi": True, b"h2": True, b"h2c": True, b"unix": True, b"ftp": False, b"gopher": False, b"ldap": False,
}  # fmt: skip
SHORT_SCHEMES: Final = {b"mailto": True, b"news": False, b"nntp": False}


class Condition:
    """One RewriteCond."""

    __slots__ = (
        "test", "kind", "pattern", "expression", "text", "number", "negated", "or_next", "any_case", "fields",
        "written", "origin",
    )  # fmt: skip

    def __init__(self, test: Template, kind: int, negated: bool, or_next: bool, any_case: bool, origin: Origin) -> None:
        self.test = test
        self.kind = kind
        self.pattern: Pattern | None = None
        self.expression: expr.Condition | None = None
        self.text = b""
        """What strings are compared with."""
        self.number = 0
        """What integers are compared with."""
        self.negated = negated
        self.or_next = or_next
        self.any_case = any_case
        self.fields: tuple[tuple[bytes, bytes], ...] = ()
        """(lower case name, as in Vary) of the fields that it looks at; none with NV."""
        self.written = ""
        """The pattern as written, with its flags; for traces."""
        self.origin = origin


class EnvironmentChange:
    """E: NAME:VALUE, or !NAME; split when everything was put in."""

    __slots__ = ("text",)

    def __init__(self, text: Template) -> None:
        self.text = text


class Rule:
    """One RewriteRule with its conditions. `substitution` is None for `-`."""

    __slots__ = (
        "pattern", "negated", "substitution", "flags", "status", "skip", "rounds", "environment", "cookies",
        "conditions", "escaping", "handler", "content_type", "sees_files", "origin",
    )  # fmt: skip

    def __init__(
        self, pattern: Pattern, negated: bool, substitution: Template | None, flags: int, origin: Origin
    ) -> None:
        self.pattern = pattern
        self.negated = negated
        self.substitution = substitution
        self.flags = flags
        self.status = 302
        self.skip = 0
        self.rounds = 32000
        self.environment: tuple[EnvironmentChange, ...] = ()
        self.cookies: tuple[Template, ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        self.escaping: Escaping | None = None
        self.handler: Template | None = None
        self.content_type: Template | None = None
        self.sees_files = False
        """It asks for PATH_INFO, for the file's name, or ahead: so it matters where the one ends and the other begins.
        """
        self.origin = origin


def run_rules(inquiry: Inquiry, rules: tuple[object, ...], directory: bytes | None = None) -> int:
    """Run a list over `inquiry.filename`; `directory` is the section's, None for the rules of a server.

    Returns UNCHANGED, CHANGED, CHANGED_AS_IS or REFUSED. A result to be proxied has `proxy:` before it. What a file's
    name left over is taken out of `inquiry.path_info`.
    """
    changed = UNCHANGED
    # httpd counts the first run as well: N=3 lets the list start anew once.
    rounds = 1
    index = 0
    inquiry.directory = directory
    inquiry.last_rule = None
    longest = 2 * inquiry.host.limit_request_line
    # A trace tells of every rule, so it goes without the index.
    table = index_of(rules) if inquiry.trace is None else None
    worth: list[int] = []
    name: bytes | None = None
    rest = b""
    at = 0
    while index < len(rules):
        if table is not None:
            if inquiry.filename is not name or inquiry.path_info is not rest:
                name = inquiry.filename
                rest = inquiry.path_info
                worth = table.worth(subject_of(inquiry), inquiry)
                at = 0
            while at < len(worth) and worth[at] < index:
                at += 1
            if at == len(worth):
                break
            index = worth[at]
        rule = rules[index]
        assert isinstance(rule, Rule)
        index += 1
        flags = rule.flags
        if inquiry.main is not None and flags & NOT_IN_LOOKS:
            continue
        if not matches(inquiry, rule):
            while rule.flags & CHAIN and index < len(rules):
                rule = rules[index]
                assert isinstance(rule, Rule)
                index += 1
                if inquiry.trace is not None:
                    inquiry.note(steps.RULE, rule.origin, inquiry.filename, b"skipped", "the rule before it has C")
            continue
        inquiry.origin = rule.origin
        if not apply(inquiry, rule):
            return REFUSED
        if rule.substitution is not None:
            inquiry.last_rule = rule
            changed = CHANGED_AS_IS if flags & AS_IS else CHANGED
        if len(inquiry.filename) > longest:
            inquiry.status = 500
            return REFUSED
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
            at = 0
            continue
        if rule.skip > 0:
            if inquiry.trace is not None:
                tell_skipped(inquiry, rules[index : index + rule.skip])
            index += rule.skip
    return changed


def tell_skipped(inquiry: Inquiry, rules: tuple[object, ...]) -> None:
    """Write into the trace which rules S passed over."""
    for rule in rules:
        assert isinstance(rule, Rule)
        inquiry.note(steps.RULE, rule.origin, inquiry.filename, b"skipped", "the rule before it has S")


def matches(inquiry: Inquiry, rule: Rule) -> bool:
    """Whether the pattern matches and the conditions hold; leaves what $N and %N refer to in the inquiry."""
    subject = subject_of(inquiry)
    inquiry.subject = subject
    match = rule.pattern.search(subject)
    held = (match is None) == rule.negated
    if inquiry.trace is not None:
        inquiry.note(steps.RULE, rule.origin, subject, b"matches" if held else b"fails")
    if not held:
        return False
    inquiry.rule_match = match
    inquiry.condition_match = None
    conditions = rule.conditions
    if not conditions:
        return True
    looked: tuple[bytes, ...] = ()
    index = 0
    while index < len(conditions):
        condition = conditions[index]
        index += 1
        held = holds(inquiry, condition)
        if condition.or_next:
            if not held:
                continue
            looked += fields_there(inquiry, condition)
            # The rest of the group is not looked at.
            while index < len(conditions) and condition.or_next:
                condition = conditions[index]
                index += 1
        elif held:
            looked += fields_there(inquiry, condition)
        else:
            return False
    inquiry.vary += looked
    return True


def subject_of(inquiry: Inquiry) -> bytes:
    """What patterns are matched against: the path, inside a section without the section's own."""
    subject = inquiry.filename
    directory = inquiry.directory
    if directory is not None:
        subject += inquiry.path_info
        if subject.startswith(directory) and not is_proxied(inquiry):
            subject = subject[len(directory) :]
    return subject


def is_proxied(inquiry: Inquiry) -> bool:
    """Whether a mapping or a rule has said that it is proxied."""
    return inquiry.mapped and inquiry.filename.startswith(b"proxy:")


def fields_there(inquiry: Inquiry, condition: Condition) -> tuple[bytes, ...]:
    """The fields that the condition looked at and found, for Vary."""
    there: tuple[bytes, ...] = ()
    for name, shown in condition.fields:
        if inquiry.head.get(name) is not None:
            there += (shown,)
    return there


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
    elif kind == EXPRESSION:
        assert condition.expression is not None
        # Fields that it reads go into Vary whatever comes of it.
        held, found = expr.try_it(condition.expression, inquiry)
        if held and not condition.negated:
            inquiry.condition_match = found
    elif kind >= LOOKS_URL:
        held = _look(inquiry, kind, text)
    elif kind >= IS_FILE:
        inquiry.asked |= FILES
        held = _file_test(kind, text)
    elif kind >= INT_EQ:
        held = _compare_numbers(kind, leading_number(text), condition.number)
    else:
        held = _compare_texts(kind, text, condition.text, condition.any_case)
    held = held != condition.negated
    if inquiry.trace is not None:
        inquiry.note(steps.CONDITION, condition.origin, text, b"holds" if held else b"fails", condition.written)
    return held


def _look(inquiry: Inquiry, kind: int, text: bytes) -> bool:
    """-U and -F: what a sub-inquiry says."""
    if not text or not lookahead.may_look(inquiry):
        return False
    if kind == LOOKS_URL:
        return lookahead.look_at_url(inquiry, text).status < 400
    there = lookahead.look_at_file(inquiry, text)
    return there.status < 300 and os.path.exists(there.filename)


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
    if kind == IS_EXECUTABLE:
        # A directory is executable, too.
        return facts.st_mode & 0o111 != 0
    if not stat.S_ISREG(facts.st_mode):
        return False
    return kind == IS_FILE or facts.st_size > 0


def apply(inquiry: Inquiry, rule: Rule) -> bool:
    """Do what a rule says that matched; False where the request is refused for it (`inquiry.status`)."""
    template = rule.substitution
    made = b""
    if template is not None:
        if template.literal is not None:
            made = template.literal
        else:
            texts = pieces(template, inquiry, rule.escaping)
            made = b"".join(texts)
            if (
                b"?" in made
                and not rule.flags & ALLOW_3F
                and brings_question_mark(template, texts, bool(rule.flags & QUERY_LAST))
            ):
                # AH10508: a question mark that was %3F in the request would become the start of a query.
                inquiry.status = 403
                return False
    for change in rule.environment:
        change_environment(inquiry, change)
    for cookie in rule.cookies:
        add_cookie(inquiry, expand(cookie, inquiry))
    before = inquiry.filename
    if template is None:
        force_type_and_handler(inquiry, rule)
        if inquiry.trace is not None:
            inquiry.note(steps.REWRITE, rule.origin, before, b"-")
        return True
    substitute(inquiry, rule, made)
    if inquiry.trace is not None:
        inquiry.note(steps.REWRITE, rule.origin, before, inquiry.filename)
    return True


def change_environment(inquiry: Inquiry, change: EnvironmentChange) -> None:
    """E=..."""
    text = expand(change.text, inquiry)
    if text.startswith(b"!"):
        name = text[1:]
        inquiry.env.pop(name, None)
        if inquiry.trace is not None:
            inquiry.note(steps.ENVIRONMENT, inquiry.origin, name, b"", "unset")
    else:
        name, _, value = text.partition(b":")
        inquiry.env[name] = value
        if inquiry.trace is not None:
            inquiry.note(steps.ENVIRONMENT, inquiry.origin, name, value)


def force_type_and_handler(inquiry: Inquiry, rule: Rule) -> None:
    """T=... and H=..., for files and handlers of ours; both in lower case."""
    if rule.content_type is not None:
        kind = expand(rule.content_type, inquiry, rule.escaping).lower()
        if kind and not has_controls(kind):
            inquiry.content_type = kind
    if rule.handler is not None:
        handler = expand(rule.handler, inquiry, rule.escaping).lower()
        if handler:
            inquiry.handler = handler.decode("latin-1")
            if inquiry.trace is not None:
                inquiry.note(steps.HANDLER, rule.origin, inquiry.filename, handler)


CONTROLS: Final = bytes(range(32)) + b"\x7f"


def has_controls(text: bytes) -> bool:
    """Whether a character is in it that ends a field or hides in it."""
    return len(text.translate(None, CONTROLS)) != len(text)


def substitute(inquiry: Inquiry, rule: Rule, made: bytes) -> None:
    """Put `made`, the expanded substitution, in the place of `inquiry.filename`."""
    flags = rule.flags
    directory = inquiry.directory
    prefixed = False
    proxied = directory is not None and is_proxied(inquiry)
    if not proxied and not made.startswith(b"/") and scheme_end(made) == 0:
        if directory is not None:
            made = directory + made
            prefixed = True
        elif not flags & (PROXY | REDIRECT):
            made = b"/" + made
            prefixed = True
    inquiry.filename = split_query(inquiry, made, flags)
    if flags & DISCARD_PATH_INFO and directory is not None:
        inquiry.path_info = b""
    if flags & PROXY:
        inquiry.filename = b"proxy:" + qualified(inquiry, inquiry.filename)
        return
    if flags & REDIRECT:
        inquiry.filename = qualified(inquiry, inquiry.filename)
        inquiry.redirect_status = rule.status
        return
    name = inquiry.filename
    if scheme_end(name) != 0:
        name = reduced(inquiry, name)
        inquiry.filename = name
        if scheme_end(name) != 0:
            inquiry.redirect_status = rule.status
            return
        inquiry.reduced = True
    if not flags & KEEP_SLASHES and not prefixed and name.startswith(b"//"):
        assert rule.substitution is not None
        if not rule.substitution.source.startswith(b"//"):
            inquiry.filename = b"/" + name.lstrip(b"/")
    force_type_and_handler(inquiry, rule)


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
    return own_url(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts) + url


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
    if name == host.server_name.lower() or name in host.aliases:
        return True
    for pattern in host.wildcards:  # noqa: SIM110  a generator costs a frame
        if wildcard_matches(pattern, name):
            return True
    return False
