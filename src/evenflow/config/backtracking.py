"""What may a pattern cost, as the length of the subject grows?

A pattern is read into an automaton whose states are the places where it takes a character, and whose edges are counted:
two ways for the same text from a place back to itself make the cost exponential; a loop from which the same text leads
into a later loop multiplies it by the length. A search that may begin anywhere is a loop before all others. What is
asked of it need only hold for patterns that the library has accepted; what it cannot judge is `UNKNOWN`.

After Weber and Seidl, "On the degree of ambiguity of finite automata" (1991), and Weideman and others, "Analyzing
matching time behavior of backtracking regular expression matchers by using ambiguity of NFA" (2016).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

LINEAR: Final = 1
"""One of the degrees; 2 is quadratic, and so on."""
EXPONENTIAL: Final = 100
UNKNOWN: Final = 99
"""A pattern that calls itself, or one that is too large to judge."""

MOST_PLACES: Final = 400
MOST_LOOPS: Final = 40
"""Loops in one pattern, beyond which nobody asks who reaches whom."""
LARGEST_LOOP: Final = 60
"""Places in one loop, beyond which its pairs are not looked at."""
FEW: Final = 8
"""A count below this is no loop."""

ALL: Final = (1 << 256) - 1


@dataclass(frozen=True, slots=True)
class Cost:
    """`degree`: of the polynomial in the subject's length, or EXPONENTIAL, or UNKNOWN.

    `tied`: it matches at the start or nowhere. `loops` are the guilty quantified parts, (start, end) in the pattern.
    `verbs`: one like `(*SKIP)` steers the search. `rewrite`: a pattern for the same that costs less, or "". `starts`:
    every text that it matches begins with one of these, of which none is empty; () where nothing is known. `folded`:
    likewise, of the text in lower case.
    """

    degree: int
    tied: bool
    loops: tuple[tuple[int, int], ...] = ()
    verbs: bool = False
    rewrite: str = ""
    starts: tuple[bytes, ...] = ()
    folded: tuple[bytes, ...] = ()


@lru_cache(maxsize=10000)
def cost_of(pattern: str, any_case: bool = False, reads: str | None = None) -> Cost:
    """What the pattern costs, read as `origin.Origin.reads` says. It must be one that the library takes."""
    plain = PLAIN.fullmatch(pattern)
    if plain is not None:
        starts, folded = _first_letters(pattern, any_case)
        return Cost(LINEAR, plain.group(1) is not None, starts=starts, folded=folded)
    return _judged(pattern, any_case, reads, advise=True)


PLAIN: Final = re.compile(r"(\^)?(?:[^\\\[\](){}*+?|.$^]|\\[^A-Za-z0-9]|\.)*(?(1)(?:\(?\.\*\)?)?)\$?")
"""No quantifier; or tied to the start and with one at the end."""


def _first_letters(pattern: str, any_case: bool) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The text that a plain pattern begins with, as it is and in lower case."""
    found = LETTERS.match(pattern)
    if found is None:
        return (), ()
    text = ESCAPED.sub(r"\1", found.group(1)).encode("utf-8", "surrogateescape")
    same = text
    if any_case:
        same = WITHOUT_CASE.match(text)[0]  # type: ignore[index]
    return (same,) if same else (), (text.lower(),)


LETTERS: Final = re.compile(r"\^((?:[^\\\[\](){}*+?|.$^]|\\[^A-Za-z0-9])+)")
ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
WITHOUT_CASE: Final = re.compile(rb"[^A-Za-z]*")


def _judged(pattern: str, any_case: bool, reads: str | None, *, advise: bool) -> Cost:
    reader = Reader(pattern, any_case)
    if reads is not None:
        reader.dot_all, reader.end_only = "s" in reads, "d" in reads
    try:
        tree = reader.read()
        automaton = Automaton(reader.last_mark, reader.last_end)
        automaton.build(tree, reader.tied(tree))
        degree, guilty = automaton.degree()
    except (Unjudged, RecursionError):
        return Cost(UNKNOWN, False, verbs=reader.verbs)
    loops = tuple((loop.start, loop.end) for loop in guilty)
    rewrite = ""
    if advise and degree > 2 and not reader.extended:
        rewrite = _simpler(pattern, any_case, reads, guilty, degree)
    tied = reader.tied(tree)
    begins = (starts_of(tree, False), starts_of(tree, True)) if tied and "(*" not in pattern else ((), ())
    return Cost(degree, tied, loops, reader.verbs, rewrite, *begins)


