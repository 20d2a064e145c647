"""What is heard or read of members' readiness, from strangers too, and who is believed for how long."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.methods import NAMES
from evenflow.origin import NOWHERE
from evenflow.plan.heartbeats import Heartbeats
from evenflow.plan.model import Plan
from evenflow.serve import heartbeats
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.heartbeats import Listener, number, read_message, read_rows
from evenflow.slotmem.scoreboard import Scoreboard
from tests.peers import free_port
from tests.plan.cases import plan_of


def planned(said: Heartbeats, hosts: tuple[str, ...], more: str) -> Plan:
    members = "".join(f"BalancerMember http://{host}\n" for host in hosts)
    plan = plan_of(f"Listen 8000\n<Proxy balancer://c>\n{members}{more}</Proxy>\nProxyPass / balancer://c/\n")
    plan.heartbeats = said
    return plan


class Case:
    """A listener of its own, not running: what it is told, and what stands in the rows then."""

    def __init__(self, folder: Path, *hosts: str, storage: str = "", host: str = "127.0.0.1", more: str = "") -> None:
        self.plan = planned(Heartbeats(NOWHERE, storage, host, 1, 10), hosts, more)
        self.board = Scoreboard(self.plan.members, self.plan.balancers, 1)
        self.log = folder / "error.log"
        self.listener = Listener(self.plan, self.board, ErrorLog(str(self.log), "info"))

    @property
    def ready(self) -> list[int]:
        return [self.board.member(member.slot, 0).ready for member in self.plan.members]

    @property
    def said(self) -> str:
        return self.log.read_text()


@pytest.mark.parametrize(
    ("data", "heard"),
    [
        (b"v=1&ready=75&busy=3\r\n", (75, 3, 80)),
        (b"v=1&ready=75&busy=3&port=8080", (75, 3, 8080)),
        (b"V=1&READY=%37&busy=1&ready=9", (9, 1, 80)),
        (b"v=1&ready=-5&busy=x", (0, 0, 80)),
        (b"v=1&ready=99999999999999999999&busy=1", (1000000, 1, 80)),
    ],
)
def test_a_datagram(data: bytes, heard: tuple[int, int, int]) -> None:
    beat = read_message(data, 1.0)
    assert beat is not None
    assert (beat.ready, beat.busy, beat.port) == heard


@pytest.mark.parametrize("data", [b"", b"v=1", b"ready=1&busy=1", b"v=1&ready=1&busy=1" + b"x" * 1000, b"&" * 999])
def test_what_is_no_heartbeat(data: bytes) -> None:
    assert read_message(data, 1.0) is None


@given(st.binary(max_size=1200))
def test_whatever_comes_has_bounds(data: bytes) -> None:
    beat = read_message(data, 1.0)
    assert beat is None or (0 <= beat.ready <= 1000000 and 0 <= beat.busy <= 1000000)
    assert all(0 <= ready <= 1000000 for ready in read_rows(data).values())
    assert 0 <= number(data) <= 1000000


def test_rows_are_httpds() -> None:
    told = read_rows(
        b"# ready=1\n10.0.0.1 &ready=30&busy=2&lastseen=1&port=80\n10.0.0.2 &ready=31&busy=0&lastseen=9\n"
        b"10.0.0.3 &ready=30&busy=2&lastseen=10\n10.0.0.4 &busy=1\nnobody\nwiki1 ready=7&busy=1\nwiki1 busy=0"
    )
    assert told == {"10.0.0.1": 30, "10.0.0.2": 7, "10.0.0.4": 0, "wiki1": 1}


def test_it_counts_for_the_members_whose_address_it_came_from(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1:80", "10.0.0.2", "10.0.0.1:81", "wiki1")
    case.listener.learn(b"v=1&ready=8&busy=1", "10.0.0.1", 100.0)
    assert case.ready == [8, 0, 8, 0]
    case.listener.learn(b"v=1&ready=8&busy=0", "10.0.0.1", 101.0)
    assert case.ready == [2, 0, 2, 0]


def test_nonsense_changes_nothing_and_is_told(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1")
    case.listener.learn(b"v=1&ready=8&busy=1", "10.0.0.1", 100.0)
    case.listener.learn(b"\xff" * 1001, "10.0.0.1", 100.0)
    assert case.ready == [8]
    assert "a heartbeat that is none: sender=10.0.0.1 bytes=1001" in case.said


def test_strangers_are_bounded_and_take_no_members_place(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1")
    for last in range(50):
        case.listener.learn(b"v=1&ready=8&busy=1", f"192.0.2.{last}", 100.0)
    assert len(case.listener.known) == 10
    assert "too many senders of heartbeats" in case.said
    case.listener.learn(b"v=1&ready=8&busy=1", "10.0.0.1", 100.0)
    assert case.ready == [8]
    # Who is silent makes room.
    case.listener.settle(140.0)
    case.listener.learn(b"v=1&ready=8&busy=1", "192.0.2.200", 140.0)
    assert list(case.listener.known) == ["192.0.2.200"]


def test_who_is_silent_is_not_ready(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1", "10.0.0.2")
    case.listener.learn(b"v=1&ready=8&busy=1", "10.0.0.1", 100.0)
    case.listener.learn(b"v=1&ready=8&busy=1", "10.0.0.2", 105.0)
    case.listener.settle(109.9)
    assert case.ready == [8, 8]
    case.listener.settle(110.0)
    assert case.ready == [0, 8]


def test_who_begins_to_listen_believes_what_was_heard_before(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1")
    case.board.member(0, 0).ready = 5
    case.listener.settle(case.listener.began + 9.0)
    assert case.ready == [5]
    case.listener.settle(case.listener.began + 10.0)
    assert case.ready == [0]


def test_a_member_that_is_added_is_heard(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1", more="ProxySet growth=2\n")
    spare = next(index for index, member in enumerate(case.plan.members) if not member.host)
    case.board.member(spare, 0).url = b"http://10.0.0.9:8090"
    case.listener.settle(100.0)
    case.listener.learn(b"v=1&ready=8&busy=1", "10.0.0.9", 100.0)
    assert case.ready[spare] == 8


def test_what_is_heard_is_written_down_in_one_piece(tmp_path: Path) -> None:
    storage = tmp_path / "hb.dat"
    case = Case(tmp_path, "10.0.0.1", storage=str(storage))
    case.listener.learn(b"v=1&ready=8&busy=1&port=8090", "10.0.0.1", 100.0)
    case.listener.learn(b"v=1&ready=5&busy=0", "192.0.2.1", 101.0)
    case.listener.write(103.5)
    assert storage.read_text() == (
        "10.0.0.1 &ready=8&busy=1&lastseen=3&port=8090\n192.0.2.1 &ready=5&busy=0&lastseen=2&port=80\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["error.log", "hb.dat"]
    # And it says the same to who reads it.
    assert read_rows(storage.read_bytes()) == {"10.0.0.1": 8, "192.0.2.1": 1}


def test_a_file_that_is_not_there_is_told_once_and_nobody_is_ready(tmp_path: Path) -> None:
    storage = tmp_path / "hb.dat"
    case = Case(tmp_path, "10.0.0.1", storage=str(storage), host="")
    case.board.member(0, 0).ready = 5
    case.listener.read()
    case.listener.read()
    assert case.ready == [0]
    assert case.said.count("the file of heartbeats cannot be used") == 1
    storage.write_text("10.0.0.1 ready=6&busy=1\n")
    case.listener.read()
    assert case.ready == [6]
    assert "the file of heartbeats can be used again" in case.said


def test_a_file_is_read_before_anybody_serves(tmp_path: Path) -> None:
    storage = tmp_path / "hb.dat"
    storage.write_text("10.0.0.1 ready=6&busy=1\n")
    case = Case(tmp_path, "10.0.0.1", storage=str(storage), host="")
    heartbeats.begin(case.plan, case.board)
    assert case.ready == [6]
    storage.unlink()
    heartbeats.begin(case.plan, case.board)
    assert case.ready == [6]


def test_heartbeats_that_were_chosen_are_not_kept_where_nobody_listens_any_more(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1")
    row = case.board.balancer(0)
    log = ErrorLog(str(case.log), "info")
    row.method = NAMES.index("heartbeat") + 1
    heartbeats.leave_unheard(case.plan, case.board, log)
    assert NAMES[row.method - 1] == "heartbeat"
    case.plan.heartbeats = None
    heartbeats.leave_unheard(case.plan, case.board, log)
    assert row.method == 0
    assert "is not kept: nothing listens for heartbeats: balancer=c lbmethod=byrequests" in case.said
    row.method = NAMES.index("hash") + 1
    heartbeats.leave_unheard(case.plan, case.board, log)
    assert NAMES[row.method - 1] == "hash"


def test_an_explanation_supposes_that_everybody_is_ready(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1", "10.0.0.2")
    heartbeats.suppose(case.plan, case.board)
    assert case.ready == [1, 1]


@pytest.mark.parametrize("address", ["127.0.0.1", "239.255.7.9"])
def test_datagrams_are_heard(tmp_path: Path, address: str) -> None:
    """By unicast, and in a group; the sender is one of this machine."""
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        try:
            sender.connect((address, port))
        except OSError as fault:
            pytest.skip(f"no way to a group: {fault}")
        mine = sender.getsockname()[0]
        case = Case(tmp_path, mine)
        case.listener.said = Heartbeats(NOWHERE, "", address, port)

        async def story() -> None:
            running = asyncio.ensure_future(case.listener.run())
            deadline = time.monotonic() + 30.0
            while case.ready != [7]:
                assert time.monotonic() < deadline, "nothing was heard"
                try:
                    sender.send(b"v=1&ready=7&busy=1")
                except ConnectionRefusedError:
                    # Not yet bound.
                    pass
                await asyncio.sleep(0.02)
            running.cancel()

        asyncio.run(story())


def test_an_address_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    case = Case(tmp_path, "10.0.0.1")
    case.listener.said = Heartbeats(NOWHERE, "", "192.0.2.1", 1)

    async def story() -> None:
        running = asyncio.ensure_future(case.listener.run())
        while not case.said:
            await asyncio.sleep(0.01)
        assert not running.done()
        running.cancel()

    asyncio.run(story())
    assert "cannot hear heartbeats: nobody is ready: address=192.0.2.1:1" in case.said
