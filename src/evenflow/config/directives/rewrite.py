"""mod_rewrite: rules and conditions as split, flags as short upper-case names.

Patterns and substitutions are the compiler's.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import c_number, count_words, flag, one, raw, text
from evenflow.config.contexts import ANYWHERE, SERVER, SERVERS, VHOST
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.lexer import split_rewrite
from evenflow.config.scope import Draft, put
from evenflow.config.settings import ConditionLine, MapLine, RuleLine
from evenflow.config.syntax import Section, Statement

RULE_FLAGS: Final = {
    "b": "B", "backrefescaping": "B",
    "bctls": "BCTLS",
    "bne": "BNE",
    "bnp": "BNP", "backrefernoplus": "BNP",
    "c": "C", "chain": "C",
    "co": "CO", "cookie": "CO",
    "d": "DPI", "dpi": "DPI", "discardpath": "DPI",
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

OPTIONS: Final = frozenset(
    (
        "inherit", "inheritbefore", "inheritdown", "inheritdownbefore", "ignoreinherit", "allownoslash", "allowanyuri",
        "mergebase", "ignorecontextinfo", "legacyprefixdocroot", "unsafeprefixstat",
    )
)  # fmt: skip

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


def read_flags(draft: Draft, statement: Statement | Section, text: str | None, known: dict[str, str]) -> Flags:
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
        short = known.get(key.lower())
        if short is None and key[:1] in ("d", "D") and known is RULE_FLAGS:
            draft.reports.append(
                warning(
                    "flag-ignored",
                    f"`{name}` has no flag `{key}`, and httpd does not say so",
                    statement.span,
                    help="leave it out, or write `DPI`",
                )
            )
            continue
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
        if short == "BNE" and not value.strip():
            raise Wrong(
                "value-missing",
                "`BNE` needs the characters that it leaves alone",
                says=f"{name}: flag 'BNE' wants a list of characters (i.e. [BNE=...])",
                help="write for instance `BNE=/`",
            )
        flags.append((short, value if equals else None))
    return tuple(flags)


def condition(draft: Draft, statement: Statement | Section, value: Any) -> None:
    test, pattern, flags = split(statement)
    line = ConditionLine(test, pattern, read_flags(draft, statement, flags, CONDITION_FLAGS), statement.origin)
    draft.conditions.append((line, statement.span))


def rule(draft: Draft, statement: Statement | Section, value: Any) -> None:
    conditions = tuple(condition for condition, _ in draft.conditions)
    draft.conditions.clear()
    pattern, substitution, flags = split(statement)
    draft.add(
        "rewrite",
        "rules",
        RuleLine(pattern, substitution, read_flags(draft, statement, flags, RULE_FLAGS), conditions, statement.origin),
    )


def map_words(statement: Statement | Section) -> Any:
    return count_words(statement, 2, 3, "takes two or three arguments, a mapname and a filename and options")


def add_map(draft: Draft, statement: Statement | Section, words: Any) -> None:
    owner = words[2].text if len(words) > 2 else ""
    draft.add("rewrite", "maps", MapLine(words[0].text, words[1].text, owner, statement.origin))


def option_words(statement: Statement | Section) -> Any:
    return count_words(statement, 1, None, "requires at least one argument, List of option strings to set")


def add_options(draft: Draft, statement: Statement | Section, words: Any) -> None:
    """Options add up in one section; httpd knows none that is switched off again."""
    found = []
    for word in words:
        # One word may hold several, when it is quoted.
        for name in word.text.split():
            lower = name.lower()
            if lower.startswith("maxredirects="):
                draft.reports.append(
                    warning(
                        "option-ignored",
                        f"`{name}` does nothing any more",
                        word.span,
                        notes=(
                            "httpd says: RewriteOptions: MaxRedirects option has been removed in favor of the global "
                            "LimitInternalRecursion directive and will be ignored. (AH00664)",
                        ),
                        help=f"write `LimitInternalRecursion {name[13:] or 10}`",
                    )
                )
            elif lower not in OPTIONS:
                raise Wrong(
                    "value-not-allowed",
                    f"`{statement.name}` has no option `{name}`",
                    word.span,
                    says=f"RewriteOptions: unknown option '{name}'",
                    help=f"options are {', '.join(sorted(OPTIONS))}",
                )
            else:
                found.append(lower)
    draft.add("rewrite", "options", *found)


def set_base(draft: Draft, statement: Statement | Section, value: Any) -> None:
    if draft.place in (SERVER, VHOST):
        raise Wrong(
            "section-needed",
            f"`{statement.name}` stands in sections only",
            says="RewriteBase: only valid in per-directory config files",
            help="put it into the `<Location>` or `<Directory>` with the rules",
        )
    if not value.startswith("/"):
        raise Wrong(
            "value-malformed",
            f"`{statement.name}` is a path and begins with a slash, not `{value}`",
            says="RewriteBase: argument is not a valid URL" if value else "RewriteBase: empty URL not allowed",
            help=f"write `{statement.name} /{value}`",
        )
    draft.put("rewrite", "base", value)


DIRECTIVES = (
    Directive(
        "RewriteEngine",
        ANYWHERE,
        flag,
        put("rewrite", "engine"),
        "Whether rules are looked at here and below.",
        default="Off",
    ),
    Directive("RewriteCond", ANYWHERE, raw, condition, "A condition of the next rule.", syntax="TEST PATTERN [FLAGS]"),
    Directive(
        "RewriteMap",
        SERVERS,
        map_words,
        add_map,
        "A table, a program or a function that `${name:key}` looks into.",
        syntax="NAME TYPE:SOURCE [USER:GROUP]",
    ),
    Directive(
        "RewriteOptions",
        ANYWHERE,
        option_words,
        add_options,
        "Who inherits rules, and which precautions rules go without.",
        syntax="OPTION ...",
    ),
    Directive(
        "RewriteBase",
        ANYWHERE,
        one(text),
        set_base,
        "The path that stands for the directory in results.",
        syntax="PATH",
    ),
    Directive(
        "RewriteRule",
        ANYWHERE,
        raw,
        rule,
        "Change, forward, redirect or refuse requests whose path matches.",
        syntax="PATTERN SUBSTITUTION|- [FLAGS]",
    ),
)
