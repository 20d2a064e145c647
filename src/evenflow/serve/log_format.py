"""A `LogFormat` as steps: read once, then a line for each exchange.

The language is mod_log_config's (https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats) with mod_logio's
`%I %O %S` and mod_ssl's `%{SSL_...}x`. What nothing is known of is `-`; what comes from outside is escaped as httpd
does, so no client can write a line of its own. Where lines go is known elsewhere.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import cython

from evenflow.plan.edits import NOTE_PREFIX
from evenflow.plan.model import ANSWER, FILE, FORWARD, LOCAL, REDIRECT
from evenflow.plan.variables import tls_row
from evenflow.serve.error_log import MONTHS
from evenflow.serve.log_record import LogRecord

# What a step does. `argument` is its literal, field name, variable name or function.
LITERAL: Final = 0
CLIENT_NAME: Final = 1
TIME: Final = 2
REQUEST_LINE: Final = 3
STATUS: Final = 4
BODY_BYTES_OR_DASH: Final = 5
BYTES_SENT: Final = 6
REQUEST_FIELD: Final = 7
MICROSECONDS: Final = 8
OTHER: Final = 9
"""Whatever is rarer: the argument is a function of the record."""

PLAIN: Final = bytes(byte for byte in range(32, 127) if byte not in b'"\\')
"""What stands in a line as it came."""

SHORT_ESCAPES: Final = {8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}

DASH: Final = b"-"

Piece = Callable[[LogRecord], bytes]


class FormatFault(Exception):
    """A format that httpd would refuse too; `specifier` is the part that nobody knows."""

    def __init__(self, specifier: str, message: str) -> None:
        super().__init__(message)
        self.specifier = specifier


class LogFormat:
    """A format, ready to make lines from its steps. `silent` names the specifiers that are always `-` here."""

    def __init__(self, steps: list[tuple[int, object]], silent: tuple[str, ...] = ()) -> None:
        self.silent = silent
        self.codes = bytes([code for code, _ in steps])
        self.arguments: tuple[Any, ...] = tuple(argument for _, argument in steps)
        self.size = len(steps)
        self.second = -1
        """The second that `stamp` spells."""
        self.stamp = b""

    def line(self, record: LogRecord) -> bytes:
        """The line of one exchange, ended."""
        codes = self.codes
        parts: list[bytes] = []
        for index in range(self.size):
            code = codes[index]
            argument = self.arguments[index]
            if code == LITERAL:
                parts.append(argument)
            elif code == REQUEST_FIELD:
                value = record.request_field(argument)
                parts.append(DASH if value is None else escape(value))
            elif code == CLIENT_NAME:
                parts.append(record.called())
            elif code == TIME:
                second = int(record.started)
                if second != self.second:
                    self.second = second
                    self.stamp = spell_time(second)
                parts.append(self.stamp)
            elif code == REQUEST_LINE:
                parts.append(request_line(record))
            elif code == STATUS:
                parts.append(STATUS_DIGITS[record.status] if 0 <= record.status < 1000 else number(record.status))
            elif code == BODY_BYTES_OR_DASH:
                parts.append(number(record.body_bytes_sent) if record.body_bytes_sent else DASH)
            elif code == BYTES_SENT:
                parts.append(number(record.bytes_sent))
            elif code == MICROSECONDS:
                parts.append(number(int(record.duration * 1000000)))
            else:
                parts.append(argument(record))
        return b"".join(parts)


def compile_format(text: str) -> LogFormat:
    """Read a format. Raises FormatFault for what httpd does not know either."""
    steps, silent = parse(text)
    return LogFormat(steps, silent)


def number(value: cython.longlong) -> bytes:
    """Decimal digits of what is not negative."""
    if cython.compiled:
        digits = cython.declare(cython.uchar[24])
        at = 24
        while at == 24 or value > 0:
            at -= 1
            digits[at] = 48 + value % 10
            value //= 10
        made: bytes = digits[at:24]
        return made
    return str(value).encode()


STATUS_DIGITS: Final = tuple(b"%d" % status for status in range(1000))


def escape(value: bytes) -> bytes:
    """As `ap_escape_logitem`: quotes and backslashes get a backslash, what cannot be printed becomes `\\n` and its
    like, or `\\xhh`.
    """
    if is_plain(value):
        return value
    return b"".join([ESCAPED[byte] for byte in value])


def is_plain(value: bytes) -> bool:
    """Whether nothing in it needs an escape."""
    if cython.compiled:
        text = value
        odd = 0
        for at in range(len(value)):
            # No branch, so that the C compiler can take sixteen bytes at a time.
            odd |= (text[at] < 32) | (text[at] > 126) | (text[at] == 34) | (text[at] == 92)
        return not odd
    return not value.translate(None, PLAIN)


ESCAPED: Final = tuple(
    bytes([byte]) if byte in PLAIN else SHORT_ESCAPES.get(byte, b"\\x%02x" % byte) for byte in range(256)
)


def request_line(record: LogRecord) -> bytes:
    """`%r`: the request's first line; where nothing could be read of one, `-`."""
    if record.head is None:
        return escape(record.request_line) if record.request_line else DASH
    return escape(record.head.line)


