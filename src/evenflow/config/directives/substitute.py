"""mod_substitute: texts that are replaced in the bodies of answers."""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import count_words, flag, raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import SubstituteLine
from evenflow.config.syntax import Section, Statement

FLAGS: Final = "infq"
UNITS: Final = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
LONGEST: Final = 1 << 40


def substitute(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`s/PATTERN/TEXT/FLAGS` with any character in the place of the slash; nothing takes its meaning away."""
    (word,) = count_words(
        statement, 1, 1, "takes one argument, Pattern to filter the response content (s/foo/bar/[inf])"
    )
    text = word.text
    if text[:1].lower() != "s":
        raise Wrong(
            "value-malformed",
            f"`{text}` does not begin with `s`",
            word.span,
            says="Bad Substitute format, must be an s/// pattern",
            help="write for instance `Substitute s/PATTERN/TEXT/n`",
        )
    delimiter = text[1:2]
    parts = text[2:].split(delimiter, 2) if delimiter else []
    if len(parts) < 2 or not parts[0]:
        raise Wrong(
            "value-malformed",
            f"`{text}` is not whole: a pattern, a text, and `{delimiter or '/'}` around both",
            word.span,
            says="Bad Substitute format, must be a complete s/// pattern",
            help="write for instance `Substitute s/PATTERN/TEXT/n`",
        )
    flags = parts[2].lower() if len(parts) > 2 else ""
    for letter in flags:
        if letter not in FLAGS:
            raise Wrong(
                "value-unknown",
                f"`{letter}` is no flag of Substitute",
                word.span,
                says="Bad Substitute flag, only s///[infq] are supported",
                help="write it without a flag, or with `i` (any case), `n` (a text, no pattern), `f` or `q`",
            )
    # Of f and q the last counts.
    quick = flags.rfind("q") > flags.rfind("f")
    kept = "".join(letter for letter in "in" if letter in flags) + ("q" if quick else "")
    draft.add("filters", "substitutes", SubstituteLine(parts[0], parts[1], kept, statement.origin))


def line_length(draft: Draft, statement: Statement | Section, value: Any) -> None:
    (word,) = count_words(statement, 1, 1, "takes one argument, Maximum line length")
    digits, unit = word.text, 1
    if word.text[-1:].lower() in UNITS:
        digits, unit = word.text[:-1], UNITS[word.text[-1].lower()]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15 or int(digits) * unit > LONGEST:
        raise Wrong(
            "value-malformed",
            f"`SubstituteMaxLineLength` must be a number of bytes, with b, k, m or g behind it or not: `{word.text}`",
            word.span,
            says="SubstituteMaxLineLength must be a non-negative integer optionally suffixed with 'b', 'k', 'm' or"
            " 'g'.",
            help="write for instance `SubstituteMaxLineLength 10m`",
        )
    draft.put("filters", "substitute_length", int(digits) * unit)


DIRECTIVES = (
    Directive(
        "Substitute",
        ANYWHERE,
        raw,
        substitute,
        "Replace what a pattern finds in each line of a body that the filter SUBSTITUTE is named for (SetOutputFilter,"
        " AddOutputFilterByType). `n`: a text and no pattern; `i`: in any case; `q`: the next Substitute looks at the"
        " pieces before and behind alone. A character of your choice stands for the slash.",
        syntax="s/PATTERN/TEXT/[infq]",
    ),
    Directive(
        "SubstituteInheritBefore",
        ANYWHERE,
        flag,
        put("filters", "substitute_before"),
        "What sections further out say acts before what this one says.",
        default="Off",
    ),
    Directive(
        "SubstituteMaxLineLength",
        ANYWHERE,
        raw,
        line_length,
        "How long a line of a body may be, and become. The answer is cut at one that is longer.",
        syntax="BYTES[b|k|m|g]",
        default="1m",
    ),
)
