"""Header and RequestHeader: fields are set, added, edited and dropped.

The edits of one table run in the order in which they were merged; each may depend on a variable. Values are formats,
compiled: text with %t, %D and %{VAR}e in it; a variable that is not set is the text `(null)`, as with httpd. Which
table acts on which answer is the proxy's business.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from evenflow.origin import Origin
from evenflow.plan import expr
from evenflow.plan.decision import Inquiry
from evenflow.plan.model import ConnectionFacts, Decision, Scope
from evenflow.plan.occupancy import CHILD
from evenflow.plan.patterns import Match, Pattern
from evenflow.plan.variables import Variable
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import KNOWN_NAMES
from evenflow.wire.scan import count_controls

if TYPE_CHECKING:
    from evenflow.wire.http1 import RequestHead

SET: Final = 1
SET_IF_EMPTY: Final = 2
ADD: Final = 3
APPEND: Final = 4
MERGE: Final = 5
UNSET: Final = 6
EDIT: Final = 7
EDIT_ALL: Final = 8
ECHO: Final = 9
NOTE: Final = 10

ADDING: Final = frozenset((SET, SET_IF_EMPTY, ADD, APPEND, MERGE))
"""What comes to the same where a field is not there yet."""

TEXT: Final = 0
ENV: Final = 1
"""%{VAR}e"""
BEGAN: Final = 2
"""%t"""
TOOK: Final = 3
"""%D"""
VARIABLE: Final = 4
"""%{VAR}s; the part's text is the name, and the row stands in `Format.rows`."""
LOAD: Final = 5
"""%l"""
IDLE: Final = 6
"""%i"""
BUSY: Final = 7
"""%b"""

NULL: Final = b"(null)"

NOTE_PREFIX: Final = b"note:"
"""Under what a `note` stands in the environment: its name behind this, so that no env= condition sees it."""


class View(Protocol):
    """What an edit may look at: the request, its connection, its decision and its environment.

    It may have `began_us` besides, the time of the request in microseconds since 1970; without it %t is now and %D is
    0.
    """

    @property
    def head(self) -> RequestHead: ...
    @property
    def facts(self) -> ConnectionFacts: ...
    @property
    def decision(self) -> Decision | None: ...
    @property
    def env(self) -> dict[bytes, bytes] | None: ...
    def inquiry(self) -> Inquiry:
        """The request as expressions see it; only asked for where there are some."""


class Format:
    """A compiled value. `literal` is its text where nothing is put in, else None; `parts` are (kind, text or name).
    Where `text` is there, it is the whole value: an expression."""

    __slots__ = ("parts", "literal", "rows", "text")

    def __init__(self, parts: tuple[tuple[int, bytes], ...], text: expr.Text | None = None) -> None:
        self.parts = parts
        self.rows: dict[bytes, tuple[Variable, bytes]] = {}
        """By name: the row of a `VARIABLE`, and its argument."""
        self.text = text
        if text is not None:
            self.literal: bytes | None = None if text.literal is None else unwrapped(text.literal)
            return
        self.literal = None
        if not parts:
            self.literal = b""
        elif len(parts) == 1 and parts[0][0] == TEXT:
            self.literal = parts[0][1]


class Edit:
    """One line. `value` is the value's format, for an edit the replacement's; `env` is (name, wanted) or None, and
    `condition` an expression that must hold, or None."""

    __slots__ = ("action", "name", "value", "pattern", "env", "condition", "of_type", "origin")

    def __init__(
        self,
        action: int,
        name: bytes,
        value: Format,
        pattern: Pattern | None,
        env: tuple[bytes, bool] | None,
        origin: Origin,
    ) -> None:
        self.action = action
        self.name = name
        self.value = value
        self.pattern = pattern
        self.env = env
        self.condition: expr.Condition | None = None
        self.of_type = False
        """It is about an answer's Content-Type."""
        self.origin = origin


class AnswerType:
    """The type of an answer while Header works on it (r->content_type): httpd keeps it beside the tables, and where it
    has one, that is all that is sent."""

    __slots__ = ("value", "edited")

    def __init__(self, value: bytes) -> None:
        self.value = value
        """b"" for none."""
        self.edited = False
        """Some line was about it."""

    def settle(self, fields: Headers, always: Headers) -> bytes:
        """What is sent, b"" for nothing; the tables have none of it afterwards."""
        self.value = self.value or fields.get(b"content-type") or always.get(b"content-type") or b""
        fields.remove(b"content-type")
        always.remove(b"content-type")
        return self.value


