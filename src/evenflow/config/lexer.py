"""From physical lines to logical lines, and from a logical line to words.

Follows httpd's reader: a backslash at the very end joins the next line before anything else is looked at, comments
included; quotes count only at the start of a word. Every character remembers its physical place. It does not know
directives.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from evenflow.config.source import Source
from evenflow.config.syntax import Span, Use, Word
from evenflow.origin import Origin

BLANKS = " \t\n\v\f\r"

LONGEST: Final = 16 * 2**20
"""How long a logical line may be, in characters, as in httpd."""

PLAIN: Final = re.compile(r"[^ \t\n\v\f\r\\]*")
"""An unquoted word up to its end or to a backslash."""

Run = tuple[int, int, int, int]
"""(offset, line, column, width): the text from `offset` on stands at this place. With width 0 each character has a
column of its own; what came from a variable or a macro's argument all stands where its name does, `width` columns."""


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One statement's text, blanks at both ends removed. `number` is its last physical line, which is the one httpd
    reports. `runs` say where each piece of the text stands; `use` is where a macro was used that brought the line in.
    """

    file: str
    number: int
    text: str
    written: str
    """The text before variables were replaced."""
    runs: tuple[Run, ...]
    use: Use | None = None

    @property
    def origin(self) -> Origin:
        return Origin(self.file, self.number, self.written, self.use.origin if self.use is not None else None)

    def span(self, start: int, end: int) -> Span:
        """The place of text[start:end]; only its first physical line where it covers several."""
        runs = self.runs
        if len(runs) == 1 and not runs[0][3] and start < len(self.text):
            # Nothing was joined or put in: nearly every line.
            return Span(self.file, runs[0][1], runs[0][2] + start, max(1, min(end, len(self.text)) - start))
        if not runs:
            return Span(self.file, self.number, 1, 1)
        if start >= len(self.text):
            line, column, width = self._place(len(self.text) - 1)
            return Span(self.file, line, column + width, 1)
        line, column, width = self._place(start)
        stop = column + width
        at = bisect_right(self.runs, start, key=_offset) - 1
        while (
            at < len(self.runs) and self.runs[at][1] == line and (self.runs[at][0] < end or self.runs[at][0] <= start)
        ):
            after = self.runs[at + 1][0] if at + 1 < len(self.runs) else len(self.text)
            last = max(min(after, end) - 1, start)
            _, right, wide = self._place(last)
            stop = max(stop, right + wide)
            at += 1
        return Span(self.file, line, column, max(1, stop - column))

    def _place(self, at: int) -> tuple[int, int, int]:
        """(line, column, width) of one character."""
        offset, line, column, width = self.runs[bisect_right(self.runs, at, key=_offset) - 1]
        return (line, column, width) if width else (line, column + at - offset, 1)

    @property
    def whole(self) -> Span:
        return self.span(0, len(self.text))


def _offset(run: Run) -> int:
    return run[0]


def logical_lines(source: Source) -> Iterator[LogicalLine]:
    """Join continued lines, drop blank ones and comments."""
    number = 0
    total = len(source.lines)
    while number < total:
        line = source.lines[number]
        number += 1
        if not line.endswith("\\"):
            text = line.strip(BLANKS)
            if text and text[0] != "#":
                column = 1 if text is line else line.find(text[0]) + 1
                yield LogicalLine(source.path, number, text, text, ((0, number, column, 0),))
            continue
        pieces = [line[:-1]]
        runs: list[Run] = [(0, number, 1, 0)]
        size = len(pieces[0])
        goes_on = True
        while goes_on and number < total:
            line = source.lines[number]
            number += 1
            if not line and pieces[-1].endswith("\\"):
                # httpd looks at the end of all that it has, so that an empty line behind two backslashes goes on too.
                pieces[-1] = pieces[-1][:-1]
                size -= 1
                continue
            goes_on = line.endswith("\\")
            pieces.append(line[:-1] if goes_on else line)
            runs.append((size, number, 1, 0))
            size += len(pieces[-1])
        text = "".join(pieces)
        start, text = len(text) - len(text.lstrip(BLANKS)), text.strip(BLANKS)
        if text and not text.startswith("#"):
            yield LogicalLine(source.path, number, text, text, _cut(runs, start, start + len(text), 0))


def _cut(runs: Sequence[Run], start: int, end: int, base: int) -> tuple[Run, ...]:
    """The places of what stood from `start` to `end` and stands at `base` now."""
    found: list[Run] = []
    for at in range(bisect_right(runs, start, key=_offset) - 1, len(runs)):
        offset, line, column, width = runs[at]
        if offset >= end:
            break
        if at + 1 < len(runs) and runs[at + 1][0] <= start:
            continue
        skipped = max(start - offset, 0)
        found.append((base + max(offset - start, 0), line, column if width else column + skipped, width))
    return tuple(found)


def put_in_place(line: LogicalLine, pieces: Sequence[tuple[int, int, str]]) -> LogicalLine:
    """The line with values in place of some of its text: (start, end, value), in order and apart from each other.

    Blanks at the ends go.
    """
    made: list[str] = []
    runs: list[Run] = []
    size = pos = 0
    for start, end, value in (*pieces, (len(line.text), len(line.text), "")):
        if start > pos:
            made.append(line.text[pos:start])
            runs += _cut(line.runs, pos, start, size)
            size += start - pos
        if value:
            at = line.span(start, end)
            made.append(value)
            runs.append((size, at.line, at.column, at.width))
            size += len(value)
        pos = end
    whole = "".join(made)
    first, text = len(whole) - len(whole.lstrip(BLANKS)), whole.strip(BLANKS)
    kept = _cut(runs, first, first + len(text), 0) if text else ()
    return LogicalLine(line.file, line.number, text, line.written, kept, line.use)


def replace_variables(
    line: LogicalLine, look_up: Callable[[str], str | None]
) -> tuple[LogicalLine, list[tuple[str, Span]]]:
    """Put values in place of `${NAME}`, once, on the raw line. Answers the names that nobody defined, which stay as
    they are.

    A name with a colon belongs to RewriteMap and is left alone.
    """
    text = line.text
    if "${" not in text:
        return line, []
    pieces: list[tuple[int, int, str]] = []
    missing: list[tuple[str, Span]] = []
    pos = 0
    while True:
        found = text.find("${", pos)
        end = text.find("}", found) if found >= 0 else -1
        if end < 0:
            break
        name = text[found + 2 : end]
        value = look_up(name) if name and ":" not in name else None
        if value is not None:
            pieces.append((found, end + 1, value))
        elif name and ":" not in name:
            missing.append((name, line.span(found, end + 1)))
        pos = end + 1
    return put_in_place(line, pieces), missing


def next_word(text: str, pos: int) -> tuple[str, int, int, int]:
    """The word at or after `pos` as httpd's directives see it: (word, start, end, where to go on).

    At the end start == len(text).
    """
    size = len(text)
    while pos < size and text[pos] in BLANKS:
        pos += 1
    start = pos
    if pos >= size:
        return "", size, size, size
    word: list[str] = []
    quote = text[pos]
    if quote in "\"'":
        pos += 1
        end = text.find(quote, pos)
        if end < 0:
            end = size
        if text.find("\\", pos, end) < 0:
            return text[pos:end], start, min(end + 1, size), min(end + 1, size)
        while pos < size and text[pos] != quote:
            if text[pos] == "\\" and pos + 1 < size and text[pos + 1] in ("\\", quote):
                pos += 1
            word.append(text[pos])
            pos += 1
        end = min(pos + 1, size)
        return "".join(word), start, end, end
    plain = PLAIN.match(text, pos)
    assert plain is not None
    pos = plain.end()
    if pos >= size or text[pos] != "\\":
        return plain[0], start, pos, pos
    word.append(plain[0])
    while pos < size and text[pos] not in BLANKS:
        if text[pos] == "\\" and pos + 1 < size and text[pos + 1] == "\\":
            pos += 1
        word.append(text[pos])
        pos += 1
    return "".join(word), start, pos, pos


def split_words(line: LogicalLine, start: int, end: int) -> tuple[Word, ...]:
    """The words of text[start:end], quotes and escapes removed."""
    words: list[Word] = []
    text = line.text[:end]
    pos = start
    while True:
        word, first, last, pos = next_word(text, pos)
        if first >= len(text):
            return tuple(words)
        words.append(Word(word, line.span(first, last)))


def split_rewrite(text: str) -> list[tuple[str, int, int]]:
    """The arguments of RewriteRule and RewriteCond, which httpd splits in their own way: (argument, start, end), at
    most three.

    Inside quotes nothing is unescaped; outside, a backslash keeps the blank after it, and stays. Behind a quoted first
    argument a missing second one counts as empty.
    """
    found: list[tuple[str, int, int]] = []
    size = len(text)
    pos = 0
    while len(found) < 3:
        while pos < size and text[pos] in BLANKS:
            pos += 1
        if pos >= size:
            break
        start = pos
        quote = text[pos] if text[pos] in "\"'" else ""
        if quote:
            pos += 1
        first = pos
        while pos < size:
            if quote and text[pos] == quote:
                break
            if not quote and text[pos] in BLANKS:
                break
            if not quote and text[pos] == "\\" and pos + 1 < size and text[pos + 1] in BLANKS:
                pos += 1
            pos += 1
        argument = text[first:pos]
        if quote and pos < size:
            pos += 1
        found.append((argument, start, pos))
        if len(found) == 1 and quote and pos == size and text[pos - 1] == quote and pos - 1 > start:
            found.append(("", size, size))
    return found