def _simpler(pattern: str, any_case: bool, reads: str | None, guilty: list[Many], degree: int) -> str:
    """One loop in place of a loop of loops, or `[^/]*` for `.*` before a slash; "" where that does not help."""
    made = pattern
    if degree == EXPONENTIAL:
        for outer in guilty:
            inner = _only(outer.item)
            if isinstance(inner, Many) and inner.most is None and outer.most is None:
                sign = "+" if inner.least and outer.least else "*"
                made = pattern[: inner.item_end] + sign + pattern[inner.end : outer.item_end] + pattern[outer.end :]
                break
    else:
        for loop in sorted(guilty, key=lambda one: -one.start):
            after = re.match(r"\)*(\\?[^\w\\\[\](){}*+?|.$^])(?![*+?{])", pattern[loop.end :])
            if isinstance(loop.item, Place) and loop.item.mask == ALL and after is not None:
                made = f"{made[: loop.start]}[^{after.group(1)}]{made[loop.item_end :]}"
    if made == pattern or _judged(made, any_case, reads, advise=False).degree > 2:
        return ""
    return made


def _only(node: Node) -> Node:
    """What stands alone in parentheses."""
    while isinstance(node, Row) and len(node.items) == 1:
        node = node.items[0]
    return node


# --- the tree -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Place:
    """One character out of a set, a bit for each byte."""

    mask: int


@dataclass(slots=True)
class Row:
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Choice:
    branches: list[Node]


@dataclass(slots=True)
class Many:
    """A quantified item; `most` None is no bound. `possessive` gives nothing back."""

    item: Node
    least: int
    most: int | None
    possessive: bool
    start: int
    item_end: int
    end: int


@dataclass(slots=True)
class Look:
    """Something that is looked for and not taken."""

    body: Node


@dataclass(slots=True)
class Mark:
    """A place without width: `start`, `end` or another."""

    kind: str


Node = Place | Row | Choice | Many | Look | Mark


class Unjudged(Exception):
    """The pattern has something in it that the automaton does not tell."""


