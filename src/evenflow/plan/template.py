"""Substitution strings, compiled: literal text with $N, %N and %{VAR} in it.

Expanded in one pass, nothing is expanded twice (httpd's `do_expand`). Escaping of what is put in is the rule's flag and
is done here, because only here it is known what was text of the rule and what came from the request.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.plan.decision import Inquiry
from evenflow.plan.variables import Variable

LITERAL: Final = 0
RULE_GROUP: Final = 1
"""$N"""
CONDITION_GROUP: Final = 2
"""%N"""
VARIABLE: Final = 3


class Part:
    """A piece of a template: text, the number of a group, or a variable with its argument."""

    __slots__ = ("kind", "text", "number", "variable")

    def __init__(self, kind: int, text: bytes = b"", number: int = 0, variable: Variable | None = None) -> None:
        self.kind = kind
        self.text = text
        """The literal text, or the variable's argument."""
        self.number = number
        self.variable = variable


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


def expand(template: Template, inquiry: Inquiry) -> bytes:
    """The text with everything put in; marks what it depends on."""
    if template.literal is not None:
        return template.literal
    out: list[bytes] = []
    for part in template.parts:
        kind = part.kind
        if kind == LITERAL:
            out.append(part.text)
        elif kind == VARIABLE:
            out.append(_value(part, inquiry))
        elif kind == RULE_GROUP:
            out.append(_group(inquiry.rule_match, part.number))
        else:
            out.append(_group(inquiry.condition_match, part.number))
    return b"".join(out)


def expand_substitution(template: Template, inquiry: Inquiry, escaping: Escaping | None) -> bytes:
    """Like `expand`, groups escaped by the rule's B flags."""
    if escaping is None:
        return expand(template, inquiry)
    if template.literal is not None:
        return template.literal
    out: list[bytes] = []
    for part in template.parts:
        kind = part.kind
        if kind == LITERAL:
            out.append(part.text)
        elif kind == VARIABLE:
            out.append(_value(part, inquiry))
        elif kind == RULE_GROUP:
            out.append(escaping.apply(_group(inquiry.rule_match, part.number)))
        else:
            out.append(escaping.apply(_group(inquiry.condition_match, part.number)))
    return b"".join(out)


def brings_question_mark(template: Template, inquiry: Inquiry, escaping: Escaping | None) -> bool:
    """Whether the first `?` of the expanded text was put in, and not written by the rule's author."""
    if template.literal is not None:
        return False
    for part in template.parts:
        kind = part.kind
        if kind == LITERAL:
            if b"?" in part.text:
                return False
            continue
        if kind == VARIABLE:
            value = _value(part, inquiry)
        else:
            value = _group(inquiry.rule_match if kind == RULE_GROUP else inquiry.condition_match, part.number)
            if escaping is not None:
                value = escaping.apply(value)
        if b"?" in value:
            return True
    return False


def _value(part: Part, inquiry: Inquiry) -> bytes:
    variable = part.variable
    if variable is None:
        return b""
    inquiry.asked |= variable.depends
    return variable.read(inquiry, part.text)


def _group(match: Any, number: int) -> bytes:
    """A group's text, b"" where there is no such group, it took no part, or nothing has matched."""
    if match is None or number > match.re.groups:
        return b""
    text: bytes | None = match.group(number)
    return b"" if text is None else text
