"""mod_proxy_hcheck's words: what a probe is, by parameter, by template and by expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from evenflow.config.arguments import UNITS, number
from evenflow.config.diagnostics import Wrong
from evenflow.config.settings import ProbeExpression
from evenflow.config.syntax import Word

if TYPE_CHECKING:
    from evenflow.config.scope import Draft

METHODS: Final = ("NONE", "TCP", "OPTIONS", "HEAD", "GET", "OPTIONS11", "HEAD11", "GET11")
MOST_URI: Final = 63
LEAST_INTERVAL: Final = 0.1

DEFAULTS: Final[dict[str, Any]] = {
    "hcmethod": "NONE",
    "hcinterval": 30.0,
    "hcpasses": 1,
    "hcfails": 1,
    "hcuri": "",
    "hcexpr": None,
}
"""What a template says of what it does not say: whoever takes it takes that too, as in httpd."""


def method(key: str, word: Word) -> str:
    name = word.text.upper()
    if name == "CPING":
        raise Wrong(
            "value-not-supported",
            "evenflow does not send CPING: that is AJP's",
            word.span,
            says="Health check method CPING not (yet) implemented",
            help="write `hcmethod=TCP`, or `hcmethod=GET hcuri=/PATH`",
        )
    if name not in METHODS:
        raise Wrong(
            "value-not-allowed",
            f"`{key}` must be one of {', '.join(METHODS)}, not `{word.text}`",
            word.span,
            says="Unknown method",
        )
    return name


def interval(key: str, word: Word) -> float:
    digits = word.text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = word.text[len(digits) :] or "s"
    if word.text and (not (digits.isascii() and digits.isdigit()) or unit not in UNITS or len(digits) > 12):
        raise Wrong(
            "value-malformed",
            f"`{key}` must be a number with an optional unit `ms`, `s`, `min` or `h`, not `{word.text}`",
            word.span,
            says="Unparse-able hcinterval setting",
        )
    value = int(digits or 0) * UNITS[unit]
    if value < LEAST_INTERVAL:
        raise Wrong(
            "value-out-of-range",
            f"`{key}` must be at least 100 ms, not {word.text or 'empty'}",
            word.span,
            says="Interval must be a positive value greater than 100ms",
        )
    return value


def uri(key: str, word: Word) -> str:
    if len(word.text) > MOST_URI:
        raise Wrong(
            "value-out-of-range",
            f"`{key}` must be at most {MOST_URI} characters long, not {len(word.text)}",
            word.span,
            says="Health check uri length must be < 64 characters",
        )
    return word.text


READERS: Final[dict[str, Callable[[str, Word], Any]]] = {
    "hcmethod": method,
    "hcinterval": interval,
    "hcpasses": number(0, says="Passes must be a positive value"),
    "hcfails": number(0, says="Fails must be a positive value"),
    "hcuri": uri,
}
KEYS: Final = (*READERS, "hcexpr", "hctemplate")


def read(draft: Draft, key: str, word: Word) -> dict[str, Any]:
    """What one parameter says, by field: a template says several things at once.

    Names are those that this server declared further up.
    """
    if key == "hctemplate":
        for name, said in reversed(draft.server.get("proxy", "probe_templates") or ()):
            if name.lower() == word.text.lower():
                return dict(said)
        raise unknown(draft, word, "template", "ProxyHCTemplate", f"Unknown ProxyHCTemplate name: {word.text}")
    if key == "hcexpr":
        return {"hcexpr": expression_named(draft, word)}
    return {key: READERS[key](key, word)}


def expression_named(draft: Draft, word: Word) -> ProbeExpression:
    """The expression that this server declared last under this name."""
    for one in reversed(draft.server.get("proxy", "probe_expressions") or ()):
        if one.name.lower() == word.text.lower():
            found: ProbeExpression = one
            return found
    says = f"Unknown health check condition expr: {word.text}"
    raise unknown(draft, word, "expression", "ProxyHCExpr", says)


def unknown(draft: Draft, word: Word, noun: str, directive: str, says: str) -> Wrong:
    """A name that was not declared, or elsewhere."""
    return Wrong(
        "name-not-declared",
        f"no {directive} further up in this server is named `{word.text}`",
        word.span,
        says=says,
        note=f"each virtual host has {noun}s of its own" if draft.server is not draft.main else "",
        help=f"write the {directive} line above this one",
    )
