"""mod_remoteip: proxies in front of us that are believed when they name the client."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import count_words, flag, raw
from evenflow.config.contexts import SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives.authz import read_network
from evenflow.config.scope import Action, Draft, put
from evenflow.config.settings import UNSET, ProxyEntry
from evenflow.config.syntax import Section, Statement

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def header(field: str, says: str) -> Action:
    """The action of a directive that names a header field."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        word = count_words(statement, 1, 1, says)[0]
        if not set(word.text) <= TOKEN:
            raise Wrong("value-malformed", f"`{word.text}` is not the name of a header field", word.span)
        draft.put("remoteip", field, (word.text, statement.origin))

    return act


def proxies(internal: bool, says: str) -> Action:
    """The action of RemoteIPInternalProxy and RemoteIPTrustedProxy."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        for word in count_words(statement, 1, None, says):
            text = word.text
            if read_network(text) is None and ("/" in text or text.replace(".", "").isdigit() or ":" in text):
                raise Wrong(
                    "address-malformed",
                    f"`{text}` is not an address",
                    word.span,
                    says=f"RemoteIP: Error parsing IP {text}",
                    help="write it like `10.1.2.3`, `10.1.0.0/16`, `10.1` or `2001:db8::/32`",
                )
            draft.add("remoteip", "proxies", ProxyEntry(text, False, internal, statement.origin))

    return act


def proxy_list(internal: bool, says: str) -> Action:
    """The action of their List forms, which name a file."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        word = count_words(statement, 1, 1, says)[0]
        draft.add("remoteip", "proxies", ProxyEntry(word.text, True, internal, statement.origin))

    return act


def exceptions(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = statement.words
    if not words:
        raise Wrong(
            "argument-count",
            f"`{statement.name}` needs at least one address",
            says=f"{statement.name} requires an argument",
        )
    for word in words:
        if read_network(word.text) is None:
            raise Wrong(
                "address-malformed",
                f"`{word.text}` is not an address",
                word.span,
                says=f"ip address '{word.text.partition('/')[0]}' appears to be invalid",
            )
        if draft.main.get("remoteip", "exceptions") is UNSET:
            draft.main.put("remoteip", "exceptions", ())
        draft.main.add("remoteip", "exceptions", (word.text, statement.origin))


INTERNAL_SAYS = (
    "requires at least one argument, Specifies one or more internal (transparent) proxies which are trusted to present "
    "IP headers"
)
TRUSTED_SAYS = "requires at least one argument, Specifies one or more proxies which are trusted to present IP headers"

DIRECTIVES = (
    Directive(
        "RemoteIPHeader",
        SERVERS,
        raw,
        header(
            "header",
            "takes one argument, Specifies a request header to trust as the client IP, e.g. X-Forwarded-For",
        ),
        "The field in which proxies in front of us name the client: X-Forwarded-For.",
        syntax="FIELD",
    ),
    Directive(
        "RemoteIPProxiesHeader",
        SERVERS,
        raw,
        header(
            "proxies_header",
            "takes one argument, Specifies a request header to record proxy IP's, e.g. X-Forwarded-By; if not given "
            "then do not record",
        ),
        "The field in which a member gets the proxies that were believed.",
        syntax="FIELD",
    ),
    Directive(
        "RemoteIPInternalProxy",
        SERVERS,
        raw,
        proxies(True, INTERNAL_SAYS),
        "Proxies that are believed whatever client they name, also one with a private address.",
        syntax="ADDRESS[/BITS]|NAME ...",
    ),
    Directive(
        "RemoteIPTrustedProxy",
        SERVERS,
        raw,
        proxies(False, TRUSTED_SAYS),
        "Proxies that are believed when they name a client with a public address.",
        syntax="ADDRESS[/BITS]|NAME ...",
    ),
    Directive(
        "RemoteIPInternalProxyList",
        SERVERS,
        raw,
        proxy_list(
            True,
            "takes one argument, The filename to read the list of internal proxies, see the RemoteIPInternalProxy "
            "directive",
        ),
        "A file with what RemoteIPInternalProxy would say.",
        syntax="FILE",
    ),
    Directive(
        "RemoteIPTrustedProxyList",
        SERVERS,
        raw,
        proxy_list(
            False,
            "takes one argument, The filename to read the list of trusted proxies, see the RemoteIPTrustedProxy "
            "directive",
        ),
        "A file with what RemoteIPTrustedProxy would say.",
        syntax="FILE",
    ),
    Directive(
        "RemoteIPProxyProtocol",
        SERVERS,
        flag,
        put("remoteip", "proxy_protocol"),
        "Connections to this address begin with a PROXY preamble; those without one are dropped.",
        default="Off",
    ),
    Directive(
        "RemoteIPProxyProtocolExceptions",
        SERVERS,
        raw,
        exceptions,
        "Who connects without a PROXY preamble where RemoteIPProxyProtocol is on.",
        syntax="ADDRESS[/BITS]|NAME ...",
    ),
)
