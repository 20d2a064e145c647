"""What goes wrong after the new program has been executed: the one before comes back, and whoever is left serves."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import evenflow
from evenflow.control import handover, loading, successor
from evenflow.slotmem import bequest
from tests.control.processes import Served, alive, until
from tests.control.programs import alone, another, ask, upgrade, wrapper
from tests.control.test_reload import LOUD, tunnel, upgraded
from tests.faults.members import member as listening_member


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("control/successor.py", "SECONDS: Final = 120", "SECONDS: Final = 1", "it did not take over within 1 seconds"),
        # It takes too long. A mistake before anything is taken up, one while the configuration is loaded, and children
        # that do not live.
        ("control/estate.py", "    reader = Reader(told)", "    raise RuntimeError('a new mistake')", "a new mistake"),
        ("control/loading.py", "    identity = privileges", "    raise RuntimeError('a new mistake')", "a new mistake"),
        ("control/child.py", "    settle_signals()\n    for", "    os._exit(9)\n    for", "children-died"),
    ],
)
def test_the_program_before_comes_back(
    serve: Callable[..., Served], tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    slow = ("control/loading.py", "    identity = privileges", "    time.sleep(600)\n    identity = privileges")
    edits = ((file, old, new), *([slow] if "within" in said else []))
    broken, good = another(tmp_path, "7.0.0", *edits), another(tmp_path, "8.0.0")
    with listening_member(upgraded) as member:
        server = serve(LOUD + f"ProxyPass /ws ws://127.0.0.1:{member.port}/ws", "--children", "1").ready()
        with tunnel(server) as client:
            answer = upgrade(server, broken)
            assert not answer["ok"]
            assert said in answer["error"] and f"evenflow {evenflow.__version__} serves on" in answer["error"]
            status = ask(server, do="status")
            assert (status["version"], status["pid"]) == (evenflow.__version__, server.process.pid)
            assert "not upgraded: the program of before goes on" in server.said
            until(lambda: alone(server))
            # Nobody of the program that failed is left: one child serves, the other one has the tunnel.
            until(lambda: len(server.children()) == 2)
            assert server.get("/robots.txt")[0] == 200
            client.sendall(b"still there?")
            assert client.recv(100) == b"still there?"
            # The dead are replaced, and the next upgrade may go well.
            (child,) = [one["pid"] for one in status["children"]]
            os.kill(child, signal.SIGKILL)
            until(lambda: not alive(child) and server.get("/robots.txt")[0] == 200)
            assert upgrade(server, good)["version"] == "8.0.0"
            client.sendall(b"and now?")
            assert client.recv(100) == b"and now?"
        until(lambda: len(server.children()) == 1)


def test_where_nobody_can_load_the_children_of_before_serve_on(serve: Callable[..., Served], tmp_path: Path) -> None:
    new = another(tmp_path, "7.0.0")
    folder = tmp_path / "logs"
    folder.mkdir()
    server = serve(LOUD + f'CustomLog "{folder}/access.log" "%U"', "--children", "2").ready()
    before = server.children()
    folder.rename(tmp_path / "gone")
    answer = upgrade(server, new)
    assert not answer["ok"]
    assert "log-unusable" in answer["error"] and "the children of before serve on" in answer["error"]
    assert server.children() == before
    assert server.get("/robots.txt")[0] == 200
    assert "log-unusable" in ask(server, do="status")["trouble"]
    # A child that dies cannot be replaced; the others serve. It is tried again, and fails again.
    first, second = sorted(before)
    os.kill(first, signal.SIGKILL)
    until(lambda: "not reloaded" in server.said)
    until(lambda: server.children() == {second})
    # Now it can be loaded, and everything is as it was.
    folder.mkdir()
    assert ask(server, do="reload")
    until(lambda: not alive(second))
    until(lambda: len(server.children()) == 2)
    assert ask(server, do="status")["trouble"] == ""
    assert server.get("/robots.txt")[0] == 200
    assert upgrade(server, new)["ok"]
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0


def test_a_program_that_is_killed_as_it_takes_over_ends_everything_and_that_is_said(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    new = another(tmp_path, "7.0.0")
    server = serve(LOUD, "--children", "1").ready()
    children = server.children()
    lines = f'case "$*" in *--rehearse) exec {new} "$@";; esac\nkill -KILL $$'
    answer = upgrade(server, wrapper(tmp_path / "dies.sh", lines))
    assert not answer["ok"] and "ended while it was upgraded" in answer["error"]
    assert server.ends_with() == -signal.SIGKILL
    until(lambda: not any(alive(pid) for pid in children))


def told_for(path: Path) -> dict[str, object]:
    """What a program before would say of itself."""
    return {**handover.head(handover.Program(["/bin/false"], [], {}), str(path)), "crews": [], "descriptors": []}


def test_a_rehearsal_says_who_it_is_and_opens_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wiki.conf"
    path.write_text("Listen 1\nErrorLog nowhere/error.log\n")
    assert successor.rehearse(told_for(path), str(path), {}) == 0
    assert json.loads(capsys.readouterr().out) == {"process": os.getpid(), "evenflow": evenflow.__version__}


def test_a_rehearsal_refuses_what_it_cannot_serve_or_read(tmp_path: Path) -> None:
    path = tmp_path / "wiki.conf"
    path.write_text("Lissten 1\n")
    with pytest.raises(loading.Refused, match="Lissten"):
        successor.rehearse(told_for(path), str(path), {})
    path.write_text("Listen 1\n<VirtualHost *:1>\nSSLEngine on\nSSLCertificateFile /nowhere/a.crt\n</VirtualHost>\n")
    with pytest.raises(loading.Refused, match="certificate-unusable"):
        successor.rehearse(told_for(path), str(path), {})
    path.write_text("Listen 1\n")
    with pytest.raises(handover.Unreadable, match="rehearses"):
        successor.rehearse(None, str(path), {})
    with pytest.raises(handover.Unreadable, match="another configuration"):
        successor.rehearse(told_for(path), str(tmp_path / "other.conf"), {})


def test_reasons_are_for_people_and_mistakes_have_a_traceback() -> None:
    assert successor.reason(loading.Refused("error[x]: y\n")) == "error[x]: y\n"
    assert successor.reason(bequest.Strange("z")) == "z"
    assert successor.reason(RuntimeError("w")).endswith("RuntimeError: w\n")


def test_coming_back_may_be_impossible(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = told_for(tmp_path)
    told["former"] = {"words": ["/nowhere"], "arguments": [], "environment": {}}
    successor.go_back(told, "why")
    assert "why" in str(told["failed"]) and "cannot come back" in str(told["failed"])
    assert "not upgraded: why" in capsys.readouterr().err
