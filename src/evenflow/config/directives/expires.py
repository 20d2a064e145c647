"""mod_expires: how long answers may be kept."""

from __future__ import annotations

import re
from typing import Any, Final

from evenflow.config.arguments import count_words, flag, raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import ExpiryLine
from evenflow.config.syntax import Section, Statement, Word

UNITS: Final = (
    ("y", 31536000), ("mo", 2592000), ("w", 604800), ("d", 86400), ("h", 3600), ("mi", 60), ("s", 1),
)  # fmt: skip
"""By what a word begins with: httpd takes `dayish` for days."""


def read_expiry(statement: Statement | Section, word: Word) -> ExpiryLine:
    """`A60`, `M60`, or `"access plus 1 day 2 hours"`."""
    text = word.text
    if text[:1] in ("A", "M"):
        # httpd reads a number behind the letter, and finds 0 where there is none: `Access plus 1 day` too.
        digits = re.match(r"[ \t]*([+-]?[0-9]+)", text[1:])
        return ExpiryLine(text[0] == "M", int(digits[1]) if digits else 0)
    words = text.lower().split()
    if not words:
        raise wrong(statement, word, "missing <base>")
    base = words.pop(0)
    if base[0] not in "anm":
        raise wrong(statement, word, f"unrecognised <base> '{text.split()[0]}'")
    if words and words[0].startswith("p"):
        words.pop(0)
    seconds = 0
    while words:
        count = words.pop(0)
        digits = re.match("[0-9]+", count)
        if digits is None:
            raise wrong(statement, word, f"numeric value expected <num> '{count}'")
        if not words:
            raise wrong(statement, word, "missing <type>")
        kind = words.pop(0)
        unit = next((size for begin, size in UNITS if kind.startswith(begin)), 0)
        if not unit:
            raise wrong(statement, word, f"unrecognised <type>'{kind}'")
        seconds += int(digits[0]) * unit
    return ExpiryLine(base[0] == "m", seconds)


def wrong(statement: Statement | Section, word: Word, what: str) -> Wrong:
    said = " ".join(one.text for one in statement.words)
    return Wrong(
        "value-not-allowed",
        f"`{word.text}` is no time: {what}",
        word.span,
        says=f"'{statement.name} {said}': bad expires code, {what}",
        help=f'write for example `{statement.name} "access plus 1 day"`',
    )


def set_default(draft: Draft, statement: Statement | Section, value: Any) -> None:
    (word,) = count_words(statement, 1, 1, "takes one argument, an expiry date code")
    if word.text:
        draft.put("expires", "default", read_expiry(statement, word))


def add_type(draft: Draft, statement: Statement | Section, value: Any) -> None:
    media, word = count_words(statement, 2, 2, "takes two arguments, a MIME type followed by an expiry date code")
    if "/" not in media.text:
        raise Wrong(
            "value-not-allowed",
            f"`{media.text}` is no media type: it has no slash",
            media.span,
            says="Invalid mimetype: should contain a slash",
            help="write for example `text/html`, or `text/*` for all of a kind",
        )
    draft.add("expires", "by_type", (media.text, read_expiry(statement, word)))


DIRECTIVES = (
    Directive(
        "ExpiresActive",
        ANYWHERE,
        flag,
        put("expires", "active"),
        "Say in answers how long they may be kept, in Expires and Cache-Control.",
        syntax="On|Off",
        default="Off",
    ),
    Directive(
        "ExpiresByType",
        ANYWHERE,
        raw,
        add_type,
        "How long answers of a media type may be kept; `image/*` for all of a kind.",
        syntax='MEDIA-TYPE A<seconds>|M<seconds>|"access|modification plus NUMBER UNIT ..."',
    ),
    Directive(
        "ExpiresDefault",
        ANYWHERE,
        raw,
        set_default,
        "How long answers may be kept for which nothing else says it.",
        syntax='A<seconds>|M<seconds>|"access|modification plus NUMBER UNIT ..."',
    ),
)
