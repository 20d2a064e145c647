"""Names of members as one child knows them: an address needs no question, a name's addresses are in the member's row,
and only where that is empty the system is asked, once.
"""

from __future__ import annotations

import asyncio
import socket
from time import monotonic

import pytest

from evenflow.plan.model import Plan
from evenflow.serve.resolver import ABANDONED, ONLY_THEY, OWN, PATIENCE, Address, Addresses, Resolver, patience_of
from evenflow.slotmem.addresses import Answer
from evenflow.slotmem.layout import FOUND, NOT_FOUND
from evenflow.slotmem.scoreboard import Scoreboard
from tests.proxy.story import make_member


@pytest.mark.parametrize(
    ("host", "family", "address"),
    [
        ("127.0.0.2", socket.AF_INET, ("127.0.0.2", 8090)),
        ("::1", socket.AF_INET6, ("::1", 8090, 0, 0)),
        ("[::1]", socket.AF_INET6, ("::1", 8090, 0, 0)),
    ],
)
def test_an_address_is_known_at_once(host: str, family: int, address: tuple[object, ...]) -> None:
    loop = asyncio.new_event_loop()
    assert Resolver(loop).address(make_member("m", 0, host=host)) == ((family, address),)
    loop.close()


async def answers_for(*hosts: str) -> tuple[Resolver, list[tuple[Addresses | None, str]]]:
    resolver = Resolver(asyncio.get_running_loop())
    answers: list[tuple[Addresses | None, str]] = []
    everything = asyncio.Event()

    def then(addresses: Addresses | None, cause: str) -> None:
        answers.append((addresses, cause))
        if len(answers) == len(hosts):
            everything.set()

    for host in hosts:
        resolver.ask(make_member("m", 0, host=host), then)
    assert answers == [], "an answer came while the question was asked"
    await asyncio.wait_for(everything.wait(), 20)
    return resolver, answers


def test_a_name_is_asked_for_once_and_kept() -> None:
    resolver, answers = asyncio.run(answers_for("localhost", "localhost"))
    found = answers[0][0]
    assert found
    assert found[0][1][:2] in (("127.0.0.1", 8090), ("::1", 8090))
    assert answers == [(found, ""), (found, "")]
    assert resolver.address(make_member("m", 0, host="localhost")) == found


def test_a_name_that_nobody_has() -> None:
    resolver, answers = asyncio.run(answers_for("no-such-name.invalid"))
    assert answers[0][0] is None
    assert answers[0][1]
    assert resolver.address(make_member("m", 0, host="no-such-name.invalid")) is None


def test_a_socket_of_the_file_system_is_its_own_address() -> None:
    loop = asyncio.new_event_loop()
    member = make_member("m", 0, host="name.example")
    member.socket = "/run/member.sock"
    resolver = Resolver(loop)
    assert resolver.address(member) == ((socket.AF_UNIX, ("/run/member.sock",)),)
    assert not resolver.by_name(member)
    loop.close()


# --- what the watchdog says ---------------------------------------------------------------------------------------


def v4(text: str, port: int = 8090) -> Address:
    return socket.AF_INET, (text, port)


class Watched:
    """A resolver beside a row that the test writes."""

    def __init__(self, waits_for: float = 0.0) -> None:
        self.member = make_member("m", 0, host="node.example")
        self.board = Scoreboard((self.member,), (), 1)
        self.row = self.board.address(0)
        self.loop = asyncio.new_event_loop()
        self.resolver = Resolver(self.loop, self.board, waits_for)

    def says(self, *addresses: str, due: float = 0.0, cause: str = "") -> None:
        now = monotonic()
        state = FOUND if addresses else NOT_FOUND
        self.row.write("node.example", Answer(state, addresses, now, 5.0, due or now + 5.0, cause))

    def asks(self) -> tuple[Addresses | None, str]:
        async def ask() -> tuple[Addresses | None, str]:
            answered = asyncio.get_running_loop().create_future()
            self.resolver.loop = asyncio.get_running_loop()
            self.resolver.ask(self.member, lambda found, cause: answered.set_result((found, cause)))
            found: tuple[Addresses | None, str] = await asyncio.wait_for(answered, 20)
            return found

        return self.loop.run_until_complete(ask())


