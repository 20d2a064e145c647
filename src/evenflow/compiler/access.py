"""Require lines, from text to `plan.access.Require`."""

from __future__ import annotations

import ipaddress
import re

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import RequireLine
from evenflow.plan import access
from evenflow.plan.access import Network, Require


def compile_requires(lines: tuple[RequireLine, ...], findings: Findings) -> tuple[Require, ...]:
    """The lines of one section; those that fail are findings."""
    requires = []
    for line in lines:
        try:
            requires.append(compile_require(line))
        except Refused as refused:
            refused.report(findings, line.origin)
    return tuple(requires)


def compile_require(line: RequireLine) -> Require:
    """One line. Raises `Refused`."""
    provider = line.provider.lower()
    words = line.arguments
    if line.negated:
        raise Refused(
            "require-without-effect",
            "`Require not` says nothing on its own: lines that stand together are alternatives",
            notes=("httpd says: negative Require directive has no effect in <RequireAny> directive",),
        )
    if provider == "all":
        word = words[0].lower() if len(words) == 1 else ""
        if word == "granted":
            return Require(access.ALL_GRANTED, frozenset(), (), line.origin)
        if word == "denied":
            return Require(access.ALL_DENIED, frozenset(), (), line.origin)
        raise Refused("value-not-allowed", "`Require all` takes `granted` or `denied`")
    if provider == "local":
        return Require(access.LOCAL, frozenset(), (), line.origin)
    if provider == "ip":
        networks = tuple(network for word in words for network in [read_network(word)])
        if not networks:
            raise Refused("argument-count", "`Require ip` needs an address")
        return Require(access.IP, frozenset(), networks, line.origin)
    if provider == "env":
        return Require(access.ENV, frozenset(to_bytes(word) for word in words), (), line.origin)
    if provider == "method":
        methods = {to_bytes(word) for word in words}
        if b"GET" in methods:
            # For httpd HEAD is a GET without its body.
            methods.add(b"HEAD")
        return Require(access.METHOD, frozenset(methods), (), line.origin)
    if provider == "ssl":
        return Require(access.TLS, frozenset(), (), line.origin)
    raise Refused(
        "provider-not-supported",
        f"evenflow cannot check `Require {line.provider}` yet",
        notes=("a request must not pass because nobody looked",),
        help="`all`, `ip`, `local`, `env`, `method` and `ssl` are there",
    )


def read_network(text: str) -> Network:
    """An address, address/bits, address/mask, or the first bytes of an IPv4 address. Raises `Refused`."""
    bits = 0
    host = text
    if re.fullmatch(r"(\d{1,3}\.){0,2}\d{1,3}\.?", text, re.ASCII):
        parts = text.rstrip(".").split(".")
        bits = 8 * len(parts)
        host = ".".join(parts + ["0"] * (4 - len(parts))) + f"/{bits}"
    try:
        network = ipaddress.ip_network(host, strict=False)
    except ValueError:
        raise Refused(
            "address-malformed",
            f"`{text}` is not an address: write `10.0.0.1`, `10.0.0.0/8`, `10.1` or `2001:db8::/32`",
        ) from None
    return Network(network.max_prefixlen, int(network.network_address), int(network.netmask))
