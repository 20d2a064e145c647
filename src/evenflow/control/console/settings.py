"""What balancers and members are told to be, field by field, and what is different between two moments.

Fields and their values are those of httpd's forms (`manager.change`), so whatever was can be said again by the same way
that checks every change. What members do by themselves (errors, failed checks) is none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from evenflow.balancer.added import members_now, settle
from evenflow.balancer.methods import METHODS
from evenflow.control.manager.change import STATUS_FIELDS
from evenflow.control.removal import is_added
from evenflow.plan.model import Balancer
from evenflow.slotmem.layout import CHECK_FAILED
from evenflow.slotmem.scoreboard import Scoreboard

ADDED: Final = "added"
"""The field of a member that was not there before; BY_SERVICE is its value where a service names it."""
BY_SERVICE: Final = "service"
REMOVED: Final = "removed"
"""That of one that is not there any more."""
GOES: Final = "goes"
"""Whether a member that was added is being removed."""

STATUS_SAID: Final = {
    "w_status_N": ("drains", "drains no more"),
    "w_status_D": ("disabled", "no more disabled"),
    "w_status_S": ("stopped", "no more stopped"),
    "w_status_H": ("is a standby", "is no more a standby"),
    "w_status_R": ("is a spare", "is no more a spare"),
    "w_status_I": ("its errors are ignored", "its errors count again"),
    GOES: ("is removed when nobody uses it any more", "is not removed"),
    "b_sforce": ("no other member is tried", "other members are tried"),
}
"""On and off, in words."""
VALUES_SAID: Final = {
    "w_lf": "load factor",
    "w_ls": "set",
    "w_wr": "route",
    "w_rr": "redirect",
    "b_lbm": "lbmethod",
    "b_tmo": "timeout",
    "b_max": "attempts at other members",
    "b_ss": "sticky session",
}

Place = tuple[str, int, str]
"""A balancer's name, which of that name, and a member's; "" for the balancer itself."""
Settings = dict[tuple[Place, str], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` and `after` are values of the form's field."""

    place: Place
    field: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """`drains`, `load factor 1.00 → 2.00`."""
        if self.field == ADDED:
            return "named by its service" if self.after == BY_SERVICE else "added, disabled at first"
        if self.field == REMOVED:
            return "removed: nobody uses it any more" if self.before != BY_SERVICE else "left by its service, and empty"
        if self.field in STATUS_SAID:
            return STATUS_SAID[self.field][self.after != "1"]
        return f"{VALUES_SAID.get(self.field, self.field)} {self.before or 'none'} → {self.after or 'none'}"


def read(balancers: Iterable[Balancer], scoreboard: Scoreboard) -> Settings:
    """All of these balancers now; `balancers` are all that the plan has, in its order."""
    found: Settings = {}
    seen: dict[bytes, int] = {}
    for balancer in balancers:
        count = seen.get(balancer.name, 0)
        seen[balancer.name] = count + 1
        name = balancer.name.decode("latin-1")
        settle((balancer,), scoreboard)
        row = scoreboard.balancer(balancer.index)
        cookie, path = row.sticky_cookie.decode("latin-1"), row.sticky_path.decode("latin-1")
        own = {
            "b_lbm": METHODS[row.method - 1].name if row.method else balancer.lbmethod,
            "b_tmo": str(int(row.timeout)),
            "b_max": str(row.maxattempts),
            "b_sforce": str(int(row.nofailover)),
            "b_ss": cookie if cookie == path else f"{cookie}|{path}",
        }
        found.update({((name, count, ""), field): value for field, value in own.items()})
        for member in members_now(balancer):
            slot = scoreboard.member(member.slot, 0)
            said = {
                "w_lf": f"{slot.factor / 100:.2f}",
                "w_ls": str(slot.lbset),
                "w_wr": slot.route.decode("latin-1"),
                "w_rr": slot.redirect.decode("latin-1"),
            }
            for field, bit in STATUS_FIELDS.items():
                if bit != CHECK_FAILED:
                    said[field.decode()] = str(int(bool(slot.status & bit)))
            if is_added(member):
                said[GOES] = str(int(slot.goes > 0.0))
            elif member.service is not None:
                said[GOES] = BY_SERVICE
            place = (name, count, member.name.decode("latin-1"))
            found.update({(place, field): value for field, value in said.items()})
    return found


def differences(before: Settings, after: Settings) -> list[Difference]:
    """What changed; of a member that is new, or not there any more, only that."""
    known = {place for place, _ in before}
    found = []
    for place, field in before:
        # Others go with their lines, and then it is another generation.
        if field == GOES and (place, field) not in after:
            found.append(Difference(place, REMOVED, before[place, field], ""))
    for (place, field), value in after.items():
        if place not in known:
            known.add(place)
            found.append(Difference(place, ADDED, "", BY_SERVICE if after.get((place, GOES)) == BY_SERVICE else "1"))
            before = before | {key: one for key, one in after.items() if key[0] == place}
        elif before.get((place, field)) != value:
            found.append(Difference(place, field, before.get((place, field), ""), value))
    return found


def form(field: str, value: str) -> dict[bytes, bytes]:
    """The form that says so again."""
    if field == "b_ss" and not value:
        # An empty one says nothing in httpd's form.
        value = "-"
    return {field.encode(): value.encode("latin-1", "replace")}
