"""Patterns at run time: httpd's own engine, and a bound on what one search may cost.

A `Pattern` has `search`, `groups` and `groupindex` like one of `re`, a `Match` has `group`, `start`, `end` and `span`.
Most run as machine code. One that may backtrack without end is `bounded`: it gets so many steps and so much time, and
then there is no match, as with httpd, which gives up after ten million steps and says nothing. Here it is counted.
Patterns are made by the compiler; the library's own names stand in this file and nowhere else.
"""

from __future__ import annotations

from time import process_time
from typing import Any, Final

from pcre2 import _cy as pcre2

# What httpd sets for its patterns (RegexDefaultOptions; PCRE2_DUPNAMES for each), and what the binding sets without
# being asked: \u and \x as in JavaScript, no \C.
CASELESS: Final = 0x8
DOLLAR_ENDONLY: Final = 0x10
DOTALL: Final = 0x20
DUPNAMES: Final = 0x40
NOT_ASKED_FOR: Final = 0x00100002

LIKE_HTTPD: Final = DOTALL | DOLLAR_ENDONLY
"""What RegexDefaultOptions changes."""

ANCHORED: Final = 0x80000000
NO_JIT: Final = 0x2000
MATCH_LIMIT: Final = -47
JIT_STACK_LIMIT: Final = -46

STEPS: Final = (1_000, 10_000, 100_000, 1_000_000)
"""How many steps a bounded pattern gets from one place, first try to last. A step costs some ten nanoseconds, and as
much again for each kilobyte of the subject that it reads over."""
MORE: Final = 10
"""How much longer the next try may take."""
BUDGET: Final = 0.05
"""Seconds of CPU time for one search of a bounded pattern."""
SHORT: Final = 256
"""Bytes of subject that the first number of steps bounds without looking at the clock, from every place."""
LOOK: Final = 64
"""Places to begin at from one look at the clock to the next."""
MOST_NOTED: Final = 100

CONTEXT: Final = pcre2.create_match_context(None)

run: Final = pcre2.match
Fault: Final = pcre2.LibraryError

gave_up: Final[dict[bytes, int]] = {}
"""How often which pattern's search was given up since this was last emptied (by whoever writes the log)."""


class Match:
    """Where a pattern was found; groups by number or name."""

    __slots__ = ("re", "string", "_data")

    def __init__(self, pattern: Pattern, string: bytes, data: object) -> None:
        self.re = pattern
        self.string = string
        self._data = data

    def group(self, which: int | str = 0) -> bytes | None:
        """The text of a group, None where it took no part. Raises IndexError where there is none of that number."""
        found: bytes | None = pcre2.match_substring_bynumber(self._data, self.string, self._number(which))
        return found

    def groups(self) -> tuple[bytes | None, ...]:
        """The texts of all groups but the whole."""
        return tuple([self.group(number) for number in range(1, self.re.groups + 1)])

    def span(self, which: int | str = 0) -> tuple[int, int]:
        """From where to where a group goes; (-1, -1) where it took no part."""
        found: tuple[int, int] = pcre2.match_substring_span_bynumber(self._data, self.string, self._number(which))
        return found

    def start(self, which: int | str = 0) -> int:
        return self.span(which)[0]

    def end(self, which: int | str = 0) -> int:
        return self.span(which)[1]

    def _number(self, which: int | str) -> int:
        number = self.re.groupindex[which] if isinstance(which, str) else which
        if not 0 <= number <= self.re.groups:
            raise IndexError(f"there is no group {number}")
        return number


