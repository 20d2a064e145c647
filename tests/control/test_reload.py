"""Another generation takes over: no request fails, tunnels live on, and what is wrong changes nothing."""

from __future__ import annotations

import http.client
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from evenflow.control import channel
from tests.control.asking import Asking
from tests.control.processes import PATIENCE, Served, alive, listens, until
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.peers import free_port


def rewrite(server: Served, old: str, new: str) -> None:
    text = server.file.read_text()
    assert old in text
    server.file.write_text(text.replace(old, new))


def reload(server: Served, number: int = signal.SIGHUP) -> None:
    """Reload, and wait until the younger generation serves alone: who has not heard yet that it is to retire accepts
    somebody still.
    """
    before = server.said.count("reloaded:")
    server.tell(number)
    until(lambda: server.said.count("reloaded:") > before)
    assert "not reloaded" not in server.said, server.said

    def alone() -> bool:
        retired = channel.ask(channel.place(str(server.file)), {"do": "status"})["retired"]
        return all(one["state"] == "draining" for generation in retired for one in generation["children"])

    until(alone)


LOUD = "LogLevel notice\n"
RELOADS = 100 if os.environ.get("EVENFLOW_WAY") == "compiled" else 10
"""Under load. Interpreted, each takes ten times as long."""


def test_a_changed_file_is_served_by_new_children(serve: Callable[..., Served]) -> None:
    server = serve(LOUD + "Redirect /old /new1", "--children", "2").ready()
    before = server.children()
    assert server.get("/old")[0] == 302
    rewrite(server, "Redirect /old", "Redirect 301 /old")
    reload(server)
    until(lambda: server.get("/old")[0] == 301)
    until(lambda: not server.children() & before)
    until(lambda: len(server.children()) == 2)
    reload(server, signal.SIGUSR1)
    assert server.said.count("reloaded: generation=") == 2
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0


def test_a_file_with_errors_changes_nothing_and_is_said(serve: Callable[..., Served]) -> None:
    server = serve(LOUD + "Redirect /old /new1", "--children", "1").ready()
    before = server.children()
    rewrite(server, "Redirect /old", "Redirct /old")
    server.tell(signal.SIGHUP)
    until(lambda: "not reloaded" in server.said)
    assert "Redirct" in server.said and "wiki.conf:5" in server.said
    assert server.get("/old")[0] == 302
    assert server.children() == before
    rewrite(server, "Redirct /old", "Redirect 301 /old")
    server.tell(signal.SIGHUP)
    until(lambda: server.get("/old")[0] == 301)


def test_listeners_come_and_go(serve: Callable[..., Served]) -> None:
    second, third = free_port(), free_port()
    server = serve(LOUD + f"Listen 127.0.0.1:{second}", "--children", "2").ready()
    socket.create_connection(("127.0.0.1", second), PATIENCE).close()
    rewrite(server, f"Listen 127.0.0.1:{second}", f"Listen 127.0.0.1:{third}")
    reload(server)
    socket.create_connection(("127.0.0.1", third), PATIENCE).close()

    def refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", second), PATIENCE).close()
        except ConnectionRefusedError:
            return True
        return False

    until(refused)


def test_logs_are_opened_anew(serve: Callable[..., Served], tmp_path: Path) -> None:
    server = serve(LOUD + f'CustomLog "{tmp_path}/access.log" "%U"', "--children", "1").ready()
    server.get("/a")
    until(lambda: (tmp_path / "access.log").read_text() == "/a\n")
    os.rename(tmp_path / "access.log", tmp_path / "access.log.1")
    reload(server)
    server.get("/b")
    until(lambda: (tmp_path / "access.log").exists() and (tmp_path / "access.log").read_text() == "/b\n")
    assert (tmp_path / "access.log.1").read_text() == "/a\n"


def test_a_log_command_goes_on(serve: Callable[..., Served], tmp_path: Path) -> None:
    server = serve(LOUD + f'CustomLog "|$echo began >> {tmp_path}/log; cat >> {tmp_path}/log" "%U"').ready()
    server.get("/a")
    reload(server)
    server.get("/b")
    until(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text() == "began\n/a\n/b\n")


def hello(visit: Visit) -> bool:
    visit.answer(b"hello")
    return True


