"""Changes outlive a restart where BalancerPersist is on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from evenflow.control import channel, lasting
from tests.control.processes import Served, until

TEXT = """\
BalancerPersist {}
<Proxy balancer://a>
BalancerMember http://127.0.0.1:1 route=n1
BalancerMember http://127.0.0.1:2 route=n2
</Proxy>
ProxyPass / balancer://a/
"""


@pytest.fixture(autouse=True)
def states_of_our_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


def order(server: Served, **what: str) -> dict[str, object]:
    answer = channel.ask(channel.place(str(server.file)), dict(what))
    assert answer["ok"], answer
    return answer


def states(server: Served) -> list[str]:
    answer = order(server, do="members")
    return [one["state"] for balancer in answer["balancers"] for one in balancer["members"]]  # type: ignore[attr-defined]


def end(server: Served, number: int = signal.SIGTERM) -> None:
    server.tell(number)
    server.process.wait(15)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_drained_member_is_drained_after_a_restart(serve: Callable[..., Served], number: int) -> None:
    server = serve(TEXT.format("On"), "--children", "1").ready()
    order(server, do="drain", balancer="a", member="n1")
    file = lasting.place(str(server.file))
    until(file.exists)
    assert file.stat().st_mode & 0o077 == 0
    end(server, number)
    again = serve(TEXT.format("On"), "--children", "1", port=server.port).ready()
    assert states(again) == ["draining", "serving"]
    order(again, do="enable", balancer="a", member="n1")
    end(again)
    third = serve(TEXT.format("On"), "--children", "1", port=server.port).ready()
    assert states(third) == ["serving", "serving"]


def test_without_it_a_restart_forgets(serve: Callable[..., Served]) -> None:
    server = serve(TEXT.format("Off"), "--children", "1").ready()
    order(server, do="drain", balancer="a", member="n1")
    end(server)
    assert not lasting.place(str(server.file)).exists()
    again = serve(TEXT.format("Off"), "--children", "1", port=server.port).ready()
    assert states(again) == ["serving", "serving"]


def test_a_file_that_cannot_be_used_is_said_and_left_alone(serve: Callable[..., Served], tmp_path: Path) -> None:
    file = lasting.place(str(tmp_path / "wiki.conf"))
    file.parent.mkdir(parents=True)
    file.write_text("{")
    server = serve(TEXT.format("On"), "--children", "1").ready()
    until(lambda: "what was changed before the restart is forgotten" in server.said)
    assert states(server) == ["serving", "serving"]
    assert file.read_text() == "{"


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two")
    assert lasting.folder() == Path("/var/lib/one")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert lasting.folder() == Path("/var/lib/evenflow")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", "/home/a/state")
    assert lasting.folder() == Path("/home/a/state/evenflow")
