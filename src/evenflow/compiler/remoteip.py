"""RemoteIPHeader and its lists, from settings to `plan.remoteip`; files are read and names asked for here, once."""

from __future__ import annotations

import socket

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.lookups import absolute
from evenflow.compiler.networks import compile_network
from evenflow.compiler.texts import to_bytes
from evenflow.config.directives.authz import read_network
from evenflow.config.settings import UNSET, Block, ProxyEntry, RemoteIpSettings
from evenflow.plan.access import Network
from evenflow.plan.preambles import Preambles
from evenflow.plan.remoteip import RemoteIp


def compile_remoteip(said: RemoteIpSettings, root: str, findings: Findings) -> RemoteIp | None:
    """None where there is no RemoteIPHeader."""
    if said.header is UNSET:
        return None
    name, origin = said.header
    other = to_bytes(said.proxies_header[0]) if said.proxies_header is not UNSET else b""
    proxies: tuple[tuple[Network, bool], ...] | None = None
    if said.proxies is not UNSET:
        found: list[tuple[Network, bool]] = []
        for entry in said.proxies:
            try:
                found += [(network, entry.internal) for network in networks_of(entry, root)]
            except Refused as refused:
                refused.report(findings, entry.origin)
        proxies = tuple(found)
    return RemoteIp(to_bytes(name).lower(), other, proxies, origin)


def compile_preambles(main: Block, hosts: list[Block]) -> Preambles | None:
    """RemoteIPProxyProtocol of every server, in file order: what is said last of an address holds."""
    places: dict[tuple[bytes, int], bool] = {}
    for block in (main, *hosts):
        said = block.remoteip.proxy_protocol
        if said is UNSET:
            continue
        addresses = [(one.host, one.port) for one in block.addresses] if block is not main else [("", None)]
        for host, port in addresses:
            place = (to_bytes(host), port or 0)
            places.pop(place, None)
            places[place] = said
    on = tuple(place for place, said in places.items() if said)
    if not on:
        return None
    exceptions = main.remoteip.exceptions or ()
    off = tuple(place for place, said in places.items() if not said)
    return Preambles(on, off, tuple(compile_network(text) for text, _ in exceptions))


def networks_of(entry: ProxyEntry, root: str) -> list[Network]:
    """What one entry names. Raises `Refused`."""
    if not entry.is_file:
        return networks_named(entry.text)
    path = absolute(root, entry.text)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise Refused(
            "file-not-readable",
            f"`{path}` cannot be read: {reason}",
            notes=(f"httpd says: Could not open file {path}: {reason}",),
        ) from None
    found = []
    for number, line in enumerate(lines, 1):
        for word in line.split():
            if word.startswith("#"):
                break
            try:
                found += networks_named(word)
            except Refused as refused:
                raise Refused(refused.code, f"{refused.headline} (line {number} of `{path}`)") from None
    return found


def networks_named(text: str) -> list[Network]:
    """An address, a network, or every address of a name."""
    if read_network(text) is not None:
        return [compile_network(text)]
    try:
        if "/" in text:
            raise OSError("the network mask or the address is not one")
        answers = socket.getaddrinfo(text, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise Refused(
            "address-malformed",
            f"`{text}` is neither an address nor a name that has one: {reason}",
            notes=(f"httpd says: RemoteIP: Error parsing IP {text}",),
        ) from None
    return [compile_network(str(one[4][0]).partition("%")[0]) for one in answers]
