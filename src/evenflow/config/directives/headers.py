"""mod_headers: Header and RequestHeader. Formats and expressions are text here; the compiler reads them."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import FieldEdit
from evenflow.config.syntax import Section, Statement, Word

ACTIONS = ("add", "set", "setifempty", "append", "merge", "unset", "echo", "note", "edit", "edit*")


def response(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = list(statement.words)
    table = "onsuccess"
    if words and words[0].text.lower() in ("always", "onsuccess"):
        table = words.pop(0).text.lower()
    draft.add("headers", "edits", read_edit(statement, table, words))


def request(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.add("headers", "edits", read_edit(statement, "request", list(statement.words)))


def read_edit(statement: Statement | Section, table: str, words: list[Word]) -> FieldEdit:
    """Action, field name, what the action takes, and a condition at the end."""
    name = statement.name
    action = words[0].text.lower() if words else ""
    if action not in ACTIONS:
        given = f"not `{words[0].text}`" if words else "and there is none"
        raise Wrong(
            "value-not-allowed",
            f"the action of `{name}` must be one of {', '.join(f'`{word}`' for word in ACTIONS)}, {given}",
            words[0].span if words else None,
            says="first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', "
            "'edit', or 'edit*'.",
            help=f"write `{name} set ...`" if table == "request" and action in ("always", "onsuccess") else "",
        )
    if action == "echo" and table == "request":
        raise Wrong(
            "value-not-allowed",
            "`echo` copies a request's fields to the response: it is `Header`'s only",
            words[0].span,
            says="Header echo only valid on Header directives",
        )
    if action == "note" and table == "request":
        raise Wrong(
            "value-not-allowed",
            "`note` keeps a response's field for the log: it is `Header`'s only",
            words[0].span,
            says="RequestHeader does not support the 'note' action",
        )
    taken = {"unset": 0, "echo": 0, "edit": 2, "edit*": 2}.get(action, 1)
    if len(words) < 2 + taken:
        wanted = {0: "a field name", 1: "a field name and a value", 2: "a field name, a pattern and a replacement"}[
            taken
        ]
        says = (
            f"{name} edit requires a match and a substitution"
            if taken == 2 and len(words) > 1
            else f"{name} requires three arguments"
        )
        raise Wrong("argument-count", f"`{name} {words[0].text}` needs {wanted}", says=says)
    extra = words[2 + taken :]
    if len(extra) > 1:
        raise Wrong(
            "argument-count",
            f"`{name} {words[0].text}` has too many arguments, from `{extra[1].text}` on",
            extra[1].span,
            says=f"{name} has too many arguments",
            help="put a value with blanks into quotes" if '"' not in statement.rest else "",
        )
    env, expr, early = read_condition(statement, extra[0]) if extra else (None, None, False)
    return FieldEdit(
        table=table,
        action=action,
        name=words[1].text.split(":", 1)[0] if action != "echo" else words[1].text,
        value=words[2].text if taken else "",
        replacement=words[3].text if taken == 2 else "",
        env=env,
        expr=expr,
        early=early,
        origin=statement.origin,
    )


def read_condition(statement: Statement | Section, word: Word) -> tuple[tuple[str, bool] | None, str | None, bool]:
    """`early`, `env=[!]NAME` or `expr=EXPRESSION`."""
    kind, equals, rest = word.text.partition("=")
    if word.text.lower() == "early":
        return None, None, True
    if equals and kind.lower() == "env":
        if rest in ("", "!"):
            raise Wrong(
                "value-malformed",
                f"`{word.text}` names no variable: write `env=NAME` or `env=!NAME`",
                word.span,
                says="error: missing environment variable name. envclause should be in the form env=envar ",
            )
        return (rest.removeprefix("!"), not rest.startswith("!")), None, False
    if equals and kind.lower() == "expr":
        return None, rest, False
    raise Wrong(
        "unknown-parameter",
        f"`{word.text}` is neither `env=NAME`, `expr=EXPRESSION` nor `early`",
        word.span,
        says=f"Unknown parameter: {word.text}",
        help="put a value with blanks into quotes",
    )


DIRECTIVES = (
    Directive(
        "Header",
        ANYWHERE,
        raw,
        response,
        "Change the fields of responses.",
        syntax="[always|onsuccess] ACTION FIELD [VALUE [REPLACEMENT]] [early|env=[!]NAME|expr=CONDITION]",
    ),
    Directive(
        "RequestHeader",
        ANYWHERE,
        raw,
        request,
        "Change the fields of requests on their way to a member.",
        syntax="ACTION FIELD [VALUE [REPLACEMENT]] [early|env=[!]NAME|expr=CONDITION]",
    ),
)
