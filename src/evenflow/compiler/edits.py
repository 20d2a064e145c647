"""Header and RequestHeader lines, from text to `plan.edits.Edit`."""

from __future__ import annotations

from typing import Final

from evenflow.compiler.expr import compile_condition, compile_text
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import FieldEdit
from evenflow.origin import Origin
from evenflow.plan import edits, variables
from evenflow.plan.edits import Edit, Format

ACTIONS: Final = {
    "set": edits.SET, "setifempty": edits.SET_IF_EMPTY, "add": edits.ADD, "append": edits.APPEND, "merge":
    edits.MERGE, "unset": edits.UNSET, "edit": edits.EDIT, "edit*": edits.EDIT_ALL, "echo": edits.ECHO, "note":
    edits.NOTE,
}  # fmt: skip

GAUGES: Final = {"l": edits.LOAD, "i": edits.IDLE, "b": edits.BUSY}

ESCAPES: Final = {"r": "\r", "n": "\n", "t": "\t"}

NAME_BYTES: Final = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

OURS: Final = frozenset((b"transfer-encoding", b"content-length", b"connection"))
"""Fields that frame a message: we write them anew, whatever an edit would make of them."""


def compile_edits(
    lines: tuple[FieldEdit, ...], findings: Findings, server: bool
) -> tuple[tuple[Edit, ...], tuple[Edit, ...], tuple[Edit, ...]]:
    """The edits of one section by table: request, always, onsuccess. Lines that fail are findings; those with `early`
    are left to `compile_early`."""
    tables: dict[str, list[Edit]] = {"request": [], "always": [], "onsuccess": []}
    for line in lines:
        if line.early:
            if not server:
                findings.warning(
                    "edit-never-runs",
                    "`early` inside a section never runs: nobody knows yet which sections a request meets",
                    line.origin,
                    help="move the line out of the section",
                )
            continue
        try:
            tables[line.table].append(compile_edit(line))
        except Refused as refused:
            refused.report(findings, line.origin)
    return tuple(tables["request"]), tuple(tables["always"]), tuple(tables["onsuccess"])


def compile_early(
    lines: tuple[FieldEdit, ...], findings: Findings
) -> tuple[tuple[Edit, ...], tuple[Edit, ...], tuple[Edit, ...]]:
    """A server's lines with `early`, by table: request, always, onsuccess."""
    tables: dict[str, list[Edit]] = {"request": [], "always": [], "onsuccess": []}
    for line in lines:
        if not line.early:
            continue
        name = to_bytes(line.name).lower()
        if line.table == "request" and (name in OURS or name == b"host"):
            findings.error(
                "field-not-editable",
                f"`{line.name}` cannot be changed so early: the request is read by it",
                line.origin,
                help="remove `early`",
            )
            continue
        try:
            tables[line.table].append(compile_edit(line))
        except Refused as refused:
            refused.report(findings, line.origin)
    return tuple(tables["request"]), tuple(tables["always"]), tuple(tables["onsuccess"])


def compile_edit(line: FieldEdit) -> Edit:
    """One line. Raises `Refused`."""
    action = ACTIONS[line.action]
    name = to_bytes(line.name)
    if action != edits.ECHO and (not name or not NAME_BYTES.issuperset(name)):
        raise Refused("field-name", f"`{line.name}` cannot be the name of a field")
    if name.lower() in OURS and action not in (edits.UNSET, edits.ECHO, edits.NOTE):
        raise Refused("field-not-editable", f"`{line.name}` says how a message is framed: evenflow writes it itself")
    pattern = None
    text = line.value
    if action in (edits.EDIT, edits.EDIT_ALL):
        pattern = compile_regex(line.value, origin=line.origin)
        text = line.replacement
    elif action == edits.ECHO:
        pattern = compile_regex(line.name, origin=line.origin)
        text = ""
    env = None if line.env is None else (to_bytes(line.env[0]), line.env[1])
    edit = Edit(action, name, compile_value(text, line.origin), pattern, env, line.origin)
    edit.of_type = line.table != "request" and name.lower() == b"content-type"
    if line.expr is not None:
        edit.condition = compile_condition(line.expr, line.origin)
    return edit


