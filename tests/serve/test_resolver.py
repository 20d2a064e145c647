"""Names of members: an address needs no question, a name is asked for once."""

from __future__ import annotations

import asyncio
import socket

import pytest

from evenflow.serve.resolver import Address, Resolver
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
    assert Resolver(loop).address(make_member("m", 0, host=host)) == (family, address)
    loop.close()


async def answers_for(*hosts: str) -> tuple[Resolver, list[tuple[Address | None, str]]]:
    resolver = Resolver(asyncio.get_running_loop())
    answers: list[tuple[Address | None, str]] = []
    everything = asyncio.Event()

    def then(address: Address | None, cause: str) -> None:
        answers.append((address, cause))
        if len(answers) == len(hosts):
            everything.set()

    for host in hosts:
        resolver.ask(make_member("m", 0, host=host), then)
    assert answers == [], "an answer came while the question was asked"
    await asyncio.wait_for(everything.wait(), 20)
    return resolver, answers


def test_a_name_is_asked_for_once_and_kept() -> None:
    resolver, answers = asyncio.run(answers_for("localhost", "localhost"))
    address = answers[0][0]
    assert address is not None
    assert address[1][:2] in (("127.0.0.1", 8090), ("::1", 8090))
    assert answers == [(address, ""), (address, "")]
    assert resolver.address(make_member("m", 0, host="localhost")) == address


def test_a_name_that_nobody_has() -> None:
    resolver, answers = asyncio.run(answers_for("no-such-name.invalid"))
    assert answers[0][0] is None
    assert answers[0][1]
    assert resolver.address(make_member("m", 0, host="no-such-name.invalid")) is None


def test_the_start_asks_for_names_only() -> None:
    async def start() -> Resolver:
        resolver = Resolver(asyncio.get_running_loop())
        resolver.start((make_member("m", 0, host="127.0.0.1"), make_member("n", 1, host="localhost")))
        await asyncio.wait_for(asyncio.gather(*resolver.tasks), 20)
        return resolver

    resolver = asyncio.run(start())
    assert set(resolver.known) == {("127.0.0.1", 8090), ("localhost", 8090)}


def test_an_answer_may_be_too_old() -> None:
    resolver, _ = asyncio.run(answers_for("localhost"))
    member = make_member("m", 0, host="localhost")
    assert resolver.address(member) is not None
    member.address_ttl = 3600.0
    assert resolver.address(member) is not None
    member.address_ttl = 0.0
    assert resolver.address(member) is None


def test_a_socket_of_the_file_system_is_its_own_address() -> None:
    loop = asyncio.new_event_loop()
    member = make_member("m", 0, host="name.example")
    member.socket = "/run/member.sock"
    assert Resolver(loop).address(member) == (socket.AF_UNIX, ("/run/member.sock",))
    loop.close()
