"""What was changed while it ran, as text for a file, and back: so that it outlives a restart (BalancerPersist).

A text becomes a scoreboard again, with what the configuration said then, and is adopted like that of a generation
before: a line that says something else now counts again. httpd lets what was kept hide the file.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Final

from evenflow.slotmem.scoreboard import Scoreboard

VERSION: Final = 1
MEMBER_SAYS: Final = ("name", "route", "redirect", "loadfactor", "lbset", "status", "retry")
BALANCER_SAYS: Final = ("name", "lbmethod", "sticky_cookie", "sticky_path", "nofailover", "maxattempts", "timeout")


def keep(scoreboard: Scoreboard) -> str:
    """All that `recall` needs, of the balancers that want it."""
    kept = [index for index, balancer in enumerate(scoreboard.balancers) if balancer.persist]
    balancers = [
        {"said": facts(scoreboard.balancers[index], BALANCER_SAYS), "is": balancer_now(scoreboard, index)}
        for index in kept
    ]
    places = {id(scoreboard.balancers[index]): place for place, index in enumerate(kept)}
    members = [
        {
            "balancer": places[id(member.balancer)],
            "said": facts(member, MEMBER_SAYS),
            "is": member_now(scoreboard, index),
        }
        for index, member in enumerate(scoreboard.members)
        if id(member.balancer) in places
        and (member.name or scoreboard.member(index, 0).url)
        # Who is a service's target is asked anew.
        and scoreboard.address(index).left_at == 0.0
        # Nobody uses it after a restart.
        and scoreboard.member(index, 0).goes <= 0.0
    ]
    return json.dumps({"version": VERSION, "balancers": balancers, "members": members}, indent=1)


def recall(text: str) -> Scoreboard:
    """The scoreboard that was kept. Raises ValueError for a text that `keep` did not write."""
    try:
        told = json.loads(text)
        if told["version"] != VERSION:
            raise ValueError("it was written by another version")
        balancers = [SimpleNamespace(**wire(one["said"])) for one in told["balancers"]]
        members = [
            SimpleNamespace(**wire(one["said"]), balancer=balancers[one["balancer"]]) for one in told["members"]
        ]
        board = Scoreboard(members, balancers, 1)
        for index, one in enumerate(told["balancers"]):
            row = board.balancer(index)
            for name, value in wire(one["is"]).items():
                setattr(row, name, value)
        for index, one in enumerate(told["members"]):
            slot = board.member(index, 0)
            now = wire(one["is"])
            slot.name_route(now.pop("route"))
            slot.name_redirect(now.pop("redirect"))
            for name, value in now.items():
                setattr(slot, name, value)
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as fault:
        raise ValueError(f"it is not what evenflow wrote: {fault!r}") from None
    return board


def member_now(scoreboard: Scoreboard, index: int) -> dict[str, Any]:
    slot = scoreboard.member(index, 0)
    return plain({name: getattr(slot, name) for name in ("status", "factor", "lbset", "route", "redirect", "url")})


def balancer_now(scoreboard: Scoreboard, index: int) -> dict[str, Any]:
    row = scoreboard.balancer(index)
    names = ("method", "maxattempts", "nofailover", "timeout", "sticky_cookie", "sticky_path", "nonce")
    return plain({name: getattr(row, name) for name in names})


def facts(configured: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return plain({name: getattr(configured, name) for name in names})


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Bytes as texts that JSON can hold; `wire` knows them again."""
    return {
        name: {"bytes": value.decode("latin-1")} if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def wire(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value["bytes"].encode("latin-1") if isinstance(value, dict) else value for name, value in values.items()
    }
