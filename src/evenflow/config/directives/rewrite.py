"""mod_rewrite: rules and conditions as split, flags as short upper-case names.

Patterns and substitutions are the compiler's.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import c_number, flag, raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.lexer import split_rewrite
from evenflow.config.scope import Draft, put
from evenflow.config.settings import ConditionLine, RuleLine
from evenflow.config.syntax import Section, Statement

RULE_FLAGS: Final = {
    "b": "B", "backrefescaping": "B",
    "bctls": "BCTLS",
    "bne": "BNE",
    "bnp": "BNP", "backrefnoplus": "BNP",
    "c": "C", "chain": "C",
    "co": "CO", "cookie": "CO",
    "dpi": "DPI", "discardpath": "DPI",
    "e": "E", "env": "E",
    "end": "END",
    "f": "F", "forbidden": "F",
    "g": "G", "gone": "G",
    "h": "H", "handler": "H",
    "l": "L", "last": "L",
    "n": "N", "next": "N",
    "nc": "NC", "nocase": "NC",
    "ne": "NE", "noescape": "NE",
    "ns": "NS", "nosubreq": "NS",
    "p": "P", "proxy": "P",
    "pt": "PT", "passthrough": "PT",
    "qsa": "QSA", "qsappend": "QSA",
    "qsd": "QSD", "qsdiscard": "QSD",
    "qsl": "QSL", "qslast": "QSL",
    "r": "R", "redirect": "R",
    "s": "S", "skip": "S",
    "t": "T", "type": "T",
    "unc": "UNC",
    "unsafeallow3f": "UNSAFEALLOW3F",
    "unsafeprefixstat": "UNSAFEPREFIXSTAT",
}  # fmt: skip

CONDITION_FLAGS: Final = {"nc": "NC", "nocase": "NC", "or": "OR", "ornext": "OR", "nv": "NV", "novary": "NV"}

STATUSES: Final = frozenset(
    {*range(100, 104), *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 418), *range(421, 425)}
    | {426, 428, 429, 431, 451, *range(500, 509), 510, 511}
)  # fmt: skip
"""The codes that httpd lets R= answer."""

Flags = tuple[tuple[str, str | None], ...]


def split(statement: Statement | Section) -> tuple[str, str, str | None]:
    """The two arguments and the flags' text, None where there are none."""
    found = split_rewrite(statement.rest)
    name = statement.name
    if len(found) < 2:
        raise Wrong(
            "argument-count",
            f"`{name}` takes a pattern and a substitution"
            if name.lower() == "rewriterule"
            else f"`{name}` takes a test string and a pattern",
            says=f"{name}: bad argument line '{statement.rest}'",
        )
    return found[0][0], found[1][0], found[2][0] if len(found) > 2 else None


def read_flags(statement: Statement | Section, text: str | None, known: dict[str, str]) -> Flags:
    """`[name,name=value]` as short upper-case names."""
    if text is None:
        return ()
    name = statement.name
    if not (text.startswith("[") and text.endswith("]") and len(text) > 1):
        blank = text.startswith("[") and "]" in statement.rest
        shown = statement.rest[statement.rest.rfind("[") :] if blank else text
        raise Wrong(
            "flags-malformed",
            f"the flags of `{name}` must stand in brackets and hold no blank: `{shown}`",
            says=f"{name}: bad flag delimiters",
            help=f"write `{shown.replace(' ', '')}`"
            if blank
            else (f"write `[{text}]`" if text.lower() in known else ""),
        )
    flags: list[tuple[str, str | None]] = []
    for piece in text[1:-1].split(","):
        key, equals, value = piece.strip().partition("=")
        short = known.get(key.strip().lower())
        if short is None:
            raise Wrong(
                "unknown-flag",
                f"`{name}` has no flag `{key}`" if key else f"`{name}` has an empty flag in `{text}`",
                says=f"{name}: unknown flag '{key}'",
                help=f"flags are {', '.join(sorted(set(known.values())))}",
            )
        if short == "R" and equals and value[:1].isdigit() and c_number(value) not in STATUSES:
            raise Wrong(
                "value-out-of-range",
                f"`{value}` in `R={value}` is not an HTTP status",
                says=f"RewriteRule: invalid HTTP response code '{value}' for flag 'R'",
            )
        flags.append((short, value.strip() if equals else None))
    return tuple(flags)


def condition(draft: Draft, statement: Statement | Section, value: Any) -> None:
    test, pattern, flags = split(statement)
    line = ConditionLine(test, pattern, read_flags(statement, flags, CONDITION_FLAGS), statement.origin)
    draft.conditions.append((line, statement.span))


def rule(draft: Draft, statement: Statement | Section, value: Any) -> None:
    conditions = tuple(condition for condition, _ in draft.conditions)
    draft.conditions.clear()
    pattern, substitution, flags = split(statement)
    draft.add(
        "rewrite",
        "rules",
        RuleLine(pattern, substitution, read_flags(statement, flags, RULE_FLAGS), conditions, statement.origin),
    )


DIRECTIVES = (
    Directive("RewriteEngine", ANYWHERE, flag, put("rewrite", "engine"), "Whether rules are looked at here and below."),
    Directive("RewriteCond", ANYWHERE, raw, condition, "A condition of the next rule."),
    Directive("RewriteRule", ANYWHERE, raw, rule, "Change, forward, redirect or refuse requests whose path matches."),
)
