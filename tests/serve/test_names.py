"""Names of members while it runs: asked for again, kept where nobody answers, given up when they are gone."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from evenflow.plan.model import Plan
from evenflow.serve.dns_questions import NoAnswer
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.hosts_file import HostsFile, Switch
from evenflow.serve.names import LEAST, LONGEST_PAUSE, Name, Names
from evenflow.slotmem.addresses import Answer
from evenflow.slotmem.layout import FOUND, MOST_ADDRESSES, NOT_FOUND
from evenflow.slotmem.scoreboard import Scoreboard
from tests.plan.cases import plan_of

GONE = NoAnswer("there is no such name", True)
SILENT = NoAnswer("the name servers do not answer", False)


def planned(*members: str, settings: str = "") -> Plan:
    lines = "".join(f"BalancerMember {member}\n" for member in members)
    return plan_of(f"Listen 8000\n<Proxy balancer://c>\n{lines}{settings}</Proxy>\nProxyPass / balancer://c/\n")


class Answers:
    """In the place of the DNS: what the test says, and who was asked for."""

    def __init__(self) -> None:
        self.servers = (("127.0.0.1", 53),)
        self.now: dict[str, tuple[tuple[str, ...], float] | NoAnswer] = {}
        self.asked: list[str] = []

    async def addresses(self, name: str) -> tuple[tuple[str, ...], float]:
        self.asked.append(name)
        answer = self.now.get(name, GONE)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer


class House:
    """Names of a plan, with a DNS and a hosts file of the test's own."""

    def __init__(self, tmp_path: Path, plan: Plan, **said: Any) -> None:
        self.plan = plan
        self.board = said.pop("board", None) or Scoreboard(plan.members, plan.balancers, 1)
        self.dns = Answers()
        self.hosts = tmp_path / "hosts"
        self.log = tmp_path / "error.log"
        switch = tmp_path / "nsswitch.conf"
        switch.write_text("hosts: files dns\n")
        files: Any = {"hosts": HostsFile(str(self.hosts)), "switch": Switch(str(switch))}
        dns: Any = self.dns
        self.names = Names(plan, self.board, ErrorLog(str(self.log), "debug"), dns, **{**files, **said})

    def look(self) -> None:
        """Ask for all that is due, and wait for the answers."""

        async def once() -> None:
            self.names.turns = asyncio.Semaphore(16)
            self.names.look(monotonic())
            await asyncio.gather(*self.names.tasks)
            self.names.tasks.clear()

        asyncio.run(once())

    def again(self) -> None:
        """The same when the time of all answers is over."""
        for name in self.names.names.values():
            name.due = 0.0
        self.look()

    def name(self, host: str) -> Name:
        (found,) = [name for name in self.names.names.values() if name.host == host]
        return found

    def answer(self, slot: int) -> Answer:
        return self.board.address(slot).read(self.plan.members[slot].dial_host)

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


def test_every_name_is_asked_for_once_and_written_for_all_its_members(tmp_path: Path) -> None:
    plan = planned("http://n1:8090", "http://n1:8091", "http://10.0.0.9:8090", "http://n2:8090")
    house = House(tmp_path, plan)
    house.dns.now = {"n1": (("10.0.0.1", "10.0.0.2"), 30.0), "n2": (("10.0.0.3",), 60.0)}
    house.look()
    assert sorted(house.dns.asked) == ["n1", "n2"]
    assert house.answer(0).addresses == house.answer(1).addresses == ("10.0.0.1", "10.0.0.2")
    assert house.answer(0).ttl == 30.0
    assert house.board.address(2).serial == 0
    house.look()
    assert len(house.dns.asked) == 2, "asked again before the time was over"


@pytest.mark.parametrize(
    ("parameter", "ttl", "least", "most"),
    [
        ("", 30.0, 27.0, 30.0),
        ("", 0.0, 0.9 * LEAST, LEAST),
        (" addressttl=10", 30.0, 9.0, 10.0),
        (" addressttl=10", 5.0, 4.5, 5.0),
        (" addressttl=0", 30.0, 0.9 * LEAST, LEAST),
        (" addressttl=-1", 30.0, math.inf, math.inf),
    ],
)
def test_how_long_an_answer_counts(tmp_path: Path, parameter: str, ttl: float, least: float, most: float) -> None:
    house = House(tmp_path, planned(f"http://n1:8090{parameter}"))
    house.dns.now = {"n1": (("10.0.0.1",), ttl)}
    before = monotonic()
    house.look()
    after = monotonic()
    assert before + least <= house.name("n1").due <= after + most


