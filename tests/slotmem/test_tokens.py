"""Tokens: never more than there are, what the dead held comes back, and a changed `max` is kept to."""

from __future__ import annotations

import os
import signal
from typing import Any

from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.tokens import HELD, ROW, Tokens, hand_on


def tokens(limit: int, places: int = 2) -> Tokens:
    made = Tokens(limit)
    for place in range(places):
        made.begin(place)
    return made


def test_no_more_are_held_than_there_are() -> None:
    three = tokens(3)
    assert [three.take(place) for place in (0, 1, 0, 1, 0)] == [True, True, True, False, False]
    assert (three.held(), three.free(), three.lost()) == (3, 0, 0)
    three.give(1)
    assert three.take(0)
    assert not three.take(1)


def test_who_waits_is_known_to_the_others() -> None:
    one = tokens(1, 3)
    one.tell(1, 2, 70.0)
    one.tell(2, 1, 60.0)
    assert one.others(0) == (3, 60.0)
    assert one.others(2) == (2, 70.0)
    one.tell(2, 0, 0.0)
    assert one.others(1) == (0, 0.0)


def test_what_a_killed_process_held_comes_back() -> None:
    two = tokens(2)
    ready, said = os.pipe()
    pid = os.fork()
    if pid == 0:
        two.take(1)
        two.take(1)
        two.tell(1, 1, 5.0)
        os.write(said, b"x")
        signal.pause()
    assert os.read(ready, 1) == b"x"
    assert not two.take(0)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    two.bury(1)
    assert two.others(0) == (0, 0.0)
    assert two.take(0) and two.take(0) and not two.take(0)
    os.close(ready)
    os.close(said)


def test_more_tokens_are_there_at_once() -> None:
    one = tokens(1)
    assert one.take(0)
    one.resize(3)
    assert one.take(0) and one.take(0) and not one.take(0)


def test_fewer_tokens_are_taken_away_as_they_come_back() -> None:
    four = tokens(4)
    assert all(four.take(0) for _ in range(3))
    four.resize(1)
    assert (four.excess(), four.free()) == (2, 0)
    assert not four.settle()
    four.give(0)
    assert not four.take(1)
    four.give(0)
    assert not four.take(1)
    four.give(0)
    assert four.take(1) and not four.take(0)
    assert four.settle() and four.lost() == 0


def test_what_the_dead_took_away_stays_away() -> None:
    four = tokens(4)
    assert all(four.take(place) for place in (0, 0, 1, 1))
    four.resize(1)
    four.give(1)
    four.bury(1)
    assert (four.excess(), four.free()) == (1, 0)
    four.give(0)
    four.give(0)
    assert (four.excess(), four.free()) == (0, 1)


def test_taken_away_too_often_is_put_back() -> None:
    two = tokens(2)
    assert two.take(0) and two.take(1)
    two.resize(1)
    # Both see that one is too much, and both keep theirs.
    two.region.ints[0 * ROW + HELD] = two.region.ints[1 * ROW + HELD] = 0
    two.region.ints[0 * ROW + 3] = two.region.ints[1 * ROW + 3] = 1
    assert two.excess() == -1
    assert two.settle()
    assert (two.free(), two.lost()) == (1, 0)


class Facts:
    """A member without a balancer."""

    balancer: Any = None
    route = redirect = status = b""
    loadfactor = 100
    lbset = 0
    retry = 60.0

    def __init__(self, name: bytes, limit: int) -> None:
        self.name = name
        self.max = limit


def test_a_member_keeps_its_tokens_over_generations() -> None:
    old = Scoreboard([Facts(b"a", 2), Facts(b"b", 0)], [], 1)
    hand_on(old, None)
    assert list(old.tokens) == [0]
    assert old.tokens[0].take(0)
    new = Scoreboard([Facts(b"c", 1), Facts(b"b", 4), Facts(b"a", 3)], [], 1)
    hand_on(new, old)
    assert new.tokens[2] is old.tokens[0]
    assert (new.tokens[0].free(), new.tokens[1].free()) == (1, 4)
    assert new.tokens[2].limit == 2, "nobody serves with it yet"
