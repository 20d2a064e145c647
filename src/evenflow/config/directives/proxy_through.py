"""mod_proxy's way out: ProxyRemote, ProxyBlock, ProxySourceAddress. Made for forward proxies, and obeyed for the
members of a reverse one too. NoProxy, ProxyDomain and AllowCONNECT are what forward proxies keep to themselves."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import count_words, raw
from evenflow.config.contexts import SERVERS
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import RemoteLine
from evenflow.config.syntax import Section, Statement, Word


def remote(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "takes two or three arguments, a scheme, partial URL or '*' and a proxy server"
    read_remote(draft, statement, count_words(statement, 2, 3, says), False)


def remote_match(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "takes two or three arguments, a regex pattern and a proxy server"
    read_remote(draft, statement, count_words(statement, 2, 3, says), True)


def read_remote(draft: Draft, statement: Statement | Section, words: tuple[Word, ...], regex: bool) -> None:
    if len(words) == 3:
        raise Wrong(
            "value-not-supported",
            f"evenflow shows no password to another proxy: `{words[2].text}`",
            words[2].span,
            help="let that proxy know us by our address",
        )
    url = words[1]
    scheme, separator, rest = url.text.partition("://")
    authority = rest.partition("/")[0]
    host, port = split(authority)
    if not separator or not host or port is None:
        raise Wrong(
            "url-malformed",
            f"`{url.text}` names no other proxy: write `http://HOST:PORT`",
            url.span,
            says="ProxyRemote: Bad syntax for a remote proxy server"
            + (" (bad port number)" if separator and host else ""),
        )
    if scheme.lower() != "http":
        raise Wrong(
            "value-not-supported",
            f"another proxy is spoken to in plain HTTP, not in `{scheme}`",
            url.span,
            note="httpd passes over the line, and asks the members itself",
            help="write `http://`, or remove the line",
        )
    line = RemoteLine(words[0].text, regex, host, port or 80, statement.origin)
    draft.add("proxy", "remotes", line)


def split(authority: str) -> tuple[str, int | None]:
    """Host and port: 0 for none, None for what is no port. httpd reads no IPv6 address here either."""
    host, _, digits = authority.partition(":")
    if not digits:
        return host.lower(), 0
    if not (digits.isascii() and digits.isdigit()) or not 0 < int(digits[:6]) < 65536:
        return host.lower(), None
    return host.lower(), int(digits)


def block(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "requires at least one argument, A list of names, hosts or domains to which the proxy will not connect"
    for word in count_words(statement, 1, None, says):
        draft.add("proxy", "blocks", (word.text.lower(), statement.origin))


def source(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "takes one argument, Configure local source IP used for request forward"
    word = count_words(statement, 1, 1, says)[0]
    draft.put("proxy", "source_address", (word.text, statement.origin))


def direct(draft: Draft, statement: Statement | Section, value: Any) -> None:
    what = "A list of domains, hosts, or subnets to which the proxy will connect directly"
    count_words(statement, 1, None, f"requires at least one argument, {what}")
    # Whether it matters is known when it is known whether there is another proxy (`compiler.through`).
    draft.add("proxy", "direct", statement.origin)


def domain(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "takes one argument, The default intranet domain name (in absence of a domain in the URL)"
    word = count_words(statement, 1, 1, says)[0]
    if not word.text.startswith("."):
        raise Wrong(
            "value-not-allowed",
            f"`{word.text}` does not begin with a dot",
            word.span,
            says="ProxyDomain: domain name must start with a dot.",
            help=f"write `ProxyDomain .{word.text}`",
        )
    of_forward_proxies(draft, statement)


def ports(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "requires at least one argument, A list of ports or port ranges which CONNECT may connect to"
    for word in count_words(statement, 1, None, says):
        first, dash, last = word.text.partition("-")
        if not word.text[:1].isdigit():
            told = "AllowCONNECT: port numbers must be numeric"
        elif not is_number(first):
            told = f"Cannot parse '{word.text}' as port number"
        elif dash and not is_number(last):
            told = f"Cannot parse '{last}' as port number"
        else:
            continue
        raise Wrong(
            "value-not-allowed",
            f"`{word.text}` is neither a port nor a range of ports",
            word.span,
            says=told,
            help="write for instance `AllowCONNECT 443` or `AllowCONNECT 8000-8099`",
        )
    of_forward_proxies(draft, statement)


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def of_forward_proxies(draft: Draft, statement: Statement | Section) -> None:
    """Say that it has no effect."""
    draft.reports.append(
        warning(
            "directive-without-effect",
            f"`{statement.name}` has no effect: it acts on forward proxying only, which is off",
            statement.words[0].span,
            help="remove the line",
        )
    )


DIFFERS = "Compared with the member's URL, without the path of the request; what the other proxy answers is final."

DIRECTIVES = (
    Directive(
        "ProxyRemote",
        SERVERS,
        raw,
        remote,
        "Members whose URL begins so (or all, or all of a scheme) are asked through another proxy.",
        syntax="*|SCHEME|URL http://HOST[:PORT]",
        differs=DIFFERS,
    ),
    Directive(
        "ProxyRemoteMatch",
        SERVERS,
        raw,
        remote_match,
        "The same for members whose URL a pattern matches.",
        syntax="PATTERN http://HOST[:PORT]",
        differs=DIFFERS,
    ),
    Directive(
        "ProxyBlock",
        SERVERS,
        raw,
        block,
        "Members that are never asked (403): those whose name has this text in it, or the address that it stands for.",
        syntax="*|TEXT ...",
    ),
    Directive(
        "ProxySourceAddress",
        SERVERS,
        raw,
        source,
        "The address of this machine that connections to members come from.",
        syntax="ADDRESS",
    ),
    Directive(
        "NoProxy",
        SERVERS,
        raw,
        direct,
        "Has no effect where no ProxyRemote is said.",
        syntax="NAME|DOMAIN|ADDRESS ...",
        differs="An error beside ProxyRemote: there httpd lets the client's Host choose who is asked, and a kept "
        "connection may lead to the other one.",
    ),
    Directive(
        "ProxyDomain",
        SERVERS,
        raw,
        domain,
        "Has no effect: it completes names that clients of a forward proxy ask for.",
        syntax=".DOMAIN",
        differs="httpd redirects who writes a whole URL with a name without dots into the request line, here as well.",
    ),
    Directive(
        "AllowCONNECT",
        SERVERS,
        raw,
        ports,
        "Has no effect: CONNECT is for forward proxies.",
        syntax="PORT[-PORT] ...",
        default="443 563",
    ),
)
