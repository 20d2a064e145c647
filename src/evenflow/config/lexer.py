"""From physical lines to logical lines, and from a logical line to words.

Follows httpd's reader: a backslash at the very end joins the next line before anything else is looked at, comments
included; quotes count only at the start of a word. Every character remembers its physical place. It does not know
directives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evenflow.config.source import Source
from evenflow.config.syntax import Span, Word

BLANKS = " \t\n\v\f\r"


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One statement's text, blanks at both ends removed. `number` is its last physical line, which is the one httpd
    reports.

    `places` gives for each character its physical (line, column) and, for what came from a variable, how many columns
    the variable's name takes.
    """

    file: str
    number: int
    text: str
    written: str
    """The text before variables were replaced."""
    places: tuple[tuple[int, int, int], ...]

    def span(self, start: int, end: int) -> Span:
        """The place of text[start:end]; only its first physical line where it covers several."""
        if not self.places or start >= len(self.places):
            line, column, width = self.places[-1] if self.places else (self.number, 1, 1)
            return Span(self.file, line, column + (width if self.places else 0), 1)
        line, column, width = self.places[start]
        stop = column + width
        for there, right, wide in self.places[start + 1 : max(end, start + 1)]:
            if there != line:
                break
            stop = max(stop, right + wide)
        return Span(self.file, line, column, max(1, stop - column))

    @property
    def whole(self) -> Span:
        return self.span(0, len(self.text))


def logical_lines(source: Source) -> Iterator[LogicalLine]:
    """Join continued lines, drop blank ones and comments."""
    number = 0
    total = len(source.lines)
    while number < total:
        text = ""
        places: list[tuple[int, int, int]] = []
        while True:
            line = source.lines[number]
            number += 1
            goes_on = line.endswith("\\")
            kept = line[:-1] if goes_on else line
            text += kept
            places.extend((number, column, 1) for column in range(1, len(kept) + 1))
            if not goes_on or number >= total:
                break
        start = len(text) - len(text.lstrip(BLANKS))
        text = text.strip(BLANKS)
        if text and not text.startswith("#"):
            yield LogicalLine(source.path, number, text, text, tuple(places[start : start + len(text)]))


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
    made = ""
    places: list[tuple[int, int, int]] = []
    missing: list[tuple[str, Span]] = []
    pos = 0
    while True:
        found = text.find("${", pos)
        end = text.find("}", found) if found >= 0 else -1
        if found < 0 or end < 0:
            made += text[pos:]
            places.extend(line.places[pos:])
            break
        name = text[found + 2 : end]
        value = look_up(name) if name and ":" not in name else None
        if value is None:
            if name and ":" not in name:
                missing.append((name, line.span(found, end + 1)))
            value_places = list(line.places[found : end + 1])
            value = text[found : end + 1]
        else:
            at = line.span(found, end + 1)
            value_places = [(at.line, at.column, at.width)] * len(value)
        made += text[pos:found] + value
        places.extend(line.places[pos:found])
        places.extend(value_places)
        pos = end + 1
    start = len(made) - len(made.lstrip(BLANKS))
    made_text = made.strip(BLANKS)
    kept = tuple(places[start : start + len(made_text)])
    return LogicalLine(line.file, line.number, made_text, line.written, kept), missing


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
        while pos < size and text[pos] != quote:
            if text[pos] == "\\" and pos + 1 < size and text[pos + 1] in ("\\", quote):
                pos += 1
            word.append(text[pos])
            pos += 1
        end = min(pos + 1, size)
        return "".join(word), start, end, end
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
