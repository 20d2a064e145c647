"""Members that were added go again: when, in which order, and what nobody may use meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from evenflow.balancer.added import members_now, settle
from evenflow.balancer.balance import Balance
from evenflow.control import channel
from evenflow.control.manager.add import NotAdded, add_member
from evenflow.control.manager.change import change_member
from evenflow.control.removal import REST, NotRemoved, Removals, remove
from evenflow.plan.model import Member
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.adoption import Ancestry, adopt
from evenflow.slotmem.keeping import keep, recall
from evenflow.slotmem.layout import BUSY, DISABLED, DRAINING, ELECTED
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import provide
from tests.control.processes import Served, until
from tests.control.programs import another, ask, upgrade
from tests.control.test_reload import tunnel, upgraded
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.plan.cases import plan_of
from tests.slotmem.cells import own_cells

URL = b"http://127.0.0.9:8090"


class House:
    """A balancer with one member of its own, room for others, and those who go; the clock is the test's."""

    def __init__(self, tmp_path: Path, said: str = "stickysession=S growth=1", lines: str = "") -> None:
        self.plan = plan_of(
            "Listen 8000\n<Proxy balancer://c>\nBalancerMember http://127.0.0.1:8090 route=n1\n"
            f"{lines}ProxySet {said}\n</Proxy>\nProxyPass / balancer://c/\n"
        )
        self.balancer = self.plan.balancers[0]
        self.board = Scoreboard(self.plan.members, self.plan.balancers, 2)
        provide(self.board, None, 0.0)
        self.log = tmp_path / "error.log"
        self.removals = Removals(self.plan, self.board, ErrorLog(str(self.log), "info"))

    def has(self, url: bytes = URL, status: int = 0) -> MemberSlot:
        """A member that was added, and is so by now."""
        slot = self.board.member(add_member(self.balancer, url, self.board).slot, 0)
        slot.status = status
        return slot

    def after(self, old: House) -> House:
        """The next generation."""
        adopt(self.board, old.board)
        settle(self.plan.balancers, self.board)
        return self

    def member(self, url: bytes = URL) -> Member:
        return next(one for one in members_now(self.balancer) if one.name == url)

    @property
    def names(self) -> list[bytes]:
        return [one.name for one in members_now(self.balancer)][1:]


def test_it_goes_when_nobody_uses_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    slot = house.has()
    own = own_cells(house.board, slot.member.slot, 1)
    own[BUSY], own[ELECTED] = 1, 5
    remove(slot.member, house.board, 100.0)
    assert (slot.status, slot.goes) == (DRAINING, 100.0)
    for now in (101.0, 102.0):
        house.removals.look(now)
    assert slot.status == DRAINING and house.names == [URL]
    own[BUSY] = 0
    house.removals.look(103.0)
    assert slot.status == DRAINING | DISABLED and house.names == [URL]
    # Somebody may have chosen it in that very moment.
    own[BUSY] = 1
    house.removals.look(103.5)
    own[BUSY] = 0
    house.removals.look(104.0)
    assert house.names == [URL]
    house.removals.look(104.5)
    assert house.names == [] and (slot.url, slot.status) == (b"", DISABLED)
    assert own[ELECTED] == 0, "it was another's"
    assert "a member that was added is removed: nobody uses it any more: balancer=c" in house.log.read_text()


def test_its_sessions_are_waited_for_unless_it_is_disabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenflow.slotmem.sessions.monotonic", lambda: 200.0)
    house = House(tmp_path)
    slot = house.has()
    own_cells(house.board, slot.member.slot, 0)[ELECTED] = 1
    slot = house.board.member(slot.member.slot, 0)
    slot.saw(b"a", 199.0)
    remove(slot.member, house.board, 200.0)
    for now in (200.5, 201.0, 201.5):
        house.removals.look(now)
    assert slot.status == DRAINING
    slot.set_status(DISABLED, True)
    house.removals.look(202.0)
    house.removals.look(202.5)
    assert house.names == []
    assert house.board.sessions[slot.member.slot].count(203.0) == 0, "its successor has none of them"


