"""What went wrong, one line each, for someone with a service down.

A line is `[time] [level] [pid N] text: name=value ...`, in httpd's order so that eyes and log readers know it, or what
ErrorLogFormat makes of it. Lines of the same key are limited, so that a dead cluster cannot fill a disk, and what was
left out is counted. Nothing is formatted for a level that is not written. It does not know what happened: callers bring
the words.
"""

from __future__ import annotations

import os
import syslog
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from evenflow.serve import log_output
from evenflow.serve.journal import Journal, is_journal

if TYPE_CHECKING:
    from evenflow.serve.log_record import LogRecord

EMERG: Final = 0
ALERT: Final = 1
CRIT: Final = 2
ERROR: Final = 3
WARN: Final = 4
NOTICE: Final = 5
INFO: Final = 6
DEBUG: Final = 7

TRACES: Final = tuple(f"trace{depth}" for depth in range(1, 9))
NAMES: Final = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", *TRACES)
LEVELS: Final[dict[str, int]] = {name: level for level, name in enumerate(NAMES)}

WINDOW: Final = 10.0
"""Seconds over which the lines of one key are counted."""
ALLOWED: Final = 20
"""Lines of one key within a window; the rest is counted and left out."""
KEYS: Final = 512
"""Keys that are told apart at a time; beyond it, lines are counted by their text alone."""

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def threshold(log_level: str) -> int:
    """The number of `LogLevel`'s words; a word for a single module (`proxy:debug`) does not count. ValueError for an
    unknown one.
    """
    for word in log_level.split():
        if ":" in word:
            continue
        level = LEVELS.get(word.lower())
        if level is None:
            raise ValueError(f"`LogLevel` must be one of {', '.join(NAMES)}, not `{word}`")
        return level
    return WARN


class _Window:
    """How many lines of one key were written and left out since `began`."""

    __slots__ = ("began", "written", "left_out", "level", "text")

    def __init__(self, began: float, level: int, text: str) -> None:
        self.began = began
        self.written = 0
        self.left_out = 0
        self.level = level
        self.text = text


class Ids:
    """How lines name a connection and the last request that one was about; b"" until one is written."""

    __slots__ = ("connection", "request")

    def __init__(self) -> None:
        self.connection = b""
        self.request = b""


class Occasion:
    """One line that is to be written, for a format. `record` and `ids` are there where a connection is behind it."""

    __slots__ = ("now", "level", "words", "record", "ids", "server", "cause", "origin")

    def __init__(
        self, now: float, level: int, words: str, record: LogRecord | None, ids: Ids | None, server: str
    ) -> None:
        self.now = now
        self.level = level
        self.words = words
        """The message; "" for a line before the first one about a connection or a request."""
        self.record = record
        self.ids = ids
        self.server = server
        """Name of the server whose log it is."""
        self.cause = ""
        """Why it happened, where a word is known for it."""
        self.origin = ""
        """The line of the configuration behind it."""

    @property
    def level_name(self) -> str:
        return NAMES[self.level] if self.words else ""


class Formats(Protocol):
    """What ErrorLogFormat says; `error_format` reads it."""

    main: Any

    def introductions(self, occasion: Occasion) -> list[str]: ...

    def line(self, occasion: Occasion) -> str | None: ...


class About:
    """Whom a line is about: what a log can ask of it, and its names."""

    __slots__ = ("record", "ids")

    def __init__(self, record: LogRecord, ids: Ids) -> None:
        self.record = record
        self.ids = ids


