"""Members that a service in the DNS names: who comes, who drains, who has left, and what is never done."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dns.message as dns_message
import pytest

from evenflow.balancer.added import members_now, settle
from evenflow.balancer.balance import FIRST_ANSWER
from evenflow.control import channel
from evenflow.control.removal import REST
from evenflow.control.services import Followed, Services, followed_of, settings_of, url_of
from evenflow.plan.model import Plan
from evenflow.plan.services import Service
from evenflow.serve.dns_questions import NoAnswer, Target
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.layout import BUSY, DISABLED, DRAINING, NAMED
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.processes import PATIENCE, Served, until
from tests.control.programs import another, upgrade
from tests.control.test_names import at
from tests.name_server import NameServer
from tests.peers import free_port
from tests.plan.cases import plan_of
from tests.slotmem.cells import own_cells

SRV = "_http._tcp.wiki.example"


def planned(words: str = "", *members: str) -> Plan:
    lines = "".join(f"BalancerMember {member}\n" for member in members)
    return plan_of(
        f"Listen 8000\n<Proxy balancer://c>\n{lines}EvenflowMembersFrom srv://{SRV} {words}\n</Proxy>\n"
        "ProxyPass / balancer://c/\n"
    )


def target(host: str, weight: int = 1, priority: int = 10, port: int = 8090) -> Target:
    return Target(priority, host, port, weight)


class House:
    """The services of a plan, told by the test who the targets are, and a clock of its own."""

    def __init__(self, tmp_path: Path, plan: Plan) -> None:
        self.plan = plan
        self.board = Scoreboard(plan.members, plan.balancers, 2)
        self.log = tmp_path / "error.log"
        self.services = Services(plan, self.board, ErrorLog(str(self.log), "debug"))
        (self.one,) = self.services.followed
        self.now = 1000.0

    def named(self, *targets: Target) -> None:
        self.services.apply(self.one, targets, self.now)

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.services.look_after_leaving(self.one, self.now)

    def slot(self, host: str) -> MemberSlot:
        (found,) = [member for member in members_now(self.plan.balancers[0]) if member.host == host]
        return self.board.member(found.slot, 0)

    @property
    def hosts(self) -> list[str]:
        return sorted([member.host for member in members_now(self.plan.balancers[0])])

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


def test_targets_become_members_as_the_line_says(tmp_path: Path) -> None:
    house = House(tmp_path, planned("scheme=https timeout=7 routes=n2.example:two upgrade=websocket"))
    house.named(target("n1.example", 30, 10, 443), target("n2.example", 10, 20))
    assert house.hosts == ["n1.example", "n2.example"]
    first, second = house.slot("n1.example"), house.slot("n2.example")
    for slot in (first, second):
        slot.read_texts()
    assert first.member.name == b"https://n1.example"
    assert second.member.name == b"https://n2.example:8090"
    assert (first.member.timeout, first.member.encrypted, first.member.upgrade) == (7.0, True, (b"websocket",))
    assert (first.factor, first.lbset, first.route) == (3000, 0, b"n1")
    assert (second.factor, second.lbset, second.route) == (1000, 1, b"two")
    assert first.usable() and second.usable()
    assert house.board.address(first.member.slot).left_at == NAMED
    assert "a member has come: balancer=c member=https://n1.example" in house.said


def test_who_is_named_no_more_drains_and_leaves_when_nothing_is_in_flight(tmp_path: Path) -> None:
    house = House(tmp_path, planned("most=2 drain=60"))
    house.named(target("n1.example"), target("n2.example"))
    slot = house.slot("n1.example")
    own = own_cells(house.board, slot.member.slot, 0)
    own[BUSY] = 1
    house.named(target("n2.example"))
    assert slot.status == DRAINING
    assert slot.leave_by == house.now + 60
    house.passes(59)
    assert slot.status == DRAINING
    house.passes(2)
    assert slot.status == DRAINING | DISABLED
    house.passes(1)
    assert house.hosts == ["n1.example", "n2.example"], "it has something in flight"
    own[BUSY] = 0
    house.passes(1)
    assert house.hosts == ["n2.example"]
    assert "a member has left: balancer=c member=http://n1.example:8090" in house.said
    # Nobody takes the row as long as some child may not have seen that it is free.
    house.named(target("n2.example"), target("n3.example"))
    assert house.hosts == ["n2.example"]
    assert "no row is free" in house.said
    house.passes(REST + 1)
    house.named(target("n2.example"), target("n3.example"))
    assert house.hosts == ["n2.example", "n3.example"]
    third = house.slot("n3.example")
    assert third.member.slot == slot.member.slot
    assert third.usable() and third.leave_by == 0.0


def test_who_comes_back_is_enabled_again(tmp_path: Path) -> None:
    house = House(tmp_path, planned("drain=60"))
    house.named(target("n1.example"), target("n2.example"))
    house.named(target("n2.example"))
    house.passes(61)
    slot = house.slot("n1.example")
    assert slot.status & DISABLED
    house.named(target("n1.example"), target("n2.example"))
    assert slot.status == 0
    assert slot.leave_by == 0.0
    house.passes(1000)
    assert house.hosts == ["n1.example", "n2.example"]


def test_what_the_manager_changed_stays_until_the_service_says_something_else(tmp_path: Path) -> None:
    house = House(tmp_path, planned())
    house.named(target("n1.example", 5), target("n2.example", 5))
    slot = house.slot("n1.example")
    slot.factor = 700
    slot.set_status(DISABLED, True)
    house.named(target("n1.example", 5), target("n2.example", 5))
    assert (slot.factor, slot.status) == (700, DISABLED)
    house.named(target("n1.example", 9), target("n2.example", 5))
    assert (slot.factor, slot.status) == (900, DISABLED)


def test_an_answer_without_anybody_changes_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, planned())
    house.named(target("n1.example"))
    house.named()
    house.named(target("10.0.0.1"), target("a b"))
    assert house.slot("n1.example").status == 0
    assert "those that it has named stay" in house.said


def test_a_service_that_cannot_be_asked_changes_nothing(tmp_path: Path) -> None:
    class Fails:
        async def targets(self, name: str) -> None:
            raise NoAnswer("there is no such name", True)

    house = House(tmp_path, planned())
    house.named(target("n1.example"))
    fails: Any = Fails()
    house.services.dns = fails
    pauses = [asyncio.run(house.services.ask(house.one)) for _ in range(5)]
    assert pauses == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert house.slot("n1.example").status == 0
    assert house.said.count("cause=\"there is no such name\"") == 1


def test_no_more_members_than_rows_and_those_who_are_there_stay(tmp_path: Path) -> None:
    house = House(tmp_path, planned("most=2"))
    house.named(target("m.example"), target("n.example"))
    house.named(*[target(f"{letter}.example") for letter in "abmn"])
    assert house.hosts == ["m.example", "n.example"]
    assert "more members than `most` lets in" in house.said
    assert house.slot("m.example").status == 0


def test_a_configured_member_is_not_doubled(tmp_path: Path) -> None:
    house = House(tmp_path, planned("", "http://n1.example:8090 route=x"))
    house.named(target("n1.example"), target("n2.example"))
    assert house.hosts == ["n1.example", "n2.example"]
    assert house.plan.balancers[0].maxattempts == 16


def test_another_watchdog_goes_on(tmp_path: Path) -> None:
    house = House(tmp_path, planned("drain=60"))
    house.named(target("n1.example"), target("n2.example"))
    house.named(target("n2.example"))
    successor = Services(house.plan, house.board, ErrorLog(str(house.log), "debug"))
    (one,) = successor.followed
    successor.apply(one, [target("n2.example")], house.now + 1)
    successor.look_after_leaving(one, house.now + 61)
    successor.look_after_leaving(one, house.now + 62)
    settle(house.plan.balancers, house.board)
    assert house.hosts == ["n2.example"]


def test_a_row_of_which_only_the_url_is_known_is_enabled(tmp_path: Path) -> None:
    house = House(tmp_path, planned())
    house.board.member(0, 0).url = b"http://n1.example:8090"
    settle(house.plan.balancers, house.board)
    assert house.slot("n1.example").status == DISABLED
    house.named(target("n1.example", 7))
    assert (house.slot("n1.example").status, house.slot("n1.example").factor) == (0, 700)


@pytest.mark.parametrize(
    ("weights", "factors"),
    [((1, 2, 3), [100, 200, 300]), ((0, 0, 0), [100, 100, 100]), ((0, 50, 100), [100, 5000, 10000]),
     ((65535, 655, 1), [10000, 100, 100])],
)  # fmt: skip
def test_weights_are_load_factors(weights: tuple[int, ...], factors: list[int]) -> None:
    (one,) = followed_of(planned())
    told = {b"%d" % place: target("n", weight) for place, weight in enumerate(weights)}
    assert [said[0] for said in settings_of(one.service, told).values()] == factors


def test_priorities_are_sets_by_their_order() -> None:
    (one,) = followed_of(planned())
    told = {b"%d" % place: target("n", 1, priority) for place, priority in enumerate((50, 10, 65535, 10))}
    assert [said[1] for said in settings_of(one.service, told).values()] == [1, 0, 2, 0]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("n1.example", b"http://n1.example:8090"),
        ("10-0-0-1.wiki.svc", b"http://10-0-0-1.wiki.svc:8090"),
        ("10.0.0.1", None),
        ("n1\\.x.example", None),
        ("n1/../x", None),
        ("user@n1", None),
        ("-n1", None),
        ("", None),
        ("x" * 250, None),
    ],
)
def test_what_a_target_may_be_called(host: str, url: bytes | None) -> None:
    (one,) = followed_of(planned())
    assert url_of(one.service, target(host)) == url


def test_every_service_has_rows_of_its_own() -> None:
    plan = plan_of(
        "Listen 8000\n<Proxy balancer://c>\nProxySet growth=2\nEvenflowMembersFrom srv://_a._tcp.x.example most=3\n"
        "EvenflowMembersFrom srv://_b._tcp.x.example most=1 hcmethod=TCP\n</Proxy>\nProxyPass / balancer://c/\n"
    )
    found: list[Followed] = followed_of(plan)
    assert [(one.service.name, len(one.rows)) for one in found] == [("_a._tcp.x.example", 3), ("_b._tcp.x.example", 1)]
    assert len(plan.balancers[0].spares) == 6
    assert found[1].rows[0].probe is not None
    assert isinstance(found[0].service, Service)


# --- the whole way ------------------------------------------------------------------------------------------------


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


def told(server: Served) -> dict[str, str]:
    answer = channel.ask(channel.place(str(server.file)), {"do": "members"})
    return {one["name"]: one["state"] for balancer in answer["balancers"] for one in balancer["members"]}


def test_members_come_and_go_with_their_service(serve: Callable[..., Served], dns: NameServer) -> None:
    hosts = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
    port = free_port(*hosts)
    records = [f"0 1 {port} n{number}.example." for number in (1, 2, 3)]
    for number, host in enumerate(hosts):
        dns.has(f"n{number + 1}.example", "A", host, ttl=60)
    dns.has(SRV, "SRV", *records[:2], ttl=1)
    with ExitStack() as members:
        for host in hosts:
            members.enter_context(at(host, port))
        server = serve(
            f"LogLevel notice\n<IfModule evenflow_module>\nEvenflowResolver {dns.address}\n</IfModule>\n"
            "<Proxy balancer://a>\nProxySet stickysession=SID\n<IfModule evenflow_module>\n"
            f"EvenflowMembersFrom srv://{SRV} most=2 drain=0\n</IfModule>\n</Proxy>\nProxyPass /app balancer://a/\n",
            "--children", "2",
        ).ready()  # fmt: skip

        def answering() -> set[str]:
            return {server.get("/app")[1].decode().split()[0] for _ in range(8)}

        name = f"http://n{{}}.example:{port}"
        until(lambda: told(server) == {name.format(1): "serving", name.format(2): "serving"})
        until(lambda: answering() == {"127.0.0.1", "127.0.0.2"})
        # One goes; the other takes everything, and nobody is refused meanwhile.
        dns.has(SRV, "SRV", records[1], ttl=1)
        until(lambda: told(server) == {name.format(2): "serving"})
        assert answering() == {"127.0.0.2"}
        # Another one comes into the same row.
        dns.has(SRV, "SRV", *records[1:], ttl=1)
        until(lambda: told(server) == {name.format(2): "serving", name.format(3): "serving"})
        until(lambda: answering() == {"127.0.0.2", "127.0.0.3"})
        # A reload, and a DNS that says nothing any more, take nobody away.
        dns.silent = True
        server.tell(signal.SIGHUP)
        until(lambda: "reloaded:" in server.said)
        assert told(server) == {name.format(2): "serving", name.format(3): "serving"}
        assert answering() == {"127.0.0.2", "127.0.0.3"}


def test_who_comes_before_the_first_answer_waits_for_it(serve: Callable[..., Served], dns: NameServer) -> None:
    port = free_port("127.0.0.1")
    asked, gate = threading.Event(), threading.Event()

    def late(question: dns_message.QueryMessage, over_tcp: bool) -> list[bytes]:
        asked.set()
        gate.wait(PATIENCE)
        return [dns.answer(question).to_wire(want_shuffle=False)]

    dns.has("n1.example", "A", "127.0.0.1", ttl=60)
    dns.has(SRV, "SRV", f"0 1 {port} n1.example.", ttl=60)
    dns.says(SRV, late)
    began = time.monotonic()
    with at("127.0.0.1", port):
        server = serve(
            f"EvenflowResolver {dns.address}\n<Proxy balancer://a>\nEvenflowMembersFrom srv://{SRV}\n</Proxy>\n"
            "<Proxy balancer://none>\n</Proxy>\nProxyPass /app balancer://a/\nProxyPass /none balancer://none/",
            "--children", "1",
        ).ready()  # fmt: skip
        answers: list[int] = []
        early = threading.Thread(target=lambda: answers.append(server.get("/app")[0]))
        early.start()
        assert asked.wait(PATIENCE)
        # The name server says nothing yet, and only who needs it waits.
        assert (server.get("/robots.txt")[0], server.get("/none")[0]) == (200, 503)
        gate.set()
        early.join(PATIENCE)
        # On a machine that is slower than anybody's patience it may be 503, and not before.
        assert answers == [200] or time.monotonic() - began >= FIRST_ANSWER
        until(lambda: server.get("/app")[0] == 200)


def test_another_program_knows_the_members(serve: Callable[..., Served], dns: NameServer, tmp_path: Path) -> None:
    port = free_port("127.0.0.1", "127.0.0.2")
    dns.has("n1.example", "A", "127.0.0.1", ttl=300)
    dns.has("n2.example", "A", "127.0.0.2", ttl=300)
    dns.has(SRV, "SRV", f"0 1 {port} n1.example.", f"0 1 {port} n2.example.", ttl=1)
    with at("127.0.0.1", port), at("127.0.0.2", port):
        server = serve(
            f"LogLevel notice\nEvenflowResolver {dns.address}\n<Proxy balancer://a>\n"
            f"EvenflowMembersFrom srv://{SRV} drain=3600\n</Proxy>\nProxyPass /app balancer://a/\n",
            "--children", "1",
        ).ready()  # fmt: skip
        name = f"http://n{{}}.example:{port}"
        until(lambda: told(server) == {name.format(1): "serving", name.format(2): "serving"})
        dns.has(SRV, "SRV", f"0 1 {port} n2.example.", ttl=1)
        until(lambda: told(server) == {name.format(1): "draining", name.format(2): "serving"})
        # It finds nobody whom it could ask.
        dns.silent = True
        assert upgrade(server, another(tmp_path, "7.0.0"))["ok"]
        assert told(server) == {name.format(1): "draining", name.format(2): "serving"}
        assert {server.get("/app")[1].decode().split()[0] for _ in range(4)} == {"127.0.0.2"}
        # And goes on where the one before was, once it can.
        dns.silent = False
        dns.has(SRV, "SRV", f"0 1 {port} n1.example.", f"0 1 {port} n2.example.", ttl=1)
        until(lambda: told(server) == {name.format(1): "serving", name.format(2): "serving"})
