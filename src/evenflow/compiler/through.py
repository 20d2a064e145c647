"""ProxyRemote, ProxyBlock and ProxySourceAddress: how members are reached.

Each member gets what its own server says, once. A virtual host that has members of the main server has them as they
are there: saying something else of them is an error, where httpd lets the first connection decide.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.identity import Server
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, ProxySettings, RemoteLine
from evenflow.origin import Origin
from evenflow.plan.model import Member

Way = tuple[str, int, str, str]
"""(host and port of the other proxy, "" and 0 for none; the word that blocks it; the address that we come from)"""


def reach_members(servers: list[tuple[Server, ProxySettings]], findings: Findings) -> None:
    """Say of every member how it is reached; the main server comes first."""
    for _, proxy in servers:
        tell_direct(proxy, findings)
    if not any(speaks(proxy) for _, proxy in servers):
        return
    ways: dict[int, Way] = {}
    for number, (server, proxy) in enumerate(servers):
        if number == 0 and not speaks(proxy):
            # Nothing was said of the main server's members: the virtual hosts may.
            continue
        if speaks(proxy):
            forbid_growth(server)
        source = source_of(proxy, findings)
        blocks = Blocks(proxy.blocks or ())
        for member in members_of(server):
            way = way_of(member, proxy, source, blocks, findings)
            known = ways.get(id(member))
            if known is None:
                ways[id(member)] = way
                apply(member, way)
            elif known != way:
                findings.error(
                    "member-reached-twice",
                    f"`{member.name.decode('latin-1')}` is the main server's, and is reached in another way there",
                    last_origin(proxy) or member.origin,
                    notes=("httpd shares the member, and the connection that is there first decides",),
                    help="say it in the main server, or give the virtual host members of its own",
                )


def tell_direct(proxy: ProxySettings, findings: Findings) -> None:
    """NoProxy matters beside ProxyRemote alone, and what it would mean there a client would choose."""
    for origin in proxy.direct or ():
        if proxy.remotes:
            findings.error(
                "value-not-supported",
                "`NoProxy` beside `ProxyRemote`: the client's Host does not choose the way to a member here",
                origin,
                notes=(
                    "httpd compares it with the Host of the request, not with the member; and a connection that it"
                    " keeps takes the next request, whichever of both it leads to",
                ),
                help="remove it; name in `ProxyRemote` the members that are behind another proxy",
            )
        else:
            findings.warning(
                "directive-without-effect",
                "`NoProxy` has no effect: there is no `ProxyRemote` here",
                origin,
                help="remove the line",
            )


def forbid_growth(server: Server) -> None:
    """How a member is reached is found out here alone, so none is added while it runs (`control.manager.add`)."""
    for balancer in server.backends.balancers.values():
        for spare in balancer.spares:
            spare.blocked = "growth"


def members_of(server: Server) -> Iterable[Member]:
    """Everybody that a server can ask."""
    for balancer in server.backends.balancers.values():
        yield from balancer.members
    for members in server.backends.members.values():
        yield from members


def speaks(proxy: ProxySettings) -> bool:
    """Whether one of the three is said."""
    return proxy.remotes is not UNSET or proxy.blocks is not UNSET or proxy.source_address is not UNSET


def last_origin(proxy: ProxySettings) -> Origin | None:
    """The last line that speaks of it."""
    if proxy.source_address is not UNSET:
        return proxy.source_address[1]
    if proxy.remotes:
        return proxy.remotes[-1].origin
    return proxy.blocks[-1][1] if proxy.blocks else None


def way_of(member: Member, proxy: ProxySettings, source: str, blocks: Blocks, findings: Findings) -> Way:
    if member.socket:
        return "", 0, "", ""
    for line in proxy.remotes or ():
        try:
            if matches(line, member):
                # The other proxy looks the name up: addresses do not matter here.
                return line.host, line.port, blocks.word_for(member.host, False), source
        except Refused as refused:
            refused.report(findings, line.origin)
    return "", 0, blocks.word_for(member.host, True), source


def matches(line: RemoteLine, member: Member) -> bool:
    """Whether the line is for this member. Raises `Refused` where the path of a request would decide."""
    name = member.name.decode("utf-8", "surrogateescape")
    if line.regex:
        pattern = compile_regex(line.match, origin=line.origin)
        return pattern.search(to_bytes(name if "/" in name[8:] else name + "/")) is not None
    if line.match == "*":
        return True
    text = line.match.lower()
    if "://" not in text:
        return text == member.scheme.decode()
    if name.lower().startswith(text.rstrip("/")) and (len(text) <= len(name) or text.endswith("/")):
        return True
    if text.startswith(name.lower().rstrip("/") + "/"):
        raise Refused(
            "value-not-supported",
            f"`{line.match}` goes further than the member's URL `{name}`: a member is asked in one way for all paths",
            help=f"write `{name}`, or give the path a member of its own",
        )
    return False


def apply(member: Member, way: Way) -> None:
    host, port, blocked, source = way
    member.blocked = blocked
    member.source = source
    if host:
        member.dial_host, member.dial_port = host, port
        member.through = True
        if not member.encrypted:
            # The whole URL stands in the request line.
            member.path = member.scheme + b"://" + member.host_field + member.path


class Blocks:
    """ProxyBlock's words, and the addresses that they stand for now, as httpd looks them up at its start."""

    def __init__(self, words: tuple[tuple[str, Origin], ...]) -> None:
        self.words = [word for word, _ in words]
        self.addresses = {word: addresses_of(word) for word in self.words}

    def word_for(self, host: str, looks: bool) -> str:
        """The word that forbids this host; "" for none."""
        own: frozenset[str] | None = None
        for word in self.words:
            if word == "*" or word in host:
                return word
            if looks and self.addresses[word]:
                own = addresses_of(host) if own is None else own
                if own & self.addresses[word]:
                    return word
        return ""


def addresses_of(name: str) -> frozenset[str]:
    """The addresses of a name as far as they are known now; an address is its own."""
    if not re.fullmatch(r"[\w.:-]+", name):
        return frozenset()
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(str(one[4][0]) for one in found)


def source_of(proxy: ProxySettings, findings: Findings) -> str:
    """ProxySourceAddress as an address; "" where it is not said, or is none."""
    if proxy.source_address is UNSET:
        return ""
    text, origin = proxy.source_address
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        found = sorted(addresses_of(text))
    if found:
        return found[0]
    findings.error(
        "address-malformed",
        f"`{text}` is no address of this machine",
        origin,
        notes=("httpd says: ProxySourceAddress invalid value",),
        help="write an address without a port",
    )
    return ""
