"""The DNS, asked with the times for which answers count: addresses of a name, and the targets of a service (SRV).

The messages are dnspython's business: which server, UDP or TCP, whether an answer belongs to the question, CNAMEs up to
a bound. Here it is said what is asked, how long it may take, and what counts as an answer. Servers are hostile: what
they send ends in an answer of bounded size or in `NoAnswer`.
"""

from __future__ import annotations

import asyncio
import io
import ipaddress
import socket
from dataclasses import dataclass
from typing import Any, Final

import dns.asyncbackend
import dns.asyncresolver
import dns.exception
import dns.flags
import dns.name
import dns.nameserver
import dns.rdatatype

# Imported when a message first holds one, by a process that may have become somebody who cannot read them.
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.OPT
import dns.rdtypes.ANY.SOA
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
import dns.rdtypes.IN.SRV
import dns.resolver

from evenflow.serve.hosts_file import RESOLV, WatchedFile

dns.asyncbackend.get_backend("asyncio")

LIFETIME: Final = 6.0
"""Seconds for one question, all servers and repetitions together."""
ONE_TRY: Final = 2.0
"""Seconds for one server."""
MOST_RECORDS: Final = 64
"""Of an answer, at most."""
LONGEST: Final = 7 * 86400.0
"""Seconds: RFC 8767 section 4 takes no longer time to live for true."""


class NoAnswer(Exception):
    """Nothing that can be used. `definite`: the DNS says that there is nothing; else nobody could be heard."""

    def __init__(self, cause: str, definite: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.definite = definite


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One SRV record (RFC 2782): the lowest priority first, then by name and port."""

    priority: int
    host: str
    """Without a dot at the end, lower case."""
    port: int
    weight: int


class Dns:
    """`servers` are addresses and ports; those of resolv.conf, which is read again when it changes, where none is
    named."""

    def __init__(self, servers: tuple[tuple[str, int], ...] = (), resolv: str = RESOLV) -> None:
        self.servers = servers
        self.file = WatchedFile(resolv)
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def addresses(self, name: str) -> tuple[tuple[str, ...], float]:
        """The name's addresses in the order in which to try them, and for how many seconds they count. Raises NoAnswer,
        with what is known of both kinds of address."""
        asked = await asyncio.gather(
            self._ask(name, dns.rdatatype.A), self._ask(name, dns.rdatatype.AAAA), return_exceptions=True
        )
        found: list[str] = []
        ttl = LONGEST
        faults: list[NoAnswer] = []
        for one in asked:
            if isinstance(one, NoAnswer):
                faults.append(one)
            elif isinstance(one, BaseException):
                raise one
            else:
                records, seconds = one
                found += [record.address for record in records]
                ttl = min(ttl, seconds)
        usable = tuple(dict.fromkeys([text for text in found if is_destination(text)]))
        if usable:
            return in_order(usable), ttl
        if found:
            raise NoAnswer("none of its addresses can be connected to", True)
        # One kind that is certainly missing says nothing as long as the other one may be there.
        doubtful = [fault for fault in faults if not fault.definite]
        raise (doubtful or faults)[0]

    async def targets(self, service: str) -> tuple[tuple[Target, ...], float]:
        """The targets of `_http._tcp.example.com`, and for how many seconds they count. Raises NoAnswer."""
        records, ttl = await self._ask(service, dns.rdatatype.SRV)
        found = {
            Target(record.priority, record.target.to_text(omit_final_dot=True).lower(), record.port, record.weight)
            for record in records
            # A target of `.` says that the service is not offered (RFC 2782).
            if record.target != dns.name.root and record.port
        }
        if not found:
            raise NoAnswer("the service is not offered", True)
        return tuple(sorted(found)), ttl

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> tuple[list[Any], float]:
        """The records of this kind. Raises NoAnswer."""
        try:
            answer = await self._resolver_now().resolve(
                name, kind, raise_on_no_answer=False, search=True, lifetime=LIFETIME
            )
        except dns.resolver.NXDOMAIN:
            raise NoAnswer("there is no such name", True) from None
        except dns.exception.Timeout:
            raise NoAnswer("the name servers do not answer", False) from None
        except dns.resolver.NoNameservers as fault:
            raise NoAnswer(f"the name servers fail: {last_error(fault)}", False) from None
        except Exception as fault:
            # Whatever bytes came: whoever asked must get an answer.
            words = str(fault) or type(fault).__name__
            raise NoAnswer(f"the name cannot be asked for: {words[:100]}", False) from None
        if answer.rrset is None:
            raise NoAnswer("the name has no address" if kind != dns.rdatatype.SRV else "no service is there", True)
        ttl = min(answer.rrset.ttl, answer.chaining_result.minimum_ttl)
        return list(answer.rrset)[:MOST_RECORDS], min(float(ttl), LONGEST)

    def _resolver_now(self) -> dns.asyncresolver.Resolver:
        """dnspython's, of what resolv.conf says now."""
        if self.file.changed() or self._resolver is None:
            made = dns.asyncresolver.Resolver(configure=False)
            try:
                made.read_resolv_conf(io.StringIO(self.file.text()))
            except (dns.exception.DNSException, OSError, ValueError):
                # Without one the name servers are none, or those that the configuration names.
                made = dns.asyncresolver.Resolver(configure=False)
            if self.servers:
                made.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in self.servers]
            made.timeout = ONE_TRY
            made.lifetime = LIFETIME
            made.retry_servfail = False
            self._resolver = made
        return self._resolver


def last_error(fault: dns.resolver.NoNameservers) -> str:
    """What the last server did wrong, in a few words."""
    errors = fault.kwargs.get("errors") or []
    said = errors[-1][3] if errors else ""
    return (str(said) or type(said).__name__)[:100]


def is_destination(text: str) -> bool:
    """Whether an address can be that of a member at all."""
    address = ipaddress.ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    return not (address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255")


def in_order(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The order in which the system would try them, as far as it matters: those that have a route first, then by the
    default policy of RFC 6724; among equals as they came, which is how name servers spread the load."""
    return tuple(sorted(addresses, key=lambda text: (not has_route(text), -precedence(text))))


PRECEDENCES: Final = tuple(
    (ipaddress.IPv6Network(network), value)
    for network, value in (("::1/128", 50), ("2002::/16", 30), ("2001::/32", 5), ("fc00::/7", 3), ("::/0", 40))
)


def precedence(text: str) -> int:
    """RFC 6724 section 2.1; IPv4 has 35."""
    address = ipaddress.ip_address(text)
    if address.version == 4:
        return 35
    return next(value for network, value in PRECEDENCES if address in network)


def has_route(text: str) -> bool:
    """Whether the kernel knows a way there, asked without sending anything."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((text, 9))
    except OSError:
        return False
    return True

