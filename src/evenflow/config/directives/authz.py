"""mod_authz_core, mod_authz_host and who else provides for Require; its containers, `<Limit>`, and mod_allowmethods.

A container shares everything with the section around it but its Require lines.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from typing import Any, Final

from evenflow.config.arguments import at, flag, one, one_of, raw
from evenflow.config.contexts import INSIDE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import Methods, RequireAlias, RequireGroup, RequireLine
from evenflow.config.syntax import Section, Statement, Word

PROVIDERS: Final = (
    "all", "env", "expr", "forward-dns", "group", "host", "ip", "local", "method", "ssl", "ssl-verify-client", "user",
    "valid-user",
)  # fmt: skip
"""What we can ask."""

OTHERS: Final = frozenset(
    {
        "dbd-group", "dbd-login", "dbd-logout", "dbm-file-group", "dbm-group", "file-group", "file-owner",
        "ldap-attribute", "ldap-dn", "ldap-filter", "ldap-group", "ldap-search", "ldap-user",
    }
)  # fmt: skip
"""Providers that httpd has and we do not."""

METHODS: Final = frozenset(
    {
        "BASELINE-CONTROL", "CHECKIN", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LABEL", "LOCK", "MERGE",
        "MKACTIVITY", "MKCOL", "MKWORKSPACE", "MOVE", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PUT",
        "REPORT", "TRACE", "UNCHECKOUT", "UNLOCK", "UPDATE", "VERSION-CONTROL",
    }
)  # fmt: skip
"""The methods that httpd knows by itself."""

GROUPS: Final = {"requireall": "all", "requireany": "any", "requirenone": "none"}
SHOWN: Final = {"all": "<RequireAll>", "any": "<RequireAny>", "none": "<RequireNone>", "": "<RequireAny>"}


# --- Require ------------------------------------------------------------------------------------------------------


def require(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = list(statement.words)
    text = statement.rest
    negated = bool(words) and words[0].text.lower() == "not"
    if negated:
        text = text[len(words[0].text) :].lstrip()
        words = words[1:]
    provider = words[0].text if words else ""
    arguments = tuple(words[1:])
    text = text[len(provider) :].strip()
    named = {one.name: one for one in draft.main.get("access", "require_aliases") or ()}
    if provider not in named:
        check_provider(statement, provider, words[0] if words else None)
        check_require(statement, provider, arguments)
    if negated and draft.group in ("", "any", "none"):
        where = SHOWN[draft.group]
        raise Wrong(
            "require-not",
            f"`Require not` excludes nobody in {where}: "
            + ("it says twice not" if draft.group == "none" else "each line admits, and one that matches is enough"),
            at(statement),
            says=f"negative Require directive has no effect in {where} directive",
            help="put it into `<RequireAll>`, beside a line that admits, as `Require all granted`",
        )
    if provider in named:
        put_require(draft, named_line(named[provider], negated, statement, draft.methods))
        return
    line = RequireLine(provider, tuple(word.text for word in arguments), negated, statement.origin, text, draft.methods)
    put_require(draft, line)


def named_line(
    alias: RequireAlias, negated: bool, statement: Statement | Section, methods: Methods | None
) -> RequireLine:
    """What an `<AuthzProviderAlias>` stands for; arguments behind its name are passed over, as with httpd."""
    return RequireLine(
        alias.provider,
        alias.arguments,
        negated,
        statement.origin,
        alias.text,
        methods,
        alias.name,
        alias.group_file,
    )


def check_require(statement: Statement | Section, provider: str, arguments: tuple[Word, ...]) -> None:
    """Whether these arguments are good for this provider."""
    if provider == "all":
        check_all(statement, arguments)
    elif provider == "ip":
        check_addresses(statement, arguments)
    elif provider == "method":
        check_methods("Require method", arguments, "Invalid Method '{}'")
    elif provider in ("ssl", "ssl-verify-client") and arguments:
        raise Wrong(
            "argument-count",
            f"`Require {provider}` takes no arguments",
            arguments[0].span,
            says=f"'Require {provider}' does not take arguments",
        )


def put_require(draft: Draft, item: RequireLine | RequireGroup) -> None:
    """Into the container around it, or into the section."""
    if draft.group:
        draft.requires.append(item)
    else:
        draft.add("access", "requires", item)


def check_provider(statement: Statement | Section, provider: str, word: Word | None) -> None:
    if provider in PROVIDERS:
        return
    if provider in OTHERS or provider.startswith(("ldap-", "dbd-")):
        raise Wrong(
            "require-not-supported",
            f"evenflow cannot ask for `Require {provider}`",
            word.span if word is not None else None,
            note="a request must not pass because nobody looked",
            help="use " + ", ".join(f"`{name}`" for name in PROVIDERS),
        )
    raise Wrong(
        "value-not-allowed",
        f"`Require` does not know `{provider}`" if provider else "`Require` needs a provider, as in `Require ip 10`",
        at(statement),
        says=f"Unknown Authz provider: {provider}",
        help=f"write `Require {provider.lower()} ...`, in lower case"
        if provider.lower() in PROVIDERS
        else "the providers are " + ", ".join(f"`{name}`" for name in PROVIDERS),
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
        if read_network(word.text) is None:
            raise Wrong(
                "address-malformed",
                f"`{word.text}` is not an address",
                word.span,
                help="write it like `10.1.2.3`, `10.1.0.0/16`, `10.1.0.0/255.255.0.0`, `10.1` or `2001:db8::/32`",
                says=f"ip address '{word.text}' appears to be invalid",
            )


def check_methods(name: str, arguments: tuple[Word, ...], says: str) -> None:
    for word in arguments:
        if word.text not in METHODS:
            raise Wrong(
                "value-not-allowed",
                f"`{word.text}` is not a method that `{name}` knows",
                word.span,
                says=says.format(word.text),
                help=f"write `{word.text.upper()}`" if word.text.upper() in METHODS else "",
            )


def read_network(text: str) -> tuple[int, int, int] | None:
    """(bits, address, mask) of an address, a network with a length or a mask, or the first parts of an IPv4 address.

    None where it is none; a mask need not be contiguous (apr_ipsubnet_create).
    """
    host, slash, mask = text.partition("/")
    if ":" not in host:
        parts = host.removesuffix(".").split(".") if not slash else host.split(".")
        if not all(part.isascii() and part.isdigit() and len(part) <= 3 and int(part) <= 255 for part in parts):
            return None
        if len(parts) > 4 or (slash and len(parts) != 4):
            return None
        number = int.from_bytes(bytes([int(part) for part in parts] + [0] * (4 - len(parts))), "big")
        if not slash:
            return 32, number, _ones(32, 8 * len(parts))
        if mask.isascii() and mask.isdigit() and len(mask) <= 3:
            return (32, number, _ones(32, int(mask))) if 1 <= int(mask) <= 32 else None
        try:
            return 32, number, int(ipaddress.IPv4Address(mask))
        except ValueError:
            return None
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return None
    if address.scope_id is not None:
        return None
    bits = 128
    if slash:
        if not (mask.isascii() and mask.isdigit() and len(mask) <= 3 and 1 <= int(mask) <= 128):
            return None
        bits = int(mask)
    mapped = address.ipv4_mapped
    if mapped is not None and bits >= 96:
        return 32, int(mapped), _ones(32, bits - 96)
    return 128, int(address), _ones(128, bits)


def _ones(size: int, bits: int) -> int:
    return ((1 << bits) - 1) << (size - bits)


# --- containers ---------------------------------------------------------------------------------------------------


def open_group(outer: Draft, section: Section) -> Draft:
    if section.words:
        raise Wrong(
            "argument-count",
            f"`<{section.name}>` takes no argument, and `{section.words[0].text}` is too many",
            section.words[0].span,
            says=f"<{section.name}> directive doesn't take additional arguments",
        )
    return dataclasses.replace(
        outer, section=section.name, outer=outer, group=GROUPS[section.name.lower()], requires=[]
    )


def close_group(outer: Draft, inner: Draft, section: Section) -> None:
    shown = SHOWN[inner.group]
    items = inner.requires
    if not items:
        raise Wrong(
            "require-empty",
            f"`{shown}` holds no `Require` line",
            section.span,
            says=f"{shown} directive contains no authorization directives",
            help="write one into it, or remove it",
        )
    if inner.group == "none" and outer.group != "all":
        around = SHOWN[outer.group]
        raise Wrong(
            "require-not",
            f"`{shown}` excludes nobody in {around}: "
            + ("it says twice not" if outer.group == "none" else "each line admits, and one that matches is enough"),
            section.span,
            says=f"{shown} directive has no effect in {around} directive",
            help="put it into `<RequireAll>`, beside a line that admits, as `Require all granted`",
        )
    if inner.group == "all" and all(is_negative(item) for item in items):
        raise Wrong(
            "require-only-negative",
            f"`{shown}` only excludes, so nobody could come in",
            section.span,
            says=f"{shown} directive contains only negative authorization directives",
            help="write `Require all granted` into it",
        )
    put_require(outer, RequireGroup(inner.group, tuple(items), section.origin))


def is_negative(item: RequireLine | RequireGroup) -> bool:
    return item.negated if isinstance(item, RequireLine) else item.kind == "none"


# --- Limit --------------------------------------------------------------------------------------------------------


def open_limit(outer: Draft, section: Section) -> Draft:
    names = [word.text for word in section.words]
    others = section.name.lower() == "limitexcept"
    if not names:
        raise Wrong(
            "section-argument-missing",
            f"`<{section.name}>` needs methods",
            says=f"<{section.name}> directive requires additional arguments",
            help=f"write for example `<{section.name} GET POST>`",
        )
    if "TRACE" in names and not others:
        raise Wrong(
            "value-not-allowed",
            "`<Limit>` cannot speak of TRACE",
            section.words[names.index("TRACE")].span,
            says="TRACE cannot be controlled by <Limit>, see TraceEnable",
        )
    methods = both(outer.methods, Methods(frozenset("GET" if name == "HEAD" else name for name in names), others))
    if not methods.names and not methods.others:
        raise Wrong(
            "value-not-allowed",
            f"no method is left for `<{section.name}>`: the sections around it speak of others",
            section.span,
            says=f"<{section.name}> directive excludes all methods",
        )
    return dataclasses.replace(outer, section=section.name, outer=outer, methods=methods)


def close_limit(outer: Draft, inner: Draft, section: Section) -> None:
    """Nothing is left to do: what stands in it wrote into the section around it."""


def both(outer: Methods | None, inner: Methods) -> Methods:
    """The methods that are in both."""
    if outer is None:
        return inner
    if outer.others and inner.others:
        return Methods(outer.names | inner.names, True)
    if inner.others:
        return Methods(outer.names - inner.names, False)
    if outer.others:
        return Methods(inner.names - outer.names, False)
    return Methods(outer.names & inner.names, False)


# --- AllowMethods -------------------------------------------------------------------------------------------------


def allow_methods(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = statement.words
    if not words:
        raise Wrong(
            "argument-count",
            "`AllowMethods` needs methods, or `reset`",
            says="AllowMethods: No method or 'reset' keyword given",
        )
    if words[0].text == "reset" and len(words) == 1:
        draft.put("access", "allow_methods", ())
        return
    check_methods("AllowMethods", words, "AllowMethods: Invalid Method '{}'")
    draft.put("access", "allow_methods", tuple(word.text for word in words))


DIRECTIVES = (
    Directive(
        "Require",
        INSIDE,
        raw,
        require,
        "Who may come in; of lines that stand together, one that matches is enough.",
        syntax="[not] PROVIDER [ARGUMENT ...]",
    ),
    Directive(
        "AuthMerging",
        INSIDE,
        one(one_of("off", "and", "or", says="AuthMerging must be one of: Off | And | Or")),
        put("access", "merging"),
        "Whether Require lines replace those of earlier sections, or must hold with them, or beside them.",
        default="Off",
    ),
    Directive(
        "AuthzSendForbiddenOnFailure",
        INSIDE,
        flag,
        put("access", "forbidden_on_failure"),
        "Answer 403 and not 401 to a user who is known and may not come in.",
        default="Off",
    ),
    Directive(
        "AllowMethods",
        INSIDE,
        raw,
        allow_methods,
        "The methods that are allowed; others are answered 405.",
        syntax="reset|[+|-]METHOD ...",
        default="reset",
    ),
)
