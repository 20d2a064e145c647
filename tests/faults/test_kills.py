"""kill -9 under load: of children, of the watchdog, of the supervisor. Who was not killed has nothing to suffer, and
what the dead held is given back.

A child is stopped before it is killed, at whatever it is doing, so that it can be said whose connections it holds.
"""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from evenflow.control import channel
from tests.control.processes import PATIENCE, Served, alive, until
from tests.faults.load import Load, Node, clients_of, editor, exchange, keeper, newcomer
from tests.faults.members import member
from tests.peers import free_port

KILLS: Final = 10
ALLOWED: Final = 3
"""`max` of the member that is short."""


class House:
    """evenflow with two children before two nodes, and what can be asked of it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.nodes = (Node(), Node())
        self.ports = tuple(stack.enter_context(member(node)).port for node in self.nodes)
        for node in self.nodes:
            stack.callback(node.let_go)
        self.folder = folder
        self.stack = stack
        self.dead = free_port()
        """Nobody listens there."""
        self.server = self.start(free_port())

    def start(self, port: int) -> Served:
        checked = "hcmethod=GET hcuri=/check hcinterval=100ms"
        one, two = self.ports
        server = Served(
            self.folder,
            port,
            f"LogLevel notice\nPidFile {self.folder}/pid\nCustomLog {self.folder}/access.log %s\n"
            f"<Proxy balancer://a>\nBalancerMember http://127.0.0.1:{one} {checked}\n"
            f"BalancerMember http://127.0.0.1:{two}\nBalancerMember http://127.0.0.1:{self.dead} {checked}\n"
            "ProxySet lbmethod=bybusyness\n</Proxy>\n"
            f"<Proxy balancer://s>\nBalancerMember ws://127.0.0.1:{one}\nBalancerMember ws://127.0.0.1:{two}\n</Proxy>\n"
            f"ProxyPass /ws balancer://s/ws\nProxyPass /few http://127.0.0.1:{one}/few max={ALLOWED} acquire=20000\n"
            "ProxyPass / balancer://a/\n",
            "--children",
            "2",
        )
        self.stack.callback(server.stop)
        return server.ready()

    def load(self) -> Load:
        """Clients of every kind."""
        load = Load(self.server.port)
        load.start("kept", keeper, "/page", 4)
        load.start("new", newcomer, "/page", 4)
        load.start("tunnel", editor, "/ws", 8)
        load.start("short", newcomer, "/few", 3)
        load.start("shortkept", keeper, "/few", 3)
        return load

    def ask(self, **order: Any) -> dict[str, Any]:
        answer = channel.ask(channel.place(str(self.server.file)), order)
        assert answer["ok"], answer
        return answer

    def members(self, balancer: str, what: str) -> list[Any]:
        (one,) = self.ask(do="members", balancer=balancer)["balancers"]
        return [member[what] for member in one["members"]]

    def named(self, name: str) -> list[int]:
        """The living processes of that name."""
        return [pid for pid in self.server.children() if alive(pid) and named(pid) == name]

    def settled(self) -> None:
        """Wait until everybody is there and the dead member is known to be dead."""
        until(lambda: [len(self.named(f"evenflow: {who}")) for who in (0, 1, "watch")] == [1, 1, 1])
        until(lambda: self.members("a", "state") == ["serving", "serving", "failing its check"])

    def kill(self, pid: int, load: Load) -> None:
        """Stop it, note whose connections it holds, and kill it."""
        os.kill(pid, signal.SIGSTOP)
        until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        load.may_break |= clients_of(pid, self.server.port)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not alive(pid))

    def goes_on(self, load: Load) -> None:
        """Wait until clients of every kind were answered again."""
        before = load.answered.copy()
        until(lambda: all(load.answered[kind] >= count + 10 for kind, count in before.items()) or bool(load.faults))
        assert load.faults == []

    def at_rest(self) -> bool:
        """Nobody has anything in flight, says every cell that tells so."""
        status = self.ask(do="status")
        told = [status[one] for one in ("connections", "tunnels", "in_flight")]
        return told == [0, 0, 0] and not any([*self.members("a", "busy"), *self.members("s", "busy")])

    def hold(self, path: str, count: int, arrived: Callable[[int], bool]) -> list[threading.Thread]:
        """So many requests one after the other that are held at the nodes; `arrived` tells of how many that holds."""
        threads = []
        for number in range(count):

            def one(number: int = number) -> None:
                with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as link:
                    exchange(link, f"{path}/{number}")

            threads.append(threading.Thread(target=one))
            threads[-1].start()
            until(lambda number=number: arrived(number + 1))
        return threads

    def let_go(self, threads: list[threading.Thread]) -> None:
        for node in self.nodes:
            node.let_go()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for node in self.nodes:
            node.gate.clear()


def named(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    # A socket's name must be short.
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder, ExitStack() as stack:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        made = House(tmp_path, stack)
        made.settled()
        yield made


def in_order(house: House) -> None:
    """What counts for choices is what it was before anybody was killed."""
    until(house.at_rest)
    one, two = house.nodes
    # Each new one goes where fewer are: a cell that a dead child left behind would send two in a row to one member.
    held = house.hold("/hold", 6, lambda count: one.inside["hold"] + two.inside["hold"] == count)
    assert house.members("a", "busy") == [3, 3, 0]
    house.let_go(held)
    # `max` connections and no more, and no fewer: those behind them wait, and are answered.
    one.most["few"] = 0
    held = house.hold("/few/hold", ALLOWED + 3, lambda count: one.inside["few"] == min(count, ALLOWED))
    house.let_go(held)
    assert one.most["few"] == ALLOWED
    until(house.at_rest)


def test_a_killed_child_takes_its_own_connections_with_it_and_nothing_else(house: House) -> None:
    load = house.load()
    killed = requests = 0
    try:
        until(lambda: len(load.answered) == 5)
        for number in range(KILLS):
            (pid,) = house.named(f"evenflow: {number % 2}")
            house.kill(pid, load)
            killed += 1
            house.goes_on(load)
            house.settled()
            counted = house.ask(do="status")["requests"]
            assert counted >= requests
            requests = counted
    finally:
        load.stop()
    assert load.faults == []
    assert killed == KILLS and load.broken["tunnel"] > 0 and load.broken["kept"] > 0
    for node in house.nodes:
        # Nobody's request was put again by us when its child was gone.
        assert max(times for path, times in node.asked.items() if path.startswith(("/page", "/few"))) == 1
        assert node.most["few"] <= ALLOWED
    assert house.server.said.count("child died") == KILLS
    in_order(house)


def test_a_killed_watchdog_comes_back_and_no_client_knows(house: House) -> None:
    load = house.load()
    try:
        until(lambda: len(load.answered) == 5)
        for _ in range(4):
            (pid,) = house.named("evenflow: watch")
            house.kill(pid, load)
            # What it had found out stays while it is away, and it goes on asking.
            assert house.members("a", "state") == ["serving", "serving", "failing its check"]
            asked = house.nodes[0].asked["/check"]
            until(lambda asked=asked: house.nodes[0].asked["/check"] > asked + 2)
            assert house.members("a", "state") == ["serving", "serving", "failing its check"]
            house.goes_on(load)
    finally:
        load.stop()
    assert load.faults == [] and not load.broken
    assert house.server.said.count("the watchdog died") == 4
    in_order(house)


def test_a_killed_child_that_had_retired_takes_its_tunnels_with_it_and_nothing_else(house: House) -> None:
    load = house.load()
    try:
        until(lambda: len(load.answered) == 5)
        house.ask(do="reload")
        retired = [row["pid"] for one in house.ask(do="status")["retired"] for row in one["children"]]
        assert len(retired) == 2
        house.kill(retired[0], load)
        house.goes_on(load)
        until(lambda: len(house.ask(do="status")["retired"][0]["children"]) == 1)
        assert alive(retired[1])
        house.kill(retired[1], load)
        house.goes_on(load)
        until(lambda: not house.ask(do="status")["retired"])
    finally:
        load.stop()
    assert load.faults == [] and load.broken["tunnel"] == 8
    in_order(house)


@pytest.mark.parametrize("times", [1, 5])
def test_after_the_supervisor_was_killed_another_one_starts_at_once(house: House, times: int) -> None:
    load = house.load()
    load.away = True
    try:
        for _ in range(times):
            until(lambda: len(load.answered) == 5)
            before = house.server
            children = before.children()
            before.process.kill()
            before.process.wait(PATIENCE)
            # No pause: its children may still be at their end, its files are where it left them.
            house.server = house.start(before.port)
            house.settled()
            assert not any(alive(pid) for pid in children)
            assert house.ask(do="status")["pid"] == house.server.process.pid
            assert (house.folder / "pid").read_text() == f"{house.server.process.pid}\n"
            load.answered.clear()
    finally:
        load.stop()
    assert load.faults == []
    in_order(house)
    house.server.tell(signal.SIGTERM)
    assert house.server.ends_with() == 0
    assert not (house.folder / "pid").exists()