def spell_time(second: int) -> bytes:
    """`%t`: `[10/Oct/2000:13:55:36 -0700]`, local time."""
    local = time.localtime(second)
    offset = local.tm_gmtoff // 60
    sign = "+"
    if offset < 0:
        sign = "-"
        offset = -offset
    return (
        f"[{local.tm_mday:02d}/{MONTHS[local.tm_mon - 1]}/{local.tm_year}"
        f":{local.tm_hour:02d}:{local.tm_min:02d}:{local.tm_sec:02d} {sign}{offset // 60:02d}{offset % 60:02d}]"
    ).encode()


# --- reading a format ---------------------------------------------------------------------------------------------


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
    last = False
    statuses: set[int] = set()
    while True:
        letter = text[pos : pos + 1]
        if letter == "!":
            negated = True
        elif letter in ("<", ">"):
            last = letter == ">"
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
    code, piece = LAST[name] if last and name in LAST else maker(argument, whole)
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


def dash(record: LogRecord) -> bytes:
    """For what we never know: numbers of the error log's lines, trailers."""
    return DASH


def client_address(record: LogRecord) -> bytes:
    return record.client()


def peer_address(record: LogRecord) -> bytes:
    return record.facts.remote_address if record.facts is not None else DASH


def local_address(record: LogRecord) -> bytes:
    return record.facts.local_address if record.facts is not None else DASH


def user(record: LogRecord) -> bytes:
    name = record.decision.user if record.decision is not None else None
    if name is None:
        return DASH
    return escape(name) if name else b'""'


def method(record: LogRecord) -> bytes:
    return escape(record.head.method) if record.head is not None else DASH


def first_status(record: LogRecord) -> bytes:
    """`%s`: the status of the client's own request, whatever an ErrorDocument's was."""
    return number(record.first_status or record.status)


def path(record: LogRecord) -> bytes:
    """`%U`: the decoded path that the client asked for, without the query."""
    if record.head is None:
        return DASH
    if record.first_decision is not None:
        return escape(record.first_decision.uri or decoded(record.head.path))
    return last_path(record)


def last_path(record: LogRecord) -> bytes:
    """`%>U`: the path of the ErrorDocument that was shown instead, if one was."""
    if record.head is None:
        return DASH
    if record.decision is not None and record.decision.uri:
        return escape(record.decision.uri)
    return escape(decoded(record.head.path))


def query(record: LogRecord) -> bytes:
    """`%q`: with its question mark; nothing where there is none."""
    if record.head is None or record.head.query is None:
        return b""
    return b"?" + escape(record.head.query)


def protocol(record: LogRecord) -> bytes:
    if record.head is None:
        return DASH
    return b"HTTP/1.0" if record.head.version == 10 else b"HTTP/1.1"


def keepalive(record: LogRecord) -> bytes:
    return number(record.keepalive_count)


def connection_end(record: LogRecord) -> bytes:
    """`%X`: aborted, kept alive or closed."""
    return b"X" if record.aborted else b"+" if record.kept_alive else DASH


def body_bytes(record: LogRecord) -> bytes:
    return number(record.body_bytes_sent)


def bytes_received(record: LogRecord) -> bytes:
    return number(record.bytes_received)


def bytes_both(record: LogRecord) -> bytes:
    return number(record.bytes_received + record.bytes_sent)


def process(record: LogRecord) -> bytes:
    return number(os.getpid())


def thread(record: LogRecord) -> bytes:
    return number(threading.get_native_id())


def hex_thread(record: LogRecord) -> bytes:
    return b"%x" % threading.get_native_id()


def host_of(record: LogRecord) -> object:
    if record.host is not None:
        return record.host
    return record.decision.host if record.decision is not None else None


def server_name(record: LogRecord) -> bytes:
    """`%v`: ServerName, whatever was asked for."""
    host = host_of(record)
    return escape(host.server_name) or DASH if host is not None else DASH  # type: ignore[attr-defined]


def asked_name(record: LogRecord) -> bytes:
    """`%V`: by UseCanonicalName; Off, the name that the request gave."""
    if record.head is None or not record.head.host or (
        record.decision is not None and record.decision.scope.canonical_name
    ):
        return server_name(record)
    name = record.head.host
    colon = name.rfind(b":")
    if colon > name.rfind(b"]"):
        name = name[:colon]
    return escape(name.lower())


def canonical_port(record: LogRecord) -> bytes:
    """`%p`: the port in ServerName, else the scheme's own; never the listener's."""
    host = host_of(record)
    if host is not None and host.server_port:  # type: ignore[attr-defined]
        return number(host.server_port)  # type: ignore[attr-defined]
    return b"443" if record.facts is not None and record.facts.tls else b"80"


