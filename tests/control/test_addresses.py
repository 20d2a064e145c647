"""Where members are, told to people and programs."""

from __future__ import annotations

import json
import math

from evenflow.control.addresses import describe_address, in_words, known_address
from evenflow.slotmem.addresses import NOTHING, Answer
from evenflow.slotmem.layout import FOUND, NOT_FOUND
from evenflow.slotmem.scoreboard import Scoreboard
from tests.proxy.story import make_member


def test_a_member_that_is_an_address_has_nothing_to_tell() -> None:
    member = make_member("m", 0, host="10.0.0.1")
    board = Scoreboard((member,), (), 1)
    assert known_address(member, board) is NOTHING
    assert describe_address(member, NOTHING, 5.0) is None
    assert in_words(None) == ""


def test_what_is_known_with_its_age_and_time_to_live() -> None:
    member = make_member("m", 0, host="node.example")
    board = Scoreboard((member,), (), 1)
    assert in_words(describe_address(member, known_address(member, board), 5.0)) == "not resolved yet"
    board.address(0).write("node.example", Answer(FOUND, ("10.0.0.1", "10.0.0.2"), 100.0, 30.0, 130.0))
    known = known_address(member, board)
    assert describe_address(member, known, 112.0) == {
        "name": "node.example", "addresses": ["10.0.0.1", "10.0.0.2"], "age": 12.0, "ttl": 30.0,
        "asked_again_in": 18.0, "cause": None,
    }  # fmt: skip
    assert in_words(describe_address(member, known, 112.0)) == "10.0.0.1 10.0.0.2, resolved 12 s ago, ttl 30"


def test_an_answer_for_ever_can_be_written_as_json() -> None:
    member = make_member("m", 0, host="node.example")
    told = describe_address(member, Answer(FOUND, ("10.0.0.1",), 1.0, 0.0, math.inf), 2.0)
    assert told is not None
    assert json.loads(json.dumps(told, allow_nan=False))["asked_again_in"] is None
    assert told["ttl"] is None


def test_why_there_is_none() -> None:
    member = make_member("m", 0, host="node.example")
    known = Answer(NOT_FOUND, (), 1.0, 0.0, 2.0, "there is no such name")
    assert in_words(describe_address(member, known, 2.0)) == "`node.example` does not resolve: there is no such name"


def test_why_it_could_not_be_asked_for_again() -> None:
    member = make_member("m", 0, host="node.example")
    known = Answer(FOUND, ("10.0.0.1",), 1.0, 30.0, 40.0, "the name servers do not answer")
    words = in_words(describe_address(member, known, 2.0))
    assert words == "10.0.0.1, resolved 1 s ago, ttl 30; the name servers do not answer"
