"""The commands for a running instance, typed as people type them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

import evenflow
from evenflow.tools import operate
from tests.control.processes import PATIENCE, Served, until
from tests.control.test_reload import tunnel, upgraded
from tests.faults.members import member as listening_member
from tests.peers import free_port

BALANCER = """\
LogLevel notice
<Proxy balancer://wiki>
BalancerMember ws://127.0.0.1:{port} route=n1
BalancerMember ws://127.0.0.1:1 route=n2 status=+D
</Proxy>
ProxyPass /ws balancer://wiki/
"""


@pytest.fixture(autouse=True)
def sockets_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    served: list[Served] = []

    def begin(text: str = "", name: str = "a") -> Served:
        folder = tmp_path / name
        folder.mkdir()
        served.append(Served(folder, free_port(), text, "--children", "1").ready())
        return served[-1]

    yield begin
    for one in served:
        one.stop()


def type_in(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evenflow", *words], capture_output=True, text=True, timeout=PATIENCE * 2,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip


def test_a_reload_says_what_serves_or_what_is_wrong(serve: Callable[..., Served]) -> None:
    server = serve("Redirect /old /new")
    done = type_in("reload")
    assert (done.returncode, done.stdout) == (0, "reloaded: generation 2 serves\n"), done.stderr
    server.file.write_text(server.file.read_text().replace("Redirect ", "Redirct "))
    done = type_in("reload", "-f", str(server.file))
    assert done.returncode == 1
    assert "error[" in done.stderr and "Redirct" in done.stderr and done.stdout == ""
    said = json.loads(type_in("reload", "--format", "json").stdout)
    assert said["ok"] is False and "Redirct" in said["error"]
    assert server.get("/old")[0] == 302


def test_members_are_shown_drained_and_taken_back(serve: Callable[..., Served]) -> None:
    with listening_member(upgraded) as member:
        server = serve(BALANCER.format(port=member.port).replace("</Proxy>", "ProxySet growth=1\n</Proxy>"))
        shown = type_in("members", "wiki").stdout
        assert "balancer://wiki: byrequests" in shown and "n1" in shown and "disabled" in shown
        with tunnel(server):
            done = type_in("drain", "wiki", "n1")
            assert done.returncode == 0
            assert done.stdout == f"ws://127.0.0.1:{member.port} is draining: 1 tunnel is left there\n"
            done = type_in("drain", "wiki", "n1", "--wait", "--timeout", "0.1", "--format", "json")
            assert done.returncode == 3 and json.loads(done.stdout)["member"]["busy"] == 1
        done = type_in("drain", "wiki", "n1", "--wait")
        assert done.returncode == 0 and "nothing is left there" in done.stderr
        said = json.loads(type_in("enable", "balancer://wiki", "n1", "--format", "json").stdout)
        assert said["member"]["state"] == "serving"
        assert type_in("disable", "wiki", "n1").stdout.endswith("is disabled: nothing is left there\n")
        until(lambda: server.said.count("changed by the control socket") >= 4)
        # Who was added may go again, and is gone when nobody uses it.
        assert type_in("add", "wiki", "http://127.0.0.1:2").returncode == 0
        done = type_in("remove", "wiki", "127.0.0.1:2", "--wait")
        assert done.returncode == 0 and done.stderr.endswith("http://127.0.0.1:2 is gone\n")
        assert "is disabled: nothing is left there; then it is removed\n" in done.stderr
        done = type_in("remove", "wiki", "n2")
        assert done.returncode == 1 and "was not added while it ran" in done.stderr


def test_an_upgrade_says_what_goes_on_or_why_not(serve: Callable[..., Served], tmp_path: Path) -> None:
    server = serve()
    version = evenflow.__version__
    done = type_in("upgrade", str(server.file))
    assert done.stdout == f"upgraded: {version} to {version}, generation 2 serves\n", done.stderr
    assert done.returncode == 0
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho it is broken >&2\nexit 3\n")
    broken.chmod(0o755)
    done = type_in("upgrade", "--program", str(broken))
    assert done.returncode == 1 and "nothing has changed\nit is broken" in done.stderr
    done = type_in("upgrade", "--program", "nobody-has-this")
    assert done.returncode == 2 and "there is no program `nobody-has-this`" in done.stderr
    done = type_in("upgrade", str(server.file), "-f", str(server.file))
    assert done.returncode == 2 and "type FILE once" in done.stderr
    assert json.loads(type_in("status", "--format", "json").stdout)["generation"] == 2


def test_a_tunnel_of_before_a_reload_is_still_counted(serve: Callable[..., Served]) -> None:
    with listening_member(upgraded) as member:
        server = serve(BALANCER.format(port=member.port))
        with tunnel(server):
            type_in("reload")
            until(lambda: "1 tunnel is left" in type_in("drain", "wiki", "n1").stdout)
            said = json.loads(type_in("status", "--format", "json").stdout)
            assert said["generation"] == 2 and [one["generation"] for one in said["retired"]] == [1]
            # Children count once a second.
            until(lambda: json.loads(type_in("status", "--format", "json").stdout)["tunnels"] == 1)
            shown = type_in("status").stdout
            assert "generation 2" in shown and "generation 1 finishes what it has:" in shown
        until(lambda: not json.loads(type_in("status", "--format", "json").stdout)["retired"])


def test_which_instance_is_meant(serve: Callable[..., Served]) -> None:
    done = type_in("status")
    assert done.returncode == 2 and "no instance of yours runs: type `evenflow serve FILE`" in done.stderr
    first, second = serve(), serve(name="b")
    done = type_in("status")
    assert done.returncode == 2 and "2 instances run: say which with -f FILE" in done.stderr
    done = type_in("status", "-f", str(second.file))
    assert f"process {second.process.pid}" in done.stdout
    assert "there is no file" in type_in("status", "-f", "nowhere.conf").stderr
    first.tell(signal.SIGTERM)
    assert first.ends_with() == 0
    done = type_in("status", "-f", str(first.file))
    assert done.returncode == 1 and "no evenflow answers at" in done.stderr


def test_who_is_not_there(serve: Callable[..., Served]) -> None:
    serve(BALANCER.format(port=1))
    done = type_in("drain", "wiki", "n7")
    assert done.returncode == 1 and "there is no member `n7`: there are" in done.stderr


def test_how_a_deadline_is_typed() -> None:
    assert [operate.seconds_of(text) for text in ("90", "90s", "15m", "2h")] == [90.0, 90.0, 900.0, 7200.0]
    for text in ("", "0", "m", "-5", "5d", "1.5h"):
        with pytest.raises(click.UsageError, match="is no time: type for instance 90s, 15m or 2h"):
            operate.seconds_of(text)


def test_lengths_of_time_and_sizes_for_people() -> None:
    assert [operate.span(seconds) for seconds in (0, 59.9, 60, 3725, 90061)] == ["0s", "59s", "1m 0s", "1h 2m", "1d 1h"]
    assert [operate.size(count) for count in (0, 1023, 1536, 5 << 20, 3 << 30)] == ["0", "1023", "1.5K", "5.0M", "3.0G"]
