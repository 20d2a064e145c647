"""mod_access_compat: Order, Allow, Deny, Satisfy."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import raw
from evenflow.config.contexts import INSIDE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives.authz import read_network
from evenflow.config.scope import Draft
from evenflow.config.settings import UNSET, AccessRule
from evenflow.config.syntax import Section, Statement, Word

ORDERS = ("allow,deny", "deny,allow", "mutual-failure")


def order(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = statement.words
    if len(words) != 1:
        raise Wrong(
            "argument-count",
            f"`Order` takes one argument, not {len(words)}",
            words[1].span if words else None,
            says="order takes one argument, 'allow,deny', 'deny,allow', or 'mutual-failure'",
            help="write `Order allow,deny` without a blank" if len(words) == 2 else "",
        )
    word = words[0].text.lower()
    if word not in ORDERS:
        raise Wrong(
            "value-not-allowed",
            f"`Order` must be `allow,deny`, `deny,allow` or `mutual-failure`, not `{words[0].text}`",
            words[0].span,
            says="unknown order",
        )
    begin(draft, statement)
    draft.add("access", "orders", (word, draft.methods))


def satisfy(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = statement.words
    word = words[0].text.lower() if len(words) == 1 else ""
    if word not in ("all", "any"):
        raise Wrong(
            "value-not-allowed",
            f"`Satisfy` must be `All` or `Any`, not `{statement.rest}`",
            words[0].span if words else None,
            says="Satisfy either 'any' or 'all'."
            if len(words) == 1
            else "Satisfy takes one argument, access policy if both allow and require used ('all' or 'any')",
        )
    begin(draft, statement)
    draft.add("access", "satisfies", (word, draft.methods))


def allow_or_deny(draft: Draft, statement: Statement | Section, value: Any) -> None:
    name = statement.name.lower()
    words = statement.words
    if len(words) < 2:
        raise Wrong(
            "argument-count",
            f"`{statement.name}` needs `from` and then who",
            says=f"{name} requires at least two arguments, 'from' followed by hostnames or IP-address wildcards",
            help=f"write `{statement.name} from {statement.rest or 'all'}`",
        )
    if words[0].text.lower() != "from":
        raise Wrong(
            "value-not-allowed",
            f"`{statement.name}` must go on with `from`, not `{words[0].text}`",
            words[0].span,
            says="allow and deny must be followed by 'from'",
            help=f"write `{statement.name} from {statement.rest}`",
        )
    begin(draft, statement)
    for word in words[1:]:
        check(word)
        draft.add("access", "rules", AccessRule(name == "allow", word.text, draft.methods, statement.origin))


def check(word: Word) -> None:
    text = word.text
    if text[:4].lower() == "env=" or text.lower() == "all" or read_network(text) is not None:
        return
    if "/" in text:
        raise Wrong(
            "address-malformed",
            f"`{text}` is not an address",
            word.span,
            says="The specified IP address is invalid."
            if text.split("/")[0].replace(".", "").isdigit()
            else "An IP address was expected",
            help="write it like `10.1.0.0/16` or `10.1.0.0/255.255.0.0`",
        )
    if "#" in text:
        raise Wrong(
            "value-not-allowed",
            "a comment cannot stand behind a directive",
            word.span,
            says="No comments are allowed here",
            help="put it on a line of its own",
        )
    if text.replace(".", "").isdigit():
        raise Wrong(
            "address-malformed",
            f"`{text}` is not an address",
            word.span,
            says="The specified IP address is invalid.",
        )


def begin(draft: Draft, statement: Statement | Section) -> None:
    if draft.get("access", "compat_origin") is UNSET:
        draft.put("access", "compat_origin", statement.origin)


DIRECTIVES = (
    Directive(
        "Order",
        INSIDE,
        raw,
        order,
        "Whether Allow or Deny has the last word, and what holds without either.",
        syntax="Allow,Deny|Deny,Allow|Mutual-failure",
        default="Deny,Allow",
    ),
    Directive(
        "Allow",
        INSIDE,
        raw,
        allow_or_deny,
        "Who may come in: addresses, host names, `env=NAME`, `all`.",
        syntax="from all|HOST|ADDRESS|env=[!]NAME ...",
    ),
    Directive(
        "Deny", INSIDE, raw, allow_or_deny, "Who may not come in.", syntax="from all|HOST|ADDRESS|env=[!]NAME ..."
    ),
    Directive(
        "Satisfy",
        INSIDE,
        raw,
        satisfy,
        "Whether Allow and Require must both admit a client, or one of them.",
        syntax="All|Any",
        default="All",
    ),
)
