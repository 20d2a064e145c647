"""Members that were added while it runs: rows that a balancer keeps free (`growth`) become members by their URL.

The URL stands in the row; a row without one is free. Each process makes its own `Member` of it, when it reads the
balancer anew. httpd never gives a row back; here it is free again once nobody uses its member (`control.removal`), and
each process sees by the URL that it is another's.
"""

from __future__ import annotations

from collections.abc import Iterable

from evenflow.plan.model import Balancer, Member
from evenflow.plan.names import default_port
from evenflow.plan.reverse import prefixes_of
from evenflow.slotmem.scoreboard import Scoreboard


def settle(balancers: Iterable[Balancer], scoreboard: Scoreboard) -> None:
    """Make members of all rows of these balancers that hold a URL."""
    for balancer in balancers:
        for member in balancer.spares:
            take_url(member, scoreboard.member(member.slot, 0).url)


def take_url(member: Member, url: bytes) -> bool:
    """Let the placeholder be the member of this URL, spelled as `Url.name` spells it; whether it is a member now."""
    if url == member.name:
        return url != b""
    leave_url(member)
    scheme, separator, rest = url.partition(b"://")
    authority, slash, path = rest.partition(b"/")
    host, port = split_port(authority)
    if not separator or not host:
        return False
    member.scheme = scheme
    member.host = member.dial_host = host.decode("latin-1")
    member.port = member.dial_port = port or default_port(scheme)
    member.path = slash + path
    member.host_field = authority
    member.encrypted = scheme in (b"https", b"wss")
    if member.service is None:
        member.upgrade = (b"websocket",) if scheme in (b"ws", b"wss") else ()
    member.name = url
    if member.balancer is not None:
        for reverse, part in member.balancer.reverses:
            reverse.prefixes += prefixes_of(url, part, reverse.replacement)
    return True


def leave_url(member: Member) -> None:
    """Let it be a placeholder again."""
    if member.balancer is not None and member.name:
        for reverse, part in member.balancer.reverses:
            gone = prefixes_of(member.name, part, reverse.replacement)
            reverse.prefixes = tuple([prefix for prefix in reverse.prefixes if prefix not in gone])
    member.name = b""
    member.host = member.dial_host = ""


def split_port(authority: bytes) -> tuple[bytes, int]:
    """The host without brackets and the port, 0 for none."""
    if authority.startswith(b"["):
        host, _, rest = authority[1:].partition(b"]")
        digits = rest.removeprefix(b":")
    else:
        host, _, digits = authority.partition(b":")
    return host, int(digits) if digits.isdigit() else 0


def members_now(balancer: Balancer) -> tuple[Member, ...]:
    """The configured members and the added ones that this process knows (`settle`)."""
    return (*balancer.members, *[member for member in balancer.spares if member.name])