class ErrorLog:
    """The error log of one process tree. `target` is a file (absolute), `|command`, `syslog[:facility[:tag]]`,
    `journald[:identifier]`, or "" for standard error.

    Several processes may hold one: each line is a single write to a descriptor opened to append. OSError where the
    file cannot be opened. Lines look as `formats` says, for the server of this name; without, they have our own form.
    """

    __slots__ = (
        "level", "target", "formats", "server", "_descriptor", "_clock", "_windows", "_second", "_stamp", "_syslog",
        "_journal",
    )  # fmt: skip

    def __init__(
        self,
        target: str = "",
        log_level: str = "warn",
        clock: Callable[[], float] = time.time,
        formats: Formats | None = None,
        server: str = "",
    ) -> None:
        self.formats = formats
        self.server = server
        self.level: int = threshold(log_level)
        self.target = target
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._second: int = -1
        self._stamp = ("", "")
        self._syslog = read_syslog(target)
        self._journal = Journal(target) if is_journal(target) else None
        if self._syslog is not None or self._journal is not None:
            self._descriptor: int = -1
        else:
            self._descriptor = log_output.open_target(target)

    def wants(self, level: int) -> bool:
        """Whether a line of `level` would be written: ask before making a costly text."""
        return level <= self.level

    def error(self, text: str, key: str = "", about: About | None = None, **fields: object) -> None:
        """Something failed that somebody should look at."""
        if self.level >= ERROR:
            self.write(ERROR, text, key, fields, about)

    def warn(self, text: str, key: str = "", about: About | None = None, **fields: object) -> None:
        """Something is not as it should be, and we went on."""
        if self.level >= WARN:
            self.write(WARN, text, key, fields, about)

    def notice(self, text: str, key: str = "", about: About | None = None, **fields: object) -> None:
        """Something ordinary that is worth a line: start, end, a member that is back."""
        if self.level >= NOTICE:
            self.write(NOTICE, text, key, fields, about)

    def info(self, text: str, key: str = "", about: About | None = None, **fields: object) -> None:
        """What a client or a member did to itself."""
        if self.level >= INFO:
            self.write(INFO, text, key, fields, about)

    def debug(self, text: str, key: str = "", about: About | None = None, **fields: object) -> None:
        """Steps, for someone who looks for a cause."""
        if self.level >= DEBUG:
            self.write(DEBUG, text, key, fields, about)

    def write(
        self,
        level: int,
        text: str,
        key: str = "",
        fields: dict[str, object] | None = None,
        about: About | None = None,
    ) -> None:
        """Write one line of `level`, unless the level is not wanted or the key had its share.

        `key` tells apart what is limited apart (a member's name, say); without it the text is the key, so a text is a
        fixed sentence and what varies goes into `fields`.
        """
        if level > self.level:
            return
        now = self._clock()
        if self._may_write(now, level, text, key):
            words = text if not fields else text + ": " + spell(fields)
            if self.formats is None:
                self._put(now, level, words, fields or {})
            else:
                self._put_formatted(self.formats, now, level, words, fields or {}, about)

    def tick(self) -> None:
        """Say what was left out in windows that are over; called now and then, and before the process ends with
        `close`.
        """
        if self._windows:
            self._settle(self._clock(), False)

    def close(self) -> None:
        """Say what was left out so far. The descriptor stays open: others may hold it."""
        self._settle(self._clock(), True)

    def _may_write(self, now: float, level: int, text: str, key: str) -> bool:
        name = text + "\0" + key if key else text
        window = self._windows.get(name)
        if window is None:
            if len(self._windows) >= KEYS:
                self._settle(now, False)
            if len(self._windows) >= KEYS:
                name = text
                window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = _Window(now, level, text)
        elif now - window.began >= WINDOW or now < window.began:
            self._own_up(now, window)
            window.began = now
            window.written = 0
            window.left_out = 0
        if window.written >= ALLOWED:
            window.left_out += 1
            return False
        window.written += 1
        return True

    def _settle(self, now: float, everything: bool) -> None:
        over = [
            name
            for name, window in self._windows.items()
            if everything or now - window.began >= WINDOW or now < window.began
        ]
        for name in over:
            self._own_up(now, self._windows.pop(name))

    def _own_up(self, now: float, window: _Window) -> None:
        if window.left_out:
            words = f"{window.text}: {window.left_out} more lines were left out in {now - window.began:.0f} s"
            if self.formats is None:
                self._put(now, window.level, words, {})
            else:
                self._put_formatted(self.formats, now, window.level, words, {}, None)

    def _put_formatted(
        self,
        formats: Formats,
        now: float,
        level: int,
        words: str,
        fields: dict[str, object],
        about: About | None,
    ) -> None:
        """Write the line as ErrorLogFormat says, behind those that come once for its connection and its request."""
        record, ids = (about.record, about.ids) if about is not None else (None, None)
        occasion = Occasion(now, level, printable(words), record, ids, self.server)
        occasion.cause = printable(str(fields.get("cause") or ""))
        occasion.origin = printable(str(fields.get("origin") or ""))
        for line in formats.introductions(occasion):
            self._send(level, line, {})
        if formats.main is None:
            self._put(now, level, words, fields)
            return
        line_or_none = formats.line(occasion)
        if line_or_none is not None:
            self._send(level, line_or_none, fields)

    def _put(self, now: float, level: int, words: str, fields: dict[str, object]) -> None:
        """Write a line in our own form."""
        if self._syslog is not None or self._journal is not None:
            # Both know the time, the level and the process.
            self._send(level, printable(words), fields)
            return
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = stamp(second)
        before, after = self._stamp
        micros = int((now - second) * 1000000)
        line = f"[{before}.{micros:06d} {after}] [{NAMES[level]}] [pid {os.getpid()}] {printable(words)}"
        self._send(level, line, fields)

    def _send(self, level: int, line: str, fields: dict[str, object]) -> None:
        if self._journal is not None:
            self._journal.write(level, line, fields)
            return
        if self._syslog is not None:
            facility, tag = self._syslog
            # One process has one connection to syslog, which its logs share.
            syslog.openlog(tag, syslog.LOG_PID, facility)
            syslog.syslog(min(level, DEBUG), line)
            return
        try:
            os.write(self._descriptor, (line + "\n").encode("utf-8", "backslashreplace"))
        except OSError:
            # A full disk or a reader that went away: serving goes on without the line.
            pass


