"""ErrorLogFormat: lines of the error log in httpd's language of formats.

A format is items; an item that has nothing to say takes its field with it, from the blank before it to the next one.
Formats for `request` and `connection` make lines of their own, once before the first line about each. `%M` is our own
text with its `name=value` pairs, `%E` the cause that it names, `%F` the line of configuration behind it, `%m` evenflow.
"""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from evenflow.origin import Origin
from evenflow.plan.edits import NOTE_PREFIX
from evenflow.plan.error_lines import ErrorLines
from evenflow.plan.model import Plan, VirtualHost
from evenflow.plan.unique import unique_id
from evenflow.serve.error_log import DAYS, MONTHS, Occasion, spell_control
from evenflow.serve.log_format import FormatFault
from evenflow.serve.log_pieces import asked_name, server_name

if TYPE_CHECKING:
    from evenflow.serve.log_record import LogRecord

Piece = Callable[[Occasion], str]
"""What an item writes; "" for nothing."""

PRODUCT: Final = "evenflow"
MOST_LEVEL: Final = 15
"""trace8"""


class Item:
    """A text, or a piece with what becomes of the line where it is empty."""

    __slots__ = ("text", "piece", "opens", "hyphen", "required", "least")

    def __init__(self, text: str, piece: Piece | None, opens: bool) -> None:
        self.text = text
        self.piece = piece
        self.opens = opens
        """A field begins here."""
        self.hyphen = False
        self.required = False
        self.least = 0
        """Only in lines of this level or a later one."""


class ErrorFormats:
    """The formats of one virtual host. `main` is None where lines have our own form."""

    def __init__(self, main: list[Item] | None, request: list[list[Item]], connection: list[list[Item]]) -> None:
        self.main = main
        self.request = request
        self.connection = connection

    def introductions(self, occasion: Occasion) -> list[str]:
        """The lines before the first one about this connection, and about this request; names both."""
        ids, record = occasion.ids, occasion.record
        if ids is None or record is None:
            return []
        made: list[str | None] = []
        before = Occasion(occasion.now, MOST_LEVEL + 1, "", record, ids, occasion.server)
        if not ids.connection:
            ids.connection = new_id()
            made += [line_of(items, before) for items in self.connection]
        request = unique_id(record.facts)
        if ids.request != request:
            ids.request = request
            made += [line_of(items, before) for items in self.request]
        return [line for line in made if line is not None]

    def line(self, occasion: Occasion) -> str | None:
        """The line itself; None where something that it requires is missing."""
        assert self.main is not None
        return line_of(self.main, occasion)


def line_of(items: list[Item], occasion: Occasion) -> str | None:
    parts: list[str] = []
    field = 0
    skipping = False
    for item in items:
        if item.opens:
            if not skipping:
                field = len(parts)
            skipping = False
        if skipping:
            continue
        if item.piece is None:
            parts.append(item.text)
            continue
        made = item.piece(occasion) if item.least <= occasion.level else ""
        if not made and item.least <= occasion.level:
            if item.required:
                return None
            if item.hyphen:
                made = "-"
        if made:
            parts.append(made)
        else:
            del parts[field:]
            skipping = True
    return "".join(parts)


def new_id() -> bytes:
    """A name that a log's reader can search for."""
    return base64.b64encode(os.urandom(8), b"-_")[:11]


# --- reading ------------------------------------------------------------------------------------------------------


def formats_of(host: VirtualHost | None) -> ErrorFormats | None:
    """What a virtual host's lines look like; None for our own form. Raises FormatFault."""
    lines = host.error_lines if host is not None else None
    if not isinstance(lines, ErrorLines):
        return None
    main = read_format(lines.main) if lines.main else None
    return ErrorFormats(
        main, [read_format(text) for text in lines.request], [read_format(text) for text in lines.connection]
    )


def check_formats(plan: Plan) -> list[tuple[Origin, str]]:
    """The formats that cannot be understood, with who wrote them, each once."""
    faults: dict[str, Origin] = {}
    for host in (*plan.hosts, plan.main):
        lines = host.error_lines if host is not None else None
        if not isinstance(lines, ErrorLines):
            continue
        try:
            formats_of(host)
        except FormatFault as fault:
            faults.setdefault(str(fault), lines.origin)
    return [(origin, message) for message, origin in faults.items()]


def read_format(text: str) -> list[Item]:
    """The items of a format. Raises FormatFault for what httpd does not know either."""
    items: list[Item] = []
    pos = 0
    while pos < len(text):
        if text[pos] == "%":
            pos, item = read_item(text, pos + 1)
        else:
            pos, item = read_text(text, pos)
        items.append(item)
    return items


def read_text(text: str, pos: int) -> tuple[int, Item]:
    """Letters up to the next item or blank; a blank before them begins a field, one behind a backslash does not."""
    opens = text[pos] == " "
    start, made = pos, ""
    while pos < len(text) and text[pos] != "%" and (text[pos] != " " or pos == start):
        if text[pos] == "\\" and pos + 1 < len(text):
            pos += 1
            made += {"n": "\n", "r": "\r", "t": "\t"}.get(text[pos], text[pos])
        else:
            made += text[pos]
        pos += 1
    return pos, Item(made, None, opens)


