"""A front with one balancer of the members that a test names."""

from __future__ import annotations

import http.client
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nodes.fronts import evenflow_front, httpd_front
from tests.peers import free_port

SECONDS = 30.0
"""How long a client waits for anything."""


@dataclass(frozen=True, slots=True)
class Front:
    """The balancer as its clients see it, and its process."""

    port: int
    process: subprocess.Popen[bytes]

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            yield link
        finally:
            link.close()

    def ask(self, path: str = "/", method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
        """One request on a connection of its own."""
        with self.connection() as link:
            link.request(method, path, body)
            answer = link.getresponse()
            return answer.status, answer.read()


Start = Callable[..., Front]


def configuration(port: int, members: tuple[int, ...], more: str) -> str:
    lines = "".join(f"    BalancerMember http://127.0.0.1:{member} retry=1\n" for member in members)
    return (
        f"Listen {port}\nServerName front\nTimeout 30\n{more}\n<Proxy balancer://members>\n{lines}</Proxy>\n"
        "ProxyPass / balancer://members/\n"
    )


def starter(tmp_path: Path, stack: ExitStack, kind: str) -> Start:
    def start(*members: int, children: int = 1, more: str = "") -> Front:
        port = free_port()
        file = tmp_path / "faults.conf"
        file.write_text(configuration(port, members, more))
        if kind == "httpd":
            process = stack.enter_context(httpd_front(file, port))
        else:
            process = stack.enter_context(evenflow_front(file, port, children))
        return Front(port, process)

    return start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Call it with the members' ports to have evenflow in front of them."""
    with ExitStack() as stack:
        yield starter(tmp_path, stack, "evenflow")


@pytest.fixture(params=["evenflow", pytest.param("httpd", marks=pytest.mark.once)])
def start_either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Start]:
    """The same for what httpd does too: that the test asks for nothing else is shown by httpd passing it."""
    tmp_path.chmod(0o755)
    with ExitStack() as stack:
        yield starter(tmp_path, stack, request.param)
