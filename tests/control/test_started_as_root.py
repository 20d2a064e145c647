"""Started as root, served by somebody else: low ports, keys and logs are root's, over reloads too."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.control.processes import PATIENCE, Served, until
from tests.peers import free_port
from tests.serve.test_tls import make_certificate

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start as root")

NOBODY = 65534
DROPPED = "User nobody\nGroup nogroup\nLogLevel notice\nRedirect /old /new\n"


def low_port() -> int:
    """A port below 1024 that nobody listens on."""
    for port in range(1023, 600, -1):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port below 1024")


@pytest.fixture
def private() -> Iterator[Path]:
    """A folder that only root may enter."""
    with tempfile.TemporaryDirectory(prefix="evenflow-") as name:
        assert stat.S_IMODE(os.stat(name).st_mode) == 0o700
        yield Path(name)


def identities(pid: int) -> set[tuple[int, ...]]:
    """Real, effective, saved and file-system user and group of a process, and its capabilities."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.findall(r"(?m)^(?:Uid|Gid):\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$", text)
    capabilities = re.findall(r"(?m)^Cap(?:Prm|Eff|Amb):\s+(\w+)$", text)
    assert len(found) == 2 and len(capabilities) == 3
    return {tuple(map(int, row)) for row in found} | {(int(word, 16),) for word in capabilities}


def reload(server: Served) -> None:
    before = server.said.count("reloaded:")
    server.tell(signal.SIGHUP)
    until(lambda: server.said.count("reloaded:") > before or "not reloaded" in server.said)
    assert "not reloaded" not in server.said, server.said


def certificate_of(port: int) -> bytes:
    """What is shown there, in DER."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as link, context.wrap_socket(link) as tls:
        shown = tls.getpeercert(binary_form=True)
    assert shown is not None
    return shown


def test_a_low_port_is_served_by_somebody_who_could_not_open_it(serve: Callable[..., Served]) -> None:
    port = low_port()
    server = serve(DROPPED, "--children", "2", port=port).ready()
    assert server.get("/old")[0] == 302
    for _ in range(2):
        children = server.children()
        for pid in children:
            # No way back: not one of the four is root's, and no capability is left.
            assert identities(pid) == {(NOBODY,) * 4, (0,)}
        reload(server)
        until(lambda gone=children: not server.children() & gone)  # type: ignore[misc]
        assert server.get("/old")[0] == 302


def test_a_reload_binds_another_low_port(serve: Callable[..., Served]) -> None:
    server = serve(DROPPED, "--children", "1").ready()
    other = low_port()
    server.file.write_text(server.file.read_text() + f"Listen 127.0.0.1:{other}\n")
    reload(server)
    socket.create_connection(("127.0.0.1", other), PATIENCE).close()


def test_a_reload_reads_a_key_and_opens_a_log_that_only_root_may(serve: Callable[..., Served], private: Path) -> None:
    port = free_port()
    certificate, key = make_certificate(private, "first.example")
    os.chmod(key, 0o600)
    server = serve(
        DROPPED + f"Listen 127.0.0.1:{port}\nCustomLog {private}/first.log %U\nErrorLog {private}/error.log\n"
        f"<VirtualHost *:{port}>\nServerName first.example\nSSLEngine on\n"
        f"SSLCertificateFile {certificate}\nSSLCertificateKeyFile {key}\n</VirtualHost>",
        "--children", "1",
    ).ready()  # fmt: skip
    first = certificate_of(port)

    second, second_key = make_certificate(private, "second.example")
    os.chmod(second_key, 0o600)
    text = server.file.read_text().replace(certificate, second).replace(key, second_key)
    server.file.write_text(text.replace("first.log", "second.log"))
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded: generation=2" in (private / "error.log").read_text())
    until(lambda: certificate_of(port) != first)
    until(lambda: server.get("/old")[0] == 302 and "/old" in (private / "second.log").read_text())

    # A log that was moved away is opened anew, by root again.
    os.rename(private / "second.log", private / "second.log.1")
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded: generation=3" in (private / "error.log").read_text())
    # Who retires may have taken the first of them, and told the log of before.
    until(lambda: server.get("/old/again")[0] == 302 and "/old/again" in (private / "second.log").read_text())
    assert (private / "second.log").stat().st_uid == 0


def test_a_child_that_died_is_replaced_by_one_of_no_more_rights(serve: Callable[..., Served]) -> None:
    server = serve(DROPPED, "--children", "1", port=low_port()).ready()
    until(lambda: server.get("/old")[0] == 302)
    before = server.children()
    victim = max(before)
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(server.children()) == len(before) and victim not in server.children())
    until(lambda: server.get("/old")[0] == 302)
    assert all(identities(pid) == {(NOBODY,) * 4, (0,)} for pid in server.children())
