"""Regular expressions as httpd means them (PCRE, DOTALL, DOLLAR_ENDONLY), for Python's `re` on bytes.

The two languages agree on nearly everything. What is written differently is translated, what `re` cannot say is refused
with its place in the pattern: a pattern is never changed in meaning. Compiled once, when the plan is built.
"""

from __future__ import annotations

import re
import warnings
from typing import Final

from evenflow.compiler.findings import Refused
from evenflow.compiler.texts import to_bytes

CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "ascii": "\\x00-\\x7f",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t-\\r ",
    "upper": "A-Z",
    "word": "a-zA-Z0-9_",
    "xdigit": "0-9a-fA-F",
}
"""POSIX names inside brackets."""

# Escapes outside brackets that are spelled differently: PCRE's letter -> re's text.
ESCAPES: Final = {
    "z": "\\Z",
    "Z": "(?=\\n?\\Z)",
    "h": "[ \\t\\xa0]",
    "H": "[^ \\t\\xa0]",
    "v": "[\\n-\\r\\x85]",
    "V": "[^\\n-\\r\\x85]",
    "R": "(?>\\r\\n|[\\n-\\r\\x85])",
    "N": "[^\\n]",
    "e": "\\x1b",
}
CLASS_ESCAPES: Final = {"h": " \\t\\xa0", "v": "\\n-\\r\\x85", "e": "\\x1b", "b": "\\x08"}

SAME: Final = frozenset("dDwWsSbBAnrtf")
CLASS_SAME: Final = frozenset("dDwWsSnrtf")
UNLIKE: Final = {
    "K": "`\\K` moves the start of a match",
    "G": "`\\G` ties a match to the last one",
    "p": "`\\p` asks for a Unicode property",
    "P": "`\\P` asks for a Unicode property",
    "X": "`\\X` asks for a Unicode character",
    "C": "`\\C` asks for a single code unit",
    "L": "`\\L` is not an escape of PCRE",
    "U": "`\\U` is not an escape of PCRE",
}


