"""Patterns that may backtrack without end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from evenflow.config.backtracking import EXPONENTIAL, UNKNOWN, Cost, cost_of
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.loaded import Loaded
from evenflow.config.syntax import Section, Span, Statement, Word, statements

TOLERATED: Final = 2
"""A search that may begin anywhere, or one part that gives back: nearly every pattern has one of them."""

Words = tuple[Word, ...]


def check_backtracking(loaded: Loaded) -> Iterator[Diagnostic]:
    """Patterns whose cost grows with the third power of the subject's length, or without any bound."""
    for statement in statements(loaded.tree.nodes):
        find = PATTERNS.get(statement.name.lower())
        if find is None:
            continue
        found = find(statement.words)
        if found is None or not LOOPS.search(found.text):
            continue
        skip = 1 if found.text.startswith("!") and statement.name.lower() in NEGATED else 0
        cost = cost_of(found.text[skip:])
        if TOLERATED < cost.degree != UNKNOWN:
            yield backtracks(statement, found, skip, cost)


def backtracks(statement: Statement | Section, word: Word, skip: int, cost: Cost) -> Diagnostic:
    pattern = word.text[skip:]
    if cost.degree == EXPONENTIAL:
        headline = f"`{pattern}` may try every way of dividing a text up"
        text, others = "what repeats here begins anew wherever it likes", ""
        much = "a text that is longer by one character can take twice as long"
        hint = (
            "let the parts of the repetition begin with different characters, or make it possessive "
            "(`++` in place of `+`)"
        )
    else:
        headline = f"`{pattern}` may try a text in very many ways"
        text, others = "this", "and this may take the same characters"
        much = f"a text that is ten times as long can take {10**cost.degree} times as long"
        hint = "name the characters that each part may take, like `[^/]*` in place of `.*`"
    spans = [part(word, skip + start, skip + end) for start, end in cost.loops] or [word.span]
    also = tuple(Label(span, others, primary=False) for span in spans[1:])
    return warning(
        "pattern-backtracks",
        headline,
        spans[0],
        text,
        also=also,
        notes=(
            much,
            "such a search is given up after 50 ms and counts as no match; httpd gives up after ten million steps",
        ),
        help=f"write `{cost.rewrite}`" if cost.rewrite else hint,
    )


def part(word: Word, start: int, end: int) -> Span:
    """A piece of a word; the whole word where quoting has moved its characters."""
    span = word.span
    quoted = span.width - len(word.text)
    if quoted not in (0, 2):
        return span
    return Span(span.file, span.line, span.column + quoted // 2 + start, end - start)


def at(place: int) -> Callable[[Words], Word | None]:
    def find(words: Words) -> Word | None:
        return words[place] if len(words) > place else None

    return find


def of_condition(words: Words) -> Word | None:
    word = words[1] if len(words) > 1 else None
    if word is None or words[0].text.lower() == "expr" or COMPARED.match(word.text):
        return None
    return word


def of_redirect(words: Words) -> Word | None:
    place = 1 if len(words) > 1 and STATUS.fullmatch(words[0].text) else 0
    return words[place] if len(words) > place else None


def of_edit(words: Words) -> Word | None:
    for place, word in enumerate(words[:2]):
        if word.text.lower() in ("edit", "edit*"):
            return at(place + 2)(words)
    return None


def of_substitute(words: Words) -> Word | None:
    """What stands between the first two of `s/PATTERN/TEXT/FLAGS`."""
    text, span = words[0].text if words else "", words[0].span if words else None
    parts = text[2:].split(text[1:2], 2) if len(text) > 2 else []
    if span is None or len(parts) < 2 or (len(parts) > 2 and "n" in parts[2].lower()):
        return None
    quote = (span.width - len(text)) // 2
    return Word(parts[0], Span(span.file, span.line, span.column + quote + 2, max(1, len(parts[0]))))


def of_two(words: Words) -> Word | None:
    return words[0] if len(words) > 1 else None


def of_section(words: Words) -> Word | None:
    return words[1] if len(words) > 1 and words[0].text == "~" else None


LOOPS: Final = re.compile("[*+{]")
COMPARED: Final = re.compile(r"!?(?:-[a-zA-Z]{1,2}$|-(?:eq|ne|lt|le|gt|ge)\d|[<>=])")
STATUS: Final = re.compile(r"\d{3}|permanent|temp|seeother|gone", re.IGNORECASE)
NEGATED: Final = frozenset(("rewriterule", "rewritecond"))

PATTERNS: Final[dict[str, Callable[[Words], Word | None]]] = {
    "rewriterule": at(0),
    "rewritecond": of_condition,
    "redirectmatch": of_redirect,
    "aliasmatch": at(0),
    "scriptaliasmatch": at(0),
    "setenvif": at(1),
    "setenvifnocase": at(1),
    "browsermatch": at(0),
    "browsermatchnocase": at(0),
    "proxypassmatch": of_two,
    "header": of_edit,
    "substitute": of_substitute,
    "requestheader": of_edit,
    "locationmatch": at(0),
    "directorymatch": at(0),
    "filesmatch": at(0),
    "proxymatch": at(0),
    "location": of_section,
    "directory": of_section,
    "files": of_section,
    "proxy": of_section,
}
"""Where in its words a directive has a pattern."""
