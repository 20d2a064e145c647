"""mod_reqtimeout: RequestReadTimeout."""

from __future__ import annotations

import re
from typing import Any

from evenflow.config.arguments import LARGEST, raw
from evenflow.config.contexts import SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import ReadLimit
from evenflow.config.syntax import Section, Statement, Word

STAGES = ("handshake", "header", "body")


def read_timeout(draft: Draft, statement: Statement | Section, value: Any) -> None:
    for word in statement.words:
        stage, equals, text = word.text.partition("=")
        if not equals:
            raise Wrong(
                "unknown-parameter",
                f"`{word.text}` is not `stage=seconds`",
                word.span,
                says="Invalid RequestReadTimeout parameter. Parameter must be in the form 'key=value'",
                help="write for example `RequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500`",
            )
        if stage.lower() not in STAGES:
            raise wrong(word, f"there is no stage `{stage}`: write `header`, `body` or `handshake`",
                        "Unknown RequestReadTimeout parameter")  # fmt: skip
        draft.put("reqtimeout", stage.lower(), read_limit(word, text))


def read_limit(word: Word, text: str) -> ReadLimit:
    """`first[-most][,MinRate=bytes]`, seconds and bytes per second."""
    parts = re.split(",minrate=", text, maxsplit=1, flags=re.IGNORECASE)
    if len(parts) == 1:
        if "-" in text:
            raise wrong(word, "a range needs a rate: `20-40,MinRate=500`",
                        "Must set MinRate option if using timeout range")  # fmt: skip
        return ReadLimit(number(word, text), 0, 0)
    rate = number(word, parts[1])
    if rate == 0:
        raise wrong(word, "`MinRate` must be at least 1 byte a second", "Minimum data rate must be larger than 0")
    first_text, dash, most_text = parts[0].partition("-")
    most = number(word, most_text) if dash else 0
    first = number(word, first_text)
    if most and first >= most:
        raise wrong(word, f"the range must grow: {first} is not less than {most}",
                    "Maximum timeout must be larger than initial timeout")  # fmt: skip
    return ReadLimit(first, most, rate)


def number(word: Word, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        digits = len(text) - len(text.lstrip("0123456789"))
        says = f"Cannot parse '{text[digits:]}'" if digits else f"Value '{text}' not numerical"
        if re.match("-[0-9]", text):
            says = "Value must be non-negative"
        raise wrong(word, f"`{text}` is not a number of seconds, or bytes", says)
    return min(int(text[:18]), LARGEST)


def wrong(word: Word, headline: str, says: str) -> Wrong:
    return Wrong("value-malformed", headline, word.span, says=f"RequestReadTimeout: {word.text}: {says}")


DIRECTIVES = (
    Directive(
        "RequestReadTimeout",
        SERVERS,
        raw,
        read_timeout,
        "How long a client may take to send a request's head and body; then 408 and the end of the connection.",
        syntax="KIND=SECONDS[-MOST][,MinRate=BYTES] ...",
        default="handshake=0 header=20-40,MinRate=500 body=20,MinRate=500",
    ),
)
