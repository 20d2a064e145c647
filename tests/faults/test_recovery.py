"""The program with members that do badly and become well again: outliers, the last of them, and a slow beginning."""

from __future__ import annotations

import http.client
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from evenflow.control import channel
from tests.control.processes import PATIENCE, Served, until
from tests.faults.members import Visit, member
from tests.peers import free_port


class Member:
    """A behaviour: it answers 200, or 500 while it is `ill`, with its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ill = False
        self.lock = threading.Lock()

    def __call__(self, visit: Visit) -> bool:
        visit.answer(self.name.encode(), "500 Ill" if self.ill else "200 OK")
        return True


class House:
    """The program before two members, and who answered how."""

    def __init__(self, stack: ExitStack, folder: Path, lines: str, parameters: str = "", children: int = 1) -> None:
        self.members = (Member("n1"), Member("n2"))
        ports = [stack.enter_context(member(one)).port for one in self.members]
        balanced = "".join(f"BalancerMember http://127.0.0.1:{port} {parameters}\n" for port in ports)
        self.server = Served(
            folder,
            free_port(),
            f"LogLevel notice\n<Proxy balancer://a>\n{balanced}{lines}\n</Proxy>\nProxyPass / balancer://a/\n",
            "--children",
            str(children),
        )
        stack.callback(self.server.stop)
        self.server.ready()

    def ask(self, times: int) -> Counter[str]:
        """So many requests, each on a connection of its own: how often each name, and each status."""
        found: Counter[str] = Counter()
        for _ in range(times):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
            connection.request("GET", "/", headers={"Connection": "close"})
            answer = connection.getresponse()
            found[f"{answer.read().decode()} {answer.status}"] += 1
            connection.close()
        return found

    def order(self, **what: Any) -> list[str]:
        """Give an order; the members' states after it."""
        place = channel.place(str(self.server.file))
        answer = channel.ask(place, what)
        assert answer["ok"], answer
        (balancer,) = channel.ask(place, {"do": "members"})["balancers"]
        return [one["state"] for one in balancer["members"]]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder, ExitStack() as made:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield made


EJECT = "EvenflowEject errors=50% requests=5 interval=1 time=3600"


@pytest.mark.parametrize("children", [1, 2])
def test_an_outlier_is_passed_over_by_all_children(stack: ExitStack, tmp_path: Path, children: int) -> None:
    house = House(stack, tmp_path, EJECT, children=children)
    house.members[0].ill = True
    # Each child says so when it has found out.
    until(lambda: bool(house.ask(10)) and house.server.said.count("member passed over") == children)
    assert house.ask(30) == {"n2 200": 30}
    assert house.order(do="members") == ["serving", "serving"]


def test_the_last_usable_member_is_never_passed_over(stack: ExitStack, tmp_path: Path) -> None:
    house = House(stack, tmp_path, EJECT)
    house.members[0].ill = True
    until(lambda: bool(house.ask(10)) and "member passed over" in house.server.said)
    assert house.ask(4) == {"n2 200": 4}
    # It is all that is left: what it answers is better than nothing.
    assert house.order(do="disable", balancer="a", member=house_member(house, 1)) == ["serving", "disabled"]
    assert house.ask(30) == {"n1 500": 30}
    assert house.order(do="enable", balancer="a", member=house_member(house, 1)) == ["serving", "serving"]
    assert house.ask(10) == {"n2 200": 10}


def house_member(house: House, place: int) -> str:
    (balancer,) = channel.ask(channel.place(str(house.server.file)), {"do": "members"})["balancers"]
    name: str = balancer["members"][place]["name"]
    return name


def test_who_comes_back_begins_slowly(stack: ExitStack, tmp_path: Path) -> None:
    probed = "hcmethod=GET hcuri=/ hcinterval=100ms"
    house = House(stack, tmp_path, "EvenflowSlowStart 3600 from=10%", probed)
    assert house.ask(20) == {"n1 200": 10, "n2 200": 10}
    house.members[0].ill = True
    until(lambda: house.order(do="members")[0] == "failing its check")
    house.members[0].ill = False
    until(lambda: house.order(do="members")[0] == "serving")
    # A tenth of the turns that it would have had, where an hour is to pass until it has all of them.
    found = house.ask(80)
    assert found["n1 200"] + found["n2 200"] == 80
    assert 1 <= found["n1 200"] <= 10, found