def test_its_row_rests_before_somebody_else_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    slot = house.has(status=DISABLED)
    slot.factor = 700
    slot.name_route(b"old")
    remove(slot.member, house.board, 100.0)
    house.removals.look(100.5)
    house.removals.look(101.0)
    monkeypatch.setattr("evenflow.control.manager.add.monotonic", lambda: 101.0 + REST - 0.1)
    with pytest.raises(NotAdded, match=r"was another member's a moment ago\. Try again in 2 seconds"):
        house.has()
    monkeypatch.setattr("evenflow.control.manager.add.monotonic", lambda: 101.0 + REST)
    assert house.has(b"http://127.0.0.8:8090", DISABLED).member is slot.member
    slot.read_texts()
    assert (slot.goes, slot.factor, slot.route, slot.status) == (0.0, 100, b"", DISABLED)
    with pytest.raises(NotAdded, match="no room for another member: `growth` is 1"):
        house.has()


def test_who_is_enabled_again_stays(tmp_path: Path) -> None:
    house = House(tmp_path)
    slot = house.has()
    remove(slot.member, house.board, 100.0)
    with pytest.raises(NotRemoved, match=r"is being removed already\. Enable it to keep it"):
        remove(slot.member, house.board, 100.0)
    with pytest.raises(NotAdded, match=r"is being removed\. Enable it to keep it"):
        house.has()
    change_member(house.balancer, house.board, slot, {b"w_lf": b"2"})
    assert slot.goes == 100.0
    change_member(house.balancer, house.board, slot, {b"w_status_N": b"0"})
    for now in (101.0, 102.0, 103.0):
        house.removals.look(now)
    assert (slot.goes, slot.status, house.names) == (0.0, 0, [URL])


def test_only_who_was_added_can_go(tmp_path: Path) -> None:
    house = House(tmp_path, lines="EvenflowMembersFrom srv://_a._tcp.x.example\n")
    with pytest.raises(NotRemoved, match=r"was not added while it ran: its line is .*:3.*Drain or disable it instead"):
        remove(house.balancer.members[0], house.board, 1.0)
    named = next(row for row in house.balancer.spares if row.service is not None)
    with pytest.raises(NotRemoved, match="a service names it"):
        remove(named, house.board, 1.0)


@pytest.mark.parametrize("looked", [False, True])
def test_children_begin_anew_with_a_row_that_was_another_s(tmp_path: Path, looked: bool) -> None:
    """Also where the manager's page has looked at the balancer in the same process in between (`settle`)."""
    house = House(tmp_path)
    balance = Balance(house.balancer, house.board, 0)
    for url in (URL, b"", b"http://127.0.0.8:8090", b"http://127.0.0.7:8090"):
        house.board.member(1, 0).url = url
        house.board.balancer(0).changed()
        if looked:
            settle((house.balancer,), house.board)
        balance.read()
        assert [slot.member.name for slot in balance.slots[1:]] == ([url] if url else [])
        assert house.balancer.spares[0].name == url
    house.board.member(1, 0).url = b""
    balance.read()
    assert len(balance.slots) == 1


# --- over generations and restarts ------------------------------------------------------------------------------------


def test_the_next_generation_waits_for_those_who_use_it_still(tmp_path: Path) -> None:
    old = House(tmp_path)
    slot = old.has(status=DISABLED)
    own = own_cells(old.board, slot.member.slot, 0)
    own[BUSY] = 1
    remove(slot.member, old.board, 100.0)
    new = House(tmp_path).after(old)
    for now in (101.0, 102.0, 103.0):
        new.removals.look(now)
    assert new.names == [URL] and new.board.member(1, 0).goes == 100.0
    ancestry = Ancestry()
    ancestry.retire(old.board)
    own[BUSY] = 0
    ancestry.write(new.board)
    new.removals.look(104.0)
    new.removals.look(105.0)
    assert new.names == []


def test_who_goes_takes_nobody_s_room(tmp_path: Path) -> None:
    old = House(tmp_path, "growth=2")
    going = old.has()
    old.has(b"http://127.0.0.8:8090")
    remove(going.member, old.board, 100.0)
    new = House(tmp_path, "growth=1").after(old)
    assert new.names == [b"http://127.0.0.8:8090"] and new.board.member(1, 0).goes == 0.0