def compile_value(text: str, origin: Origin) -> Format:
    """A format, or an expression behind `expr=`."""
    if text.startswith("expr="):
        return Format((), compile_text(text.removeprefix("expr="), origin))
    return compile_format(text)


def compile_format(text: str) -> Format:
    """`%%`, `%t`, `%D`, `%l`, `%i`, `%b`, `%{VAR}e`, `%{VAR}s` and backslashes. Raises `Refused` for any other `%`."""
    parts: list[tuple[int, bytes]] = []
    literal: list[str] = []

    def put(kind: int, name: str = "") -> None:
        if literal:
            parts.append((edits.TEXT, to_bytes("".join(literal))))
            literal.clear()
        parts.append((kind, to_bytes(name)))

    pos = 0
    while pos < len(text):
        mark = text[pos]
        pos += 1
        if mark == "\\" and pos < len(text):
            letter = text[pos]
            # An escape we do not know keeps its backslash: `\$` is the replacement's business.
            literal.append(ESCAPES.get(letter, letter if letter == "\\" else "\\" + letter))
            pos += 1
        elif mark != "%":
            literal.append(mark)
        else:
            pos = read_tag(text, pos, put, literal)
    if literal:
        parts.append((edits.TEXT, to_bytes("".join(literal))))
    format = Format(tuple(parts))
    for kind, piece in parts:
        if kind == edits.VARIABLE:
            format.rows[piece] = server_variable(piece.decode("utf-8", "surrogateescape"))
        if b"\r" in piece or b"\n" in piece or b"\0" in piece:
            raise Refused("value-malformed", "a field's value cannot hold a line break")
    return format


def server_variable(name: str) -> tuple[variables.Variable, bytes]:
    """The row of `%{NAME}s`, and its argument: what mod_ssl knows of the connection and the request. `Refused` for a
    name of its own that we cannot look up; what it does not know either is always `(null)`."""
    upper = name.upper()
    if upper.startswith("HTTP:"):
        return variables.FIELD, to_bytes(name[5:].lower())
    if upper.startswith("ENV:"):
        return variables.ENVIRONMENT, to_bytes(name[4:])
    found = variables.tls_row(upper)
    if found is None and upper in variables.BY_NAME:
        found = variables.IN_EXPRESSIONS.get(upper)
    if found is not None:
        return found, variables.HEADER_OF.get(upper, b"")
    if upper.startswith("SSL_"):
        raise Refused(
            "variable-not-supported",
            f"evenflow cannot look up `%{{{name}}}s` yet",
            help="`SSL_PROTOCOL`, `SSL_CLIENT_S_DN_CN` and their like are there",
        )
    return variables.NO_VALUE, b""


def read_tag(text: str, pos: int, put: object, literal: list[str]) -> int:
    """One `%` tag from behind its `%`; returns the position behind it."""
    assert callable(put)
    if pos >= len(text):
        raise Refused("format-unknown", f"`{text}` ends with a `%`: write `%%` for the sign itself")
    letter = text[pos]
    if letter == "%":
        literal.append("%")
        return pos + 1
    if letter == "t":
        put(edits.BEGAN)
        return pos + 1
    if letter == "D":
        put(edits.TOOK)
        return pos + 1
    if letter == "{":
        end = text.find("}", pos)
        kind = text[end + 1 : end + 2] if end >= 0 else ""
        name = text[pos + 1 : end]
        if kind == "e":
            put(edits.ENV, name)
            return end + 2
        if kind == "s":
            put(edits.VARIABLE, name)
            return end + 2
    if letter in GAUGES:
        put(GAUGES[letter])
        return pos + 1
    raise Refused(
        "format-unknown",
        f"`%{text[pos : pos + 1]}` in `{text}` is no format: `%t`, `%D`, `%l`, `%i`, `%b`, `%{{NAME}}e`, `%{{NAME}}s` "
        "and `%%` are",
        notes=("httpd says: Unrecognized header format",),
    )
