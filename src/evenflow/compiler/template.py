"""Substitution strings and test strings, from text to `plan.template.Template`.

Reads `$N`, `%N`, `%{VAR}`, `${map:key}` and backslashes exactly as mod_rewrite's `do_expand` does, but once, when the
plan is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from evenflow.compiler.findings import Refused
from evenflow.compiler.texts import to_bytes
from evenflow.plan import variables
from evenflow.plan.maps import Map
from evenflow.plan.template import (
    CONDITION_GROUP,
    LITERAL,
    LOOK_FILE,
    LOOK_URL,
    MAP,
    RULE_GROUP,
    VARIABLE,
    Escaping,
    Part,
    Template,
)

Warn = Callable[[str, str, str], None]
"""(code, headline, help)"""


NO_MAPS: Final[dict[str, Map]] = {}


def compile_template(text: str, warn: Warn, maps: Mapping[str, Map] = NO_MAPS) -> Template:
    """The compiled text; `maps` by name. Raises `Refused` for what we cannot look up; tells `warn` of what httpd makes
    empty without a word."""
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
                colon = find_outside(inside, ":")
                if colon < 0:
                    literal.append(text[pos : pos + 2])
                    pos += 2
                    continue
                put(map_part(inside[:colon], inside[colon + 1 :], warn, maps))
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


def map_part(name: str, rest: str, warn: Warn, maps: Mapping[str, Map]) -> Part:
    """The part for ${name:key|default}."""
    part = Part(MAP)
    part.map = maps.get(name)
    if part.map is None:
        warn(
            "map-undefined",
            f"no RewriteMap `{name}` is defined here: `${{{name}:...}}` is its default, or empty",
            "define it in the virtual host itself, or write `RewriteOptions Inherit` there",
        )
    bar = find_outside(rest, "|")
    part.key = compile_template(rest if bar < 0 else rest[:bar], warn, maps)
    if bar >= 0 and bar + 1 < len(rest):
        part.otherwise = compile_template(rest[bar + 1 :], warn, maps)
    return part


def find_outside(text: str, mark: str) -> int:
    """Where `mark` stands outside of inner braces; -1 for nowhere."""
    depth = 0
    for pos, char in enumerate(text):
        if char == mark and not depth:
            return pos
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
    return -1


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
            part = Part(VARIABLE, to_bytes(lower), 0, variables.FIELD)
            part.field = to_bytes(argument)
            return part
        if upper == "ENV":
            return Part(VARIABLE, to_bytes(argument), 0, variables.ENVIRONMENT)
        if upper == "SSL":
            row = variables.tls_row(argument)
            if row is not None:
                return Part(VARIABLE, b"", 0, row)
            if not argument.upper().startswith("SSL_"):
                warn("variable-unknown", f"`%{{{name}}}` is always empty: mod_ssl has no such variable", "")
                return Part(LITERAL, b"")
            raise Refused(
                "variable-not-supported",
                f"evenflow cannot look up `%{{{name}}}` yet",
                help="`%{SSL:SSL_PROTOCOL}`, `%{SSL:SSL_CLIENT_S_DN_CN}` and their like are there",
            )
        if upper in ("LA-U", "LA-F"):
            part = Part(LOOK_URL if upper == "LA-U" else LOOK_FILE)
            part.inner = variable_part(argument, warn)
            return part
    found = variables.BY_NAME.get(name.upper())
    if found is not None:
        field = variables.HEADER_OF.get(found.name, b"")
        part = Part(VARIABLE, field, 0, found)
        part.field = field.title()
        return part
    warn("variable-unknown", f"`%{{{name}}}` is always empty: there is no such variable", "")
    return Part(LITERAL, b"")


def compile_escaping(only: str | None, exempt: str, controls: bool, plus: bool) -> Escaping:
    """The table for B (`only` the characters of B=, None for the usual set), BNE (`exempt`), BCTLS (`controls`) and BNP
    (not `plus`)."""
    chosen = frozenset(to_bytes(only)) if only is not None else None
    free = frozenset(to_bytes(exempt))
    table: list[bytes] = []
    for byte in range(256):
        if byte in free or 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 95:
            escaped = False
        elif controls:
            escaped = byte <= 32 or byte == 127 or (chosen is not None and byte in chosen)
        else:
            escaped = chosen is None or byte in chosen
        if not escaped:
            table.append(bytes([byte]))
        elif byte == 32 and plus:
            table.append(b"+")
        else:
            table.append(b"%%%02x" % byte)
    return Escaping(tuple(table))
