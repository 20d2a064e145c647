"""A member is added while it runs: into a row that `growth` keeps free. It starts disabled, as httpd's do."""

from __future__ import annotations

from time import monotonic
from typing import Final

from evenflow.balancer.added import members_now, settle
from evenflow.compiler.findings import Refused
from evenflow.compiler.identity import Url, read_url
from evenflow.control.removal import REST, rests
from evenflow.plan.model import Balancer, Member
from evenflow.slotmem.layout import URL_LIMIT
from evenflow.slotmem.scoreboard import Scoreboard

UNSAFE: Final = frozenset(b"?#<>\"\\^`{|}")
"""Bytes that no member's URL has, besides those that cannot be seen: they would get into requests."""


class NotAdded(Exception):
    """Why a member was not added: two sentences."""

    def __init__(self, because: str, help: str) -> None:
        super().__init__(f"{because} {help}")
        self.because = because
        self.help = help


def add_member(balancer: Balancer, text: bytes, scoreboard: Scoreboard) -> Member:
    """Put the member of this URL into a free row, and tell all children. Raises NotAdded."""
    settle((balancer,), scoreboard)
    url = read_member(text)
    name = url.name.encode("latin-1")
    now = monotonic()
    for member in members_now(balancer):
        if covers(member, url):
            shown = member.name.decode("latin-1")
            if scoreboard.member(member.slot, 0).goes > 0.0:
                raise NotAdded(f"`{shown}` is being removed.", "Enable it to keep it, or wait until it is gone.")
            raise NotAdded(f"`{shown}` is a member already.", "A member covers all URLs that begin with its own.")
    rows = [member for member in balancer.spares if not (member.name or member.service)]
    free = next((member for member in rows if not rests(scoreboard.member(member.slot, 0), now)), None)
    if free is None and rows:
        raise NotAdded("The room that there is was another member's a moment ago.", f"Try again in {REST:g} seconds.")
    if free is None:
        where = f"<Proxy balancer://{balancer.name.decode('latin-1')}>"
        raise NotAdded(
            f"There is no room for another member: `growth` is {balancer.growth}.",
            f"Write `ProxySet growth=N` or a BalancerMember line into {where} and reload.",
        )
    if free.blocked:
        raise NotAdded(
            "No member can be added where ProxyRemote, ProxyBlock or ProxySourceAddress says how members are reached.",
            "Write a BalancerMember line and reload.",
        )
    slot = scoreboard.member(free.slot, 0)
    slot.goes = 0.0
    slot.url = name
    settle((balancer,), scoreboard)
    scoreboard.balancer(balancer.index).changed()
    return free


def read_member(text: bytes) -> Url:
    """The URL of a member to be. Raises NotAdded for what is none, or cannot be added."""
    help = "Write `http://HOST:PORT`; https, ws and wss are spoken too."
    shown = text.decode("latin-1")
    if any(not 32 < byte < 127 or byte in UNSAFE for byte in text):
        raise NotAdded(f"`{shown}` is no URL of a member.", help)
    if shown.lower().startswith("unix:"):
        raise NotAdded("A member on a Unix socket cannot be added while evenflow runs.", help)
    try:
        url = read_url(shown)
    except Refused as refused:
        raise NotAdded(f"{str(refused)[:1].upper()}{str(refused)[1:]}.", help) from None
    if len(url.name) > URL_LIMIT:
        raise NotAdded(f"The URL has more than {URL_LIMIT} bytes.", help)
    return url


def covers(member: Member, url: Url) -> bool:
    """Whether the URL begins with the member's, at the same origin: httpd finds that member then."""
    name, origin = member.name.decode("latin-1"), url.origin
    return (name == origin or name.startswith(origin + "/")) and url.name.startswith(name)
