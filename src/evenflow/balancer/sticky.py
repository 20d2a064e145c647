"""Sessions: the route that a request asks for, and the member that has it.

httpd's search, peculiarities included, because cookies and links in the field rely on them. Bytes in, bytes out.
"""

from __future__ import annotations

from evenflow.balancer.balance import Balance
from evenflow.balancer.health import try_again
from evenflow.slotmem.layout import STANDBY, STATUS
from evenflow.slotmem.members import MemberSlot

BLANKS = b" \t\n\v\f\r"


class Session:
    """What a request says of its session: by which `name` it was found, the route, b"" where nothing follows, and the
    whole value, b"" where nothing of it but the route tells sessions apart."""

    __slots__ = ("name", "route", "value")

    def __init__(self, name: bytes, route: bytes, value: bytes) -> None:
        self.name = name
        self.route = route
        self.value = value


def find_session(balance: Balance, url: bytes, cookie: bytes | None) -> Session | None:
    """The session that a request belongs to; None if the balancer is not sticky or the request names none.

    `url` is what is forwarded, path and `?query`; `cookie` the Cookie field's value, several fields joined by a comma.
    A value in the URL hides the cookie, even with no route in it. An empty route (`SID=.`) leads nowhere, but is
    a session for the environment variables, as in httpd.
    """
    name = balance.sticky_cookie
    if not name:
        return None
    value = in_url(url, balance.sticky_path, balance.semicolon_ends)
    if value is not None:
        name = balance.sticky_path
    elif cookie is None:
        return None
    else:
        value = in_cookie(cookie, name)
        if value is None:
            return None
    separator = balance.separator
    whole = b""
    if separator:
        # The first separator counts: `a.b.n2` asks for the route `b.n2`.
        cut = value.find(separator)
        if cut < 0:
            return None
        if cut > 0:
            whole = value
        value = value[cut + 1 :]
    return Session(name, value, whole)


def in_url(url: bytes, name: bytes, semicolon_ends: bool) -> bytes | None:
    """The value behind the first `NAME=` anywhere in the URL, be it the tail of a longer name.

    It runs to the next `?` or `&` (or `;` if that ends it); such bytes at its very beginning are passed over.
    """
    size = len(url)
    at = url.find(name)
    while at >= 0:
        at += len(name)
        if at + 1 < size and url.startswith(b"=", at):
            begin = at + 1
            while begin < size and is_delimiter(url, begin, semicolon_ends):
                begin += 1
            if begin == size:
                return None
            end = begin + 1
            while end < size and not is_delimiter(url, end, semicolon_ends):
                end += 1
            return url[begin:end]
        # As httpd goes on: the byte behind the name is not looked at again.
        at = url.find(name, at + 1)
    return None


def is_delimiter(url: bytes, at: int, semicolon_ends: bool) -> bool:
    """Whether a value in the URL ends here."""
    byte = url[at]
    return byte == 0x26 or byte == 0x3F or (byte == 0x3B and semicolon_ends)


def in_cookie(cookie: bytes, name: bytes) -> bytes | None:
    """The value of the first cookie of this name that has one; quotes are part of it.

    The name stands at the beginning or behind `;`, `,` or a blank; blanks may follow it.
    """
    size = len(cookie)
    at = cookie.find(name)
    while at >= 0:
        if at == 0 or cookie[at - 1] in b";, \t\n\v\f\r":
            at += len(name)
            while at < size and cookie[at] in BLANKS:
                at += 1
            if at + 1 < size and cookie[at] == 0x3D:
                begin = at + 1
                end = begin
                while end < size and cookie[end] not in b";,":
                    end += 1
                return cookie[begin:end]
            # As httpd goes on: behind the byte that should have been a `=`.
            at += 1
        at = cookie.find(name, at + 1)
    return None


def find_routed(balance: Balance, route: bytes, now: float, depth: int) -> MemberSlot | None:
    """The first usable member that has this route, or the one that its redirect leads to; None if there is none.

    Standbys come after all others. A draining member keeps its sessions. Redirects are followed as often as there are
    members, so a circle of them ends; begin with `depth` 1.
    """
    slots = balance.slots
    slot = find_route_among(balance, slots, route, now, depth, 0)
    if slot is None:
        slot = find_route_among(balance, slots, route, now, depth, STANDBY)
    return slot


def find_route_among(
    balance: Balance, slots: list[MemberSlot], route: bytes, now: float, depth: int, standby: int
) -> MemberSlot | None:
    """One of the two passes of `find_routed`: over the standbys (STANDBY) or over the others (0)."""
    for slot in slots:
        if slot.shared[STATUS] & STANDBY != standby or slot.route != route:
            continue
        if slot.usable():
            return slot
        try_again(slot, now)
        if slot.usable():
            return slot
        if slot.redirect and depth < len(slots):
            if balance.trace is not None:
                balance.trace.append(f"route {text(route)} is unusable, its redirect leads to {text(slot.redirect)}")
            instead = find_routed(balance, slot.redirect, now, depth + 1)
            if instead is not None:
                return instead
    return None


def is_known(balance: Balance, route: bytes) -> bool:
    """Whether any member has this route, usable or not."""
    for slot in balance.slots:  # noqa: SIM110 - Cython takes no generator in a function that is also a C function
        if slot.route == route:
            return True
    return False


def route_changed(balance: Balance, route: bytes, slot: MemberSlot) -> bool:
    """Whether BALANCER_ROUTE_CHANGED is set: the balancer is sticky, and this is not the route that was asked for.

    `route` is b"" where the request named none: that counts as changed. Once an attempt of a request changed it, httpd
    leaves the variable set, whichever member answers in the end.
    """
    if not balance.sticky_cookie:
        return False
    return not route or slot.route != route


def text(route: bytes) -> str:
    """A route for the trace."""
    return repr(route.decode("latin-1"))
