"""SetEnvIf and SetEnv: variables that the rest of the way looks at.

`run` is mod_setenvif's: the lines of a server before everything else, those of sections when it is known which meet.
`set_fixed` is mod_env's, at the end. Most servers look at the same few fields in every request: `Asked` says at which,
so that a child can remember what their values lead to and go on remembering decisions (see `decide.Decider`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from evenflow.origin import Origin
from evenflow.plan import expr, steps
from evenflow.plan.decision import CLIENT, FIELDS, NOTHING, Inquiry
from evenflow.plan.model import ConnectionFacts
from evenflow.plan.patterns import Pattern

if TYPE_CHECKING:
    from evenflow.wire.http1 import RequestHead

# What a line looks at: `Line.kind`.
FIELD: Final = 1
"""A field, or where the request has none of this name a variable that was set before."""
FIELD_PATTERN: Final = 2
"""The last field whose name a pattern matches."""
ADDRESS: Final = 3
SERVER_ADDRESS: Final = 4
METHOD: Final = 5
PROTOCOL: Final = 6
PATH: Final = 7
EXPRESSION: Final = 8

DEPENDS: Final = {
    FIELD: FIELDS, FIELD_PATTERN: FIELDS, ADDRESS: CLIENT, SERVER_ADDRESS: CLIENT, METHOD: NOTHING, PROTOCOL: FIELDS,
    PATH: NOTHING,
}  # fmt: skip


class Change:
    """What a line does to one variable. `parts` are texts and numbers of groups, in order; None takes the variable
    away."""

    __slots__ = ("name", "parts", "literal")

    def __init__(self, name: bytes, parts: tuple[bytes | int, ...] | None) -> None:
        self.name = name
        self.parts = parts
        self.literal: bytes | None = None
        if parts is not None and all(isinstance(part, bytes) for part in parts):
            self.literal = b"".join(part for part in parts if isinstance(part, bytes))

    def value(self, match: Any) -> bytes:
        """The value with the groups of `match` put in."""
        if self.literal is not None:
            return self.literal
        out: list[bytes] = []
        for part in self.parts or ():
            if isinstance(part, bytes):
                out.append(part)
            elif match is not None and part <= match.re.groups:
                out.append(match.group(part) or b"")
        return b"".join(out)


class Line:
    """One SetEnvIf, BrowserMatch or SetEnvIfExpr."""

    __slots__ = ("kind", "name", "names", "pattern", "condition", "changes", "again", "origin")

    def __init__(self, kind: int, name: bytes, changes: tuple[Change, ...], origin: Origin) -> None:
        self.kind = kind
        self.name = name
        """The field's name in lower case; for the others the word as written, in lower case."""
        self.names: Pattern | None = None
        """For FIELD_PATTERN."""
        self.pattern: Pattern | None = None
        """What the value must match."""
        self.condition: expr.Condition | None = None
        """What must hold, for EXPRESSION; it marks the inquiry itself."""
        self.changes = changes
        self.again = False
        """It looks at the value that the line before it saw: httpd reads a value once for lines in a row that name it,
        so what one of them sets is not seen by the next."""
        self.origin = origin


def run(lines: tuple[object, ...], inquiry: Inquiry, path: bytes) -> None:
    """Set the variables of these lines, each seeing what those before it did. `path` is what Request_URI is."""
    value = b""
    for line in lines:
        assert isinstance(line, Line)
        if line.condition is not None:
            kept = inquiry.path
            inquiry.path = path
            held, match = expr.try_it(line.condition, inquiry)
            inquiry.path = kept
            if held:
                set_all(line, inquiry, b"true", match)
            continue
        if not line.again:
            value = read(line, inquiry, path)
        assert line.pattern is not None
        match = line.pattern.search(value)
        if match is not None:
            set_all(line, inquiry, value, match)


def read(line: Line, inquiry: Inquiry, path: bytes) -> bytes:
    """What the line looks at; b"" where there is nothing of the kind. Marks the inquiry."""
    kind = line.kind
    head = inquiry.head
    if kind == FIELD:
        if line.name == b"host":
            return head.host
        inquiry.asked |= FIELDS
        found = head.get(line.name)
        return found if found is not None else variable(inquiry.env, line.name)
    inquiry.asked |= DEPENDS[kind]
    if kind == ADDRESS:
        return (inquiry.client_name or inquiry.address) if line.name == b"remote_host" else inquiry.address
    if kind == METHOD:
        return head.method
    if kind == PATH:
        return path
    if kind == PROTOCOL:
        return protocol(inquiry.facts, head)
    if kind == SERVER_ADDRESS:
        return inquiry.facts.local_address
    last = b""
    assert line.names is not None
    for name, text in head.pairs():
        if line.names.search(name) is not None:
            last = text
    return last