@pytest.mark.timeout(300)
def test_no_request_fails_and_no_tunnel_breaks_while_it_is_reloaded(serve: Callable[..., Served]) -> None:
    with listening_member(hello) as member, listening_member(upgraded) as other:
        server = serve(
            LOUD + f"ProxyPass /app http://127.0.0.1:{member.port}\nProxyPass /ws ws://127.0.0.1:{other.port}/ws\n"
            "<Location /server-status>\nSetHandler server-status\n</Location>",
            "--children", "2",
        ).ready()  # fmt: skip
        tunnels = [tunnel(server) for _ in range(4)]
        # Load, but children have to be made as well.
        with Asking(server.port, 6, pause=0.01) as asking:
            for turn in range(RELOADS):
                reload(server)
                if turn % (RELOADS // 5) == 0:
                    tunnels.append(tunnel(server))
                for client in tunnels:
                    client.sendall(b"still there? %d" % turn)
                    assert client.recv(100) == b"still there? %d" % turn
        assert asking.failures == []
        assert min(asking.answered) > 0
        total = sum(asking.answered)
        for client in tunnels:
            client.close()
        until(lambda: len(server.children()) == 2)

        def counted() -> bool:
            page = server.get("/server-status?auto")[1].decode()
            return int(page.split("Total Accesses: ")[1].split()[0]) >= total

        # What the retired have answered is counted on.
        until(counted)


def upgraded(visit: Visit) -> bool:
    """A tunnel that says everything back."""
    visit.link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    while piece := visit.link.recv(65536):
        visit.link.sendall(piece)
    return False


def tunnel(server: Served, path: str = "/ws") -> socket.socket:
    client = server.connect()
    head = f"GET {path} HTTP/1.1\r\nHost: wiki.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    client.sendall(head.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101")
    return client


def test_tunnels_live_on(serve: Callable[..., Served]) -> None:
    with listening_member(upgraded) as member:
        server = serve(
            LOUD + f"ProxyPass /ws ws://127.0.0.1:{member.port}/ws", "--children", "1"
        ).ready()  # fmt: skip
        (first,) = server.children()
        clients = [tunnel(server)]
        for turn in range(3):
            reload(server)
            # Until they have heard that they are to retire they may accept somebody still.
            until(lambda: sum(listens(child, server.port) for child in server.children()) == 1)
            clients.append(tunnel(server))
            for client in clients:
                client.sendall(b"still there? %d" % turn)
                assert client.recv(100) == b"still there? %d" % turn
        # One child of each generation, each with a tunnel.
        until(lambda: len(server.children()) == 4)
        assert first in server.children()
        clients[0].close()
        until(lambda: not alive(first))
        until(lambda: len(server.children()) == 3)
        for client in clients[1:]:
            client.close()
        until(lambda: len(server.children()) == 1)


def test_retired_children_end_with_the_program(serve: Callable[..., Served]) -> None:
    with listening_member(upgraded) as member:
        server = serve(LOUD + f"ProxyPass /ws ws://127.0.0.1:{member.port}/ws", "--children", "1").ready()
        with tunnel(server):
            reload(server)
            until(lambda: len(server.children()) == 2)
            children = server.children()
            server.tell(signal.SIGTERM)
            assert server.ends_with() == 0
            assert not any(alive(child) for child in children)


def test_a_killed_retired_child_is_not_replaced(serve: Callable[..., Served]) -> None:
    with listening_member(upgraded) as member:
        server = serve(LOUD + f"ProxyPass /ws ws://127.0.0.1:{member.port}/ws", "--children", "1").ready()
        (first,) = server.children()
        with tunnel(server):
            reload(server)
            os.kill(first, signal.SIGKILL)
            until(lambda: "a retired child died" in server.said)
            until(lambda: len(server.children()) == 1)
            assert server.get("/robots.txt")[0] == 200


def test_an_error_of_a_member_is_known_on(serve: Callable[..., Served]) -> None:
    dead = free_port()
    with listening_member(hello) as member:
        server = serve(
            LOUD + f"<Proxy balancer://a>\nBalancerMember http://127.0.0.1:{dead} retry=600\n"
            f"BalancerMember http://127.0.0.1:{member.port} retry=600\n</Proxy>\nProxyPass /app balancer://a/",
            "--children", "1",
        ).ready()  # fmt: skip
        for _ in range(3):
            assert server.get("/app")[1] == b"hello"
        assert server.said.count("member unavailable") == 1
        reload(server)
        for _ in range(3):
            assert server.get("/app")[1] == b"hello"
        assert server.said.count("member unavailable") == 1


GOODBYE = b"\x88\x02\x03\xe9"