def compile_regex(pattern: str, any_case: bool = False) -> re.Pattern[bytes]:
    """The compiled pattern. Raises `Refused` with the place of what cannot be said."""
    text = Translation(pattern).text()
    flags = re.DOTALL | (re.IGNORECASE if any_case else 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(to_bytes(text), flags)
    except (re.error, OverflowError, RecursionError) as fault:
        raise Refused(
            "pattern-malformed",
            f"`{pattern}` is not a regular expression that evenflow can use: {getattr(fault, 'msg', fault)}",
        ) from None


def wildcard_regex(pattern: str, crosses_slashes: bool) -> re.Pattern[bytes]:
    """A shell pattern (`*`, `?`, `[...]`) for the whole of a text, as apr_fnmatch reads it. `Refused` for an open
    bracket."""
    one = "." if crosses_slashes else "[^/]"
    out = []
    pos = 0
    while pos < len(pattern):
        mark = pattern[pos]
        pos += 1
        if mark == "*":
            out.append(one + "*")
        elif mark == "?":
            out.append(one)
        elif mark == "\\" and pos < len(pattern):
            out.append(re.escape(pattern[pos]))
            pos += 1
        elif mark == "[":
            end = pattern.find("]", pos + 1)
            if end < 0:
                raise Refused("pattern-malformed", f"the `[` in `{pattern}` is never closed")
            inside = pattern[pos:end].replace("\\", "\\\\").replace("[", "\\[")
            if inside.startswith("!"):
                inside = "^" + inside[1:]
            out.append(("" if crosses_slashes else "(?!/)") + f"[{inside}]")
            pos = end + 1
        else:
            out.append(re.escape(mark))
    return re.compile(b"\\A" + to_bytes("".join(out)) + b"\\Z", re.DOTALL)


class Translation:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.pos = 0
        self.out: list[str] = []
        self.open: list[int] = []
        """For each open group, how many more parentheses close with it."""
        self.at_start = True
        """At the start of the pattern or of a group."""

    def refuse(self, why: str, at: int) -> Refused:
        return Refused(
            "pattern-not-supported",
            f"{why}, and evenflow's patterns cannot (character {at + 1} of `{self.pattern}`)",
        )

    def text(self) -> str:
        extra = 0
        while self.pos < len(self.pattern):
            mark = self.pattern[self.pos]
            at_start, self.at_start = self.at_start, False
            if mark == "\\":
                self.escape()
            elif mark == "[":
                self.bracket()
            elif mark == "(":
                extra += self.group(at_start)
            elif mark == ")":
                self.out.append(")" * (1 + (self.open.pop() if self.open else 0)))
                self.pos += 1
            elif mark == "$":
                self.out.append("\\Z")
                self.pos += 1
            elif mark == "{" and not re.match(r"\{\d+(,\d*)?\}", self.pattern[self.pos :]):
                self.out.append("\\{")
                self.pos += 1
            else:
                self.out.append(mark)
                self.pos += 1
        return "".join(self.out) + ")" * extra

    def escape(self) -> None:
        at = self.pos
        rest = self.pattern[at + 1 :]
        if not rest:
            raise Refused("pattern-malformed", f"`{self.pattern}` ends with a backslash")
        letter = rest[0]
        self.pos = at + 2
        if letter in SAME:
            self.out.append("\\" + letter)
        elif letter in ESCAPES:
            self.out.append(ESCAPES[letter])
        elif letter in "xoc0123456789":
            self.number(at, letter, rest, False)
        elif letter == "Q":
            end = self.pattern.find("\\E", self.pos)
            stop = len(self.pattern) if end < 0 else end
            self.out.append(re.escape(self.pattern[self.pos : stop]))
            self.pos = stop if end < 0 else end + 2
        elif letter == "E":
            pass
        elif letter == "g" or letter == "k":
            self.reference(at)
        elif letter.isascii() and letter.isalnum():
            raise self.refuse(UNLIKE.get(letter, f"`\\{letter}` has a meaning of its own"), at)
        else:
            self.out.append("\\" + letter if letter.isascii() else letter)

    def number(self, at: int, letter: str, rest: str, inside: bool) -> None:
        """Characters by number, and references to groups by one digit."""
        if letter == "x":
            braced = re.match(r"x\{([0-9a-fA-F]{1,2})\}", rest)
            plain = re.match(r"x([0-9a-fA-F]{0,2})", rest)
            found = braced or plain
            assert found is not None
            if not braced and rest.startswith("x{"):
                raise self.refuse("a character above `\\xff` is asked for", at)
            self.put_byte(int(found.group(1) or "0", 16))
            self.pos = at + 1 + found.end()
        elif letter == "o":
            octal = re.match(r"o\{([0-7]{1,3})\}", rest)
            if octal is None or int(octal.group(1), 8) > 255:
                raise self.refuse("a character above `\\xff` is asked for", at)
            self.put_byte(int(octal.group(1), 8))
            self.pos = at + 1 + octal.end()
        elif letter == "c":
            if len(rest) < 2 or not " " <= rest[1] <= "~":
                raise Refused("pattern-malformed", f"`\\c` in `{self.pattern}` needs a character behind it")
            self.put_byte(ord(rest[1].upper()) ^ 64)
            self.pos = at + 3
        elif letter == "0" or inside:
            octal = re.match(r"[0-7]{1,3}", rest)
            if octal is None:
                raise self.refuse(f"`\\{letter}` stands in brackets", at)
            self.put_byte(int(octal.group(), 8) & 255)
            self.pos = at + 1 + octal.end()
        elif len(rest) > 1 and rest[1].isdigit():
            raise self.refuse("a backslash stands before several digits", at)
        else:
            self.out.append(f"(?:\\{letter})")

    def put_byte(self, value: int) -> None:
        self.out.append(f"\\x{value:02x}")

    def reference(self, at: int) -> None:
        """\\g{N}, \\gN, \\k<name> and its relatives."""
        found = re.match(r"\\g\{?(\d)\}?(?!\d)", self.pattern[at:])
        if found is not None:
            self.out.append(f"(?:\\{found.group(1)})")
            self.pos = at + found.end()
            return
        found = re.match(r"\\[gk](?:\{(\w+)\}|<(\w+)>|'(\w+)')", self.pattern[at:], re.ASCII)
        if found is None or self.pattern.startswith("\\g<", at) or self.pattern.startswith("\\g'", at):
            raise self.refuse("a group is called or counted from here", at)
        self.out.append(f"(?P={found.group(1) or found.group(2) or found.group(3)})")
        self.pos = at + found.end()

    def group(self, at_start: bool) -> int:
        """An opening parenthesis; returns how many more close at the pattern's end."""
        at = self.pos
        rest = self.pattern[at:]
        if rest.startswith("(*"):
            raise self.refuse("`(*` begins a verb", at)
        if not rest.startswith("(?"):
            self.put_group("(", 1)
            return 0
        for plain in ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?P<"):
            if rest.startswith(plain):
                self.put_group(plain, len(plain))
                if plain == "(?P<":
                    self.at_start = False
                return 0
        if rest.startswith("(?P="):
            end = rest.find(")")
            self.out.append(rest[: end + 1])
            self.pos = at + end + 1
            return 0
        if rest.startswith("(?#"):
            end = rest.find(")")
            self.pos = len(self.pattern) if end < 0 else at + end + 1
            self.at_start = at_start
            return 0
        named = re.match(r"\(\?(?:<(\w+)>|'(\w+)')", rest, re.ASCII)
        if named is not None:
            self.put_group(f"(?P<{named.group(1) or named.group(2)}>", named.end())
            return 0
        conditional = re.match(r"\(\?\((\d)\)", rest)
        if conditional is not None:
            self.put_group(conditional.group(), conditional.end())
            self.at_start = False
            return 0
        flags = re.match(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])", rest)
        if flags is None:
            raise self.refuse("a group is called, or its branches are numbered alike", at)
        return self.flags(at, at_start, flags)

    def put_group(self, text: str, size: int) -> None:
        self.out.append(text)
        self.open.append(0)
        self.pos += size
        self.at_start = True

    def flags(self, at: int, at_start: bool, found: re.Match[str]) -> int:
        """`(?i)` and `(?i:...)`; only i and s have the same meaning in both languages."""
        on, off, end = found.group(1), found.group(2) or "", found.group(3)
        for letter in on + off:
            if letter not in "is":
                raise self.refuse(f"the option `{letter}` is switched", at)
        # Everything is bytes: `re` takes i and s off only for a group.
        text = "(?" + on + ("-" + off if off else "") + ":"
        self.pos = at + found.end()
        if not on and not off:
            text = "(?:"
        if end == ":":
            self.out.append(text)
            self.open.append(0)
            self.at_start = True
            return 0
        if not at_start:
            raise self.refuse("options are switched in the middle of a group", at)
        self.out.append(text)
        self.at_start = True
        if self.open:
            self.open[-1] += 1
            return 0
        return 1

    def bracket(self) -> None:
        """A class in brackets."""
        at = self.pos
        pattern = self.pattern
        pos = at + 1
        self.out.append("[")
        if pattern.startswith("^", pos):
            self.out.append("^")
            pos += 1
        first = True
        while True:
            if pos >= len(pattern):
                raise Refused("pattern-malformed", f"the `[` at character {at + 1} of `{pattern}` is never closed")
            mark = pattern[pos]
            if mark == "]" and not first:
                break
            first = False
            posix = re.match(r"\[:(\^?)(\w+):\]", pattern[pos:], re.ASCII)
            if posix is not None:
                if posix.group(2) not in CLASSES or posix.group(1):
                    raise self.refuse(f"`{posix.group()}` is asked for", pos)
                self.out.append(CLASSES[posix.group(2)])
                pos += posix.end()
            elif mark == "\\":
                pos = self.class_escape(pos)
            elif mark in "[]&~|":
                self.out.append("\\" + mark)
                pos += 1
            elif not mark.isascii():
                # Two bytes at least: in brackets PCRE takes each for itself, as we do.
                self.out.append(mark)
                pos += 1
            else:
                self.out.append(mark)
                pos += 1
        self.out.append("]")
        self.pos = pos + 1

    def class_escape(self, at: int) -> int:
        rest = self.pattern[at + 1 :]
        if not rest:
            raise Refused("pattern-malformed", f"`{self.pattern}` ends with a backslash")
        letter = rest[0]
        self.pos = at + 2
        if letter in CLASS_SAME:
            self.out.append("\\" + letter)
        elif letter in CLASS_ESCAPES:
            self.out.append(CLASS_ESCAPES[letter])
        elif letter in "xoc0123456789":
            self.number(at, letter, rest, True)
        elif letter.isascii() and letter.isalnum():
            raise self.refuse(UNLIKE.get(letter, f"`\\{letter}` stands in brackets"), at)
        else:
            self.out.append("\\" + letter if letter.isascii() else letter)
        return self.pos
