"""Reads a log format: its text becomes steps, once, and what httpd does not know either is a fault.

mod_log_config's language. What a step writes is `log_format`'s and `log_pieces`'.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from evenflow.plan.edits import NOTE_PREFIX
from evenflow.plan.model import JSON_LINES
from evenflow.plan.variables import tls_row
from evenflow.serve.log_format import (
    BODY_BYTES_OR_DASH,
    BYTES_SENT,
    CLIENT_NAME,
    DASH,
    LITERAL,
    MICROSECONDS,
    OTHER,
    REQUEST_FIELD,
    REQUEST_LINE,
    STATUS,
    TIME,
    FormatFault,
    LogFormat,
    Piece,
    escape,
    number,
    spell_time,
)
from evenflow.serve.log_json import json_format
from evenflow.serve.log_pieces import (
    TLS_VARIABLES,
    asked_name,
    body_bytes,
    bytes_both,
    bytes_received,
    canonical_port,
    client_address,
    connection_end,
    dash,
    file_name,
    first_file_name,
    first_handler,
    first_method,
    first_query,
    first_status,
    first_user,
    handler,
    hex_thread,
    keepalive,
    last_path,
    local_address,
    local_port,
    logged_id,
    method,
    path,
    peer_address,
    process,
    protocol,
    query,
    remote_port,
    server_name,
    thread,
    tls_fact,
    tls_variable,
    user,
)
from evenflow.serve.log_record import LogRecord, field_of


def compile_format(text: str) -> LogFormat:
    """Read a format. Raises FormatFault for what httpd does not know either."""
    if text == JSON_LINES:
        return json_format()
    steps, silent = parse(text)
    return LogFormat(steps, silent)


def parse(text: str) -> tuple[list[tuple[int, object]], tuple[str, ...]]:
    """The steps of a format, its line end included, and the specifiers in it that are always `-`."""
    steps: list[tuple[int, object]] = []
    silent: list[str] = []
    literal = b""
    pos = 0
    while pos < len(text):
        letter = text[pos]
        if letter == "%":
            start = pos
            pos, code, argument = parse_specifier(text, pos + 1)
            if argument is dash:
                silent.append(text[start:pos])
            if code == LITERAL:
                assert isinstance(argument, bytes)
                literal += argument
                continue
            if literal:
                steps.append((LITERAL, literal))
                literal = b""
            steps.append((code, argument))
            continue
        if letter == "\\" and pos + 1 < len(text):
            known = {"n": b"\n", "t": b"\t", "\\": b"\\"}.get(text[pos + 1])
            literal += known if known is not None else text[pos : pos + 2].encode("utf-8", "surrogateescape")
            pos += 2
            continue
        literal += letter.encode("utf-8", "surrogateescape")
        pos += 1
    steps.append((LITERAL, literal + b"\n"))
    return steps, tuple(silent)


def parse_specifier(text: str, pos: int) -> tuple[int, int, object]:
    """One specifier behind its `%`: where it ends, and its step. Modifiers stand in any order: `!`, `<`, `>`, statuses,
    `{argument}`.
    """
    start = pos - 1
    argument = ""
    negated = False
    which = ""
    statuses: set[int] = set()
    while True:
        letter = text[pos : pos + 1]
        if letter == "!":
            negated = not negated
        elif letter in ("<", ">"):
            which = letter
        elif letter == ",":
            pass
        elif letter == "{":
            end = text.find("}", pos)
            if end < 0:
                raise FormatFault(text[start:], f"`{text[start:]}` has no closing `}}`")
            argument = text[pos + 1 : end]
            pos = end
        elif letter.isascii() and letter.isdigit():
            end = pos
            while end < len(text) and text[end] in "0123456789":
                end += 1
            statuses.add(int(text[pos:end]))
            pos = end - 1
        else:
            break
        pos += 1
    end = pos + 3 if letter == "^" else pos + 1
    name = text[pos:end]
    whole = text[start:end]
    if not name:
        raise FormatFault(whole, f"`{whole}` ends before its letter")
    maker = SPECIFIERS.get(name)
    if maker is None:
        raise FormatFault(whole, f"there is no `%{name}` in log formats: `{whole}` cannot be understood")
    chosen = CHOSEN.get(which + name)
    code, piece = maker(argument, whole) if chosen is None else chosen
    if statuses:
        return end, OTHER, only_for(frozenset(statuses), negated, code, piece)
    return end, code, piece


def only_for(statuses: frozenset[int], negated: bool, code: int, argument: object) -> Piece:
    """`%!200,304{Referer}i`: the value for the statuses that are named (or are not), `-` for others."""
    inner = LogFormat([(code, argument)])

    def piece(record: LogRecord) -> bytes:
        return inner.line(record) if (record.status in statuses) != negated else DASH

    return piece


# --- the specifiers -----------------------------------------------------------------------------------------------


Made = tuple[int, object]


def plainly(code: int, argument: object = None) -> Callable[[str, str], Made]:
    """A specifier that takes no argument; httpd passes over one that is written."""
    return lambda given, whole: (code, argument)


def address(given: str, whole: str) -> Made:
    """`%a`, and `%{c}a` for the peer itself: a proxy in front where one is believed."""
    if given not in ("", "c"):
        raise FormatFault(whole, f"`{whole}`: write `%a` or `%{{c}}a`")
    return OTHER, peer_address if given else client_address


def port(given: str, whole: str) -> Made:
    pieces: dict[str, Piece] = {
        "": canonical_port,
        "canonical": canonical_port,
        "local": local_port,
        "remote": remote_port,
    }
    if given not in pieces:
        raise FormatFault(whole, f"`{whole}`: the argument of `%p` is one of `canonical`, `local`, `remote`")
    return OTHER, pieces[given]


def process_or_thread(given: str, whole: str) -> Made:
    pieces: dict[str, Piece] = {"": process, "pid": process, "tid": thread, "hextid": hex_thread}
    if given not in pieces:
        raise FormatFault(whole, f"`{whole}`: the argument of `%P` is one of `pid`, `tid`, `hextid`")
    return OTHER, pieces[given]


def taken(given: str, whole: str) -> Made:
    """`%T`: how long it took, in whole units."""
    scales = {"": 1, "s": 1, "ms": 1000, "us": 1000000}
    if given not in scales:
        raise FormatFault(whole, f"`{whole}`: the argument of `%T` is one of `s`, `ms`, `us`")
    scale = scales[given]
    if scale == 1000000:
        return MICROSECONDS, None
    return OTHER, lambda record: number(int(record.duration * scale))


def moment(given: str, whole: str) -> Made:
    """`%t`, with `begin:` or `end:` and a word or strftime format."""
    at_end = given.startswith("end:")
    if at_end or given.startswith("begin:"):
        given = given[given.index(":") + 1 :]
    if not given and not at_end:
        return TIME, None

    def instant(record: LogRecord) -> float:
        return record.started + record.duration if at_end else record.started

    if not given:
        return OTHER, lambda record: spell_time(int(instant(record)))
    words: dict[str, Piece] = {
        "sec": lambda record: number(int(instant(record))),
        "msec": lambda record: number(int(instant(record) * 1000)),
        "usec": lambda record: number(int(instant(record) * 1000000)),
        "msec_frac": lambda record: b"%03d" % (int(instant(record) * 1000) % 1000),
        "usec_frac": lambda record: b"%06d" % (int(instant(record) * 1000000) % 1000000),
    }
    if given in words:
        return OTHER, words[given]
    if "\0" in given:
        raise FormatFault(whole, f"`{whole}` holds a NUL")
    known: dict[int, bytes] = {}

    def piece(record: LogRecord) -> bytes:
        second = int(instant(record))
        if second not in known:
            known.clear()
            known[second] = time.strftime(given, time.localtime(second)).encode("utf-8", "surrogateescape")
        return known[second]

    return OTHER, piece


def request_field(given: str, whole: str) -> Made:
    return REQUEST_FIELD, needed(given, whole).lower()


def response_field(given: str, whole: str) -> Made:
    name = needed(given, whole).lower()

    def piece(record: LogRecord) -> bytes:
        value = record.response_field(name)
        return DASH if value is None else escape(value)

    def without_parameters(record: LogRecord) -> bytes:
        value = record.response_field(name)
        return DASH if value is None else escape(value.partition(b";")[0].rstrip())

    return OTHER, without_parameters if name == b"content-type" else piece


def variable(given: str, whole: str) -> Made:
    name = needed(given, whole)

    def piece(record: LogRecord) -> bytes:
        value = record.variable(name)
        return DASH if value is None else escape(value)

    return OTHER, piece


def cookie(given: str, whole: str) -> Made:
    """`%{NAME}C`: the first cookie of that name that has a value, in any case of letters as httpd has it."""
    name = needed(given, whole).lower()

    def piece(record: LogRecord) -> bytes:
        value = record.request_field(b"cookie")
        if value is None:
            return DASH
        for pair in value.split(b";"):
            key, _, text = pair.partition(b"=")
            if text and key.strip().lower() == name:
                return escape(text.strip())
        return DASH

    return OTHER, piece


def of_tls(given: str, whole: str) -> Made:
    needed(given, whole)
    if given in TLS_VARIABLES:
        return OTHER, tls_variable(given)
    return OTHER, tls_fact(given) if tls_row(given) is not None else dash


def note(given: str, whole: str) -> Made:
    """`%{NAME}n`: what `Header note` kept."""
    name = NOTE_PREFIX + needed(given, whole)

    def piece(record: LogRecord) -> bytes:
        value = record.variable(name)
        return DASH if value is None else escape(value)

    return OTHER, piece


def request_trailer(given: str, whole: str) -> Made:
    return trailer(given, whole, lambda record: record.request_trailers)


def response_trailer(given: str, whole: str) -> Made:
    return trailer(given, whole, lambda record: record.response_trailers)


def trailer(given: str, whole: str, lines: Callable[[LogRecord], bytes]) -> Made:
    """The field behind a chunked body that `given` names; `lines` are all of them."""
    name = needed(given, whole).lower()

    def piece(record: LogRecord) -> bytes:
        value = field_of(lines(record).split(b"\r\n"), name, True)
        return DASH if value is None else escape(value)

    return OTHER, piece


def of_tls_in_old_words(given: str, whole: str) -> Made:
    """`%{NAME}c`, which mod_ssl keeps for mod_ssl of Apache 1.3."""
    names = {
        "version": "SSL_PROTOCOL",
        "cipher": "SSL_CIPHER",
        "subjectdn": "SSL_CLIENT_S_DN",
        "clientcert": "SSL_CLIENT_S_DN",
        "issuerdn": "SSL_CLIENT_I_DN",
        "cacert": "SSL_CLIENT_I_DN",
        "errstr": "SSL_CLIENT_VERIFY_ERRSTR",
    }
    return of_tls(names[given], whole) if given in names else (OTHER, dash)


def needed(given: str, whole: str) -> bytes:
    if not given:
        raise FormatFault(whole, f"`{whole}` needs a name, as in `%{{NAME}}{whole.lstrip('%')}`")
    return given.encode("utf-8", "surrogateescape")


SPECIFIERS: Final[dict[str, Callable[[str, str], Made]]] = {
    "%": plainly(LITERAL, b"%"),
    "a": address,
    "A": plainly(OTHER, local_address),
    "b": plainly(BODY_BYTES_OR_DASH),
    "B": plainly(OTHER, body_bytes),
    "c": of_tls_in_old_words,
    "C": cookie,
    "D": plainly(MICROSECONDS),
    "e": variable,
    "f": plainly(OTHER, file_name),
    "h": plainly(CLIENT_NAME),
    "H": plainly(OTHER, protocol),
    "i": request_field,
    "I": plainly(OTHER, bytes_received),
    "k": plainly(OTHER, keepalive),
    "l": plainly(LITERAL, DASH),
    "L": plainly(OTHER, logged_id),
    "m": plainly(OTHER, method),
    "n": note,
    "o": response_field,
    "O": plainly(BYTES_SENT),
    "p": port,
    "P": process_or_thread,
    "q": plainly(OTHER, query),
    "r": plainly(REQUEST_LINE),
    "R": plainly(OTHER, first_handler),
    "s": plainly(OTHER, first_status),
    "S": plainly(OTHER, bytes_both),
    "t": moment,
    "T": taken,
    "u": plainly(OTHER, user),
    "U": plainly(OTHER, path),
    "v": plainly(OTHER, server_name),
    "V": plainly(OTHER, asked_name),
    "x": of_tls,
    "X": plainly(OTHER, connection_end),
    "^ti": request_trailer,
    "^to": response_trailer,
}

CHOSEN: Final[dict[str, tuple[int, object]]] = {
    ">s": (STATUS, None),
    ">U": (OTHER, last_path),
    ">R": (OTHER, handler),
    "<m": (OTHER, first_method),
    "<q": (OTHER, first_query),
    "<f": (OTHER, first_file_name),
    "<u": (OTHER, first_user),
}
"""What `<` and `>` make of those that mean the other of the two requests."""