def tunnels_go_whose_way_changes(serve: Callable[..., Served], load: Callable[[Served], object]) -> None:
    """Two tunnels, and the configuration loaded anew by `load`, twice: each goes when its own way has changed."""
    with listening_member(upgraded) as first, listening_member(upgraded) as second:
        server = serve(
            LOUD + f"EvenflowGoodbye 1\nProxyPass /ws ws://127.0.0.1:{first.port}/ws\n"
            f"ProxyPass /other ws://127.0.0.1:{second.port}/ws",
            "--children", "1",
        ).ready()  # fmt: skip
        with tunnel(server) as goes, tunnel(server, "/other") as stays:
            rewrite(server, f"ws://127.0.0.1:{first.port}/ws", f"ws://127.0.0.1:{second.port}/ws")
            load(server)
            assert goes.recv(100) == GOODBYE
            stays.sendall(b"\x81\x00")
            assert stays.recv(100) == b"\x81\x00"
            # And once more, for who is a generation older by then.
            rewrite(server, "ProxyPass /other", "Redirect /other /x\nProxyPass /y")
            load(server)
            assert stays.recv(100) == GOODBYE
        until(lambda: len(server.children()) == 1)


def test_tunnels_whose_way_has_changed_are_told_to_go(serve: Callable[..., Served]) -> None:
    tunnels_go_whose_way_changes(serve, reload)


def test_editors_leave_a_drained_member_by_its_deadline(serve: Callable[..., Served]) -> None:
    with listening_member(upgraded) as first, listening_member(upgraded) as second:
        server = serve(
            LOUD + f"<Proxy balancer://s>\nBalancerMember ws://127.0.0.1:{first.port} route=n1\n"
            f"BalancerMember ws://127.0.0.1:{second.port} route=n2\nProxySet stickysession=R\n</Proxy>\n"
            "ProxyPassMatch ^(/ws.*) balancer://s$1",
            "--children", "1",
        ).ready()  # fmt: skip
        path = channel.place(str(server.file))
        with tunnel(server, "/ws;R=x.n1") as old:
            reload(server)
            with tunnel(server, "/ws;R=x.n1") as goes, tunnel(server, "/ws;R=x.n2") as stays:
                order = {"do": "drain", "balancer": "s", "member": "n1", "deadline": 2}
                assert channel.ask(path, order)["ok"]
                assert goes.recv(100) == GOODBYE and old.recv(100) == GOODBYE
                stays.sendall(b"\x81\x00")
                assert stays.recv(100) == b"\x81\x00"
        until(lambda: "a drained member is disabled" in server.said)
        before = len(first.visits)
        tunnel(server, "/ws;R=x.n1").close()
        assert len(first.visits) == before


def named(name: bytes) -> Callable[[Visit], bool]:
    """A member that answers its name."""

    def behave(visit: Visit) -> bool:
        visit.answer(name)
        return True

    return behave


def over_many_connections(server: Served) -> list[set[bytes]]:
    """Who answered on each of sixteen connections, one after the other: each of them belongs to one child."""
    found = []
    for _ in range(16):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        answers = set()
        for _ in range(2):
            connection.request("GET", "/")
            answers.add(connection.getresponse().read())
        connection.close()
        found.append(answers)
    return found


def test_a_member_that_is_added_serves_in_all_children_and_stays(serve: Callable[..., Served]) -> None:
    with listening_member(named(b"one")) as one, listening_member(named(b"two")) as two:
        text = (
            LOUD + f"<Proxy balancer://a>\nBalancerMember http://127.0.0.1:{one.port}\nProxySet growth=2\n</Proxy>\n"
            "ProxyPass / balancer://a/"
        )
        server = serve(text, "--children", "2").ready()
        place = channel.place(str(server.file))
        url = f"http://127.0.0.1:{two.port}"
        said = channel.ask(place, {"do": "add", "balancer": "a", "member": url})
        assert said["ok"] and said["member"]["state"] == "disabled", said
        assert over_many_connections(server) == [{b"one"}] * 16
        assert not channel.ask(place, {"do": "add", "balancer": "a", "member": url})["ok"]
        assert channel.ask(place, {"do": "enable", "balancer": "a", "member": url})["ok"]
        assert over_many_connections(server) == [{b"one", b"two"}] * 16
        until(lambda: all(child["requests"] for child in channel.ask(place, {"do": "status"})["children"]))
        reload(server)
        assert over_many_connections(server) == [{b"one", b"two"}] * 16
        (balancer,) = channel.ask(place, {"do": "members"})["balancers"]
        assert [(row["name"], row["state"]) for row in balancer["members"]] == [
            (f"http://127.0.0.1:{one.port}", "serving"),
            (url, "serving"),
        ]
