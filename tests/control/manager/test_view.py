"""What is shown: sums over children, status words, nonces."""

from __future__ import annotations

import re

import pytest

from evenflow.balancer.choose import choose
from evenflow.control.manager.view import nonce_of, status_words, view_balancer, visible_balancers
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.manager.managed import Managed


def test_counters_are_sums_over_children() -> None:
    managed = Managed(children=3)
    for child in range(3):
        choose(managed.balance(1, child), b"", 1.0)
    member = view_balancer(managed.plan.balancers[1], managed.scoreboard).members[0]
    assert (member.elected, member.busy, member.load) == (3, 3, 0)


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("", "Init Ok "),
        ("H", "Init Stby Ok "),
        ("R", "Init Spar Ok "),
        ("N", "Init Drn Ok "),
        ("I", "Init Ign Ok "),
        ("D", "Init Dis "),
        ("C", "Init HcFl "),
        ("INDSEHRC", "Init Ign Drn Dis Stop Err Stby Spar HcFl "),
    ],
)
def test_status_words(letters: str, words: str) -> None:
    managed = Managed()
    managed.plan.members[2].status = letters.encode()
    board = Scoreboard(managed.plan.members, managed.plan.balancers, 1)
    assert status_words(board.member(2, 0)) == words


def test_nonces() -> None:
    managed = Managed()
    confluence, lone = managed.plan.balancers
    board = managed.scoreboard
    assert nonce_of(confluence, board.balancer(0)) == b"secret"
    random = nonce_of(lone, board.balancer(1)).decode()
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", random)
    assert nonce_of(lone, board.balancer(1)).decode() == random
    assert view_balancer(Managed(nonce=b"").plan.balancers[0], Managed(nonce=b"").scoreboard).nonce == ""


def test_the_sticky_names_as_configured() -> None:
    managed = Managed()
    view = view_balancer(managed.plan.balancers[0], managed.scoreboard)
    assert (view.sticky, view.sticky_cookie) == ("JSESSIONID|jsessionid", "JSESSIONID")
    assert view_balancer(managed.plan.balancers[1], managed.scoreboard).sticky == ""


def test_every_balancer_of_the_plan_is_visible() -> None:
    managed = Managed()
    assert visible_balancers(managed.host, managed.plan) == managed.plan.balancers
