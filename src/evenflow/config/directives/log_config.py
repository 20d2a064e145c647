"""mod_log_config: formats and access logs."""

from __future__ import annotations

import re
from typing import Any

from evenflow.config.arguments import count_words, one, raw, text
from evenflow.config.contexts import SERVER, SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import LogLine
from evenflow.config.syntax import Section, Statement, Word


def log_format(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 1, 2, "takes 1-2 arguments")
    if len(words) == 2:
        draft.add("log", "formats", (words[1].text, words[0].text))
    else:
        draft.put("log", "transfer_format", words[0].text)


def custom_log(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 2, 3, "takes two or three arguments")
    env, expr = condition_of(words[2]) if len(words) == 3 else (None, None)
    # GlobalLog stands in the main server and holds for every virtual host beside its own logs.
    field = "global_logs" if statement.name.lower() == "globallog" else "logs"
    draft.add("log", field, LogLine(words[0].text, words[1].text, env, expr, statement.origin))


def condition_of(word: Word) -> tuple[tuple[str, bool] | None, str | None]:
    """`env=[!]NAME` or `expr=EXPRESSION`: one of the two."""
    kind, equals, rest = word.text.partition("=")
    if kind.lower() == "env" and equals and rest not in ("", "!"):
        return (rest.lstrip("!"), not rest.startswith("!")), None
    if kind.lower() == "expr" and equals and rest:
        return None, rest
    raise Wrong(
        "value-malformed",
        f"`{word.text}` is not a condition: write `env=NAME`, `env=!NAME` or `expr=EXPRESSION`",
        word.span,
        says="error in condition clause",
    )


def transfer_log(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.add("log", "logs", LogLine(value, None, None, None, statement.origin))


def error_log_format(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 1, 2, "takes 1-2 arguments")
    text = words[-1].text
    said = (text, statement.origin)
    kind = words[0].text.lower() if len(words) == 2 else ""
    if kind not in ("", "request", "connection"):
        raise Wrong(
            "value-malformed",
            f"`{words[0].text}` is neither `request` nor `connection`",
            words[0].span,
            says="ErrorLogFormat type must be one of request, connection",
        )
    has_message = ERROR_MESSAGE.search(text) is not None
    if kind and has_message:
        raise Wrong(
            "value-malformed",
            f"a line of each {kind} is written before there is a message: `%M` has no place in it",
            words[1].span,
            says="%M cannot be used in once-per-request or once-per-connection formats",
        )
    if not kind and not has_message:
        raise Wrong(
            "value-malformed",
            "a line of the error log needs its message: `%M`",
            words[0].span,
            says="main ErrorLogFormat must contain message format string '%M'",
        )
    if not kind and ERROR_REQUIRED.search(text) is not None:
        raise Wrong(
            "value-malformed",
            "no line may be left out for what is missing in it: `+` has no place in this format",
            words[0].span,
            says="The '+' flag cannot be used in the main error log format",
        )
    if kind:
        draft.add("log", f"error_{kind}s", said)
    else:
        draft.put("log", "error_format", said)


ERROR_REQUIRED = re.compile(r"%(?:%|[-0-9]|\{[^}]*\})*\+")
ERROR_MESSAGE = re.compile(r"%[-+0-9]*(?:\{[^}]*\})?[-+0-9]*M")

DIRECTIVES = (
    Directive(
        "ErrorLogFormat",
        SERVERS,
        raw,
        error_log_format,
        "What lines of the error log look like, and those that are written once for a connection or a request.",
        syntax="[connection|request] FORMAT",
        differs="The message (`%M`) is in our own words, `%E` names its cause, `%F` is the line of the configuration "
        "behind it, `%m` is `evenflow`. Without this directive lines have a form of ours.",
    ),
    Directive(
        "LogFormat",
        SERVERS,
        raw,
        log_format,
        "Name a format for CustomLog, or set the format of TransferLog.",
        syntax="FORMAT [NICKNAME]",
        default='%h %l %u %t "%r" %>s %b',
    ),
    Directive(
        "CustomLog",
        SERVERS,
        raw,
        custom_log,
        "Write a line for each request into a file or a program.",
        syntax='FILE|"|COMMAND"|journald[:IDENTIFIER] FORMAT|NICKNAME [env=[!]NAME|expr=CONDITION]',
    ),
    Directive(
        "GlobalLog",
        SERVER,
        raw,
        custom_log,
        "Like CustomLog, for every virtual host beside its own logs.",
        syntax='FILE|"|COMMAND"|journald[:IDENTIFIER] FORMAT|NICKNAME [env=[!]NAME|expr=CONDITION]',
    ),
    Directive(
        "TransferLog",
        SERVERS,
        one(text),
        transfer_log,
        "Like CustomLog, in the format that LogFormat set without a name.",
        syntax='FILE|"|COMMAND"|journald[:IDENTIFIER]',
    ),
)