class Pattern:
    """A compiled pattern; `source` is its text as the configuration has it."""

    __slots__ = ("source", "groups", "groupindex", "starts", "folded", "_code", "_tries", "_tied")

    def __init__(self, source: bytes, any_case: bool, options: int = LIKE_HTTPD) -> None:
        """`options` are the library's. Raises `pcre2.PatternError`, which has a `pos`."""
        self.source = source
        self.starts: tuple[bytes, ...] = ()
        """Every text that it matches begins with one of these; () where that is not known."""
        self.folded: tuple[bytes, ...] = ()
        """Likewise, of the text in lower case."""
        self._code = translate(source, any_case, options)
        self.groups: int = pcre2.pattern_capture_count(self._code)
        self.groupindex = names(self._code) if b"?" in source else {}
        try:
            pcre2.jit_compile(self._code)
        except (Fault, MemoryError):
            # A kernel that lets nobody write machine code: interpreted then.
            pass

    def search(self, subject: bytes) -> Match | None:
        """The first place where it matches."""
        if self.starts and not subject.startswith(self.starts):
            return None
        try:
            data = run(self._code, subject, len(subject), 0, CONTEXT, 0)[0]
        except Fault as fault:
            data = self._again(subject, fault)
        return None if data is None else Match(self, subject, data)

    def search_from(self, subject: bytes, start: int) -> Match | None:
        """The first place from `start` on, what stands before it is seen. A bounded pattern has it not."""
        try:
            data = run(self._code, subject, len(subject), start, CONTEXT, 0)[0]
        except Fault as fault:
            data = self._again(subject, fault, start)
        return None if data is None else Match(self, subject, data)

    def _again(self, subject: bytes, fault: Any, start: int = 0) -> object:
        """Machine code has a small stack; the interpreter takes as much as it needs."""
        if fault.code == JIT_STACK_LIMIT:
            try:
                return run(self._code, subject, len(subject), start, CONTEXT, NO_JIT)[0]
            except Fault:
                pass
        note(self.source)
        return None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.source.decode('utf-8', 'backslashreplace')}>"


class BoundedPattern(Pattern):
    """A pattern that may backtrack without end, and is not let."""

    __slots__ = ()

    def __init__(self, source: bytes, any_case: bool, tied: bool, options: int = LIKE_HTTPD) -> None:
        """`tied`: it matches at the start of a subject or not at all."""
        self.source = source
        self.starts = ()
        self.folded = ()
        self._tries = tuple([translate(source, any_case, options, steps) for steps in STEPS])
        self._tied = tied
        self.groups = pcre2.pattern_capture_count(self._tries[0])
        self.groupindex = names(self._tries[0]) if b"?" in source else {}

    def search(self, subject: bytes) -> Match | None:
        """The first place where it matches; None as well where the search cost too much."""
        if self.starts and not subject.startswith(self.starts):
            return None
        size = len(subject)
        if size <= SHORT:
            try:
                data = run(self._tries[0], subject, size, 0, CONTEXT, 0)[0]
                return None if data is None else Match(self, subject, data)
            except Fault:
                pass
        began = process_time()
        for place in range(1 if self._tied else size + 1):
            if place % LOOK == LOOK - 1 and process_time() - began > BUDGET:
                break
            try:
                data = run(self._tries[0], subject, size, place, CONTEXT, ANCHORED)[0]
            except Fault as fault:
                known, data = self._longer(subject, place, began, fault)
                if not known:
                    break
            if data is not None:
                return Match(self, subject, data)
        else:
            return None
        note(self.source)
        return None

    def _longer(self, subject: bytes, place: int, began: float, fault: Any) -> tuple[bool, object]:
        """The outcome at one place with more steps, as long as there is time; (False, None) where it stays unknown."""
        spent = 0.0
        for code in self._tries[1:]:
            now = process_time()
            if fault.code != MATCH_LIMIT or now - began + spent * MORE > BUDGET:
                break
            try:
                return True, run(code, subject, len(subject), place, CONTEXT, ANCHORED)[0]
            except Fault as again:
                fault = again
            spent = process_time() - now
        return False, None


def translate(source: bytes, any_case: bool, options: int, steps: int = 0) -> object:
    """The library's code for a pattern that has at most so many steps, or as many as httpd's."""
    if steps:
        source = b"(*LIMIT_MATCH=%d)" % steps + source
    options |= DUPNAMES | (CASELESS if any_case else 0)
    code: object = pcre2.compile(source, options, NOT_ASKED_FOR)
    return code


def names(code: object) -> dict[str, int]:
    """The named groups in their order."""
    found: dict[str, int] = pcre2.pattern_name_dict(code)
    return dict(sorted(found.items(), key=by_number))


def by_number(item: tuple[str, int]) -> int:
    return item[1]


def note(source: bytes) -> None:
    """Count a search that was given up."""
    if source in gave_up or len(gave_up) < MOST_NOTED:
        gave_up[source] = gave_up.get(source, 0) + 1