class Plain:
    """What a table of RequestHeader comes to where it only adds fields that the request has not, always the same."""

    __slots__ = ("edits", "names", "lines", "added", "values")

    def __init__(self, edits: tuple[object, ...]) -> None:
        self.edits = edits
        """What it was made of."""
        self.names: tuple[bytes, ...] = ()
        """Lower case: none of them may be in the request."""
        self.lines: bytes | None = b""
        """Ready for the wire; None where the table does more, so that it must be run."""
        self.added: list[tuple[bytes, bytes]] = []
        self.values: dict[bytes, bytes] = {}
        """What is added, by name in lower case."""
        for edit in edits:
            assert isinstance(edit, Edit)
            name = edit.name.lower()
            value = edit.value.literal
            if edit.env is not None or edit.condition is not None or name in self.names:
                self.lines = None
                return
            self.names += (name,)
            if edit.action == UNSET:
                continue
            if edit.action not in ADDING or value is None or name in KNOWN_NAMES:
                self.lines = None
                return
            self.lines += edit.name + b": " + value + b"\r\n"
            self.added.append((edit.name, value))
            self.values[name] = value

    def applied(self, head: RequestHead) -> Headers:
        """The fields of a request that has none of `names`, with those that are added."""
        fields = Headers(head.pairs())
        if head.host:
            fields.set(b"Host", head.host)
        for name, value in self.added:
            fields.add(name, value)
        return fields


def plain(scope: Scope, head: RequestHead) -> Plain | None:
    """What RequestHeader adds to this request, ready; None where its edits must be run."""
    found: Plain | None = scope.plain
    if found is None or found.edits is not scope.request_edits:
        found = scope.plain = Plain(scope.request_edits)
    if found.lines is None:
        return None
    for name in found.names:
        if head.get(name) is not None:
            return None
    return found


def any_applies(edits: tuple[object, ...], env: dict[bytes, bytes]) -> bool:
    """Whether one of them may act with this environment; expressions are not asked yet."""
    for edit in edits:
        assert isinstance(edit, Edit)
        condition = edit.env
        if condition is None or (condition[0] in env) == condition[1]:
            return True
    return False


def all_wait_for(edits: tuple[object, ...], name: bytes) -> bool:
    """Whether every one of them acts only where the variable `name` is set."""
    for edit in edits:
        assert isinstance(edit, Edit)
        if edit.env is None or edit.env[0] != name or not edit.env[1]:
            return False
    return True


def added_lines(edits: tuple[object, ...], view: View) -> bytes | None:
    """The lines that those which act add, ready for the wire; None where one of them does more than add."""
    env = view.env
    if env is None:
        env = {}
    lines = b""
    for edit in edits:
        assert isinstance(edit, Edit)
        condition = edit.env
        if condition is None or (condition[0] in env) == condition[1]:
            if edit.action != ADD or edit.condition is not None or edit.of_type:
                return None
            lines += edit.name + b": " + write(edit.value, view, env) + b"\r\n"
    return lines


def edit_request(edits: tuple[object, ...], headers: Headers, view: View) -> None:
    """Run RequestHeader's edits over the fields that a member will get."""
    _run(edits, headers, view, None)


def edit_response(
    edits: tuple[object, ...],
    headers: Headers,
    view: View,
    varied: Headers | None = None,
    kind: AnswerType | None = None,
) -> None:
    """Run one table of Header's edits over an answer's fields. What their conditions read goes into the Vary of
    `varied`; where that is None it waits in the inquiry."""
    _run(edits, headers, view, varied, kind)


def add_vary(headers: Headers, names: tuple[bytes, ...]) -> None:
    """Name these request fields in Vary, behind what it says already; `compact_vary` has the last word."""
    if names:
        headers.append(b"Vary", b", ".join(names))


def compact_vary(headers: Headers) -> None:
    """Each name once, in one line, as httpd writes it (`fixup_vary`)."""
    found: dict[bytes, bytes] = {}
    for text in headers.get_all(b"vary"):
        for token in text.replace(b",", b" ").split():
            found.setdefault(token.lower(), token)
    if found:
        headers.set(b"Vary", b",".join(found.values()))


def _run(
    edits: tuple[object, ...],
    headers: Headers,
    view: View,
    varied: Headers | None,
    kind: AnswerType | None = None,
) -> None:
    env = view.env
    if env is None:
        env = {}
    for edit in edits:
        assert isinstance(edit, Edit)
        condition = edit.env
        if condition is None or (condition[0] in env) == condition[1]:
            if edit.condition is None:
                _act(edit, headers, view, env, kind)
                continue
            inquiry = view.inquiry()
            # Where the expression cannot be evaluated httpd passes over the condition, not over the line.
            held = expr.holds(edit.condition, inquiry, True)
            if varied is not None and inquiry.vary:
                add_vary(varied, inquiry.vary)
                inquiry.vary = ()
            if held:
                _act(edit, headers, view, env, kind)


def _act(edit: Edit, headers: Headers, view: View, env: dict[bytes, bytes], kind: AnswerType | None) -> None:
    if edit.of_type and kind is not None:
        _edit_type(edit, headers, view, env, kind)
    action = edit.action
    name = edit.name
    if action == UNSET:
        headers.remove(name)
    elif action == SET:
        headers.set(name, write(edit.value, view, env))
    elif action == ADD:
        headers.add(name, write(edit.value, view, env))
    elif action == APPEND:
        headers.append(name, write(edit.value, view, env))
    elif action == MERGE:
        headers.merge(name, write(edit.value, view, env))
    elif action == SET_IF_EMPTY:
        if headers.get(name) is None:
            headers.set(name, write(edit.value, view, env))
    elif action == EDIT or action == EDIT_ALL:
        _edit_lines(edit, headers, view, env)
    elif action == ECHO:
        _echo(edit, headers, view)
    elif action == NOTE:
        value = headers.get(name)
        if value is not None:
            env[NOTE_PREFIX + write(edit.value, view, env)] = value


