"""The supervisor with real processes: who dies is replaced, who is killed takes all with it; why it cannot start."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.control.processes import PATIENCE, Served, Started, alive, until
from tests.peers import free_port


def test_says_when_it_is_ready_and_children_serve(start: Callable[..., Started]) -> None:
    server = start(children=2).ready()
    assert f"evenflow 0.1.0 serving on 127.0.0.1:{server.port} with 2 children (" in server.said
    answers = [server.ask("hello") for _ in range(40)]
    assert {words[3] for words in answers} == {"hello"}
    # The kernel shares connections out between the two sockets by a hash: 40 on one of them is one in 10^12.
    assert {int(words[0]) for words in answers} == server.children()
    assert {words[1] for words in answers} == {"0", "1"}


def test_a_killed_child_is_replaced_and_the_reason_is_said(start: Callable[..., Started]) -> None:
    server = start(children=1).ready()
    (first,) = server.children()
    os.kill(first, signal.SIGKILL)
    words = server.ask("hello")
    assert int(words[0]) != first
    until(lambda: "cause=" in server.said)
    assert f'child died: child=0 process={first} cause="killed by SIGKILL"' in server.said


def test_a_child_that_raises_leaves_its_traceback_in_the_error_log(start: Callable[..., Started]) -> None:
    server = start(children=1).ready()
    assert server.ask("crash") == []
    assert server.ask("hello")[3] == "hello"
    until(lambda: "exit status 70" in server.said)
    assert "[error]" in server.said
    assert "RuntimeError: a line said crash" in server.said


def test_a_child_that_crashes_in_c_says_where_it_was(start: Callable[..., Started]) -> None:
    server = start(children=1).ready()
    assert server.ask("die") == []
    until(lambda: "killed by SIGSEGV" in server.said)
    assert "Fatal Python error: Segmentation fault" in server.said and "small_server.py" in server.said
    assert server.ask("hello")[3] == "hello"


def test_a_child_that_dies_at_once_again_and_again_is_replaced_ever_more_slowly(start: Callable[..., Started]) -> None:
    server = start(children=1, environment={"DIE_AT_ONCE": "1"}).ready()
    until(lambda: "replaced_in=0.8" in server.said)
    # At once, then after 0.1, 0.2, 0.4, 0.8 seconds: without the pauses there would be hundreds.
    assert 5 <= server.said.count("child died") <= 6
    assert "replaced_in=0.1" in server.said and "replaced_in=0.4" in server.said
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0


def test_children_end_when_the_supervisor_is_killed(start: Callable[..., Started]) -> None:
    server = start(children=2).ready()
    assert server.ask("hello")
    children = server.children()
    assert len(children) == 2
    server.process.kill()
    server.process.wait(PATIENCE)
    until(lambda: not any(alive(pid) for pid in children))


def test_the_pid_file_is_written_and_removed(start: Callable[..., Started], tmp_path: Path) -> None:
    path = tmp_path / "evenflow.pid"
    server = start(children=1, pid_file=str(path)).ready()
    assert path.read_text() == f"{server.process.pid}\n"
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    assert not path.exists()


def test_a_pid_file_that_cannot_be_written_is_said(start: Callable[..., Started], tmp_path: Path) -> None:
    server = start(children=1, pid_file=str(tmp_path / "nowhere" / "evenflow.pid"))
    assert server.ends_with() == 1
    assert "error[pid-file-unwritable]" in server.said


def test_a_taken_port_names_the_port_the_statement_and_the_process(start: Callable[..., Started]) -> None:
    first = start(children=1).ready()
    second = start(port=first.port)
    assert second.ends_with() == 1
    assert (
        f"error[port-taken]: cannot listen on `127.0.0.1:{first.port}`: port {first.port} is taken by " in second.said
    )
    assert "--> wiki.conf:3" in second.said and f"3 | Listen {first.port}" in second.said
    assert "kill " in second.said
    assert first.ask("hello")[3] == "hello"


def test_sighup_without_a_file_says_that_nothing_is_reloaded_and_goes_on(start: Callable[..., Started]) -> None:
    server = start(children=1).ready()
    server.tell(signal.SIGHUP)
    until(lambda: "not reloaded" in server.said)
    assert server.ask("hello")[3] == "hello"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_children_become_user_and_still_end_with_the_supervisor(start: Callable[..., Started]) -> None:
    server = start(children=1, user="nobody").ready()
    assert server.ask("hello")[2] == "65534"
    (child,) = server.children()
    server.process.kill()
    server.process.wait(PATIENCE)
    until(lambda: not alive(child))


def test_a_user_that_the_machine_does_not_know_is_said(start: Callable[..., Started]) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root looks for the user")
    server = start(children=1, user="nobody-of-that-name")
    assert server.ends_with() == 1
    assert "error[user-unknown]: `User nobody-of-that-name`" in server.said


def test_a_child_that_is_stopped_dead_does_not_lose_the_queue(start: Callable[..., Started]) -> None:
    """A connection that waits in the queue of a child that dies is served by its successor."""
    server = start(children=1).ready()
    (first,) = server.children()
    os.kill(first, signal.SIGSTOP)
    with server.connect() as waiting:
        waiting.sendall(b"hello")
        assert not select.select([waiting], [], [], 0.2)[0]
        os.kill(first, signal.SIGKILL)
        assert waiting.recv(100).decode().split()[3] == "hello"


# --- the whole command -----------------------------------------------------------------------------------------------


def test_a_file_is_served_logged_and_ended_by_sigterm(serve: Callable[..., Served], tmp_path: Path) -> None:
    server = serve(
        f'CustomLog "{tmp_path}/access.log" "%>s %U"\nErrorLog "{tmp_path}/error.log"\nPidFile "{tmp_path}/pid"',
        "--children",
        "2",
    ).ready()
    assert f"evenflow 0.1.0 serving on 127.0.0.1:{server.port} with 2 children (" in server.said
    assert server.get("/robots.txt") == (200, b"User-agent: *\n")
    status, page = server.get("/nothing")
    assert status == 404 and b"<title>404 Not Found</title>" in page
    assert (tmp_path / "pid").read_text() == f"{server.process.pid}\n"
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    assert sorted((tmp_path / "access.log").read_text().splitlines()) == ["200 /robots.txt", "404 /nothing"]
    assert not (tmp_path / "pid").exists()


def test_log_lines_go_to_a_command(serve: Callable[..., Served], tmp_path: Path) -> None:
    server = serve(f'CustomLog "|$cat >> {tmp_path}/piped.log" "%>s %U"').ready()
    server.get("/robots.txt")
    server.tell(signal.SIGINT)
    assert server.ends_with() == 0
    until(lambda: (tmp_path / "piped.log").read_text() == "200 /robots.txt\n")


def test_a_killed_child_of_the_real_thing_is_replaced(serve: Callable[..., Served]) -> None:
    server = serve("", "--children", "1").ready()
    assert server.get("/robots.txt")[0] == 200
    (first,) = server.children()
    os.kill(first, signal.SIGKILL)
    assert server.get("/robots.txt")[0] == 200
    assert server.children() != {first}


def test_errors_of_the_file_are_printed_and_nothing_is_served(serve: Callable[..., Served]) -> None:
    server = serve("ProxyPas / http://127.0.0.1:1/")
    assert server.ends_with() == 1
    assert "error[" in server.said and "wiki.conf:4" in server.said and "ProxyPas" in server.said
    assert " serving on " not in server.said


def test_a_missing_certificate_is_said_with_its_virtual_host(serve: Callable[..., Served], tmp_path: Path) -> None:
    port = free_port()
    server = serve(
        f"<VirtualHost *:{port}>\nSSLEngine on\nSSLCertificateFile {tmp_path}/a.crt\n</VirtualHost>", port=port
    )
    assert server.ends_with() == 1
    assert f"`SSLCertificateFile {tmp_path}/a.crt` cannot be read: No such file or directory" in server.said


def test_a_virtual_host_has_an_error_log_of_its_own(serve: Callable[..., Served], tmp_path: Path) -> None:
    port, dead = free_port(), free_port()
    hosts = "".join(
        f"<VirtualHost *:{port}>\nServerName {name}\n{own}\nProxyPass / http://127.0.0.1:{dead}/\n</VirtualHost>\n"
        for name, own in (("localhost", f'ErrorLog "{tmp_path}/own.log"'), ("other", ""))
    )
    server = serve(f'ErrorLog "{tmp_path}/main.log"\n{hosts}', "--children", "1", port=port).ready()
    assert server.get("/x")[0] == 503
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    assert (
        "member unavailable" in (tmp_path / "own.log").read_text()
        or "member failed" in (tmp_path / "own.log").read_text()
    )
    assert "/x" not in (tmp_path / "main.log").read_text()


def test_an_error_log_that_cannot_be_opened_names_its_virtual_host(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    port = free_port()
    server = serve(f'<VirtualHost *:{port}>\nErrorLog "{tmp_path}/nowhere/x.log"\n</VirtualHost>', port=port)
    assert server.ends_with() == 1
    assert f"cannot open the error log `{tmp_path}/nowhere/x.log`" in server.said and "wiki.conf:" in server.said


def test_a_bad_log_format_is_said_with_its_statement(serve: Callable[..., Served], tmp_path: Path) -> None:
    server = serve(f'CustomLog "{tmp_path}/access.log" "%h %y"')
    assert server.ends_with() == 1
    assert "there is no `%y` in log formats" in server.said and "wiki.conf:4" in server.said


def test_a_taken_port_of_the_real_thing(serve: Callable[..., Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = serve(port=taken.getsockname()[1])
        assert server.ends_with() == 1
    assert f"error[port-taken]: cannot listen on `127.0.0.1:{server.port}`" in server.said
    assert "wiki.conf:1" in server.said and f"(process {os.getpid()})" in server.said


def test_a_file_without_listen_says_what_to_write(serve: Callable[..., Served], tmp_path: Path) -> None:
    server = serve()
    server.ready()
    server.stop()
    text = server.file.read_text().replace("Listen ", "# Listen ")
    server.file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "evenflow", "serve", str(server.file)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 1
    assert "Listen" in done.stderr and "error[" in done.stderr
