"""Substitution strings, compiled: literal text with $N, %N, %{VAR} and ${map:key} in it.

Expanded in one pass, nothing is expanded twice (httpd's `do_expand`). Escaping of what is put in is the rule's flag and
is done here, because only here it is known what was text of the rule and what came from the request.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.plan import lookahead, steps
from evenflow.plan.decision import Inquiry
from evenflow.plan.maps import Map
from evenflow.plan.variables import Variable

LITERAL: Final = 0
RULE_GROUP: Final = 1
"""$N"""
CONDITION_GROUP: Final = 2
"""%N"""
VARIABLE: Final = 3
MAP: Final = 4
"""${map:key|default}"""
LOOK_URL: Final = 5
"""%{LA-U:variable}"""
LOOK_FILE: Final = 6
"""%{LA-F:variable}"""


class Part:
    """A piece of a template: text, the number of a group, a variable with its argument, or a map with its key."""

    __slots__ = ("kind", "text", "number", "variable", "field", "map", "key", "otherwise", "inner")

    def __init__(self, kind: int, text: bytes = b"", number: int = 0, variable: Variable | None = None) -> None:
        self.kind = kind
        self.text = text
        """The literal text, or the variable's argument."""
        self.number = number
        self.variable = variable
        self.field = b""
        """The field that a variable looks at, as it is spelt in Vary; b"" for none, and for Host."""
        self.map: Map | None = None
        """None where no map of that name is defined: its default counts."""
        self.key: Template | None = None
        self.otherwise: Template | None = None
        self.inner: Part | None = None
        """What a look-ahead reads when it has arrived."""


class Template:
    """A whole substitution. `literal` is its text where nothing is put in, else None; `source` is as written, for
    traces."""

    __slots__ = ("source", "parts", "literal")

    def __init__(self, source: bytes, parts: tuple[Part, ...]) -> None:
        self.source = source
        self.parts = parts
        self.literal: bytes | None = None
        if not parts:
            self.literal = b""
        elif len(parts) == 1 and parts[0].kind == LITERAL:
            self.literal = parts[0].text


class Escaping:
    """What B, BCTLS, BNE and BNP say of groups that are put into a substitution; a table from byte to text."""

    __slots__ = ("table",)

    def __init__(self, table: tuple[bytes, ...]) -> None:
        self.table = table

    def apply(self, text: bytes) -> bytes:
        table = self.table
        return b"".join([table[byte] for byte in text])


def expand(template: Template, inquiry: Inquiry, escaping: Escaping | None = None) -> bytes:
    """The text with everything put in, groups escaped by the rule's B flags; marks what it depends on."""
    if template.literal is not None:
        return template.literal
    return b"".join(pieces(template, inquiry, escaping))


def pieces(template: Template, inquiry: Inquiry, escaping: Escaping | None) -> list[bytes]:
    """The text of each part."""
    out: list[bytes] = []
    for part in template.parts:
        kind = part.kind
        if kind == LITERAL:
            out.append(part.text)
        elif kind == VARIABLE:
            out.append(_value(part, inquiry))
        elif kind == RULE_GROUP or kind == CONDITION_GROUP:
            group = _group(inquiry.rule_match if kind == RULE_GROUP else inquiry.condition_match, part.number)
            if escaping is not None:
                group = escaping.apply(group)
            out.append(group)
        elif kind == MAP:
            out.append(_mapped(part, inquiry, escaping))
        else:
            out.append(_looked_ahead(part, inquiry))
    return out


def brings_question_mark(template: Template, texts: list[bytes], last: bool) -> bool:
    """Whether the first `?` (or the `last`, which counts under QSL) of `texts`, the pieces of the template, was put in,
    and not written by the rule's author."""
    brought = False
    for part, text in zip(template.parts, texts, strict=True):
        if b"?" in text:
            brought = part.kind != LITERAL
            if not last:
                break
    return brought


def _value(part: Part, inquiry: Inquiry) -> bytes:
    variable = part.variable
    if variable is None:
        return b""
    inquiry.asked |= variable.depends
    return variable.read(inquiry, part.text)


def _mapped(part: Part, inquiry: Inquiry, escaping: Escaping | None) -> bytes:
    """What a map finds, else the default."""
    assert part.key is not None
    key = expand(part.key, inquiry, escaping)
    found: bytes | None = None
    if part.map is not None:
        inquiry.asked |= part.map.depends
        found = part.map.find(key)
        if inquiry.trace is not None:
            inquiry.note(steps.MAP, part.map.origin, key, found or b"", "" if found is not None else "nothing found")
    if found is None and part.otherwise is not None:
        found = expand(part.otherwise, inquiry, escaping)
    return found or b""


def _looked_ahead(part: Part, inquiry: Inquiry) -> bytes:
    """A variable's value after a sub-inquiry for what the rules have made so far."""
    inner = part.inner
    assert inner is not None
    if part.kind == LOOK_URL:
        there = lookahead.url_of_rules(inquiry)
    else:
        there = lookahead.file_of_rules(inquiry)
    if there is None:
        return b""
    deeper = inner.kind == LOOK_URL or inner.kind == LOOK_FILE
    value = _looked_ahead(inner, there) if deeper else _value(inner, there)
    inquiry.asked |= there.asked
    return value


def _group(match: Any, number: int) -> bytes:
    """A group's text, b"" where there is no such group, it took no part, or nothing has matched."""
    if match is None or number > match.re.groups:
        return b""
    text: bytes | None = match.group(number)
    return b"" if text is None else text