def _edit_type(edit: Edit, headers: Headers, view: View, env: dict[bytes, bytes], kind: AnswerType) -> None:
    """What the line does to an answer's type, beside what it does to the table."""
    action = edit.action
    kind.edited = True
    if action == SET or (action == SET_IF_EMPTY and headers.get(edit.name) is None):
        kind.value = write(edit.value, view, env)
    elif action == UNSET:
        kind.value = b""
    elif (action == EDIT or action == EDIT_ALL) and kind.value:
        kind.value = _edited(edit, kind.value, write(edit.value, view, env))


def write(format: Format, view: View, env: dict[bytes, bytes]) -> bytes:
    """The value that a format gives for this request."""
    if format.literal is not None:
        return format.literal
    if format.text is not None:
        return unwrapped(expr.write(format.text, view.inquiry()))
    out: list[bytes] = []
    for kind, text in format.parts:
        if kind == TEXT:
            out.append(text)
        elif kind == ENV:
            out.append(env.get(text, NULL))
        elif kind == BEGAN:
            out.append(b"t=%d" % began(view))
        elif kind == TOOK:
            out.append(b"D=%d" % max(0, int(time.time() * 1000000) - began(view)))
        elif kind == VARIABLE:
            row, argument = format.rows[text]
            out.append(row.read(view.inquiry(), argument) or NULL)
        elif kind == LOAD:
            out.append(b"l=%.2f/%.2f/%.2f" % os.getloadavg())
        elif kind == IDLE:
            out.append(b"i=%d" % CHILD.idle())
        elif kind == BUSY:
            out.append(b"b=%d" % CHILD.busy())
    return unwrapped(b"".join(out))


def unwrapped(value: bytes) -> bytes:
    """A value without what would end its line: it may be made of what a client sent. A blank stands for a CR or LF, as
    with httpd; other control characters but tabs go."""
    if count_controls(value, 0, len(value)):
        value = value.replace(b"\r", b" ").replace(b"\n", b" ").translate(None, REFUSED)
    return value


REFUSED: Final = bytes(number for number in (*range(9), 11, 12, *range(14, 32), 127))


def began(view: View) -> int:
    """When the request began, in microseconds since 1970."""
    known: int = getattr(view, "began_us", 0)
    return known or int(time.time() * 1000000)


def _edit_lines(edit: Edit, headers: Headers, view: View, env: dict[bytes, bytes]) -> None:
    """Each line of the field for itself; they end up behind the other fields, as with httpd. A field that is not there
    stays away."""
    values = headers.get_all(edit.name)
    if not values:
        return
    replacement = write(edit.value, view, env)
    names = [name for name, _ in headers.items if name.lower() == edit.name.lower()]
    headers.remove(edit.name)
    for index in range(len(values)):
        headers.add(names[index], _edited(edit, values[index], replacement))


def _edited(edit: Edit, value: bytes, replacement: bytes) -> bytes:
    pattern = edit.pattern
    assert pattern is not None
    out: list[bytes] = []
    while True:
        match = pattern.search(value)
        if match is None:
            break
        out.append(value[: match.start()])
        out.append(put_groups(replacement, match))
        end = match.end()
        if edit.action == EDIT or not value[end:]:
            value = value[end:]
            break
        if end == match.start():
            # A match of nothing: one byte further, or it would be found for ever.
            out.append(value[end : end + 1])
            end += 1
        # httpd looks at the rest as at a text of its own, so that ^ matches again.
        value = value[end:]
    out.append(value)
    return b"".join(out)


def put_groups(text: bytes, match: Match) -> bytes:
    """`text` with the groups in the place of $0 to $9; a backslash takes the meaning from what follows it
    (`ap_pregsub`)."""
    if b"$" not in text and b"\\" not in text:
        return text
    out = bytearray()
    pos = 0
    size = len(text)
    while pos < size:
        byte = text[pos]
        pos += 1
        if byte == 36 and pos < size and 48 <= text[pos] <= 57:
            number = text[pos] - 48
            pos += 1
            if number <= match.re.groups:
                out += match.group(number) or b""
        else:
            if byte == 92 and pos < size and (text[pos] == 36 or text[pos] == 92):
                byte = text[pos]
                pos += 1
            out.append(byte)
    return bytes(out)


def _echo(edit: Edit, headers: Headers, view: View) -> None:
    """Copy the request's fields whose names match: httpd minds the case here."""
    pattern: Any = edit.pattern
    for name, value in view.head.pairs():
        if pattern.search(name) is not None:
            headers.add(name, value)
