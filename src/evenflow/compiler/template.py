"""Substitution strings and test strings, from text to `plan.template.Template`.

Reads `$N`, `%N`, `%{VAR}`, `${map:key}` and backslashes exactly as mod_rewrite's `do_expand` does, but once, when the
plan is built.
"""

from __future__ import annotations

from collections.abc import Callable

from evenflow.compiler.findings import Refused
from evenflow.compiler.texts import to_bytes
from evenflow.plan import variables
from evenflow.plan.template import CONDITION_GROUP, LITERAL, RULE_GROUP, VARIABLE, Escaping, Part, Template

Warn = Callable[[str, str, str], None]
"""(code, headline, help)"""


def compile_template(text: str, warn: Warn) -> Template:
    """The compiled text. Raises `Refused` for what we cannot look up; tells `warn` of what httpd makes empty without a
    word."""
    parts: list[Part] = []
    literal: list[str] = []

    def put(part: Part) -> None:
        if literal:
            parts.append(Part(LITERAL, to_bytes("".join(literal))))
            literal.clear()
        parts.append(part)

    pos = 0
    while pos < len(text):
        mark = text[pos]
        if mark == "\\":
            # The character behind it, whatever it is; alone at the end it stands for itself.
            literal.append(text[pos + 1 : pos + 2] or "\\")
            pos += 2
        elif mark in "$%" and text.startswith("{", pos + 1):
            end = closing_brace(text, pos + 2)
            if end < 0:
                literal.append(text[pos : pos + 2])
                pos += 2
                continue
            inside = text[pos + 2 : end]
            if mark == "%":
                put(variable_part(inside, warn))
            else:
                warn(
                    "map-undefined",
                    f"`${{{inside}}}` is always empty: no RewriteMap of that name is defined",
                    "write `\\$` for a dollar sign",
                )
            pos = end + 1
        elif mark in "$%" and text[pos + 1 : pos + 2] in tuple("0123456789"):
            put(Part(RULE_GROUP if mark == "$" else CONDITION_GROUP, b"", int(text[pos + 1])))
            pos += 2
        else:
            literal.append(mark)
            pos += 1
    if literal:
        parts.append(Part(LITERAL, to_bytes("".join(literal))))
    return Template(to_bytes(text), tuple(parts))


def closing_brace(text: str, start: int) -> int:
    """The place of the brace that closes the one before `start`; -1 for none."""
    depth = 1
    for pos in range(start, len(text)):
        if text[pos] == "{":
            depth += 1
        elif text[pos] == "}":
            depth -= 1
            if not depth:
                return pos
    return -1


def variable_part(name: str, warn: Warn) -> Part:
    """The part for %{name}."""
    prefix, colon, argument = name.partition(":")
    upper = prefix.upper()
    if colon and argument:
        if upper == "HTTP":
            lower = argument.lower()
            if lower == "host":
                return Part(VARIABLE, b"", 0, variables.FIELD_HOST)
            return Part(VARIABLE, to_bytes(lower), 0, variables.FIELD)
        if upper == "ENV":
            return Part(VARIABLE, to_bytes(argument), 0, variables.ENVIRONMENT)
        if upper == "SSL":
            row = variables.TLS_BY_NAME.get(argument.upper())
            if row is not None:
                return Part(VARIABLE, b"", 0, row)
            raise Refused(
                "variable-not-supported",
                f"evenflow cannot look up `%{{{name}}}` yet",
                help="`%{HTTPS}` and `%{SSL:SSL_TLS_SNI}` are there",
            )
        if upper in ("LA-U", "LA-F"):
            raise Refused(
                "variable-not-supported",
                f"evenflow does no look-ahead sub-requests: `%{{{name}}}`",
                help="test the variable itself, or what it is made from",
            )
    found = variables.BY_NAME.get(name.upper())
    if found is not None:
        return Part(VARIABLE, variables.HEADER_OF.get(found.name, b""), 0, found)
    warn("variable-unknown", f"`%{{{name}}}` is always empty: there is no such variable", "")
    return Part(LITERAL, b"")


def compile_escaping(only: str | None, exempt: str, controls: bool, plus: bool) -> Escaping:
    """The table for B (`only` the characters of B=, None for the usual set), BNE (`exempt`), BCTLS (`controls`) and BNP
    (not `plus`)."""
    chosen = frozenset(to_bytes(only)) if only is not None else None
    free = frozenset(to_bytes(exempt))
    table: list[bytes] = []
    for byte in range(256):
        if byte in free:
            escaped = False
        elif controls:
            escaped = byte <= 32 or byte == 127
        elif chosen is not None:
            escaped = byte in chosen
        else:
            escaped = not (48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 95)
        if not escaped:
            table.append(bytes([byte]))
        elif byte == 32 and plus:
            table.append(b"+")
        else:
            table.append(b"%%%02x" % byte)
    return Escaping(tuple(table))
