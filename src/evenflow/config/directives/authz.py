"""mod_authz_core and mod_authz_host: Require."""

from __future__ import annotations

import ipaddress
from typing import Any

from evenflow.config.arguments import at, raw
from evenflow.config.contexts import INSIDE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import RequireLine
from evenflow.config.syntax import Section, Statement, Word

OTHERS = frozenset(
    {
        "dbd-group", "dbd-login", "dbd-logout", "dbm-file-group", "dbm-group", "env", "expr", "file-group",
        "file-owner", "forward-dns", "group", "host", "ldap-attribute", "ldap-dn", "ldap-filter", "ldap-group",
        "ldap-search", "ldap-user", "method", "ssl", "ssl-verify-client", "user", "valid-user",
    }
)  # fmt: skip
"""Providers that httpd has and we do not, yet."""


def require(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = list(statement.words)
    if words and words[0].text.lower() == "not":
        raise Wrong(
            "require-not",
            "`Require not` excludes nobody here: each line admits, and one that matches is enough",
            words[0].span,
            says="negative Require directive has no effect in <RequireAny> directive",
            note="it needs `<RequireAll>` around it, which evenflow does not have yet",
        )
    provider = words[0].text if words else ""
    arguments = tuple(words[1:])
    if provider == "all":
        check_all(statement, arguments)
    elif provider == "ip":
        check_addresses(statement, arguments)
    elif provider in OTHERS or (provider.startswith(("ldap-", "dbd-"))):
        raise Wrong(
            "require-not-supported",
            f"evenflow does not know `Require {provider}` yet",
            words[0].span,
            help="use `Require all granted`, `Require all denied`, `Require local` or `Require ip ADDRESS ...`",
        )
    elif provider != "local":
        raise Wrong(
            "value-not-allowed",
            f"`Require` needs `all`, `local` or `ip`, not `{provider}`"
            if provider
            else "`Require` needs a provider: `all`, `local` or `ip`",
            at(statement),
            says=f"Unknown Authz provider: {provider}",
            help=f"write `Require {provider.lower()} ...`, in lower case"
            if provider.lower() in ("all", "ip", "local")
            else "",
        )
    draft.add(
        "access", "requires", RequireLine(provider, tuple(word.text for word in arguments), False, statement.origin)
    )


def check_all(statement: Statement | Section, arguments: tuple[Word, ...]) -> None:
    if [word.text.lower() for word in arguments] not in (["granted"], ["denied"]):
        given = " ".join(word.text for word in arguments)
        raise Wrong(
            "value-not-allowed",
            f"`Require all` must be `granted` or `denied`, not {f'`{given}`' if given else 'empty'}",
            arguments[0].span if arguments else None,
            says="Argument for 'Require all' must be 'granted' or 'denied'",
        )


def check_addresses(statement: Statement | Section, arguments: tuple[Word, ...]) -> None:
    if not arguments:
        raise Wrong(
            "argument-count", "`Require ip` needs at least one address", says="'require ip' requires an argument"
        )
    for word in arguments:
        if not is_network(word.text):
            raise Wrong(
                "address-malformed",
                f"`{word.text}` is not an address",
                word.span,
                help="write it like `10.1.2.3`, `10.1.0.0/16`, `10.1.0.0/255.255.0.0`, `10.1` or `2001:db8::/32`",
                says=f"ip address '{word.text}' appears to be invalid",
            )


def is_network(text: str) -> bool:
    """An address, a network with a length or a mask, or the first parts of an IPv4 address."""
    parts = text.rstrip(".").split(".")
    if ":" not in text and "/" not in text and 1 <= len(parts) < 4:
        return all(part.isascii() and part.isdigit() and len(part) <= 3 and int(part) <= 255 for part in parts)
    host, slash, mask = text.partition("/")
    if slash and ":" not in host:
        host = ".".join(([*host.rstrip(".").split("."), "0", "0", "0"])[:4])
    try:
        ipaddress.ip_network(host + slash + mask, strict=False)
    except ValueError:
        return False
    return True


DIRECTIVES = (
    Directive(
        "Require", INSIDE, raw, require, "Who may come in: all, local, or addresses; one line that matches is enough."
    ),
)
