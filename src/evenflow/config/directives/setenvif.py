"""mod_setenvif: SetEnvIf, BrowserMatch and their relatives. Patterns and expressions are text here."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Action, Draft
from evenflow.config.settings import SetEnvIfLine
from evenflow.config.syntax import Section, Statement, Word


def set_env_if(any_case: bool) -> Action:
    """`SetEnvIf ATTRIBUTE PATTERN VARIABLE ...`"""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        words = statement.words
        if not words or not words[0].text:
            raise Wrong(
                "argument-count",
                f"`{statement.name}` needs a field or another attribute, a pattern and a variable",
                says=f"Missing header-field name for {statement.name}",
            )
        say(draft, statement, words[0].text, words[1:], any_case)

    return act


def browser_match(any_case: bool) -> Action:
    """`BrowserMatch PATTERN VARIABLE ...`"""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        say(draft, statement, "User-Agent", statement.words, any_case)

    return act


def expression(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = statement.words
    if not words or not words[0].text:
        raise Wrong(
            "argument-count",
            f"`{statement.name}` needs an expression and a variable",
            says=f"Missing expression for {statement.name}",
        )
    changes = read_changes(statement, words[1:])
    line = SetEnvIfLine("", "", False, changes, words[0].text, statement.origin)
    draft.add("environment", "conditions", line)


def say(draft: Draft, statement: Statement | Section, attribute: str, words: tuple[Word, ...], any_case: bool) -> None:
    name = statement.name
    if not words or not words[0].text:
        raise Wrong(
            "argument-count",
            f"`{name}` needs a pattern and a variable",
            says=f"Missing regular expression for {name}",
        )
    changes = read_changes(statement, words[1:])
    line = SetEnvIfLine(attribute, words[0].text, any_case, changes, None, statement.origin)
    draft.add("environment", "conditions", line)


def read_changes(statement: Statement | Section, words: tuple[Word, ...]) -> tuple[tuple[str, str | None], ...]:
    """`NAME`, `NAME=VALUE` and `!NAME`; the last one that names a variable counts."""
    if not words:
        raise Wrong(
            "argument-count",
            f"`{statement.name}` names no variable to set",
            says=f"Missing envariable expression for {statement.name}",
            help=f"write `{statement.name} {statement.rest} NAME=VALUE`",
        )
    changes: dict[str, str | None] = {}
    for word in words:
        name, _, value = word.text.partition("=")
        if value:
            # httpd takes a value that begins with `!` for the sign to take the variable away.
            changes[name] = None if value.startswith("!") else value
        elif name.startswith("!"):
            changes[name[1:]] = None
        else:
            changes[name] = "1"
    return tuple(changes.items())


DIRECTIVES = (
    Directive(
        "SetEnvIf",
        ANYWHERE,
        raw,
        set_env_if(False),
        "Set variables where a field matches a pattern.",
        syntax="ATTRIBUTE PATTERN [!]NAME[=VALUE] ...",
    ),
    Directive(
        "SetEnvIfNoCase",
        ANYWHERE,
        raw,
        set_env_if(True),
        "Like SetEnvIf, without regard to case.",
        syntax="ATTRIBUTE PATTERN [!]NAME[=VALUE] ...",
    ),
    Directive(
        "SetEnvIfExpr",
        ANYWHERE,
        raw,
        expression,
        "Set variables where an expression is true.",
        syntax="CONDITION [!]NAME[=VALUE] ...",
    ),
    Directive(
        "BrowserMatch",
        ANYWHERE,
        raw,
        browser_match(False),
        "Set variables where User-Agent matches a pattern.",
        syntax="PATTERN [!]NAME[=VALUE] ...",
    ),
    Directive(
        "BrowserMatchNoCase",
        ANYWHERE,
        raw,
        browser_match(True),
        "Like BrowserMatch, without regard to case.",
        syntax="PATTERN [!]NAME[=VALUE] ...",
    ),
)