def test_the_row_says_where_a_member_is() -> None:
    watched = Watched()
    assert watched.resolver.address(watched.member) is None
    watched.says("10.0.0.1", "10.0.0.2")
    assert watched.resolver.address(watched.member) == (v4("10.0.0.1"), v4("10.0.0.2"))
    assert watched.resolver.is_current(watched.member, v4("10.0.0.2"))
    watched.says("10.0.0.3")
    assert watched.resolver.address(watched.member) == (v4("10.0.0.3"),)
    assert not watched.resolver.is_current(watched.member, v4("10.0.0.2"))
    watched.loop.close()


def test_a_row_for_another_name_is_not_taken() -> None:
    watched = Watched()
    watched.says("10.0.0.1")
    watched.member.dial_host = "other.example"
    assert watched.resolver.address(watched.member) is None
    watched.loop.close()


def test_an_old_answer_counts_while_the_watchdog_is_late() -> None:
    watched = Watched()
    watched.says("10.0.0.1", due=monotonic() - ABANDONED / 2)
    assert watched.resolver.address(watched.member) == (v4("10.0.0.1"),)
    assert not watched.resolver.asked
    watched.loop.close()


def test_where_the_watchdog_is_gone_the_child_asks_and_serves_the_old_answer_meanwhile() -> None:
    watched = Watched()
    watched.member.dial_host = "localhost"
    long_ago = monotonic() - 10 * ABANDONED
    watched.row.write("localhost", Answer(FOUND, ("10.0.0.1",), long_ago, 5.0, long_ago + 5.0))

    async def meanwhile() -> None:
        watched.resolver.loop = asyncio.get_running_loop()
        assert watched.resolver.address(watched.member) == (v4("10.0.0.1"),)
        await asyncio.wait_for(asyncio.gather(*watched.resolver.tasks), 20)

    watched.loop.run_until_complete(meanwhile())
    found = watched.resolver.address(watched.member)
    assert found
    assert found[0][1][0] in ("127.0.0.1", "::1")
    # It lives again.
    watched.row.write("localhost", Answer(FOUND, ("10.0.0.9",), monotonic(), 5.0, monotonic() + 5.0))
    assert watched.resolver.address(watched.member) == (v4("10.0.0.9"),)
    watched.loop.close()


def test_who_asks_waits_for_the_first_answer() -> None:
    watched = Watched(waits_for=20.0)
    watched.loop.call_later(0.05, watched.says, "10.0.0.4")
    assert watched.asks() == ((v4("10.0.0.4"),), "")
    watched.loop.close()


def test_a_name_that_leads_nowhere_is_told_at_once() -> None:
    watched = Watched(waits_for=20.0)
    watched.says(cause="there is no such name")
    assert watched.asks() == (None, "there is no such name")
    assert watched.resolver.address(watched.member) is None
    assert not watched.resolver.known
    watched.loop.close()


def test_what_a_child_found_by_itself_is_asked_for_again() -> None:
    watched = Watched()
    key = ("node.example", 8090)
    watched.resolver.known[key] = (v4("10.0.0.5"),), monotonic()
    assert watched.resolver.address(watched.member) == (v4("10.0.0.5"),)
    assert key not in watched.resolver.asked
    watched.resolver.known[key] = (v4("10.0.0.5"),), monotonic() - OWN - 1

    async def meanwhile() -> None:
        watched.resolver.loop = asyncio.get_running_loop()
        assert watched.resolver.address(watched.member) == (v4("10.0.0.5"),)
        assert key in watched.resolver.asked
        await asyncio.wait_for(asyncio.gather(*watched.resolver.tasks), 20)

    watched.loop.run_until_complete(meanwhile())
    watched.loop.close()


def test_what_is_asked_when_the_child_ends_is_told_to_nobody() -> None:
    """The answer comes when the loop is closed: uvloop lets it out as a traceback."""
    loop = asyncio.new_event_loop()
    answer: asyncio.Future[object] = loop.create_future()
    loop.getaddrinfo = lambda *_, **__: answer  # type: ignore[method-assign,assignment,return-value]
    resolver = Resolver(loop)
    told: list[object] = []
    resolver.find(("slow.example", 80), lambda *what: told.append(what))
    loop.run_until_complete(asyncio.sleep(0))
    assert not answer.done()
    resolver.close()
    assert answer.cancelled()
    assert not resolver.tasks
    loop.close()
    assert told == []


def test_the_watchdog_has_more_time_where_the_system_cannot_be_asked() -> None:
    plan = Plan()
    assert patience_of(plan) == PATIENCE
    plan.chroot_dir = "/srv/jail"
    assert patience_of(plan) == ONLY_THEY
    plan.chroot_dir, plan.name_servers = "", (("127.0.0.1", 53),)
    assert patience_of(plan) == ONLY_THEY
