"""Changes by form, each as httpd takes it; seen by a child that serves meanwhile."""

from __future__ import annotations

import time

import pytest

from evenflow.balancer.balance import Balance
from evenflow.balancer.choose import choose, release
from evenflow.control.manager.view import view_balancer
from evenflow.origin import Origin
from evenflow.plan.heartbeats import Heartbeats
from evenflow.slotmem.layout import DISABLED, DRAINING, ELECTED, IGNORE_ERRORS, SPARE, STANDBY, STOPPED
from evenflow.slotmem.sessions import provide
from tests.control.manager.managed import Managed
from tests.slotmem.cells import own_cells


def served(balance: Balance, number: int, route: bytes = b"") -> str:
    """Who serves the next requests, members counted from 1."""
    story = []
    for _ in range(number):
        slot = choose(balance, route, 1.0)
        if slot is None:
            story.append("503")
        else:
            release(slot, 0, 0)
            story.append(str(balance.slots.index(slot) + 1))
    return " ".join(story)


def test_a_load_factor_gives_everybody_its_factor() -> None:
    managed = Managed()
    balance = managed.balance()
    assert managed.post(w_lf="3") == ""
    assert [member["loadfactor"] for member in managed.report()] == ["3.00", "1.50", "1.00"]
    balance.read()
    assert [slot.owed for slot in balance.slots] == [300, 150]


def test_a_lone_member_keeps_the_factor_1() -> None:
    managed = Managed(nonce=None)
    nonce = managed.ask(query="xml=1")[2].split("<httpd:nonce>")[2].partition("<")[0]
    assert managed.post(b="lone", w="http://127.0.0.1:8091", nonce=nonce, w_lf="5") == ""
    assert managed.report()[2]["loadfactor"] == "1.00"


@pytest.mark.parametrize("value", ["0.5", "100.01", "x", "-2"])
def test_a_load_factor_out_of_range_is_told(value: str) -> None:
    managed = Managed()
    assert "a load factor is a number from 1 to 100" in managed.post(w_lf=value)
    assert managed.report()[0]["loadfactor"] == "1.00"


def test_digits_count_and_what_follows_does_not() -> None:
    managed = Managed()
    managed.post(w_lf="2abc")
    assert managed.report()[0]["loadfactor"] == "2.00"


@pytest.mark.parametrize(
    ("field", "bit"),
    [("I", IGNORE_ERRORS), ("N", DRAINING), ("D", DISABLED), ("H", STANDBY), ("R", SPARE), ("S", STOPPED)],
)
def test_status_bits(field: str, bit: int) -> None:
    managed = Managed()
    slot = managed.balance().slots[0]
    managed.post(**{f"w_status_{field}": "1"})
    assert slot.status == bit
    managed.post(**{f"w_status_{field}": "0"})
    assert slot.status == 0
    managed.post(**{f"w_status_{field}": "2"})
    assert slot.status == bit


def test_disabling_is_seen_at_the_next_choice_and_enabling_begins_anew() -> None:
    managed = Managed()
    balance = managed.balance()
    managed.post(w="http://127.0.0.2:8090", w_status_H="0", w_lf="1")
    assert served(balance, 3) == "1 2 1"
    managed.post(w_status_D="1")
    assert served(balance, 3) == "2 2 2"
    managed.post(w_status_D="0")
    assert served(balance, 3) == "1 2 1"


def test_a_route_moves() -> None:
    managed = Managed()
    balance = managed.balance()
    assert served(balance, 2, b"n2") == "2 2"
    assert managed.post(w_wr="n2") == ""
    assert served(balance, 2, b"n2") == "1 1"
    assert "has none now" in managed.post(w_wr="r" * 64)
    assert managed.report()[0]["route"] == ""


def test_a_redirect_takes_over() -> None:
    managed = Managed()
    balance = managed.balance()
    assert managed.post(w_rr="n2", w_status_D="1") == ""
    assert served(balance, 1, b"n1") == "2"
    assert managed.report()[0]["redirect"] == "n2"
    assert "has none now" in managed.post(w_rr="r" * 64)


def test_sets() -> None:
    managed = Managed()
    assert managed.post(w_ls="4") == ""
    assert "a set is a number from 0 to 99" in managed.post(w_ls="100")
    assert managed.report()[0]["lbset"] == "4"


def test_what_is_not_there_is_told() -> None:
    managed = Managed()
    assert managed.post(w_hi="30") == "`w_hi=30` changed nothing: there is no such setting of a member"
    assert managed.post(w="", b_nothing="1") == "`b_nothing=1` changed nothing: there is no such setting of a balancer"


