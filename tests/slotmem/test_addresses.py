"""What a member's name leads to, in shared memory: whole answers for the right name, or none."""

from __future__ import annotations

import math

import pytest

from evenflow.slotmem.addresses import NOTHING, Answer, is_name, pack, unpack
from evenflow.slotmem.adoption import adopt
from evenflow.slotmem.layout import ADDRESS_CELLS, FOUND, MOST_ADDRESSES, NOT_FOUND
from tests.balancer.cluster import Cluster, member


def test_an_answer_is_read_as_it_was_written() -> None:
    board = Cluster(member(), member()).scoreboard
    written = Answer(FOUND, ("10.0.0.1", "2001:db8::1", "::1"), 7.5, 30.0, math.inf, "the name servers do not answer")
    board.address(1).write("node.example", written)
    assert board.address(1).read("node.example") == written
    assert board.address(0).read("node.example") is NOTHING
    board.address(1).write("node.example", Answer(NOT_FOUND, (), 8.0, 0.0, 9.0, "there is no such name"))
    assert board.address(1).read("node.example").addresses == ()
    assert board.address(1).serial == 2


def test_an_answer_is_for_one_name() -> None:
    row = Cluster(member()).scoreboard.address(0)
    row.write("node.example", Answer(FOUND, ("10.0.0.1",), 1.0, 1.0, 2.0))
    assert row.read("other.example") is NOTHING


@pytest.mark.parametrize("cell", range(1, ADDRESS_CELLS))
def test_a_half_written_row_is_no_answer(cell: int) -> None:
    row = Cluster(member()).scoreboard.address(0)
    row.write("node.example", Answer(FOUND, ("10.0.0.1",) * MOST_ADDRESSES, 1.0, 1.0, 2.0, "x"))
    row.cells[cell] += 1
    # Whether its service names the member is no part of the answer.
    assert (row.read("node.example") is NOTHING) == (cell != 2)


def test_too_many_addresses_and_too_many_words_are_cut() -> None:
    row = Cluster(member()).scoreboard.address(0)
    many = tuple(f"10.0.0.{number}" for number in range(100))
    row.write("node.example", Answer(FOUND, many, 1.0, 1.0, 2.0, "x" * 500))
    read = row.read("node.example")
    assert read.addresses == many[:MOST_ADDRESSES]
    assert read.cause == "x" * 63


def test_a_younger_generation_knows_it() -> None:
    old, new = Cluster(member()), Cluster(member())
    answer = Answer(FOUND, ("10.0.0.1",), 1.0, 1.0, 2.0)
    old.scoreboard.address(0).write("node.example", answer)
    old.scoreboard.address(0).left_at = 3.0
    adopt(new.scoreboard, old.scoreboard)
    assert new.scoreboard.address(0).read("node.example") == answer
    assert new.scoreboard.address(0).left_at == 3.0


@pytest.mark.parametrize("text", ["0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::a"])
def test_addresses_are_sixteen_bytes(text: str) -> None:
    assert len(pack(text)) == 16
    assert unpack(pack(text)) == text


def test_a_zone_is_left_out() -> None:
    assert unpack(pack("fe80::1%eth0")) == "fe80::1"


@pytest.mark.parametrize(
    ("host", "named"), [("node", True), ("10.0.0.1", False), ("[::1]", False), ("::1", False), ("", False)]
)
def test_who_is_known_by_a_name(host: str, named: bool) -> None:
    assert is_name(host) is named
