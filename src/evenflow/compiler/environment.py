"""SetEnvIf and SetEnv lines, from text to `plan.environment`."""

from __future__ import annotations

import re
from typing import Final

from evenflow.compiler.expr import compile_condition
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import SetEnvIfLine, VariableLine
from evenflow.origin import NOWHERE
from evenflow.plan import environment
from evenflow.plan.environment import Change, Fixed, Line

ATTRIBUTES: Final = {
    "remote_addr": environment.ADDRESS,
    # HostnameLookups is off: the address stands for the name.
    "remote_host": environment.ADDRESS,
    "server_addr": environment.SERVER_ADDRESS,
    "request_method": environment.METHOD,
    "request_protocol": environment.PROTOCOL,
    "request_uri": environment.PATH,
}
"""What is no field, by its name in lower case."""

FIELD_NAME: Final = re.compile(r"[-A-Za-z0-9_]*\Z")
"""Anything else is a pattern for the names of fields."""

SPECIAL: Final = frozenset("^.$|()[]*+?{}")


def compile_conditions(lines: tuple[SetEnvIfLine, ...], findings: Findings) -> tuple[Line, ...]:
    """The lines of one section in order; one that fails is a finding."""
    made: list[Line] = []
    for line in lines:
        try:
            compiled = compile_condition_line(line)
        except Refused as refused:
            refused.report(findings, line.origin)
            continue
        compiled.again = bool(made) and made[-1].condition is None and made[-1].name == compiled.name
        made.append(compiled)
    return tuple(made)


def compile_condition_line(line: SetEnvIfLine) -> Line:
    """One line. Raises `Refused`."""
    if line.expr is not None:
        changes = tuple(
            Change(to_bytes(variable), None if value is None else groups(value)) for variable, value in line.changes
        )
        made = Line(environment.EXPRESSION, to_bytes(line.expr), changes, line.origin)
        made.condition = compile_condition(line.expr, line.origin)
        return made
    name = to_bytes(line.attribute.lower())
    kind = ATTRIBUTES.get(line.attribute.lower(), environment.FIELD)
    names = None
    if kind == environment.FIELD and not FIELD_NAME.match(line.attribute):
        kind = environment.FIELD_PATTERN
        names = compile_regex(line.attribute, line.any_case, line.origin)
    plain = is_plain(line.pattern)
    changes = tuple(
        Change(to_bytes(variable), None if value is None else (to_bytes(value),) if plain else groups(value))
        for variable, value in line.changes
    )
    made = Line(kind, name, changes, line.origin)
    made.names = names
    # What is searched as a plain text does not mind RegexDefaultOptions.
    made.pattern = compile_regex(line.pattern, line.any_case, NOWHERE if plain else line.origin)
    return made


def is_plain(pattern: str) -> bool:
    """Whether httpd searches for it as a plain text: then nothing in a value is replaced. A backslash before a special
    character counts as plain, before any other as a pattern."""
    escaped = False
    for mark in pattern:
        if mark == "\\":
            escaped = not escaped
        elif (mark in SPECIAL) != escaped:
            return False
        else:
            escaped = False
    return True


def groups(value: str) -> tuple[bytes | int, ...]:
    """The value with `$0` to `$9` as numbers; a backslash takes the meaning of what follows away."""
    parts: list[bytes | int] = []
    literal: list[str] = []
    pos = 0
    while pos < len(value):
        mark = value[pos]
        following = value[pos + 1 : pos + 2]
        if mark == "$" and "0" <= following <= "9":
            if literal:
                parts.append(to_bytes("".join(literal)))
                literal.clear()
            parts.append(int(following))
            pos += 2
        elif mark == "\\" and following:
            literal.append(following)
            pos += 2
        else:
            literal.append(mark)
            pos += 1
    if literal or not parts:
        parts.append(to_bytes("".join(literal)))
    return tuple(parts)


def compile_variables(lines: tuple[VariableLine, ...]) -> tuple[Fixed, ...]:
    """SetEnv, PassEnv and UnsetEnv in order."""
    return tuple(
        Fixed(to_bytes(line.name), None if line.value is None else to_bytes(line.value), line.origin) for line in lines
    )