def local_port(record: LogRecord) -> bytes:
    return number(record.facts.local_port) if record.facts is not None else DASH


def remote_port(record: LogRecord) -> bytes:
    if record.facts is None:
        return DASH
    if record.decision is not None and record.decision.address:
        # RemoteIPHeader names no port.
        return b"0"
    return number(record.facts.proxied_port if record.facts.proxied_address else record.facts.remote_port)


def file_name(record: LogRecord) -> bytes:
    """`%f`: the file, or what httpd puts in its place for a proxied request."""
    decision = record.decision
    if decision is None:
        return DASH
    if decision.kind == FILE:
        return escape(decision.file)
    if decision.kind in (REDIRECT, ANSWER) and decision.filename == decision.uri:
        # No file was looked for yet.
        return DASH
    return escape(decision.filename) or DASH


def handler(record: LogRecord) -> bytes:
    """`%R`: who made the answer."""
    decision = record.decision
    if decision is None:
        return DASH
    if decision.kind == FORWARD:
        return b"proxy-server"
    # A rule's H may take it from the request.
    return escape(decision.handler.encode("latin-1", "replace")) if decision.kind == LOCAL else DASH


def tls_variable(name: str) -> Piece:
    """`%{SSL_PROTOCOL}x` and its like, from the connection itself."""

    def piece(record: LogRecord) -> bytes:
        if record.tls is None:
            return DASH
        if name == "SSL_PROTOCOL":
            return (record.tls.version() or "-").encode()
        if name == "SSL_TLS_SNI":
            return escape(record.facts.sni) or DASH
        cipher = record.tls.cipher()
        if cipher is None:
            return DASH
        if name == "SSL_CIPHER":
            return str(cipher[0]).encode()
        return number(cipher[2])

    return piece


def tls_fact(name: str) -> Piece:
    """What else is known of the handshake: `%{SSL_CLIENT_S_DN}x`."""
    key = name.upper().encode("ascii")

    def piece(record: LogRecord) -> bytes:
        facts = record.facts.tls_facts
        return DASH if facts is None else escape(facts.get(key)) or DASH

    return piece


TLS_VARIABLES: Final = ("SSL_PROTOCOL", "SSL_CIPHER", "SSL_CIPHER_USEKEYSIZE", "SSL_CIPHER_ALGKEYSIZE", "SSL_TLS_SNI")


def decoded(value: bytes) -> bytes:
    """A path with its escapes undone; one that is none is kept."""
    if b"%" not in value:
        return value
    pieces = value.split(b"%")
    made = pieces[0]
    for at in range(1, len(pieces)):
        piece = pieces[at]
        high = HEX.find(piece[:1].lower()) if piece else -1
        low = HEX.find(piece[1:2].lower()) if len(piece) > 1 else -1
        if high < 0 or low < 0:
            made += b"%" + piece
        else:
            made += bytes([high * 16 + low]) + piece[2:]
    return made


HEX: Final = b"0123456789abcdef"

Made = tuple[int, object]


def plainly(code: int, argument: object = None) -> Callable[[str, str], Made]:
    """A specifier that takes no argument; httpd passes over one that is written."""
    return lambda given, whole: (code, argument)


def address(given: str, whole: str) -> Made:
    """`%a`, and `%{c}a` for the peer itself: a proxy in front where one is believed."""
    if given not in ("", "c"):
        raise FormatFault(whole, f"`{whole}`: write `%a` or `%{{c}}a`")
    return (OTHER, peer_address if given else client_address)


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

    return OTHER, piece


def variable(given: str, whole: str) -> Made:
    name = needed(given, whole)

    def piece(record: LogRecord) -> bytes:
        value = record.variable(name)
        return DASH if value is None else escape(value)

    return OTHER, piece


def cookie(given: str, whole: str) -> Made:
    """`%{NAME}C`: the first cookie of that name, in any case of letters as httpd has it."""
    name = needed(given, whole).lower()

    def piece(record: LogRecord) -> bytes:
        value = record.head.get(b"cookie") if record.head is not None else None
        if value is None:
            return DASH
        for pair in value.replace(b",", b";").split(b";"):
            key, equals, text = pair.strip().partition(b"=")
            if equals and key.strip().lower() == name:
                return escape(text.strip()) or DASH
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


def never(given: str, whole: str) -> Made:
    needed(given, whole)
    return OTHER, dash


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
    "L": plainly(OTHER, dash),
    "m": plainly(OTHER, method),
    "n": note,
    "o": response_field,
    "O": plainly(BYTES_SENT),
    "p": port,
    "P": process_or_thread,
    "q": plainly(OTHER, query),
    "r": plainly(REQUEST_LINE),
    "R": plainly(OTHER, handler),
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
    "^ti": never,
    "^to": never,
}

LAST: Final[dict[str, tuple[int, object]]] = {"s": (STATUS, None), "U": (OTHER, last_path)}
"""What `>` makes of those that speak of the client's own request else."""
