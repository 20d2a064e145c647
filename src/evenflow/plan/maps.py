"""RewriteMap: what `${name:key}` finds.

Tables in text files, whole or with a value drawn at random, programs that answer a line with a line, and four functions
of the key. A text is read again when its file has changed. A program belongs to whoever starts the children: here are
only the two pipes to it and the lock that makes one question at a time of all children's.
"""

from __future__ import annotations

import fcntl
import os
import random
import select
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_to_bytes

from evenflow.origin import Origin
from evenflow.plan.decision import FILES, NOTHING
from evenflow.wire.targets import escape

BLANKS: Final = b" \t\n\v\f\r"

LONGEST_LINE: Final = 1024
"""httpd reads a line of a text in pieces of so many bytes, and each piece counts as a line."""

ANSWER_SECONDS: Final = 2.0
"""A program may take so long for an answer. httpd waits for ever, and with it everybody who asks the same map."""

LATE_SECONDS: Final = 0.05
"""Answers that came too late once are waited for so long before the next question."""

LOCK_PAUSE: Final = 0.0005
"""Seconds between two tries for the lock."""

OUT_OF_STEP: Final = -1
"""Part of a key was sent and the rest was not taken, or who sent it was killed: no answer can be told from another any
more."""


class TextMap:
    """`txt:` and, with `at_random`, `rnd:`. A key stands at the begin of a line, its value is the next word."""

    depends = FILES

    __slots__ = ("path", "at_random", "signature", "values", "origin")

    def __init__(self, path: bytes, at_random: bool, origin: Origin) -> None:
        self.path = path
        self.at_random = at_random
        self.signature: tuple[int, int, int] | None = None
        """What the file was when it was read: time of change, size, inode."""
        self.values: dict[bytes, bytes] = {}
        self.origin = origin

    def find(self, key: bytes) -> bytes | None:
        """The value, None for none. A file that cannot be read has none."""
        try:
            facts = os.stat(self.path)
            signature = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            if signature != self.signature:
                with open(self.path, "rb") as file:
                    self.values = read_text(file.read())
                self.signature = signature
        except OSError:
            return None
        value = self.values.get(key)
        if value is not None and self.at_random:
            value = random.choice(value.split(b"|"))
        return value or None


    def all(self) -> list[bytes]:
        """Every value that there is now, each once."""
        self.find(b"")
        values: dict[bytes, None] = {}
        for value in self.values.values():
            values.update(dict.fromkeys(value.split(b"|") if self.at_random else [value]))
        return [value for value in values if value]


def read_text(data: bytes) -> dict[bytes, bytes]:
    """The pairs of a text: of two lines for a key the first one counts that has a value."""
    values: dict[bytes, bytes] = {}
    for whole in data.split(b"\n"):
        for start in range(0, len(whole), LONGEST_LINE):
            line = whole[start : start + LONGEST_LINE]
            if line.startswith(b"#") or line[:1] in BLANKS:
                continue
            words = line.split(None, 2)
            if len(words) > 1:
                values.setdefault(words[0], words[1])
    return values


class FunctionMap:
    """`int:`"""

    depends = NOTHING

    __slots__ = ("function", "origin")

    def __init__(self, function: Callable[[bytes], bytes], origin: Origin) -> None:
        self.function = function
        self.origin = origin

    def find(self, key: bytes) -> bytes | None:
        return self.function(key)


def unescape(key: bytes) -> bytes:
    """Percent-decoded; httpd's texts end at a NUL."""
    return unquote_to_bytes(key).partition(b"\0")[0]


FUNCTIONS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "toupper": bytes.upper,
    "tolower": bytes.lower,
    "escape": escape,
    "unescape": unescape,
}


class ProgramMap:
    """`prg:`. `words` are the program's, `user` and `group` "" where it keeps the server's."""

    depends = FILES

    __slots__ = ("words", "user", "group", "writing", "reading", "lock", "origin")

    def __init__(self, words: tuple[str, ...], user: str, group: str, origin: Origin) -> None:
        self.words = words
        self.user = user
        self.group = group
        self.writing = -1
        self.reading = -1
        """The descriptors of its input and output; -1 while it does not run."""
        self.lock = -1
        """A file of our own: locked while somebody asks, with the number of answers that are still to come in it."""
        self.origin = origin

    def attach(self, writing: int, reading: int, lock: int) -> None:
        """It runs behind these descriptors; the pipes do not block."""
        self.writing = writing
        self.reading = reading
        self.lock = lock
        self._owe(0)

    def find(self, key: bytes) -> bytes | None:
        """What the program answers. None for `NULL`, for a key with a line feed in it, and where it does not answer in
        time; b"" where it has ended."""
        if self.writing < 0 or b"\n" in key:
            return None
        deadline = time.monotonic() + ANSWER_SECONDS
        if not self._take_lock(deadline):
            return None
        try:
            owed = int.from_bytes(os.pread(self.lock, 4, 0), "little", signed=True)
            if owed:
                if owed == OUT_OF_STEP:
                    return None
                _, owed = self._hear(owed, time.monotonic() + LATE_SECONDS)
                self._owe(owed)
                if owed:
                    return None
            # Said before, not after: the answer to a process that is killed here must not be taken for the next one's.
            self._owe(OUT_OF_STEP)
            if not self._say(key + b"\n", deadline):
                return None
            self._owe(1)
            answer, owed = self._hear(1, deadline)
            self._owe(owed)
        finally:
            fcntl.lockf(self.lock, fcntl.LOCK_UN)
        if answer is None or (len(answer) == 4 and answer.upper() == b"NULL"):
            return None
        return answer

    def _take_lock(self, deadline: float) -> bool:
        while True:
            try:
                fcntl.lockf(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(LOCK_PAUSE)

    def _owe(self, count: int) -> None:
        os.pwrite(self.lock, count.to_bytes(4, "little", signed=True), 0)

    def _say(self, data: bytes, deadline: float) -> bool:
        """Write it; False where the program does not take it in time."""
        sent = 0
        while sent < len(data):
            try:
                sent += os.write(self.writing, data[sent:])
            except BlockingIOError:
                if not wait_for(self.writing, select.POLLOUT, deadline):
                    if not sent:
                        self._owe(0)
                    return False
            except OSError:
                # It has ended: what it answers is nothing.
                return True
        return True

    def _hear(self, owed: int, deadline: float) -> tuple[bytes | None, int]:
        """The answers to the last `owed` keys: the last of them and 0, or None and how many did not come in time."""
        heard = b""
        while True:
            lines = heard.split(b"\n", owed)
            if len(lines) > owed:
                return lines[owed - 1], 0
            if not wait_for(self.reading, select.POLLIN, deadline):
                return None, owed - len(lines) + 1
            try:
                piece = os.read(self.reading, 4096)
            except BlockingIOError:
                continue
            if not piece:
                return lines[-1], 0
            heard += piece


def wait_for(descriptor: int, event: int, deadline: float) -> bool:
    """Whether it becomes ready until then (monotonic seconds)."""
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))


Map = TextMap | FunctionMap | ProgramMap