def test_a_changed_address_is_written_and_told(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090"))
    house.dns.now = {"n1": (("10.0.0.1",), 1.0)}
    house.look()
    house.dns.now = {"n1": (("10.0.0.2",), 1.0)}
    house.again()
    assert house.answer(0).addresses == ("10.0.0.2",)
    assert "has other addresses now" in house.said
    assert "before=10.0.0.1" in house.said


def test_turned_addresses_are_the_same(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090"))
    house.dns.now = {"n1": (("10.0.0.1", "10.0.0.2"), 1.0)}
    house.look()
    house.dns.now = {"n1": (("10.0.0.2", "10.0.0.1"), 1.0)}
    house.again()
    assert house.answer(0).addresses == ("10.0.0.1", "10.0.0.2")
    assert house.said == ""


def test_of_many_addresses_those_stay_that_were_there(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090"))
    many = tuple(f"10.0.0.{number}" for number in range(1, 31))
    house.dns.now = {"n1": (many, 1.0)}
    house.look()
    first = house.answer(0).addresses
    assert first == many[:MOST_ADDRESSES]
    house.dns.now = {"n1": (tuple(reversed(many)), 1.0)}
    house.again()
    assert house.answer(0).addresses == first
    assert house.said == ""


def test_who_cannot_be_asked_again_keeps_what_was_known(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090"), hold=0.0)
    house.dns.now = {"n1": (("10.0.0.1",), 1.0)}
    house.look()
    house.dns.now = {"n1": SILENT}
    for _ in range(20):
        house.again()
    answer = house.answer(0)
    assert (answer.state, answer.addresses, answer.cause) == (FOUND, ("10.0.0.1",), SILENT.cause)
    assert house.board.member(0, 0).error_since == 0.0
    assert house.said.count("it keeps the addresses it had") == 1
    house.dns.now = {"n1": (("10.0.0.1",), 1.0)}
    house.again()
    assert house.answer(0).cause == ""


def test_a_name_that_is_gone_is_given_up_after_a_while(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090"), hold=1000.0)
    house.dns.now = {"n1": (("10.0.0.1",), 1.0)}
    house.look()
    house.dns.now = {"n1": GONE}
    house.again()
    assert house.answer(0).addresses == ("10.0.0.1",)
    house.name("n1").gone_since -= 2000.0
    house.dns.now = {"n1": SILENT}
    house.again()
    house.dns.now = {"n1": GONE}
    house.again()
    assert house.answer(0).state == FOUND, "silence counted for a word"
    house.name("n1").gone_since -= 2000.0
    house.again()
    assert house.answer(0).state == NOT_FOUND
    assert house.board.member(0, 0).error_since != 0.0
    assert "the name of a member does not resolve" in house.said


def test_a_member_whose_name_leads_nowhere_is_in_error_until_it_does(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090", "http://n2:8090", "http://n3:8090 status=+I"))
    house.dns.now = {"n2": (("10.0.0.2",), 30.0)}
    house.look()
    slots = [house.board.member(index, 0) for index in range(3)]
    assert [slot.error_since != 0.0 for slot in slots] == [True, False, False]
    assert house.answer(0).state == NOT_FOUND
    assert "name=n1 cause=\"there is no such name\" member=http://n1:8090" in house.said
    slots[1].error_since = 5.0
    slots[0].error_since = 0.0
    house.name("n1").due = 0.0
    house.look()
    assert slots[0].error_since != 0.0, "the choice tried it again, and nobody knew better"
    house.dns.now["n1"] = (("10.0.0.1",), 30.0)
    house.again()
    assert house.answer(0).addresses == ("10.0.0.1",)
    assert slots[0].error_since == 0.0
    assert slots[0].recovered != 0.0
    assert slots[1].error_since == 5.0, "an error of another kind is not for us to end"
    assert "the name of a member resolves now" in house.said


def test_who_has_failed_is_asked_for_less_often(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090"))
    pauses = []
    for _ in range(6):
        before = monotonic()
        house.again()
        pauses.append(round(house.name("n1").due - before))
    assert pauses == [1, 2, 4, 5, 5, 5]
    assert pauses[-1] == LONGEST_PAUSE


def test_the_hosts_file_comes_first_and_its_changes_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090", "http://n2:8090 addressttl=-1"))
    house.dns.now = {"n1": (("10.0.0.1",), 3600.0), "n2": (("10.0.0.2",), 3600.0)}
    house.look()
    house.hosts.write_text("10.1.0.1 n1\n10.1.0.2 n2\n")
    house.look()
    assert house.answer(0).addresses == ("10.1.0.1",)
    assert house.answer(0).ttl == 0.0
    assert house.answer(1).addresses == ("10.0.0.2",), "`addressttl=-1` is for ever"
    house.hosts.write_text("")
    house.look()
    assert house.answer(0).addresses == ("10.0.0.1",)


def test_the_system_is_asked_where_it_may_know_more(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://localhost:8090"))
    house.look()
    assert house.answer(0).state == NOT_FOUND
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns myhostname\n")
    house.again()
    assert house.answer(0).state == FOUND
    assert set(house.answer(0).addresses) <= {"127.0.0.1", "::1"}


def test_a_successor_goes_on_with_what_is_known(tmp_path: Path) -> None:
    plan = planned("http://n1:8090")
    house = House(tmp_path, plan)
    house.dns.now = {"n1": (("10.0.0.1",), 300.0)}
    house.look()
    successor = House(tmp_path, plan, board=house.board)
    successor.dns.now = {"n1": SILENT}
    successor.look()
    assert successor.dns.asked == ["n1"]
    assert successor.answer(0).addresses == ("10.0.0.1",)


def test_a_member_that_is_added_is_asked_for(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://n1:8090", settings="ProxySet growth=1\n"))
    house.dns.now = {"n1": (("10.0.0.1",), 300.0), "n2": (("10.0.0.2",), 300.0)}
    house.look()
    house.board.member(1, 0).url = b"http://n2:8090"
    house.look()
    assert house.dns.asked == ["n1", "n2"]
    assert house.answer(1).addresses == ("10.0.0.2",)


def test_members_without_a_name_are_nobodys_business(tmp_path: Path) -> None:
    house = House(tmp_path, planned("http://127.0.0.1:8090", "http://[::1]:8090", "unix:/run/x.sock|http://n1"))
    house.look()
    assert house.dns.asked == []
