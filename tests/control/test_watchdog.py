"""Members that are probed by a process of their own, which is replaced when it dies and goes with its generation."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from evenflow.balancer.added import take_url
from evenflow.control import channel, watchdog
from tests.control.processes import Served, alive, until
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.plan.cases import plan_of
from tests.soak.nodes import Node


def watchdogs(server: Served) -> list[int]:
    return [pid for pid in server.children() if alive(pid) and name_of(pid) == "evenflow: watch"]


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def states(server: Served) -> list[str]:
    answer = channel.ask(channel.place(str(server.file)), {"do": "members"})
    return [one["state"] for balancer in answer["balancers"] for one in balancer["members"]]


def balancer(*ports: int) -> str:
    probe = "hcmethod=GET hcuri=/ hcinterval=100ms"
    members = "".join(f"BalancerMember http://127.0.0.1:{port} {probe}\n" for port in ports)
    return f"LogLevel notice\n<Proxy balancer://a>\n{members}</Proxy>\nProxyPass /app balancer://a/\n"


def test_a_member_that_fails_is_taken_out_and_comes_back(serve: Callable[..., Served]) -> None:
    node, other = Node("n1"), Node("n2")
    node.start()
    other.start()
    try:
        server = serve(balancer(node.port, other.port), "--children", "1").ready()
        until(lambda: states(server) == ["serving", "serving"])
        node.kill()
        until(lambda: states(server) == ["failing its check", "serving"])
        assert "member failed its health check: cause=" in server.said
        # Nobody's request was needed to find out, and none goes there.
        assert {server.get("/app")[1] for _ in range(6)} == {b"n2"}
        assert "member unavailable" not in server.said
        node.start()
        until(lambda: states(server) == ["serving", "serving"])
        assert {server.get("/app")[1] for _ in range(6)} == {b"n1", b"n2"}
    finally:
        for one in (node, other):
            if one.listening is not None:
                one.kill()


def test_it_is_replaced_and_goes_with_its_generation(serve: Callable[..., Served]) -> None:
    def hello(visit: Visit) -> bool:
        visit.answer(b"hello")
        return True

    with listening_member(hello) as member:
        server = serve(balancer(member.port), "--children", "1").ready()
        until(lambda: len(watchdogs(server)) == 1)
        (first,) = watchdogs(server)
        os.kill(first, signal.SIGKILL)
        until(lambda: "the watchdog died" in server.said and watchdogs(server) not in ([], [first]))
        (second,) = watchdogs(server)
        server.tell(signal.SIGHUP)
        until(lambda: "reloaded:" in server.said and len(watchdogs(server)) == 1 and watchdogs(server) != [second])
        until(lambda: len(server.children()) == 2)
        server.tell(signal.SIGTERM)
        assert server.ends_with() == 0


def test_what_it_found_out_outlives_a_reload(serve: Callable[..., Served]) -> None:
    node = Node("n1")
    server = serve(balancer(node.port), "--children", "1").ready()
    until(lambda: states(server) == ["failing its check"])
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded:" in server.said)
    assert states(server) == ["failing its check"]
    assert server.get("/app")[0] == 503


def test_nobody_watches_where_nothing_is_probed_and_nobody_has_a_name() -> None:
    lines = "Listen 1\n<Proxy balancer://a>\nBalancerMember {}\n</Proxy>\nProxyPass / balancer://a/\n"
    assert not watchdog.wanted(plan_of(lines.format("http://10.0.0.1")))
    assert not watchdog.wanted(plan_of(lines.format("unix:/run/a.sock|http://a")))
    assert watchdog.wanted(plan_of(lines.format("http://10.0.0.1 hcmethod=TCP")))
    assert watchdog.wanted(plan_of(lines.format("http://a")))
    # Who is added may have a name.
    assert watchdog.wanted(plan_of(lines.format("http://10.0.0.1\nProxySet growth=1")))
    # And who was added has to be looked after when it is to be removed, also where there is no room for another one.
    full = plan_of(lines.format("http://10.0.0.1\nProxySet growth=1"))
    take_url(full.balancers[0].spares[0], b"http://10.0.0.2")
    assert watchdog.wanted(full)