def protocol(facts: ConnectionFacts, head: RequestHead) -> bytes:
    """`HTTP/2.0`, `HTTP/1.1` or `HTTP/1.0`."""
    if facts.http2 is not None:
        return b"HTTP/2.0"
    return b"HTTP/1.1" if head.version >= 11 else b"HTTP/1.0"


def variable(env: dict[bytes, bytes], name: bytes) -> bytes:
    """A variable's value by its name in lower case; b"" for none."""
    for key, value in env.items():
        if key.lower() == name:
            return value
    return b""


def set_all(line: Line, inquiry: Inquiry, value: bytes, match: Any) -> None:
    """Do what the line says."""
    for change in line.changes:
        if change.parts is None:
            text = b""
            inquiry.env.pop(change.name, None)
        else:
            text = change.value(match)
            inquiry.env[change.name] = text
        if inquiry.trace is not None:
            saw = f"{line.name.decode('latin-1')} is `{value.decode('latin-1')}`"
            inquiry.note(
                steps.ENVIRONMENT, line.origin, change.name, text, f"unset: {saw}" if change.parts is None else saw
            )


# --- what a server's lines look at --------------------------------------------------------------------------------


class Asked:
    """What the lines of a server look at: the same values lead to the same variables."""

    __slots__ = ("fields", "address", "server_address", "protocol", "path", "method", "host", "single")

    def __init__(self, lines: tuple[Line, ...]) -> None:
        kinds = {line.kind for line in lines}
        names = {line.name for line in lines if line.kind == FIELD}
        self.host = b"host" in names
        self.fields = tuple(sorted(names - {b"host"}))
        self.address = ADDRESS in kinds
        self.server_address = SERVER_ADDRESS in kinds
        self.protocol = PROTOCOL in kinds
        self.path = PATH in kinds
        self.method = METHOD in kinds
        others = (self.host, self.address, self.server_address, self.protocol, self.path, self.method)
        self.single = self.fields[0] if len(self.fields) == 1 and not any(others) else b""
        """The field's name where there is nothing else to look at."""

    def values(self, facts: ConnectionFacts, head: RequestHead) -> object:
        """What a request has there, as a key of a dictionary."""
        if self.single:
            return head.get(self.single)
        values: list[object] = [head.get(name) for name in self.fields]
        if self.host:
            values.append(head.host)
        if self.address:
            values.append(facts.client)
        if self.server_address:
            values.append(facts.local_address)
        if self.protocol:
            values.append(protocol(facts, head))
        if self.path:
            values.append(head.path)
        if self.method:
            values.append(head.method)
        return tuple(values)

    def size(self, values: object) -> int:
        """How many bytes are in `values`."""
        if isinstance(values, bytes):
            return len(values)
        size = 0
        for value in values if isinstance(values, tuple) else ():
            if isinstance(value, bytes):
                size += len(value)
        return size


def asked_by(lines: tuple[Line, ...]) -> Asked | None:
    """What these lines look at; None where that is more than a few values (a pattern for names, an expression)."""
    for line in lines:
        if line.kind == FIELD_PATTERN or line.kind == EXPRESSION:
            return None
    return Asked(lines)


# --- SetEnv, PassEnv, UnsetEnv ------------------------------------------------------------------------------------


class Fixed:
    """One name of a SetEnv, PassEnv or (`value` None) UnsetEnv."""

    __slots__ = ("name", "value", "origin")

    def __init__(self, name: bytes, value: bytes | None, origin: Origin) -> None:
        self.name = name
        self.value = value
        self.origin = origin


def set_fixed(lines: tuple[object, ...], inquiry: Inquiry) -> None:
    """Set what the merged lines leave, where nobody has set it yet. An UnsetEnv takes back what SetEnv said before it,
    never what others set."""
    left: dict[bytes, Fixed] = {}
    for line in lines:
        assert isinstance(line, Fixed)
        if line.value is None:
            left.pop(line.name, None)
        else:
            left[line.name] = line
    for name, line in left.items():
        assert line.value is not None
        # What is set already stays: httpd puts its own table behind the request's.
        if name in inquiry.env:
            continue
        inquiry.env[name] = line.value
        if inquiry.trace is not None:
            inquiry.note(steps.ENVIRONMENT, line.origin, name, line.value)
