"""Members that the DNS names: a service (SRV) in the place of BalancerMember lines.

In a file that httpd is to read too it stands in `<IfModule evenflow_module>`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from evenflow.config.arguments import key_value, raw
from evenflow.config.contexts import PROXY, SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.parameters import Said, read_member
from evenflow.config.scope import Draft
from evenflow.config.settings import ServiceLine
from evenflow.config.syntax import Section, Statement, Word

SCHEMES: Final = ("http", "https", "ws", "wss")
SERVICE: Final = re.compile(r"srv://(?=.{1,253}$)_[a-z0-9-]{1,62}\._[a-z]{1,15}(\.[a-z0-9_-]{1,63})+\.?", re.IGNORECASE)
WORDS: Final = re.compile(r"%\{([^}]*)\}")
KNOWN_WORDS: Final = ("label", "target", "port")
OF_RECORDS: Final = {"loadfactor": "weight", "lbset": "priority"}
"""What SRV records say themselves."""
EXAMPLE: Final = "srv://_http._tcp.wiki.example.com"


def members_from(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = list(statement.words)
    target = draft.pattern if draft.place is PROXY else ""
    if words and balancer_name(words[0].text):
        target = words.pop(0).text
    name = balancer_name(target)
    if not name:
        raise Wrong(
            "balancer-name",
            f"`{statement.name}` must stand in `<Proxy balancer://NAME>`, or name the balancer first",
            help=f"write `{statement.name} balancer://NAME {EXAMPLE}`",
        )
    plain = [word for word in words if key_value(word) is None]
    if len(plain) != 1 or not SERVICE.fullmatch(plain[0].text):
        raise Wrong(
            "value-malformed",
            f"`{statement.name}` needs one service",
            plain[0].span if plain else None,
            help=f"write for instance `{statement.name} {EXAMPLE}`",
        )
    own: dict[str, Word] = {}
    said: Said = []
    for pair in [key_value(word) for word in words]:
        if pair is None:
            continue
        key, word = pair
        if key in OF_RECORDS:
            raise Wrong(
                "unknown-parameter",
                f"`{key}` cannot be said here: it is made of the {OF_RECORDS[key]} of each record",
                word.span,
                help=f"remove `{key}={word.text}`",
            )
        if key in ("most", "scheme", "drain", "route", "routes"):
            own[key] = word
        else:
            said.append(pair)
    line = ServiceLine(
        name,
        plain[0].text.partition("://")[2].rstrip(".").lower(),
        scheme(own["scheme"]) if "scheme" in own else "http",
        whole("most", own["most"], 1, 100) if "most" in own else 16,
        float(whole("drain", own["drain"], 0, 86400)) if "drain" in own else 300.0,
        route(own["route"]) if "route" in own else "%{label}",
        routes(own["routes"]) if "routes" in own else (),
        read_member(statement.name, said, draft),
        statement.origin,
    )
    draft.add("proxy", "services", line)


def scheme(word: Word) -> str:
    if word.text.lower() not in SCHEMES:
        raise Wrong("value-not-allowed", f"`scheme` is `http`, `https`, `ws` or `wss`, not `{word.text}`", word.span)
    return word.text.lower()


def whole(key: str, word: Word, least: int, most: int) -> int:
    text = word.text
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise Wrong("value-out-of-range", f"`{key}` must be between {least} and {most}, not `{text}`", word.span)
    return int(text)


def route(word: Word) -> str:
    """`off`, or a text with `%{label}`, `%{target}` and `%{port}`."""
    if word.text.lower() == "off":
        return ""
    for found in WORDS.findall(word.text):
        if found not in KNOWN_WORDS:
            raise Wrong(
                "value-not-allowed",
                f"`route` knows `%{{label}}`, `%{{target}}` and `%{{port}}`, not `%{{{found}}}`",
                word.span,
            )
    return word.text


def routes(word: Word) -> tuple[tuple[str, str], ...]:
    """`TARGET:ROUTE,...`"""
    found = []
    for piece in word.text.split(","):
        target, colon, said = piece.partition(":")
        if not target or not colon or not 0 < len(said) <= 63:
            raise Wrong(
                "value-malformed",
                f"`routes` is a list such as `node1:n1,node2:n2`, not `{word.text}`",
                word.span,
                note="each target is named in full or by its first label, and a route has at most 63 characters",
            )
        found.append((target.rstrip(".").lower(), said))
    return tuple(found)


DIRECTIVES = (
    Directive(
        "EvenflowMembersFrom",
        SERVERS | PROXY,
        raw,
        members_from,
        "The balancer's members are the targets of a service in the DNS (SRV), followed while evenflow runs.",
        syntax="[balancer://NAME] srv://_SERVICE._PROTOCOL.NAME [scheme=SCHEME] [most=NUMBER] [drain=SECONDS] "
        "[route=TEXT|off] [routes=TARGET:ROUTE,...] [MEMBER-PARAMETER=VALUE ...]",
    ),
)
