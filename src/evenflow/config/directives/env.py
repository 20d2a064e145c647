"""mod_env: SetEnv, PassEnv, UnsetEnv."""

from __future__ import annotations

import os
from typing import Any

from evenflow.config.arguments import count_words, raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import warning
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import VariableLine
from evenflow.config.syntax import Section, Statement


def set_variable(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 1, 2, "takes 1-2 arguments, an environment variable name and optional value "
                        "to pass to CGI.")  # fmt: skip
    said = words[1].text if len(words) > 1 else ""
    draft.add("environment", "variables", VariableLine(words[0].text, said, statement.origin))


def pass_variables(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(
        statement, 1, None, "requires at least one argument, a list of environment variables to pass to CGI."
    )
    for word in words:
        found = os.environ.get(word.text)
        if found is None:
            draft.reports.append(
                warning(
                    "variable-not-set",
                    f"`{word.text}` is not in the environment, so there is nothing to pass",
                    word.span,
                    notes=(f"httpd says: PassEnv variable {word.text} was undefined",),
                    help=f"write `SetEnv {word.text} VALUE`, or set it before the program starts",
                )
            )
        else:
            draft.add("environment", "variables", VariableLine(word.text, found, statement.origin))


def unset_variables(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(
        statement, 1, None, "requires at least one argument, a list of variables to remove from the CGI environment."
    )
    for word in words:
        draft.add("environment", "variables", VariableLine(word.text, None, statement.origin))


DIRECTIVES = (
    Directive(
        "SetEnv",
        ANYWHERE,
        raw,
        set_variable,
        "Set a variable at the end of the way, for fields and logs.",
        syntax="NAME [VALUE]",
    ),
    Directive(
        "PassEnv",
        ANYWHERE,
        raw,
        pass_variables,
        "Set variables as they are in the program's own environment.",
        syntax="NAME ...",
    ),
    Directive(
        "UnsetEnv",
        ANYWHERE,
        raw,
        unset_variables,
        "Take back what SetEnv or PassEnv said further outside.",
        syntax="NAME ...",
    ),
)