DIGITS: Final = sum(1 << byte for byte in b"0123456789")
WORDS: Final = DIGITS | sum(1 << byte for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
BLANKS: Final = sum(1 << byte for byte in b" \t\n\v\f\r")
HORIZONTAL: Final = sum(1 << byte for byte in b" \t\xa0")
VERTICAL: Final = sum(1 << byte for byte in b"\n\v\f\r\x85")
NEWLINE: Final = 1 << 10
UPPER: Final = sum(1 << byte for byte in range(65, 91))
LOWER: Final = UPPER << 32

SETS: Final = {
    "d": DIGITS, "D": ALL ^ DIGITS, "w": WORDS, "W": ALL ^ WORDS, "s": BLANKS, "S": ALL ^ BLANKS,
    "h": HORIZONTAL, "H": ALL ^ HORIZONTAL, "v": VERTICAL, "V": ALL ^ VERTICAL, "N": ALL ^ NEWLINE,
    "p": ALL, "P": ALL, "X": ALL, "R": VERTICAL, "C": ALL,
}  # fmt: skip
CONTROLS: Final = {"n": 10, "r": 13, "t": 9, "f": 12, "e": 27, "a": 7}
CLASSES: Final = {
    "alnum": WORDS ^ (1 << 95), "alpha": UPPER | LOWER, "ascii": (1 << 128) - 1, "blank": 1 << 32 | 1 << 9,
    "cntrl": (1 << 32) - 1 | 1 << 127, "digit": DIGITS, "graph": (1 << 127) - (1 << 33), "lower": LOWER,
    "print": (1 << 127) - (1 << 32), "punct": ((1 << 127) - (1 << 33)) & ~(WORDS ^ (1 << 95)), "space": BLANKS,
    "upper": UPPER, "word": WORDS, "xdigit": DIGITS | sum(1 << byte for byte in b"abcdefABCDEF"),
}  # fmt: skip

REMARKS: Final = re.compile(r"(?:[ \t\n\r\f\v]|#[^\n]*(?:\n|$))*")
COUNT: Final = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
NUMBER: Final = re.compile(r"x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{0,2})|o\{([0-7]+)\}|([0-7]{1,3})")
OPTIONS: Final = re.compile(r"\(\?(\^?[a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")
REFERENCE: Final = re.compile(r"[gk](?:\{[^}]*\}|<[^>]*>|'[^']*'|[-+]?\d+)|[1-9]\d*")
GROUP: Final = re.compile(r"\(\?(?:P?<(?![=!])\w+>|'\w+')")
VERB: Final = re.compile(r"\(\*([A-Za-z0-9_=]*)[^)]*\)")
STARTS: Final = re.compile(
    r"UTF8?|UCP|LIMIT_\w+=\d+|NO_\w+|NOTEMPTY\w*|CR|LF|CRLF|ANYCRLF|ANY|NUL|BSR_\w+|FAIL|F|ACCEPT"
)


class Reader:
    """One pass over a pattern."""

    def __init__(self, pattern: str, any_case: bool) -> None:
        self.text = pattern
        self.pos = 0
        self.any_case = any_case
        self.dot_all = True
        self.end_only = True
        """`$` is the end, and not before a last line end too."""
        self.extended = False
        self.lines = False
        self.verbs = False
        self.references = False
        self.unbounded = False
        """Something that was read may be long, and so may what a reference repeats."""
        self.last_mark = -1
        """Where the last thing stands that may fail without taking a character."""
        self.last_end = -1
        """Where the last `$` stands."""

    def read(self) -> Node:
        tree = self.choice()
        if self.pos < len(self.text):
            raise Unjudged
        return tree

    def tied(self, node: Node) -> bool:
        """Whether every way through begins at the start; `.*` does too, unless a reference looks at what it took."""
        if isinstance(node, Mark):
            return node.kind == "start"
        if isinstance(node, Choice):
            return all(self.tied(branch) for branch in node.branches)
        if isinstance(node, Row):
            return bool(node.items) and self.tied(node.items[0])
        if isinstance(node, Many):
            everything = isinstance(node.item, Place) and node.item.mask == ALL and node.most is None
            return everything and not (node.least or node.possessive or self.references or self.verbs)
        return False

    def choice(self) -> Node:
        saved = (self.any_case, self.dot_all, self.extended, self.lines)
        branches: list[Node] = [self.row()]
        while self.text.startswith("|", self.pos):
            self.pos += 1
            branches.append(self.row())
        self.any_case, self.dot_all, self.extended, self.lines = saved
        return branches[0] if len(branches) == 1 else Choice(branches)

    def row(self) -> Node:
        row = Row()
        text = self.text
        while self.pos < len(text) and text[self.pos] not in "|)":
            mark = text[self.pos]
            if self.extended and mark in " \t\n\r\f\v#":
                self.pass_over()
            elif text.startswith("\\Q", self.pos):
                end = text.find("\\E", self.pos)
                for letter in text[self.pos + 2 : len(text) if end < 0 else end]:
                    row.items.extend(self.letter(letter))
                self.pos = len(text) if end < 0 else end + 2
                self.quantify(row, self.pos - (0 if end < 0 else 3))
            elif text.startswith("\\E", self.pos):
                self.pos += 2
            else:
                start = self.pos
                row.items.extend(self.item())
                self.quantify(row, start)
        return row

    def pass_over(self) -> None:
        """Blanks and remarks of an extended pattern."""
        self.pos = REMARKS.match(self.text, self.pos).end()  # type: ignore[union-attr]

    def quantify(self, row: Row, start: int) -> None:
        """Put what follows as a quantifier around the last item."""
        text = self.text
        while row.items:
            item_end = self.pos
            if self.extended:
                self.pass_over()
            if self.pos >= len(text):
                return
            mark = text[self.pos]
            most: int | None = None
            if mark == "*" or mark == "+":
                least = 1 if mark == "+" else 0
                self.pos += 1
            elif mark == "?":
                least, most = 0, 1
                self.pos += 1
            else:
                count = COUNT.match(text, self.pos) if mark == "{" else None
                if count is None:
                    return
                least = int(count.group(1))
                most = least if count.group(2) is None else int(count.group(3)) if count.group(3) else None
                self.pos = count.end()
            possessive = text.startswith("+", self.pos)
            if possessive or text.startswith("?", self.pos):
                self.pos += 1
            self.unbounded = self.unbounded or most is None or most >= FEW
            row.items.append(Many(row.items.pop(), least, most, possessive, start, item_end, self.pos))

    def letter(self, letter: str) -> list[Node]:
        """A character that stands for itself: as many places as it has bytes."""
        return [Place(self.cased(1 << byte)) for byte in letter.encode("utf-8", "surrogateescape")]

    def cased(self, mask: int) -> int:
        if self.any_case:
            mask |= (mask & UPPER) << 32 | (mask & LOWER) >> 32
        return mask

    def item(self) -> list[Node]:
        text = self.text
        mark = text[self.pos]
        if mark == "(":
            return self.group()
        if mark == "[":
            return [Place(self.bracket())]
        if mark == "\\":
            return self.escape()
        self.pos += 1
        if mark == ".":
            return [Place(ALL if self.dot_all else ALL ^ NEWLINE)]
        if mark == "^":
            return [self.mark("start" if not self.lines else "other")]
        if mark == "$":
            return [self.mark("end" if self.end_only and not self.lines else "other")]
        return self.letter(mark)

    def mark(self, kind: str) -> Mark:
        if kind == "end":
            self.last_end = self.pos
        else:
            self.last_mark = self.pos
        return Mark(kind)

    def escape(self) -> list[Node]:
        text = self.text
        letter = text[self.pos + 1]
        if letter in "AG":
            self.pos += 2
            return [self.mark("start")]
        if letter == "z":
            self.pos += 2
            return [self.mark("end")]
        if letter in "bBZK":
            self.pos += 2
            return [self.mark("other")]
        reference = REFERENCE.match(text, self.pos + 1)
        if reference is not None:
            if letter == "g" and text[self.pos + 2] in "<'":
                raise Unjudged
            self.references = True
            start = self.pos
            self.pos = reference.end()
            self.last_mark = self.pos
            if not self.unbounded:
                return [Place(ALL)]
            return [Many(Place(ALL), 0, None, False, start, self.pos, self.pos)]
        return [Place(self.cased(self.escaped()))]

    def escaped(self) -> int:
        """A set or a character behind a backslash; in brackets too."""
        text = self.text
        letter = text[self.pos + 1]
        if letter in "pP":
            found = re.compile(r"\{[^}]*\}|.").match(text, self.pos + 2)
            self.pos = found.end() if found is not None else self.pos + 2
            return ALL
        if letter in SETS:
            self.pos += 2
            return SETS[letter]
        if letter in CONTROLS:
            self.pos += 2
            return 1 << CONTROLS[letter]
        if letter == "c":
            self.pos += 3
            return 1 << (ord(text[self.pos - 1].upper()) ^ 64) % 256
        number = NUMBER.match(text, self.pos + 1)
        if number is not None:
            self.pos = number.end()
            high, low, octal, digits = number.groups()
            value = int(high or low or "0", 16) if octal is None and digits is None else int(octal or digits, 8)
            return 1 << value if value < 256 else ALL
        self.pos += 2
        return sum(1 << byte for byte in letter.encode("utf-8", "surrogateescape"))

    def bracket(self) -> int:
        text = self.text
        self.pos += 1
        negated = text.startswith("^", self.pos)
        if negated:
            self.pos += 1
        mask = 0
        first = self.pos
        while text[self.pos : self.pos + 1] != "]" or self.pos == first:
            if self.pos >= len(text):
                raise Unjudged
            mask |= self.member()
        self.pos += 1
        mask = self.cased(mask)
        return ALL & ~mask if negated else mask

    def member(self) -> int:
        """One member of a bracket, a range too."""
        text = self.text
        posix = re.compile(r"\[:(\^?)(\w+):\]").match(text, self.pos)
        if posix is not None:
            self.pos = posix.end()
            mask = CLASSES.get(posix.group(2), ALL)
            return ALL & ~mask if posix.group(1) else mask
        if text.startswith("\\Q", self.pos) or text.startswith("\\E", self.pos):
            raise Unjudged
        mask = self.single()
        if text.startswith("-", self.pos) and text[self.pos + 1 : self.pos + 2] not in ("]", ""):
            saved = self.pos
            self.pos += 1
            other = 0 if text.startswith("[:", self.pos) else self.single()
            if mask.bit_count() == 1 == other.bit_count():
                return (other << 1) - mask
            self.pos = saved + 1
            return mask | 1 << 45
        return mask

    def single(self) -> int:
        if self.text[self.pos] != "\\":
            self.pos += 1
            return sum(1 << byte for byte in self.text[self.pos - 1].encode("utf-8", "surrogateescape"))
        if self.text[self.pos + 1] == "b":
            self.pos += 2
            return 1 << 8
        return self.escaped()

    def group(self) -> list[Node]:
        text = self.text
        if text.startswith("(*", self.pos):
            verb = VERB.match(text, self.pos)
            if verb is None or verb.group(1).islower():
                raise Unjudged
            self.verbs = self.verbs or STARTS.fullmatch(verb.group(1)) is None
            self.pos = verb.end()
            return [self.mark("other")]
        if not text.startswith("(?", self.pos):
            return [self.inside(1)]
        if text.startswith(("(?#", "(?C"), self.pos):
            end = text.find(")", self.pos)
            self.pos = len(text) if end < 0 else end + 1
            return []
        for opening in ("(?=", "(?!", "(?<=", "(?<!"):
            if text.startswith(opening, self.pos):
                body = self.inside(len(opening))
                self.last_mark = self.pos
                # Behind us is as much as the body is long.
                return [Mark("other") if "<" in opening else Look(body)]
        for opening in ("(?:", "(?|"):
            if text.startswith(opening, self.pos):
                return [self.inside(3)]
        if text.startswith("(?>", self.pos):
            body = self.inside(3)
            single = _only(body)
            if isinstance(single, Many):
                single.possessive = True
            return [body]
        named = GROUP.match(text, self.pos)
        if named is not None:
            return [self.inside(named.end() - self.pos)]
        options = OPTIONS.match(text, self.pos)
        if options is None:
            raise Unjudged
        return self.options(options)

    def inside(self, size: int) -> Node:
        self.pos += size
        tree = self.choice()
        if not self.text.startswith(")", self.pos):
            raise Unjudged
        self.pos += 1
        # A group of its own, so that a quantifier has all of it.
        return Row([tree])

    def options(self, found: re.Match[str]) -> list[Node]:
        saved = (self.any_case, self.dot_all, self.extended, self.lines)
        on, off = found.group(1), found.group(2) or ""
        if on.startswith("^"):
            self.any_case = self.dot_all = self.extended = self.lines = False
        if "R" in on or "P" in on:
            raise Unjudged
        for letters, value in ((on, True), (off, False)):
            self.any_case = value if "i" in letters else self.any_case
            self.dot_all = value if "s" in letters else self.dot_all
            self.extended = value if "x" in letters else self.extended
            self.lines = value if "m" in letters else self.lines
        if found.group(3) == ")":
            self.pos = found.end()
            return []
        inner = self.inside(found.end() - self.pos)
        self.any_case, self.dot_all, self.extended, self.lines = saved
        return [inner]


# --- how a match begins -------------------------------------------------------------------------------------------

MOST_STARTS: Final = 32

Starts = dict[bytes, bool]
"""Beginnings, and whether each may grow: what comes next in the pattern comes right behind it in the text."""


def starts_of(tree: Node, folded: bool) -> tuple[bytes, ...]:
    """What every text that a tied pattern matches begins with, in lower case if `folded`; () where one of the ways is
    open to everything."""
    found = _longer({b"": True}, tree, folded)
    return () if b"" in found else tuple(found)


def _longer(starts: Starts, node: Node, folded: bool) -> Starts:
    """The beginnings with a node behind them."""
    if True not in starts.values():
        return starts
    mask = node.mask if isinstance(node, Place) else 0
    if folded:
        mask = mask & ~UPPER | (mask & UPPER) << 32
    if mask.bit_count() == 1:
        letter = bytes((mask.bit_length() - 1,))
        longer: Starts = {}
        for start, grows in starts.items():
            _add(longer, {start + letter if grows else start: grows})
        return longer
    if isinstance(node, Mark | Look):
        # It may fail, and takes nothing.
        return starts
    if isinstance(node, Row):
        for item in node.items:
            starts = _longer(starts, item, folded)
        return starts
    if isinstance(node, Choice):
        made: Starts = {}
        for branch in node.branches:
            _add(made, _longer(starts, branch, folded))
        return made if len(made) <= MOST_STARTS else dict.fromkeys(starts, False)
    if isinstance(node, Many) and node.most != 0 and node.least:
        once = _longer(starts, node.item, folded)
        return once if node.most == 1 else dict.fromkeys(once, False)
    if isinstance(node, Many) and node.most == 1:
        made = dict(starts)
        _add(made, _longer(starts, node.item, folded))
        return made if len(made) <= MOST_STARTS else dict.fromkeys(starts, False)
    return dict.fromkeys(starts, False)


def _add(starts: Starts, more: Starts) -> None:
    for start, grows in more.items():
        # One that ends here lets everything follow.
        starts[start] = grows and starts.get(start, True)


# --- the automaton ------------------------------------------------------------------------------------------------

Ends = dict[int, tuple[int, int]]
"""Where a part ends: place -> (in how many ways, which characters may not follow)."""


class Automaton:
    """Places and the counted edges among them; two ways stand for two or more."""

    def __init__(self, last_mark: int, last_end: int) -> None:
        self.last_mark = last_mark
        self.last_end = last_end
        self.masks: list[int] = []
        self.loops: list[list[Many]] = []
        """The unbounded quantifiers around each place, innermost last."""
        self.edges: list[dict[int, tuple[int, int]]] = []
        """For each place: the next place -> (ways, characters)."""
        self.around: list[Many] = []
        self.final: Ends = {}

    def build(self, tree: Node, tied: bool) -> None:
        search = None if tied else self.place(ALL)
        first, self.final, _ = self.part(tree)
        if search is not None:
            self.edges[search][search] = (1, ALL)
            self.connect({search: (1, 0)}, first)

    def place(self, mask: int) -> int:
        if len(self.masks) >= MOST_PLACES:
            raise Unjudged
        self.masks.append(mask)
        self.loops.append(list(self.around))
        self.edges.append({})
        return len(self.masks) - 1

    def connect(self, ends: Ends, starts: dict[int, int]) -> None:
        for place, (ways, barred) in ends.items():
            edges = self.edges[place]
            for other, more in starts.items():
                mask = self.masks[other] & ~barred
                if mask:
                    known, old = edges.get(other, (0, 0))
                    both = known + ways * more if not known or old & mask else max(known, ways * more)
                    edges[other] = (min(2, both), old | mask)

    def part(self, node: Node) -> tuple[dict[int, int], Ends, int]:
        """Where a part begins (place -> ways), where it ends, and in how many ways it takes nothing."""
        if isinstance(node, Place):
            place = self.place(node.mask)
            return {place: 1}, {place: (1, 0)}, 0
        if isinstance(node, Row):
            return self.row(node.items)
        if isinstance(node, Choice):
            first: dict[int, int] = {}
            last: Ends = {}
            empty = 0
            for branch in node.branches:
                begins, ends, nothing = self.part(branch)
                first |= begins
                last |= ends
                empty = min(2, empty + nothing)
            return first, last, empty
        if isinstance(node, Look):
            first, _, _ = self.part(node.body)
            return first, {}, 1
        if isinstance(node, Mark):
            return {}, {}, 1
        return self.many(node)

    def row(self, items: Iterable[Node]) -> tuple[dict[int, int], Ends, int]:
        first: dict[int, int] = {}
        last: Ends = {}
        empty = 1
        for item in items:
            begins, ends, nothing = self.part(item)
            self.connect(last, begins)
            if empty:
                for place, ways in begins.items():
                    first[place] = min(2, ways * empty)
            if nothing:
                for place, (ways, barred) in last.items():
                    ends[place] = (min(2, ways * nothing), barred)
            last = ends
            empty = min(2, empty * nothing)
        return first, last, empty

    def many(self, node: Many) -> tuple[dict[int, int], Ends, int]:
        item, most = node.item, node.most
        single = _only(item)
        if most == 0:
            return {}, {}, 1
        if most == 1:
            first, last, empty = self.part(item)
            return first, last, min(2, empty + (not node.least))
        if isinstance(single, Place) and most is not None and (most < FEW or most == node.least):
            if most == node.least:
                return self.row([single] * min(most, FEW))
            rest: list[Node] = []
            for _ in range(most - node.least):
                # One in the other: what is left out at the front is left out behind it as well.
                rest = [Many(Row([single, *rest]), 0, 1, False, 0, 0, 0)]
            return self.row([single] * node.least + rest)
        self.around.append(node)
        first, last, empty = self.part(item)
        self.around.pop()
        if not last:
            # It takes nothing, again and again.
            raise Unjudged
        self.connect(last, first)
        if empty and (most is not None or node.least > 1):
            # Any of the rounds may be the one that takes nothing.
            self.connect(last, first)
        if node.possessive and isinstance(single, Place):
            last = {place: (ways, barred | single.mask) for place, (ways, barred) in last.items()}
        return first, last, min(2, empty + (not node.least))

    def degree(self) -> tuple[int, list[Many]]:
        """The degree, and the loops that make it so."""
        components = [found for found in _components(self.edges) if self.is_loop(found)]
        if len(components) > MOST_LOOPS:
            raise Unjudged
        components = [component for component in components if not self.never_fails(component)]
        for component in components:
            place = self.ambiguous(component)
            if place is not None:
                return EXPONENTIAL, self.loops[place][-2:][:1]
        # In the order of the pattern: whoever is reached stands behind whoever reaches it.
        components.reverse()
        best: list[list[list[int]]] = []
        reached = [self.reach(component, ALL) for component in components]
        for place, component in enumerate(components):
            chain = [component]
            for before in range(place):
                other = components[before]
                if not reached[before] & set(component):
                    continue
                shared = self.mask_of(other) & self.mask_of(component)
                longer = best[before]
                if self.reach(other, shared) & set(component):
                    longer = [*longer, component]
                if len(longer) > len(chain):
                    chain = longer
            best.append(chain)
        longest = max(best, key=len, default=[])
        guilty = [loop for component in longest for loop in self.outer_loops(component)]
        return max(LINEAR, len(longest)), guilty

    def is_loop(self, component: list[int]) -> bool:
        return len(component) > 1 or component[0] in self.edges[component[0]]

    def mask_of(self, component: list[int]) -> int:
        mask = 0
        for place in component:
            mask |= self.masks[place]
        return mask

    def outer_loops(self, component: list[int]) -> list[Many]:
        """The outermost quantifier of a loop; none for the search itself."""
        around = self.loops[component[0]]
        return around[:1]

    def never_fails(self, component: list[int]) -> bool:
        """Whether the pattern has matched as soon as one is in there, so that nobody comes back: it may stop anywhere,
        or it takes any rest of a subject."""
        for place in component:
            if not self.loops[place] or self.loops[place][0].start < self.last_mark:
                return False
            if place not in self.final or self.final[place][1]:
                return False
        if self.loops[component[0]][0].start >= self.last_end:
            return True
        return len(component) == 1 and self.masks[component[0]] == ALL

    def reach(self, component: list[int], mask: int) -> set[int]:
        """The places that a text of these characters leads to from here."""
        found: set[int] = set()
        waiting = list(component)
        while waiting:
            for other, (_, characters) in self.edges[waiting.pop()].items():
                if other not in found and characters & mask:
                    found.add(other)
                    waiting.append(other)
        return found

    def ambiguous(self, component: list[int]) -> int | None:
        """A place from which one text leads in two ways back to it; None where there is none."""
        members = set(component)
        inside = {place: [(o, w, m) for o, (w, m) in self.edges[place].items() if o in members] for place in members}
        sure = True
        for place, edges in inside.items():
            taken = 0
            for _, ways, mask in edges:
                if ways > 1:
                    return place
                sure = sure and not taken & mask
                taken |= mask
        if sure:
            return None
        if len(component) > LARGEST_LOOP:
            raise Unjudged
        pairs = [(one, two) for one in component for two in component]
        numbers = {pair: number for number, pair in enumerate(pairs)}
        steps: list[dict[int, tuple[int, int]]] = [{} for _ in pairs]
        for (one, two), number in numbers.items():
            for left, _, left_mask in inside[one]:
                for right, _, right_mask in inside[two]:
                    if left_mask & right_mask:
                        steps[number][numbers[left, right]] = (1, 0)
        for found in _components(steps):
            same = [pairs[number][0] for number in found if pairs[number][0] == pairs[number][1]]
            if 0 < len(same) < len(found):
                return max(same, key=lambda place: len(self.loops[place]))
        return None


def _components(edges: list[dict[int, tuple[int, int]]]) -> list[list[int]]:
    """The strongly connected parts of a graph, those that are reached before those that reach them (Tarjan)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()
    found: list[list[int]] = []
    for root in range(len(edges)):
        if root in order:
            continue
        work = [(root, iter(edges[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        waiting.add(root)
        while work:
            place, others = work[-1]
            for other in others:
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append(other)
                    waiting.add(other)
                    work.append((other, iter(edges[other])))
                    break
                if other in waiting:
                    low[place] = min(low[place], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[place])
                if low[place] == order[place]:
                    cut = stack.index(place)
                    found.append(stack[cut:])
                    waiting.difference_update(stack[cut:])
                    del stack[cut:]
    return found
