"""Another version goes on in the same process: no request fails, tunnels live on, and what was changed stays."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import evenflow
from tests.control.asking import Asking
from tests.control.processes import PATIENCE, Served, alive, until
from tests.control.programs import alone, another, ask, upgrade, wrapper
from tests.control.test_activation import Activated
from tests.control.test_map_programs import script
from tests.control.test_reload import GOODBYE, hello, rewrite, tunnel, tunnels_go_whose_way_changes, upgraded
from tests.control.test_started_as_root import DROPPED, NOBODY, identities, low_port
from tests.control.test_watchdog import balancer, states, watchdogs
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.peers import free_port
from tests.soak.nodes import Node

LOUD = "LogLevel notice\n"


def test_it_is_another_version_in_the_same_process(serve: Callable[..., Served], tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    server = serve(LOUD + f'PidFile "{tmp_path}/pid"\nRedirect /old /new', "--children", "2").ready()
    before = server.children()
    answer = upgrade(server, new)
    assert answer == {"ok": True, "said": "", "before": evenflow.__version__, "version": "7.0.0", "generation": 2}
    status = ask(server, do="status")
    assert (status["version"], status["pid"], status["generation"]) == ("7.0.0", server.process.pid, 2)
    assert len(status["children"]) == 2 and not {one["pid"] for one in status["children"]} & before
    assert server.get("/old")[0] == 302
    until(lambda: not any(alive(pid) for pid in before))
    assert (tmp_path / "pid").read_text() == f"{server.process.pid}\n"
    # The file is read again, and what is typed now reaches the new program.
    rewrite(server, "Redirect /old", "Redirect 301 /old")
    assert ask(server, do="reload")["generation"] == 3
    until(lambda: server.get("/old")[0] == 301)
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    assert not (tmp_path / "pid").exists()


def test_without_a_program_the_one_that_was_started_goes_on_as_it_is_now(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    new = another(tmp_path, "7.0.0")
    server = serve(LOUD, "--children", "1").ready()
    assert upgrade(server, new)["version"] == "7.0.0"
    # As a package does it: other files in the same place.
    init = new.parent / "evenflow" / "__init__.py"
    init.write_text(init.read_text().replace("7.0.0", "7.0.1"))
    assert upgrade(server)["version"] == "7.0.1"
    done = subprocess.run(
        [sys.executable, "-m", "evenflow", "upgrade", str(server.file)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "upgraded: 7.0.1 to 7.0.1, generation 4 serves\n")


def descriptors(pid: int) -> list[str]:
    """What a process has open: of each kind how often, without the numbers of sockets and pipes."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(entry).partition(":[")[0])
        except FileNotFoundError:
            pass
    return sorted(found)


def test_its_children_have_open_what_those_of_a_reload_have(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Nothing of what is handed over is left in them: an order that they hear, a queue that nobody empties."""
    new = another(tmp_path, "7.0.0")
    node = Node("n1")
    server = serve(balancer(node.port) + f'CustomLog "|$cat >> {tmp_path}/log" "%U"', "--children", "2").ready()

    def open_in_children() -> list[list[str]]:
        until(lambda: ask(server, do="status")["retired"] == [])
        # It begins after the children.
        until(lambda: len(watchdogs(server)) == 1)
        watching = watchdogs(server)
        serving = [one["pid"] for one in ask(server, do="status")["children"]]
        return [descriptors(pid) for pid in (*sorted(serving), *watching)]

    for _ in range(2):
        assert ask(server, do="reload")
    before = open_in_children()
    assert len(before) == 3
    assert upgrade(server, new)["ok"]

    def counted(opened: list[list[str]], *kinds: str) -> list[list[int]]:
        return [[one.count(kind) for kind in kinds] for one in opened]

    # Who has just begun may still be opening something.
    until(lambda: counted(open_in_children(), "socket", "pipe") == counted(before, "socket", "pipe"))
    # The memory of those who have gone may not be given back yet, nowhere more than that.
    memory = [counted(opened, "/memfd:evenflow (deleted)") for opened in (open_in_children(), before)]
    assert all(one[0] <= two[0] + 2 for one, two in zip(*memory, strict=True))


@pytest.mark.timeout(600)
def test_ten_upgrades_under_load(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Nothing fails, tunnels are not touched, and nothing is left behind."""
    programs = [another(tmp_path, "7.0.0"), another(tmp_path, "8.0.0")]
    with listening_member(hello) as member, listening_member(upgraded) as other:
        server = serve(
            LOUD + f"ProxyPass /app http://127.0.0.1:{member.port}\nProxyPass /ws ws://127.0.0.1:{other.port}/ws\n"
            f'CustomLog "|$cat >> {tmp_path}/log" "%U"',
            "--children", "2",
        ).ready()  # fmt: skip
        # The first start has what systemd or a shell gave it; from the second on all is ours.
        assert upgrade(server, programs[1])["ok"]
        until(lambda: len(server.children()) == 3)
        before, pids = descriptors(server.process.pid), server.children()
        clients = [tunnel(server)]
        # Load, but the programs have to be loaded as well.
        with Asking(server.port, 4, pause=0.01) as asking:
            for turn in range(10):
                answer = upgrade(server, programs[turn % 2])
                assert answer["ok"], answer
                until(lambda: alone(server))
                clients.append(tunnel(server))
                for client in clients:
                    client.sendall(b"still there? %d" % turn)
                    assert client.recv(100) == b"still there? %d" % turn
        assert asking.failures == []
        assert min(asking.answered) > 0
        answered = sum(asking.answered)
        # Children write what they hold with their ticks.
        until(lambda: ask(server, do="status")["tunnels"] == len(clients))
        until(lambda: ask(server, do="status")["requests"] >= answered)
        for client in clients:
            client.close()
        until(lambda: ask(server, do="status")["retired"] == [])
        until(lambda: len(server.children()) == 3)
        # The log's command is the one that was there before all of it.
        assert len(server.children() & pids) == 1
        until(lambda: descriptors(server.process.pid) == before)
        until(lambda: (tmp_path / "log").read_text().count("/app/") >= answered)


def test_what_was_changed_and_counted_stays(serve: Callable[..., Served], tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    dead = free_port()
    with listening_member(hello) as one, listening_member(hello) as two, listening_member(hello) as three:
        server = serve(
            LOUD + f"<Proxy balancer://a>\nBalancerMember http://127.0.0.1:{one.port} route=n1\n"
            f"BalancerMember http://127.0.0.1:{two.port} route=n2\n"
            f"BalancerMember http://127.0.0.1:{dead} route=n3 retry=600\nProxySet growth=1\n</Proxy>\n"
            "ProxyPass /app balancer://a/",
            "--children", "1",
        ).ready()  # fmt: skip
        for _ in range(6):
            assert server.get("/app")[1] == b"hello"
        ask(server, do="drain", balancer="a", member="n1")
        url = f"http://127.0.0.1:{three.port}"
        ask(server, do="add", balancer="a", member=url)
        ask(server, do="enable", balancer="a", member=url)
        ask(server, do="disable", balancer="a", member="n2")

        def members() -> list[tuple[str, str, int]]:
            rows = ask(server, do="members")["balancers"][0]["members"]
            return [(row["name"], row["state"], row["elected"]) for row in rows]

        before = members()
        assert [state for _, state, _ in before] == ["draining", "disabled", "in error", "serving"]
        assert sum(count for _, _, count in before) >= 6
        uptime = ask(server, do="status")["uptime"]
        for _ in range(2):
            assert upgrade(server, new)["ok"]
            assert members() == before
        assert ask(server, do="status")["uptime"] > uptime
        # Who was in error is not tried again, and the drained one is asked for nothing new.
        visits = len(one.visits)
        assert server.get("/app")[1] == b"hello"
        assert len(three.visits) == 1 and len(one.visits) == visits
        assert server.said.count("member unavailable") == 1


MANAGED = """LogLevel notice
<Proxy balancer://a>
BalancerMember http://127.0.0.1:{} route=n1
ProxySet stickysession=S nonce=secret
</Proxy>
ProxyPass /app balancer://a/
<Location /manager>
SetHandler balancer-manager
</Location>
"""
FORGETFUL = (
    ("slotmem/bequest.py", '"sessions": describe_sessions(board)', '"sessions": {"kind": [], "tables": []}'),
    ("slotmem/bequest.py", 'told.get("sessions", {})', "{}"),
    ("control/console/legacy.py", "    if not told:\n", "    if told:\n"),
    ("control/console/legacy.py", "    if console is not None and console.rings is not None", "    if False"),
    ("control/console/legacy.py", "    if console is not None and console.ledger is not None", "    if False"),
)
"""One that neither tells of sessions and changes, nor reads what another one tells, as before they were told."""


@pytest.mark.once
def test_sessions_and_the_list_of_changes_go_on(serve: Callable[..., Served], tmp_path: Path) -> None:
    pytest.importorskip("starlette")
    new, forgetful = another(tmp_path, "7.0.0"), another(tmp_path, "6.0.0", *FORGETFUL)
    with listening_member(hello) as one:
        server = serve(MANAGED.format(one.port), "--children", "1").ready()

        def sees(*sessions: str) -> None:
            for session in sessions:
                assert server.get(f"/app/x;S={session}.n1")[1] == b"hello"

        def counted() -> int:
            count: int = ask(server, do="status")["sessions"]
            return count

        def page() -> str:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
            try:
                connection.request("GET", "/manager", headers={"Accept": "text/html"})
                return connection.getresponse().read().decode()
            finally:
                connection.close()

        def listed() -> int:
            until(lambda: '<main id="balancers">' in page())
            return page().count("evenflow drain")

        until(lambda: '<main id="balancers">' in page())
        sees("a", "b", "c")
        ask(server, do="drain", balancer="a", member="n1")
        assert (counted(), listed()) == (3, 1)
        assert upgrade(server, new)["ok"]
        assert (counted(), listed()) == (3, 1)
        sees("a", "b", "d")
        assert counted() == 4
        # To a program that knows nothing of that, and back: all of it begins anew, and nothing else is wrong.
        assert upgrade(server, forgetful)["ok"]
        assert (counted(), listed()) == (0, 0)
        sees("a", "b")
        assert upgrade(server, new)["ok"]
        assert (counted(), listed()) == (0, 0)
        sees("a")
        assert counted() == 1


def test_tunnels_whose_way_has_changed_are_told_to_go(serve: Callable[..., Served], tmp_path: Path) -> None:
    # The second time the next program asks those that the one before had not forked itself.
    programs = [another(tmp_path, "7.0.0"), None]

    def load(server: Served) -> None:
        assert upgrade(server, programs.pop(0))["ok"]

    tunnels_go_whose_way_changes(serve, load)


OTHERWISE = (
    ("slotmem/layout.py", "CHILD_CELLS: Final = 32", "CHILD_CELLS: Final = 48"),
    ("slotmem/layout.py", "\nTUNNELS: Final = 5", "\nTUNNELS: Final = 40"),
    ("slotmem/layout.py", "MEMBER_CELLS: Final = 8 + ", "MEMBER_CELLS: Final = 16 + "),
    ("slotmem/layout.py", "\nSTATUS: Final = 0", "\nSTATUS: Final = 1"),
    ("slotmem/layout.py", "\nFACTOR: Final = 1", "\nFACTOR: Final = 0"),
    ("slotmem/layout.py", "\nROUTE: Final = 8", "\nROUTE: Final = 16"),
)
"""Where hot rooms are compiled these change nothing; then it is an upgrade like any other."""


def test_another_version_may_lay_its_scoreboard_out_otherwise(serve: Callable[..., Served], tmp_path: Path) -> None:
    other, back = another(tmp_path, "7.0.0", *OTHERWISE), another(tmp_path, "8.0.0")
    with listening_member(upgraded) as first, listening_member(upgraded) as second:
        server = serve(
            LOUD + f"<Proxy balancer://s>\nBalancerMember ws://127.0.0.1:{first.port} route=n1\n"
            f"BalancerMember ws://127.0.0.1:{second.port} route=n2\nProxySet stickysession=R\n</Proxy>\n"
            "ProxyPassMatch ^(/ws.*) balancer://s$1",
            "--children", "1",
        ).ready()  # fmt: skip

        def states() -> list[tuple[str, str, int]]:
            rows = ask(server, do="members", balancer="s")["balancers"][0]["members"]
            return [(row["route"], row["state"], row["busy"]) for row in rows]

        def tunnels() -> int:
            count: int = ask(server, do="status")["tunnels"]
            return count

        with tunnel(server, "/ws;R=x.n1") as oldest, tunnel(server, "/ws;R=x.n2") as stays:
            ask(server, do="drain", balancer="s", member="n2")
            assert upgrade(server, other)["ok"]
            assert states() == [("n1", "serving", 1), ("n2", "draining", 1)]
            until(lambda: alone(server))
            until(lambda: tunnels() == 2)
            with tunnel(server, "/ws;R=x.n1") as older:
                # Back again: now there are retired children of both kinds.
                assert upgrade(server, back)["ok"]
                until(lambda: alone(server))
                until(lambda: states() == [("n1", "serving", 2), ("n2", "draining", 1)])
                until(lambda: tunnels() == 3)
                # A deadline is heard by all of them.
                ask(server, do="drain", balancer="s", member="n1", deadline=1)
                assert oldest.recv(100) == GOODBYE and older.recv(100) == GOODBYE
                stays.sendall(b"\x81\x00")
                assert stays.recv(100) == b"\x81\x00"
            until(lambda: "a drained member is disabled" in server.said)
            oldest.close()
            until(lambda: states()[0][2] == 0)
            # One that is killed holds nothing any more.
            until(lambda: len(ask(server, do="status")["retired"]) == 1)
            (retired,) = ask(server, do="status")["retired"]
            os.kill(retired["children"][0]["pid"], signal.SIGKILL)
            until(lambda: tunnels() == 0 and states() == [("n1", "disabled", 0), ("n2", "draining", 0)])
            until(lambda: ask(server, do="status")["retired"] == [])


def slowly(visit: Visit) -> bool:
    """Answers when its body is whole."""
    for _ in visit.body():
        pass
    visit.answer(b"hello")
    return True


def test_max_counts_what_children_of_before_hold(serve: Callable[..., Served], tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    with listening_member(slowly) as member:
        server = serve(
            LOUD + f"ProxyPass /app http://127.0.0.1:{member.port} max=1 acquire=200", "--children", "1"
        ).ready()  # fmt: skip
        with server.connect() as held:
            held.sendall(b"POST /app HTTP/1.1\r\nHost: wiki.example\r\nContent-Length: 2\r\n\r\na")
            until(lambda: len(member.visits) == 1)
            assert upgrade(server, new)["ok"]
            until(lambda: alone(server))
            assert server.get("/app")[0] == 503
            held.sendall(b"b")
            assert held.recv(4096).startswith(b"HTTP/1.1 200")
        until(lambda: server.get("/app")[0] == 200)


def test_programs_of_maps_are_started_anew_and_the_old_end(serve: Callable[..., Served], tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    path = script(tmp_path, f'echo $$ >> {tmp_path}/pids; while read key; do echo "/found-$key"; done')
    server = serve(
        LOUD + f"RewriteEngine on\nRewriteMap m prg:{path}\nRewriteRule ^/map/(.*) ${{m:$1}} [R]", "--children", "1"
    ).ready()
    assert server.get("/map/a")[0] == 302
    assert upgrade(server, new)["ok"]
    assert server.get("/map/b")[0] == 302
    first, second = [int(line) for line in (tmp_path / "pids").read_text().split()]
    until(lambda: not alive(first))
    assert alive(second)
    assert "the program of a RewriteMap ended" not in server.said


def test_a_program_that_cannot_start_changes_nothing(serve: Callable[..., Served], tmp_path: Path) -> None:
    broken = another(tmp_path, "7.0.0", ("control/supervisor.py", "class Supervisor", "klass Supervisor"))
    server = serve(LOUD, "--children", "1").ready()
    before, open_before = server.children(), descriptors(server.process.pid)
    answer = upgrade(server, broken)
    assert "cannot take over" in answer["error"] and "SyntaxError" in answer["error"]
    for line, said in (
        (f'{sys.executable} -m evenflow "$@"', "exec evenflow"),
        ("echo ready", "is it evenflow"),
        ("exit 3", "exit status 3"),
        ("kill -SEGV $$", "exit status -11"),
    ):
        assert said in upgrade(server, wrapper(tmp_path / "other.sh", line))["error"]
    (tmp_path / "plain").write_text("no program")
    done = subprocess.run(
        [sys.executable, "-m", "evenflow", "upgrade", str(server.file), "--program", str(tmp_path / "plain")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2 and "there is no program" in done.stderr
    assert server.children() == before
    assert descriptors(server.process.pid) == open_before
    assert ask(server, do="status")["version"] == evenflow.__version__


def test_another_version_of_what_is_handed_over_changes_nothing(serve: Callable[..., Served], tmp_path: Path) -> None:
    other = another(tmp_path, "7.0.0", ("control/handover.py", "VERSION: Final = ", "VERSION: Final = 100 + "))
    server = serve(LOUD, "--children", "1").ready()
    before = server.children()
    assert "it needs a restart" in upgrade(server, other)["error"]
    assert server.children() == before


def test_a_file_with_errors_changes_nothing_and_is_said(serve: Callable[..., Served], tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    server = serve(LOUD + "Redirect /old /new", "--children", "1").ready()
    before = server.children()
    rewrite(server, "Redirect /old", "Redirct /old")
    answer = upgrade(server, new)
    assert "Redirct" in answer["error"] and "wiki.conf:5" in answer["error"]
    assert server.children() == before
    assert ask(server, do="status")["version"] == evenflow.__version__
    rewrite(server, "Redirct /old", "Redirect 301 /old")
    assert upgrade(server, new)["ok"]
    until(lambda: server.get("/old")[0] == 301)


def test_there_is_one_watchdog_and_it_is_known_what_was_found_out(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    new = another(tmp_path, "7.0.0")
    node = Node("n1")
    server = serve(balancer(node.port), "--children", "1").ready()
    until(lambda: states(server) == ["failing its check"])
    (before,) = watchdogs(server)
    assert upgrade(server, new)["ok"]
    assert states(server) == ["failing its check"]
    until(lambda: not alive(before))
    assert len(watchdogs(server)) == 1
    node.start()
    try:
        until(lambda: states(server) == ["serving"])
    finally:
        node.kill()


def test_a_service_managers_sockets_stay(tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        server = Activated(tmp_path, bound, f"LogLevel notice\nListen 127.0.0.1:{port}", "--children", "2")
    try:
        server.ready()
        for _ in range(2):
            assert upgrade(server, new)["ok"]
            # As a socket of our own it could not be had beside the one that is there.
            assert server.get("/old")[0] == 302
            assert ask(server, do="reload")
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start as root")
def test_who_drops_privileges_stays_root_itself(serve: Callable[..., Served], tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    server = serve(DROPPED, "--children", "1", port=low_port()).ready()
    for _ in range(2):
        assert upgrade(server, new)["ok"]
        assert server.get("/old")[0] == 302
        (child,) = [one["pid"] for one in ask(server, do="status")["children"]]
        assert identities(child) == {(NOBODY,) * 4, (0,)}
        assert os.stat(f"/proc/{server.process.pid}").st_uid == 0


def test_a_service_manager_is_told(tmp_path: Path, serve: Callable[..., Served]) -> None:
    new = another(tmp_path, "7.0.0")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        os.environ["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        try:
            server = serve(LOUD, "--children", "1").ready()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        assert manager.recv(4096).startswith(b"READY=1")
        assert upgrade(server, new)["ok"]
        assert manager.recv(4096).startswith(b"RELOADING=1")
        said = manager.recv(4096)
        assert said.startswith(b"READY=1") and b"evenflow 7.0.0 serving" in said