def read_item(text: str, pos: int) -> tuple[int, Item]:
    """One item behind its `%`."""
    if text[pos : pos + 1] == " ":
        return pos + 1, Item("", None, True)
    start, argument, least = pos - 1, "", 0
    hyphen = required = False
    while True:
        letter = text[pos : pos + 1]
        if letter == "-":
            hyphen = True
        elif letter == "+":
            required = True
        elif letter == "{":
            end = text.find("}", pos)
            if end < 0:
                raise FormatFault(text[start:], f"`{text[start:]}` has no closing `}}`")
            argument = text[pos + 1 : end]
            pos = end
        elif letter.isascii() and letter.isdigit():
            least = least * 10 + int(letter)
            if least > MOST_LEVEL:
                raise FormatFault(text[start : pos + 1], f"`{text[start : pos + 1]}`: levels end at {MOST_LEVEL}")
        else:
            break
        pos += 1
    whole = text[start : pos + 1]
    if not letter:
        raise FormatFault(whole, f"`{whole}` ends before its letter")
    if letter == "%":
        return pos + 1, Item("%", None, False)
    maker = PIECES.get(letter)
    if maker is None:
        raise FormatFault(whole, f"there is no `%{letter}` in formats of the error log: `{whole}` cannot be understood")
    item = Item("", maker(argument), False)
    item.hyphen, item.required, item.least = hyphen, required, least
    return pos + 1, item


# --- what items write ---------------------------------------------------------------------------------------------


def told(value: bytes | None) -> str:
    """A value from outside on one line: backslashes doubled, what cannot be printed as `\\n` or `\\xhh`."""
    if not value:
        return ""
    made = []
    for letter in value.decode("latin-1"):
        if letter == "\\":
            made.append("\\\\")
        elif " " <= letter <= "~":
            made.append(letter)
        else:
            made.append({"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter) or spell_control(ord(letter)))
    return "".join(made)


def of_record(piece: Callable[[LogRecord], bytes | None]) -> Piece:
    """A piece that only a connection or a request can fill."""
    return lambda occasion: "" if occasion.record is None else told(piece(occasion.record))


def client(record: LogRecord) -> bytes | None:
    if record.facts is None:
        return None
    facts = record.facts
    if record.decision is not None and record.decision.address:
        # RemoteIPHeader names no port.
        port = 0
    else:
        port = facts.proxied_port if facts.proxied_address else facts.remote_port
    return record.client() + b":%d" % port


def peer(record: LogRecord) -> bytes | None:
    return None if record.facts is None else record.facts.remote_address + b":%d" % record.facts.remote_port


def local(record: LogRecord) -> bytes | None:
    return None if record.facts is None else record.facts.local_address + b":%d" % record.facts.local_port


def keepalive(record: LogRecord) -> bytes | None:
    return None if record.facts is None else b"%d" % record.keepalive_count


def named(piece: Callable[[LogRecord], bytes]) -> Piece:
    """A name, which httpd knows also of lines that no request is behind."""

    def made(occasion: Occasion) -> str:
        name = b"-" if occasion.record is None else piece(occasion.record)
        return occasion.server if name == b"-" else name.decode("latin-1")

    return made


def moment(argument: str) -> Piece:
    """`%t`: `c` is ISO 8601, `u` has microseconds, `z` the time zone."""

    def made(occasion: Occasion) -> str:
        now = occasion.now
        second = int(now)
        local = time.localtime(second)
        clock = f"{local.tm_hour:02d}:{local.tm_min:02d}:{local.tm_sec:02d}"
        if "u" in argument:
            clock += f".{int((now - second) * 1000000):06d}"
        if "c" in argument:
            text = f"{local.tm_year}-{local.tm_mon:02d}-{local.tm_mday:02d} {clock}"
        else:
            text = f"{DAYS[local.tm_wday]} {MONTHS[local.tm_mon - 1]} {local.tm_mday:02d} {clock} {local.tm_year}"
        return text + time.strftime(" %z", local) if "z" in argument else text

    return made


def field(argument: str) -> Piece:
    name = argument.lower().encode("utf-8", "surrogateescape")
    return of_record(lambda record: record.request_field(name))


def variable(argument: str) -> Piece:
    name = argument.encode("utf-8", "surrogateescape")
    return of_record(lambda record: record.variable(name))


def identity(argument: str) -> Piece:
    """`%L` of the request, `%{c}L` of the connection; `%{C}L` the same where no request is spoken of."""

    def made(occasion: Occasion) -> str:
        ids = occasion.ids
        if ids is None:
            return ""
        if argument == "c":
            return ids.connection.decode()
        if argument == "C":
            return "" if ids.request else ids.connection.decode()
        return ids.request.decode()

    return made


def of_the_message(name: str) -> Callable[[str], Piece]:
    """What only a message has, not the lines before it."""
    return lambda argument: lambda occasion: str(getattr(occasion, name))


PIECES: Final[dict[str, Callable[[str], Piece]]] = {
    "a": lambda argument: of_record(peer if argument == "c" else client),
    "A": lambda argument: of_record(local),
    "e": variable,
    "E": of_the_message("cause"),
    "F": of_the_message("origin"),
    "i": field,
    "k": lambda argument: of_record(keepalive),
    "l": of_the_message("level_name"),
    "L": identity,
    "m": lambda argument: lambda occasion: PRODUCT if occasion.words else "",
    "M": of_the_message("words"),
    "n": lambda argument: variable(NOTE_PREFIX.decode() + argument),
    "P": lambda argument: lambda occasion: str(os.getpid()),
    "t": moment,
    "T": lambda argument: lambda occasion: str(threading.get_native_id()),
    "v": lambda argument: named(server_name),
    "V": lambda argument: of_record(lambda record: asked_name(record).strip(b"-")),
}