def test_a_line_that_names_it_keeps_it(tmp_path: Path) -> None:
    old = House(tmp_path)
    slot = old.has()
    slot.leave_by = 500.0
    remove(slot.member, old.board, 100.0)
    new = House(tmp_path, lines=f"BalancerMember {URL.decode()}\n").after(old)
    slot = new.board.member(new.member().slot, 0)
    assert (slot.status, slot.goes, slot.leave_by) == (0, 0.0, 0.0)


def test_after_a_restart_it_is_gone(tmp_path: Path) -> None:
    house = House(tmp_path, "growth=2")
    house.balancer.persist = True
    house.has(b"http://127.0.0.8:8090")
    slot = house.has()
    assert len(recall(keep(house.board)).members) == 3
    remove(slot.member, house.board, 100.0)
    kept = recall(keep(house.board))
    assert [kept.member(index, 0).url for index in range(len(kept.members))] == [b"", b"http://127.0.0.8:8090"]


# --- the whole way ----------------------------------------------------------------------------------------------------


def says(name: bytes) -> Callable[[Visit], bool]:
    def answer(visit: Visit) -> bool:
        visit.answer(name)
        return True

    return answer


LINES = """LogLevel notice
<Proxy balancer://a>
BalancerMember http://127.0.0.1:{0} route=n1
ProxySet growth=1
</Proxy>
<Proxy balancer://s>
BalancerMember ws://127.0.0.1:{0} route=n1
ProxySet growth=1 stickysession=S
</Proxy>
ProxyPass /ws balancer://s
ProxyPass /app balancer://a
"""


def put(server: Served, balancer: str, url: str) -> None:
    """Another member that serves, alone, as soon as there is room."""
    until(lambda: refusal(server, do="add", balancer=balancer, member=url) == "")
    ask(server, do="enable", balancer=balancer, member=url)
    ask(server, do="disable", balancer=balancer, member="n1")


def refusal(server: Served, **order: str) -> str:
    """Why an order is not carried out; "" where it is."""
    return str(channel.ask(channel.place(str(server.file)), order).get("error", ""))


def added_to(server: Served, balancer: str) -> list[tuple[str, str, bool]]:
    (found,) = ask(server, do="members", balancer=balancer)["balancers"]
    return [(one["name"], one["state"], one["removing"]) for one in found["members"][1:]]


def test_a_row_is_used_again_once_nobody_uses_it_any_more(serve: Callable[..., Served], tmp_path: Path) -> None:
    """A child keeps connections to the member before, which must not be its successor's; and a tunnel keeps its member
    there, over a reload and another program.
    """
    new = another(tmp_path, "7.0.0")
    with (
        listening_member(says(b"own")) as own,
        listening_member(says(b"first")) as first,
        listening_member(says(b"second")) as second,
        listening_member(upgraded) as third,
    ):
        server = serve(LINES.format(own.port), "--children", "1").ready()
        urls = [f"http://127.0.0.1:{one.port}" for one in (first, second)]
        put(server, "a", urls[0])
        assert [server.get("/app")[1] for _ in range(4)] == [b"first"] * 4
        ask(server, do="enable", balancer="a", member="n1")
        assert "was not added while it ran" in refusal(server, do="remove", balancer="a", member="n1")
        answer = ask(server, do="remove", balancer="a", member=urls[0])
        assert (answer["member"]["state"], answer["member"]["removing"]) == ("draining", True)
        tunnelled = f"ws://127.0.0.1:{third.port}"
        put(server, "s", tunnelled)
        with tunnel(server) as client:
            ask(server, do="enable", balancer="s", member="n1")
            ask(server, do="remove", balancer="s", member=tunnelled)
            put(server, "a", urls[1])
            assert [server.get("/app")[1] for _ in range(4)] == [b"second"] * 4
            assert added_to(server, "a") == [(urls[1], "serving", False)]
            server.tell(signal.SIGHUP)
            until(lambda: ask(server, do="status")["generation"] == 2)
            assert upgrade(server, new)["ok"]
            client.sendall(b"still there?")
            assert client.recv(100) == b"still there?"
            assert added_to(server, "s") == [(tunnelled, "draining", True)]
        until(lambda: added_to(server, "s") == [])
        until(lambda: server.said.count("a member that was added is removed") == 2)