def read_syslog(target: str) -> tuple[int, str] | None:
    """(facility, tag) of `syslog[:facility[:tag]]`; None for another target. ValueError for a facility that syslog(3)
    does not have.
    """
    parts = target.split(":")
    if parts[0] != "syslog":
        return None
    facility = parts[1] if len(parts) > 1 and parts[1] else "local7"
    code = getattr(syslog, "LOG_" + facility.upper(), None)
    if code is None:
        raise ValueError(f"syslog has no facility `{facility}`")
    return code, parts[2] if len(parts) > 2 and parts[2] else "evenflow"


def stamp(second: int) -> tuple[str, str]:
    """httpd's local time in two halves: `Sat Nov 21 07:14:17` and `2026`; the fraction stands between them."""
    local = time.localtime(second)
    return (
        f"{DAYS[local.tm_wday]} {MONTHS[local.tm_mon - 1]} {local.tm_mday:02d}"
        f" {local.tm_hour:02d}:{local.tm_min:02d}:{local.tm_sec:02d}",
        str(local.tm_year),
    )


def spell(fields: dict[str, object]) -> str:
    """`name=value` for each, in order; a value with blanks or quotes in it is quoted, an empty one too."""
    words = []
    for name, value in fields.items():
        if isinstance(value, bytes):
            text = value.decode("latin-1")
        else:
            text = str(value)
        if not text or " " in text or '"' in text or ("=" in text and not text.startswith("http")):
            text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        words.append(name + "=" + text)
    return " ".join(words)


def tell_of_fault(log: ErrorLog, fault: BaseException) -> None:
    """An exception that nobody expected, a line for each line of its traceback."""
    lines = "".join(traceback.format_exception(fault)).rstrip().splitlines()
    for line in lines:
        log.error(line.rstrip(), line)


def printable(words: str) -> str:
    """The same on one line: control characters as `\\xhh`, so nobody outside can write a line of ours."""
    if words.isprintable():
        return words
    return "".join([letter if letter.isprintable() else spell_control(ord(letter)) for letter in words])


def spell_control(code: int) -> str:
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
