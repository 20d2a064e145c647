"""mod_proxy_hcheck: expressions and templates that members' `hc...` parameters name."""

from __future__ import annotations

from typing import Any, Final

from evenflow.config import probing
from evenflow.config.arguments import key_value, raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import ProbeExpression
from evenflow.config.syntax import Section, Statement

MOST_NAME: Final = 15


def expression(draft: Draft, statement: Statement | Section, value: Any) -> None:
    name = statement.words[0].text if statement.words else ""
    if not name:
        raise missing(statement, "a name and an expression", "Missing expression name for ProxyHCExpr")
    if len(name) > MOST_NAME:
        raise Wrong(
            "value-out-of-range",
            f"a name is at most {MOST_NAME} characters long, not {len(name)}",
            statement.words[0].span,
            says=f"Expression name limited to {MOST_NAME} characters",
        )
    text, surplus = braced(statement) or (None, False)
    if text is None:
        text = statement.words[1].text if len(statement.words) > 1 else ""
        surplus = len(statement.words) > 2
    if not text:
        raise missing(statement, "an expression behind its name", "Missing expression for ProxyHCExpr")
    if surplus:
        raise Wrong(
            "argument-count",
            "`ProxyHCExpr` takes a name and one expression: put it into braces",
            says="error: extra parameter(s)",
            help=f"write `ProxyHCExpr {name} {{%{{REQUEST_STATUS}} =~ /^[23]/}}`",
        )
    draft.server.add("proxy", "probe_expressions", ProbeExpression(name, text, statement.origin))


def braced(statement: Statement | Section) -> tuple[str, bool] | None:
    """The text between the outer braces behind the name, and whether more follows; None where there are none."""
    rest = statement.rest.strip()
    rest = rest[len(rest.split(None, 1)[0]) :].strip()
    if not rest.startswith("{"):
        return None
    depth = 0
    for place, letter in enumerate(rest):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return rest[1:place].strip(), bool(rest[place + 1 :].strip())
    return rest[1:].strip(), False


def template(draft: Draft, statement: Statement | Section, value: Any) -> None:
    if not statement.words:
        raise missing(statement, "a name", "Missing template name for ProxyHCTemplate")
    name = statement.words[0].text
    said = dict(probing.DEFAULTS)
    for word in statement.words[1:]:
        pair = key_value(word)
        if pair is None:
            raise Wrong(
                "unknown-parameter",
                f"`{word.text}` is not `key=value`",
                word.span,
                says="Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'",
            )
        key, part = pair
        try:
            if key not in probing.KEYS:
                raise Wrong(
                    "unknown-parameter",
                    f"a template has no parameter `{key}`",
                    word.span,
                    says="unknown Worker hcheck parameter",
                    help=f"its parameters are {', '.join(probing.KEYS)}",
                )
            said |= probing.read(draft, key, part)
        except Wrong as wrong:
            wrong.says = f"ProxyHCTemplate: {wrong.says} {key}={part.text}; {name}"
            raise
    draft.server.add("proxy", "probe_templates", (name, tuple(said.items())))


def missing(statement: Statement | Section, what: str, says: str) -> Wrong:
    return Wrong("argument-count", f"`{statement.name}` needs {what}", says=says)


DIRECTIVES = (
    Directive(
        "ProxyHCExpr",
        ANYWHERE,
        raw,
        expression,
        "An expression that a probe's answer must fulfil, for members to name.",
        syntax="NAME {EXPRESSION}",
    ),
    Directive(
        "ProxyHCTemplate",
        ANYWHERE,
        raw,
        template,
        "Parameters of probes under one name, for members to take over.",
        syntax="NAME [KEY=VALUE ...]",
    ),
)
