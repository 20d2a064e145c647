"""What is shown: sums over children, status words, nonces."""

from __future__ import annotations

import re

import pytest

from evenflow.balancer.choose import choose
from evenflow.control.manager.view import (
    BalancerView,
    nonce_of,
    path_to,
    status_words,
    view_balancer,
    visible_balancers,
)
from evenflow.plan.backends import Backends
from evenflow.plan.locations import Section
from evenflow.plan.mapping import Mapping
from evenflow.plan.scope import Said
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.manager.managed import Managed


def test_counters_are_sums_over_children() -> None:
    managed = Managed(children=3)
    for child in range(3):
        choose(managed.balance(1, child), b"", 1.0)
    member = view_balancer(managed.plan.balancers[1], managed.host, managed.scoreboard).members[0]
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
    assert view_of(Managed(nonce=b"")).nonce == ""


def test_the_sticky_names_as_configured() -> None:
    managed = Managed()
    view = view_balancer(managed.plan.balancers[0], managed.host, managed.scoreboard)
    assert (view.sticky, view.sticky_cookie) == ("JSESSIONID|jsessionid", "JSESSIONID")
    assert view_balancer(managed.plan.balancers[1], managed.host, managed.scoreboard).sticky == ""


def test_a_virtual_host_shows_the_balancers_it_can_reach() -> None:
    managed = Managed()
    confluence, lone = managed.plan.balancers
    assert visible_balancers(managed.host, managed.plan) == (confluence, lone)
    managed.host.backends = Backends({b"lone": lone}, {})
    assert visible_balancers(managed.host, managed.plan) == (lone,)
    page = managed.ask()[2]
    assert "balancer://lone" in page and "confluence" not in page
    assert "there is no balancer" in managed.post(w_lf="3")
    managed.host.backends = Backends({b"lone": lone, b"confluence": confluence}, {})
    assert visible_balancers(managed.host, managed.plan) == (confluence, lone)


def test_the_path_is_that_of_the_first_mapping() -> None:
    managed = Managed()
    origin = managed.host.origin
    confluence, lone = managed.plan.balancers
    inside = Section(b"/deep", True, None, Said(), origin)
    inside.mapping = Mapping(b"/deep", b"balancer://lone/x", False, origin)
    managed.host.locations = (inside,)
    managed.host.mappings = (
        Mapping(b"/no", None, False, origin),
        Mapping(b"/other", b"balancer://confluence2/", False, origin),
        Mapping(b"/wiki", b"balancer://Confluence/wiki", False, origin),
        Mapping(b"/", b"balancer://confluence/", False, origin),
    )
    assert (path_to(confluence, managed.host), path_to(lone, managed.host)) == ("/wiki", "/deep")
    managed.host.locations = managed.host.mappings = ()
    assert path_to(lone, managed.host) == ""


def view_of(managed: Managed) -> BalancerView:
    return view_balancer(managed.plan.balancers[0], managed.host, managed.scoreboard)
