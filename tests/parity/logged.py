"""The lines that a front wrote into its logs, with what no two runs share put in the place of the value.

A format of a case writes such a value behind its name and `=`; MASKS says for each name what the value must look like
to be masked. A value that does not look so stays as it was written, and shows in the comparison. Nothing is left out.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from .casebook import Logged, LogLine
from .observed import Seen

MASKED = re.compile(
    r"\b(?:(said)=.+|(time|took|pid|port|id|out|both|body|packed)=(\[[^]]*\]|(?<=\bid=)[\w.+/@-]+|[\w.+-]+))"
)
NEAR = 120.0
"""Seconds by which the time of a line may be off."""


def read_log(root: Path, path: str, seen: Sequence[Seen]) -> list[str]:
    """The masked lines of a log below ServerRoot, each byte a character; none where it was never written."""
    if not (root / path).exists():
        return []
    text = (root / path).read_bytes().decode("latin-1").replace(str(root), "{dir}")
    return [masked(line, seen) for line in text.split("\n")[:-1]]


def masked(line: str, seen: Sequence[Seen]) -> str:
    """One line with its masks; `seen` are the requests of which it may speak."""

    def mask(found: re.Match[str]) -> str:
        if found[1]:
            return "said=(words)"
        name, value = found[2], found[3]
        word = MASKS[name](value, seen)
        return found[0] if word is None else f"{name}={word}"

    return MASKED.sub(mask, line)


def _moment(value: str, seen: Sequence[Seen]) -> str | None:
    """The time of day, as httpd spells it or counted since 1970 in seconds, milliseconds or microseconds."""
    if value.startswith("["):
        text = re.sub(r"\.\d{6}", "", value)
        for form in ("[%d/%b/%Y:%H:%M:%S %z]", "[%a %b %d %H:%M:%S %Y]", "[%Y-%m-%d %H:%M:%S]"):
            try:
                at = datetime.strptime(text, form).timestamp()
            except ValueError:
                continue
            return _shape(value) if abs(at - time.time()) < NEAR else None
        return None
    if not value.isdigit():
        return None
    for digits, scale in ((10, 1), (13, 1000), (16, 1000000)):
        if len(value) == digits and abs(int(value) / scale - time.time()) < NEAR:
            return f"({digits} digits)"
    return None


def _shape(value: str) -> str:
    """How a time is written: a letter for a letter, 0 for a digit; a zone stays."""
    zone = re.search(r" [+-]\d{4}\]$", value)
    text = value[: zone.start()] if zone else value
    return re.sub(r"\d", "0", re.sub(r"[A-Za-z]", "a", text)) + (zone[0] if zone else "")


def _number(value: str, seen: Sequence[Seen]) -> str | None:
    return "(number)" if value.isdigit() else None


def _process(value: str, seen: Sequence[Seen]) -> str | None:
    return "(number)" if re.fullmatch(r"[0-9a-f]+", value) else None


def _port(value: str, seen: Sequence[Seen]) -> str | None:
    """A port that the system chose for one side of a connection."""
    return "(port)" if value.isdigit() and 1024 <= int(value) < 65536 else None


def _id(value: str, seen: Sequence[Seen]) -> str | None:
    return "(id)" if re.fullmatch(r"[\w@+/-]{8,}", value) else None


def _sent(value: str, seen: Sequence[Seen]) -> str | None:
    """As many bytes as a client received, head, framing and interim answers together."""
    return "(sent)" if value.isdigit() and int(value) in [one.reply.size for one in seen] else None


def _both(value: str, seen: Sequence[Seen]) -> str | None:
    """The same and what the client sent for it."""
    sizes = [one.reply.size + len(one.request.payload) + len(one.request.tunnel or b"") for one in seen]
    return "(both)" if value.isdigit() and int(value) in sizes else None


def _body(value: str, seen: Sequence[Seen]) -> str | None:
    """As many bytes as a page of a front's own has, in words of its own."""
    sizes = [len(one.reply.answer.body) for one in seen if one.is_page() and one.reply.answer is not None]
    return "(page)" if value.isdigit() and int(value) in sizes else None


MASKS: dict[str, Callable[[str, Sequence[Seen]], str | None]] = {
    "time": _moment,
    "took": _number,
    "pid": _process,
    "port": _port,
    "id": _id,
    "out": _sent,
    "both": _both,
    "body": _body,
    # httpd flushes where it has to wait for the member's next bytes, which makes a packed body longer
    "packed": _number,
}


def wrong_lines(told: Logged, lines: Sequence[str], kind: str) -> list[str]:
    """What a case says of a log and is not so."""
    expected = [line.httpd if kind == "httpd" else line.evenflow for line in told.lines]
    if not expected or expected == list(lines):
        return []
    return [f"{told.path} of {kind}:", *difflib.unified_diff(expected, lines, "the case", kind, n=0, lineterm="")]


def stale(told: Logged) -> list[LogLine]:
    """The lines that a case lists as a difference though they are alike."""
    return [line for line in told.lines if line.differs is not None and line.httpd == line.evenflow]
