"""Which virtual host answers: by the local address first, by name among those that stand there.

Only the best class of addresses competes (`a:80` before `a:*` before `*:80` before `*:*`); among its virtual hosts the
first in the file that has the name wins, and where none has it the first of all. Ports in names play no part. As
httpd's vhost.c.
"""

from __future__ import annotations

from evenflow.plan.fronts import Front
from evenflow.plan.model import Plan, VirtualHost
from evenflow.wire.targets import split_host


class HostTable:
    """The virtual hosts of one local address in file order."""

    __slots__ = ("hosts", "first", "names", "patterns", "tails", "sizes", "strict", "has_rules", "has_paths")

    def __init__(self, hosts: tuple[VirtualHost, ...]) -> None:
        """`hosts` holds one at least."""
        self.hosts = hosts
        self.first = hosts[0]
        self.names: dict[bytes, int] = {}
        self.patterns: list[tuple[int, bytes]] = []
        """(place of the virtual host, its wildcard alias) in file order; only those that end in a wildcard."""
        self.tails: dict[bytes, list[tuple[int, bytes]]] = {}
        """Likewise the others, by what follows their last wildcard: `*.a.example` under `.a.example`."""
        self.strict = hosts[0].strict_host
        """StrictHostCheck: an unknown name is refused."""
        self.has_rules = self.strict or any(host.methods is not None for host in hosts)
        """Whether `ground_rules.refuse` has something to say."""
        self.has_paths = any(host.server_path != b"" for host in hosts)
        for place, host in enumerate(hosts):
            for name in (host.server_name.lower(), *host.aliases):
                self.names.setdefault(name, place)
            for pattern in host.wildcards:
                tail = pattern[max(pattern.rfind(b"*"), pattern.rfind(b"?")) + 1 :]
                (self.tails.setdefault(tail, []) if tail else self.patterns).append((place, pattern))
        self.sizes = sorted({len(tail) for tail in self.tails})

    def find(self, host: bytes) -> VirtualHost | None:
        """The virtual host with the name in a Host field (or of SNI); None where nobody has it."""
        name = split_host(host)[0]
        place = self.earlier(self.patterns, name, self.names.get(name, len(self.hosts)))
        for size in self.sizes:
            if size > len(name):
                break
            found = self.tails.get(name[len(name) - size :])
            if found is not None:
                place = self.earlier(found, name, place)
        if place < len(self.hosts):
            return self.hosts[place]
        return None

    def earlier(self, patterns: list[tuple[int, bytes]], name: bytes, place: int) -> int:
        """The place of the first of these that the name fits, if it is before `place`."""
        for other, pattern in patterns:
            if other >= place:
                break
            if matches(pattern, name):
                return other
        return place

    def select(self, host: bytes) -> VirtualHost:
        """The virtual host for a Host field; b"" and unknown names get the first."""
        if len(self.hosts) == 1:
            return self.first
        found = self.find(host)
        return self.first if found is None else found

    def why(self, found: VirtualHost, name: bytes) -> str:
        """In words for a trace: why a request with this Host field gets `found`."""
        name = split_host(name)[0]
        text = name.decode("latin-1")
        if len(self.hosts) == 1:
            return "the only one at this address"
        if not name:
            return "the first at this address: the request names none"
        if name == found.server_name.lower():
            return f"`{text}` is its ServerName"
        if name in found.aliases:
            return f"`{text}` is its ServerAlias"
        for pattern in found.wildcards:
            if matches(pattern, name):
                return f"`{text}` fits its ServerAlias `{pattern.decode('latin-1')}`"
        return f"the first at this address: nobody there is called `{text}`"

    def select_sni(self, name: bytes) -> VirtualHost:
        """The virtual host whose certificate a handshake shows: by the name asked for among those with TLS, else the
        first of them."""
        if name:
            found = self.find(name)
            if found is not None and found.tls:
                return found
        for host in self.hosts:
            if host.tls:
                return host
        return self.first

    def select_tls(self, host: bytes, sni: bytes) -> VirtualHost | None:
        """The virtual host for a Host field on a connection with TLS; None if it may not be reached over this handshake
        (421).

        SSLVHostSNIPolicy: under `secure` only those may be asked over a handshake for one virtual host that speak TLS
        in the same way, with the same certificates.
        """
        shown = self.select_sni(sni)
        found = self.select(host)
        if found is shown:
            return shown
        return found if may_share(shown, found) else None


def may_share(shown: VirtualHost, found: VirtualHost) -> bool:
    """Whether `found` may be asked over a handshake that was made for `shown`."""
    policy = shown.sni_policy
    if policy == "insecure" or policy == "strict":
        return policy == "insecure"
    theirs, own = shown.front, found.front
    if not isinstance(theirs, Front) or not isinstance(own, Front):
        return found.tls == shown.tls and found.certificates == shown.certificates
    return theirs.asking == own.asking if policy == "authonly" else theirs == own


def table_for(plan: Plan, local_address: bytes, local_port: int) -> HostTable:
    """The table of a connection's own end. `local_address` as text; IPv4 in IPv6 (`::ffff:1.2.3.4`) is IPv4."""
    if local_address.startswith(b"::ffff:") and b"." in local_address:
        local_address = local_address[7:]
    tables: dict[tuple[bytes, int], HostTable] = plan.tables  # type: ignore[assignment]
    for key in ((local_address, local_port), (local_address, 0), (b"*", local_port), (b"*", 0)):
        table = tables.get(key)
        if table is not None:
            return table
    return tables[(b"", 0)]


def matches(pattern: bytes, name: bytes) -> bool:
    """Whether `name` fits a wildcard alias: `*` is any run of letters, dots included, `?` is one letter."""
    at = 0
    pos = 0
    star = -1
    resume = 0
    while pos < len(name):
        mark = pattern[at] if at < len(pattern) else 0
        if mark == 42:
            star = at
            resume = pos
            at += 1
        elif mark == 63 or mark == name[pos]:
            at += 1
            pos += 1
        elif star >= 0:
            at = star + 1
            resume += 1
            pos = resume
        else:
            return False
    while at < len(pattern) and pattern[at] == 42:
        at += 1
    return at == len(pattern)
