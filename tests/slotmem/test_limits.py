"""How often limits were met, over children that live, have died and have retired."""

from __future__ import annotations

from evenflow.slotmem.adoption import Ancestry
from evenflow.slotmem.limits import BY_ADDRESS, BY_SLOW_READER, LIMITS, limits_met, write_down
from evenflow.slotmem.scoreboard import Scoreboard


def met(**counts: int) -> list[int]:
    return [counts.get(name, 0) for name, _ in LIMITS]


def test_the_places_are_those_of_the_names() -> None:
    assert LIMITS[BY_ADDRESS][0] == "address" and LIMITS[BY_SLOW_READER][0] == "slow_reader"
    assert len({name for name, _ in LIMITS}) == len({said for _, said in LIMITS}) == len(LIMITS)


def test_what_children_met_is_added_up_and_outlives_them() -> None:
    ancestry = Ancestry()
    old, new = Scoreboard((), (), 2), Scoreboard((), (), 1)
    write_down(old.child(0), met(queue=1))
    write_down(old.child(1), met(queue=2, address=5))
    old.child(1).requests = 7
    assert {name: count for name, count in limits_met(old).items() if count} == {"queue": 3, "address": 5}
    old.bury(1)
    assert limits_met(old)["queue"] == 3 and old.child(1).requests == 0
    ancestry.retire(old)
    write_down(new.child(0), met(queue=1))
    ancestry.write(new)
    assert limits_met(new)["queue"] == 4
    write_down(old.child(0), met(queue=10))
    ancestry.end(old)
    ancestry.write(new)
    assert limits_met(new) == {**dict.fromkeys(dict(LIMITS), 0), "queue": 13, "address": 5}
