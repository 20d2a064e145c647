"""Whom a request may be sent to: the balancers and the plain members that one virtual host knows.

A URL finds its balancer by name and its member by the longest name that it begins with (`ap_proxy_get_worker`). What
is not here cannot be reached: nothing that a client sends names a backend that the configuration does not.
"""

from __future__ import annotations

from evenflow.plan.model import Balancer, Member

DEFAULT_PORTS = {b"http": b":80", b"ws": b":80", b"https": b":443", b"wss": b":443"}


class Backends:
    """`members` has them by `scheme://host[:port]` (lower case, no default port), longest name first."""

    __slots__ = ("balancers", "members")

    def __init__(self, balancers: dict[bytes, Balancer], members: dict[bytes, tuple[Member, ...]]) -> None:
        self.balancers = balancers
        """By name, lower case."""
        self.members = members

    def find_member(self, origin: bytes, path: bytes) -> Member | None:
        """The member for a URL given as origin (as in `split_url`) and path; None where there is none."""
        members = self.members.get(origin)
        if members is None:
            return None
        if len(members) == 1 and members[0].name == origin:
            return members[0]
        url = origin + path
        for member in members:
            if url.startswith(member.name):
                return member
        return None


def split_url(url: bytes) -> tuple[bytes, bytes, bytes]:
    """(scheme, `scheme://authority` in lower case without default port, path from its slash on) of an absolute URL."""
    colon = url.find(b"://")
    scheme = url[:colon].lower()
    slash = url.find(b"/", colon + 3)
    if slash < 0:
        slash = len(url)
    authority = url[colon + 3 : slash].lower()
    default = DEFAULT_PORTS.get(scheme)
    if default is not None and authority.endswith(default):
        authority = authority[: len(authority) - len(default)]
    return scheme, scheme + b"://" + authority, url[slash:]
