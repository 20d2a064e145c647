"""What the nodes must agree with: the public address, and what the balancer does with requests on their way.

Made from the balancer's configuration, or from the public URL alone; then most of it is not known, and rules that
need it keep silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from evenflow.config.advice.synchrony import for_synchrony
from evenflow.config.advice.uses import Use, uses
from evenflow.config.checks.view import Places, Server, host_and_port, servers, speaks_tls
from evenflow.config.loaded import Loaded
from evenflow.config.settings import UNSET, MemberLine
from evenflow.config.syntax import Span

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Front:
    """`port` is what browsers use; `path` is "" where the application has the whole host."""

    scheme: str
    host: str
    port: int
    path: str
    balancer: Balancer | None = None

    @property
    def url(self) -> str:
        """The public address, as a base URL is written."""
        shown = "" if DEFAULT_PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{self.host}{shown}{self.path}"


@dataclass(frozen=True, slots=True)
class Balancer:
    """The lines of the balancer's configuration that speak of these nodes."""

    places: Places
    server: Server
    application: Use
    """What leads the application's pages to the nodes."""
    synchrony: Use | None
    """What leads editors to Synchrony without the application in between."""

    @property
    def members(self) -> tuple[MemberLine, ...]:
        return self.application.members

    @property
    def cookie(self) -> str:
        """The name of the cookie that sticks, "" for none."""
        sticky = self.application.balancer.sticky if self.application.balancer is not None else None
        return sticky[0] if sticky is not None else ""

    @property
    def keeps_host(self) -> bool:
        """ProxyPreserveHost: whether nodes see the name that the browser asked for."""
        parts = (self.server.main, self.server.block, *self.server.locations)
        said = [part.proxy.preserve_host for part in parts if part.proxy.preserve_host is not UNSET]
        return said[-1:] == [True]

    def field(self, name: str) -> tuple[str, Span] | None:
        """What a request field is set to on its way to the node, and by which line; ("", place) for taken away, None
        where nobody touches it."""
        found = None
        for edit in self.server.edits:
            always = edit.env is None and edit.expr is None and edit.action in ("set", "unset")
            if always and edit.table == "request" and edit.name.lower() == name.lower():
                found = (edit.value if edit.action == "set" else "", self.places.whole(edit.origin))
        return found

    def compresses(self) -> bool:
        """Whether answers are compressed here."""
        parts = (self.server.main, self.server.block, *self.server.locations)
        named = [name for part in parts for name in part.filters.output or ()]
        named += [name for part in parts for line in part.filters.by_type or () for name in line.filters]
        return any(name in ("DEFLATE", "BROTLI_COMPRESS") for name in named)


def from_url(url: str) -> Front:
    """Raises ValueError with what to type."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"`{url}` is no public address: type one like https://wiki.example.com")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return Front(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))


def from_configuration(loaded: Loaded, ports: Iterable[int]) -> tuple[Front | None, str]:
    """The server that leads to a connector on one of `ports`, the one that speaks TLS first; without it (None, what to
    type). Needs settings.
    """
    wanted = set(ports)
    found: list[tuple[bool, Server, Use]] = []
    for server in servers(loaded):
        there = [
            use
            for use in uses(server)
            if not for_synchrony(use) and use.members and (not wanted or use.ports & wanted)
        ]
        if there:
            # Mappings for some of its pages (/setup) stand above the one for all of them.
            same = [use for use in there if _addresses(use) & _addresses(there[0])]
            application = min(same, key=lambda use: len(use.path))
            found.append((speaks_tls(server.main, server.block), server, application))
    if not found:
        asked = ", ".join(str(port) for port in sorted(wanted))
        return None, f"nothing in `{loaded.path}` leads to port {asked}, where the nodes listen"
    tls, server, application = max(found, key=lambda one: one[0])
    name = server.block.core.server_name
    if name is UNSET:
        return None, f"`{loaded.path}` does not say the public name: write `ServerName`, or type --url"
    scheme = name.scheme or ("https" if tls else "http")
    listening = next((address.port for address in server.block.addresses if address.port), None)
    port = name.port or (DEFAULT_PORTS[scheme] if name.scheme else None) or listening or DEFAULT_PORTS[scheme]
    synchrony = next((use for use in uses(server) if for_synchrony(use)), None)
    balancer = Balancer(Places(loaded), server, application, synchrony)
    return Front(scheme, name.host, port, application.path.rstrip("/"), balancer), ""


def _addresses(use: Use) -> set[tuple[str, int]]:
    return {host_and_port(member.url) for member in use.members}


def member_of(front: Front, node_route: str, port: int, order: int) -> MemberLine | None:
    """The member that is this node: by its route, else the only one on the port, else the one in its place."""
    if front.balancer is None:
        return None
    members = [one for one in front.balancer.members if host_and_port(one.url)[1] == port]
    routed = [one for one in members if node_route and one.parameters.route == node_route]
    if routed:
        return routed[0]
    if len(members) == 1:
        return members[0]
    return members[order] if order < len(members) else None
