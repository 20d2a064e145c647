"""A `LogFormat` as steps: a line for each exchange.

The language is mod_log_config's; `log_reading` reads it, and `log_pieces` knows the rarer steps. What comes from
outside is escaped as httpd does, so no client can write a line of its own. Where lines go is known elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import cython

from evenflow.serve.error_log import MONTHS
from evenflow.serve.log_record import LogRecord
from evenflow.serve.refused_head import RefusedHead

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

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(
        LITERAL=LITERAL,
        CLIENT_NAME=CLIENT_NAME,
        TIME=TIME,
        REQUEST_LINE=REQUEST_LINE,
        STATUS=STATUS,
        BODY_BYTES_OR_DASH=BODY_BYTES_OR_DASH,
        BYTES_SENT=BYTES_SENT,
        REQUEST_FIELD=REQUEST_FIELD,
        MICROSECONDS=MICROSECONDS,
        OTHER=OTHER,
    )

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
        return escape(RefusedHead(record.refused).line) or DASH
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
