"""Patterns of the configuration, from text to `plan.patterns`.

httpd's patterns are PCRE2's, and so are ours: the same library matches them, with the options that httpd sets. What
differs from one release of it to the next is written so that every release reads it as the one that Debian's httpd
is linked with. A pattern that may backtrack without end becomes a bounded one.
"""

from __future__ import annotations

import re
from typing import Final

from pcre2 import PatternError

from evenflow.compiler.findings import Refused
from evenflow.compiler.texts import to_bytes
from evenflow.config.backtracking import LINEAR, cost_of
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.patterns import DOLLAR_ENDONLY, DOTALL, LIKE_HTTPD, BoundedPattern, Pattern

TOKEN: Final = re.compile(
    rb"\\Q.*?(?:\\E|\Z)|\\[xogkNpP]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[[:.=][^\]]*[:.=]\]|[^\]\\])*\]|\{", re.DOTALL
)
ODD: Final = re.compile(rb"\\[GCx]")
HEX: Final = tuple(b"%c" % digit for digit in b"0123456789abcdefABCDEF{")
COUNT: Final = re.compile(rb"\{\d+(?:,\d*)?\}")


def compile_regex(pattern: str, any_case: bool = False, origin: Origin = NOWHERE) -> Pattern:
    """The compiled pattern, read as RegexDefaultOptions says at its origin. Raises `Refused` with the place of what is
    wrong."""
    reads = origin.reads
    options = LIKE_HTTPD
    if reads is not None:
        any_case = any_case or "i" in reads
        options = (DOTALL if "s" in reads else 0) | (DOLLAR_ENDONLY if "d" in reads else 0)
    text = to_bytes(pattern)
    try:
        made = Pattern(as_of_old(text), any_case, options)
    except PatternError as fault:
        raise malformed(pattern, text, fault) from None
    cost = cost_of(pattern, any_case, reads)
    if cost.degree > LINEAR:
        if cost.verbs:
            raise Refused(
                "pattern-not-supported",
                f"`{pattern}` steers its search by a verb and may backtrack without end: evenflow cannot bound it",
                help="leave the verb out, or make the quantifiers possessive: `++` in place of `+`",
            )
        made = BoundedPattern(as_of_old(text), any_case, cost.tied, options)
    made.starts = cost.starts
    made.folded = cost.folded
    return made


def malformed(pattern: str, text: bytes, fault: PatternError) -> Refused:
    """What the library says, and where it stopped reading."""
    reason = fault.msg.partition("; ")[2] or fault.msg
    # The library counts bytes, of a text in which a `{` may have grown a backslash.
    grown = len(as_of_old(text[: fault.pos])) - len(text[: fault.pos])
    place = max(0, min(fault.pos - grown, len(text)))
    column = len(text[:place].decode("utf-8", "replace"))
    where = f"at character {column + 1}" if column < len(pattern) else "at its end"
    return Refused(
        "pattern-malformed",
        f"`{pattern}` is not a regular expression: {reason}, {where}",
        notes=(f"  {pattern}", f"  {' ' * column}^"),
        help="put a backslash before a character that stands for itself" if "\\" not in pattern else "",
    )


def as_of_old(text: bytes) -> bytes:
    """The pattern in words that mean the same in every release: `{,3}` and `{ 1 }` are text and no counts (until
    10.43 they were), `\\x` without digits is a NUL, `\\G` is where a search begins, and that is the start; `\\C` is
    one byte."""
    if b"{" not in text and not ODD.search(text):
        return text

    def written(found: re.Match[bytes]) -> bytes:
        token = found.group()
        if token == b"{":
            return token if COUNT.match(text, found.start()) else b"\\{"
        if token == b"\\G":
            return b"\\A"
        if token == b"\\x":
            return token if text[found.end() : found.end() + 1] in HEX else b"\\x00"
        return b"(?s:.)" if token == b"\\C" else token

    return TOKEN.sub(written, text)


def wildcard_regex(pattern: str, crosses_slashes: bool) -> Pattern:
    """A shell pattern (`*`, `?`, `[...]`) for the whole of a text, as apr_fnmatch reads it. `Refused` for an open
    bracket."""
    one = "." if crosses_slashes else "[^/]"
    # The last star takes what it can get, the others as little as fits: nothing is tried twice.
    last = pattern.rfind("*")
    out = []
    pos = 0
    open_star = False
    while pos < len(pattern):
        mark = pattern[pos]
        pos += 1
        if mark == "*":
            if open_star:
                out.append(")")
            open_star = pos - 1 != last
            out.append(f"(?>{one}*?" if open_star else f"{one}*")
        elif mark == "?":
            out.append(one)
        elif mark == "\\" and pos < len(pattern):
            out.append(re.escape(pattern[pos]))
            pos += 1
        elif mark == "[":
            end = pattern.find("]", pos + 1)
            if end < 0:
                raise Refused("pattern-malformed", f"the `[` in `{pattern}` is never closed")
            inside = pattern[pos:end].replace("\\", "\\\\").replace("[", "\\[")
            if inside.startswith("!"):
                inside = "^" + inside[1:]
            out.append(("" if crosses_slashes else "(?!/)") + f"[{inside}]")
            pos = end + 1
        else:
            out.append(re.escape(mark))
    return Pattern(to_bytes("\\A" + "".join(out) + "\\z"), False)