def test_a_balancers_settings() -> None:
    managed = Managed()
    balance = managed.balance()
    assert managed.post(w="", b_lbm="bytraffic", b_tmo="9", b_max="7", b_sforce="1", b_ss="A|b") == ""
    served(balance, 1)
    assert (balance.method.name, balance.timeout, balance.maxattempts, balance.nofailover) == (
        "bytraffic",
        9.0,
        7,
        True,
    )
    assert (balance.sticky_cookie, balance.sticky_path) == (b"A", b"b")
    managed.post(w="", b_ss="SID")
    balance.read()
    assert (balance.sticky_cookie, balance.sticky_path) == (b"SID", b"SID")
    managed.post(w="", b_ss="-", b_sforce="0")
    balance.read()
    assert (balance.sticky_cookie, balance.sticky_path, balance.nofailover) == (b"", b"", False)


def test_an_empty_sticky_field_changes_nothing() -> None:
    managed = Managed()
    managed.ask("POST", "", "b=confluence&nonce=secret&b_ss=")
    assert managed.balance().sticky_cookie == b"JSESSIONID"


@pytest.mark.parametrize(
    ("field", "value"),
    [("b_lbm", "roundrobin"), ("b_tmo", "7201"), ("b_max", "100"), ("b_ss", "|b"), ("b_ss", "a|"), ("b_ss", "s" * 64)],
)
def test_a_balancers_settings_out_of_range_are_told(field: str, value: str) -> None:
    managed = Managed()
    assert "changed nothing" in managed.post(w="", **{field: value})
    balance = managed.balance()
    assert (balance.method.name, balance.timeout, balance.maxattempts) == ("byrequests", 0.0, 1)
    assert balance.sticky_cookie == b"JSESSIONID"


def test_another_method_begins_anew() -> None:
    managed = Managed()
    managed.post(w="http://127.0.0.2:8090", w_status_H="0")
    balance = managed.balance()
    served(balance, 1)
    assert [slot.owed for slot in balance.slots] != [0, 0]
    managed.post(w="", b_lbm="bybusyness")
    balance.read()
    assert [slot.owed for slot in balance.slots] == [0, 0]


def test_heartbeats_are_chosen_only_where_somebody_listens() -> None:
    managed = Managed()
    page = managed.ask(query="b=confluence&nonce=secret")[2]
    assert "<option value='hash'>" in page and "heartbeat" not in page
    said = managed.post(w="", b_lbm="heartbeat", b_tmo="9")
    assert "`b_lbm=heartbeat` changed nothing: nothing listens for heartbeats here" in said
    assert "write `HeartbeatListen 239.0.0.1:27999`" in said
    balance = managed.balance()
    assert (balance.method.name, balance.timeout) == ("byrequests", 9.0)
    managed.plan.heartbeats = Heartbeats(Origin("wiki.conf", 1, "HeartbeatListen"), "", "127.0.0.1", 27999)
    assert "<option value='heartbeat'>" in managed.ask(query="b=confluence&nonce=secret")[2]
    assert managed.post(w="", b_lbm="heartbeat") == ""
    balance.read()
    assert balance.method.name == "heartbeat"


def test_a_drain_by_form_begins_with_a_sample() -> None:
    managed = Managed()
    for member in managed.plan.balancers[0].members:
        member.balancer = managed.plan.balancers[0]
    provide(managed.scoreboard, None, 0.0)
    slots = [managed.scoreboard.member(index, 0) for index in (0, 1)]
    before = time.monotonic() - 600.0
    slots[0].saw(b"a.n1", time.monotonic())
    table = managed.scoreboard.sessions[0]
    # What was kept of a drain before this one is forgotten.
    table.keep_sample(before)
    for number in range(9):
        slots[0].saw(b"%d.n1" % number, time.monotonic())
    managed.post(w_status_N="1")
    kept = table.left(time.monotonic() + 1740.0)
    assert kept.expected is None, "nobody went since"
    slots[0].saw(b"a.n1", time.monotonic() + 1740.0)
    fewer = table.left(time.monotonic() + 1870.0)
    assert fewer.sessions == 1 and fewer.expected is not None
    assert managed.scoreboard.sessions[1].left(time.monotonic()).sessions == 0


def test_stickiness_by_form_is_counted_from_then_on() -> None:
    managed = Managed()
    lone = managed.plan.balancers[1]
    lone.members[0].balancer = lone
    lone.nonce = b"secret"
    for member in managed.plan.balancers[0].members:
        member.balancer = managed.plan.balancers[0]
    provide(managed.scoreboard, None, 0.0, True)
    host = managed.host
    assert view_balancer(lone, host, managed.scoreboard).members[0].left is None
    managed.post(b="lone", w="", b_ss="SID")
    slot = managed.scoreboard.member(2, 0)
    own_cells(managed.scoreboard, 2, 0)[ELECTED] += 1
    slot.saw(b"a.n1", time.monotonic())
    left = view_balancer(lone, host, managed.scoreboard).members[0].left
    assert left is not None and left.sessions == 1 and left.counted < 60.0
    # The same said again changes nothing.
    managed.post(b="lone", w="", b_ss="SID")
    left = view_balancer(lone, host, managed.scoreboard).members[0].left
    assert left is not None and left.sessions == 1
