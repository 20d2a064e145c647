"""What a service manager hears, on a socket of the test's own."""

from __future__ import annotations

import math
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evenflow.control import notify
from tests.control.processes import PATIENCE, Served, until


class Manager:
    """The service manager's end."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.link.bind(self.address)
        self.link.settimeout(PATIENCE)

    def hear(self) -> dict[str, str]:
        """The next message, whoever sent it."""
        return dict(line.split("=", 1) for line in self.link.recv(4096).decode().splitlines())

    def hear_of(self, name: str) -> dict[str, str]:
        """The next message that says `name`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            told = self.hear()
            if name in told:
                return told
        raise AssertionError(f"nothing was said of {name}")

    def silent(self) -> bool:
        self.link.setblocking(False)
        try:
            self.link.recv(1)
        except BlockingIOError:
            return True
        finally:
            self.link.settimeout(PATIENCE)
        return False


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    # In the folder of the test's control sockets: its name is short.
    made = Manager(Path(os.environ["EVENFLOW_RUN"]) / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", made.address)
    yield made
    made.link.close()


def test_without_a_manager_nothing_is_said_and_nothing_is_due() -> None:
    nobody = notify.service_manager({})
    nobody.reloads()
    nobody.look(lambda: True, lambda: "serving")
    nobody.stops()
    assert nobody.due() == math.inf


@pytest.mark.parametrize("address", ["vsock:2:1234", "relative", ""])
def test_an_address_that_is_no_socket_here_is_nobody(address: str) -> None:
    assert notify.service_manager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000"}).due() == math.inf


def test_the_variables_are_taken() -> None:
    environment = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": str(os.getpid()), "PATH": "/"}
    assert notify.service_manager(environment).pace == 2.0
    assert environment == {"PATH": "/"}


@pytest.mark.parametrize(
    "said", [{"WATCHDOG_PID": "1", "WATCHDOG_USEC": "4000000"}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "-1"}, {}]
)
def test_no_sign_of_life_where_none_is_awaited_of_us(said: dict[str, str]) -> None:
    assert notify.service_manager({"NOTIFY_SOCKET": "/run/x", **said}).pace == math.inf


def test_ready_is_said_once_and_only_when_all_serve(manager: Manager) -> None:
    told = notify.service_manager()
    told.look(lambda: False, lambda: "serving")
    assert manager.silent() and told.due() < math.inf
    told.look(lambda: True, lambda: "serving\nREADY=0")
    assert manager.hear() == {"READY": "1", "STATUS": "serving READY=0"}
    told.look(lambda: True, lambda: "serving")
    assert manager.silent() and told.due() == math.inf


def test_a_reload_has_its_time(manager: Manager) -> None:
    before = time.monotonic_ns() // 1000
    notify.service_manager().reloads()
    told = manager.hear()
    assert told["RELOADING"] == "1" and before <= int(told["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000


def test_signs_of_life_keep_their_pace(manager: Manager) -> None:
    told = notify.ServiceManager(manager.address, 3600.0)
    told.live()
    assert manager.hear() == {"WATCHDOG": "1"}
    told.live()
    assert manager.silent()
    assert 3500 < told.next_sign - time.monotonic() <= 3600


def test_an_abstract_name() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        name = f"evenflow-test-{os.getpid()}"
        link.bind(f"\0{name}")
        link.settimeout(PATIENCE)
        notify.service_manager({"NOTIFY_SOCKET": f"@{name}"}).stops()
        assert link.recv(100).startswith(b"STOPPING=1\n")


def test_a_manager_that_is_gone_or_does_not_read_holds_nothing_up(manager: Manager) -> None:
    told = notify.ServiceManager(manager.address)
    for _ in range(2000):
        told.stops()
    manager.link.close()
    told.stops()
    os.unlink(manager.address)
    told.stops()


def test_a_life_as_the_manager_hears_it(serve: Callable[..., Served], manager: Manager, tmp_path: Path) -> None:
    log = tmp_path / "environment"
    server = serve(f'CustomLog "|$env > {log}; cat > /dev/null" "%U"', "--children", "2")
    told = manager.hear()
    assert told["READY"] == "1"
    assert f"serving on 127.0.0.1:{server.port} with 2 children" in told["STATUS"]
    assert server.get("/robots.txt")[0] == 200

    server.tell(signal.SIGHUP)
    assert "MONOTONIC_USEC" in manager.hear_of("RELOADING")
    assert "serving on" in manager.hear_of("READY")["STATUS"]

    server.file.write_text(server.file.read_text() + "Redirct /a /b\n")
    server.tell(signal.SIGHUP)
    manager.hear_of("RELOADING")
    told = manager.hear_of("READY")
    assert told["STATUS"].startswith("not reloaded: error") and "Redirct" in told["STATUS"]

    server.tell(signal.SIGTERM)
    assert "READY" not in manager.hear_of("STOPPING")
    assert server.ends_with() == 0
    # Neither children nor what they start may speak for the supervisor.
    until(log.exists)
    assert "NOTIFY_SOCKET" not in log.read_text()


def test_signs_of_life_come_while_it_serves(
    serve: Callable[..., Served], manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    serve("", "--children", "1")
    manager.hear_of("READY")
    for _ in range(3):
        manager.hear_of("WATCHDOG")
