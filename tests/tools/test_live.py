"""A running instance explains requests to those whom it allows, and to nobody else."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import evenflow
from evenflow.tools.asking import Asked, Unclear
from evenflow.tools.cli import main
from evenflow.tools.live import answer, by_pid, instance
from tests.peers import free_port

CONFIG = """\
Listen 127.0.0.1:{port}
PidFile {dir}/pid
ErrorLog {dir}/error.log
<IfDefine ASKED>
<VirtualHost *:{port}>
    ServerName open.example
    <IfModule evenflow_module>
        EvenflowExplain from 127.0.0.0/8
    </IfModule>
    <Proxy balancer://c>
        BalancerMember http://127.0.0.1:{member} route=one
        BalancerMember http://localhost:{member} route=two
        ProxySet stickysession=SID
    </Proxy>
    Header always set Access-Control-Allow-Origin "*"
    RewriteEngine On
    RewriteRule ^/gone - [G]
    ProxyPass / balancer://c/
</VirtualHost>
</IfDefine>
<VirtualHost *:{port}>
    ServerName other.example
    EvenflowExplain from 10.9.9.9 2001:db8::/32
    ProxyPass / http://127.0.0.1:{member}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName behind.example
    RemoteIPHeader X-Real
    RemoteIPInternalProxy 127.0.0.1
    EvenflowExplain from 198.51.100.0/24
    ProxyPass / http://127.0.0.1:{member}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName closed.example
    ProxyPass / http://127.0.0.1:{member}/
</VirtualHost>
"""


@dataclass
class Running:
    """An instance with a member behind it that remembers what it was asked."""

    file: Path
    port: int
    pid: int
    heads: list[bytes]

    def get(self, host: str, *fields: str, target: str = "/x", method: str = "GET", body: bytes = b"") -> Any:
        """(status, fields, body) of a request."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as made:
            lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]
            if body:
                lines.append(f"Content-Length: {len(body)}")
            made.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            response = http.client.HTTPResponse(made, method=method)
            response.begin()
            return response.status, dict(response.getheaders()), response.read()


def member(listener: socket.socket, heads: list[bytes]) -> None:
    while True:
        try:
            made, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=converse, args=(made, heads), daemon=True).start()


def converse(made: socket.socket, heads: list[bytes]) -> None:
    with made:
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                some = made.recv(65536)
                if not some:
                    return
                waiting += some
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            heads.append(head)
            made.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("live")
    listener = socket.create_server(("127.0.0.1", 0))
    heads: list[bytes] = []
    threading.Thread(target=member, args=(listener, heads), daemon=True).start()
    port = free_port()
    file = folder / "live.conf"
    file.write_text(CONFIG.format(port=port, dir=folder, member=listener.getsockname()[1]))
    words = [sys.executable, "-m", "evenflow", "serve", "live.conf", "-D", "ASKED", "--children", "1"]
    # From another folder, so that what is relative on the command line is found by the process's own.
    found = os.pathsep.join([str(Path(evenflow.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": found})
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, process.stderr and process.stderr.read()
                time.sleep(0.02)
        yield Running(file, port, process.pid, heads)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        listener.close()


def test_a_request_is_answered_with_its_explanation(running: Running) -> None:
    asked = len(running.heads)
    status, fields, body = running.get("open.example", "Evenflow-Explain: only", "Cookie: SID=.two")
    said = json.loads(body)
    assert status == 200 and fields["Content-Type"] == "application/json" and fields["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in fields, "what is for the application's answers is not for this one"
    assert said["scoreboard"] == "live" and said["outcome"]["member"].startswith("http://localhost:")
    assert said["request"]["from"] == "127.0.0.1"
    assert said["outcome"]["resolved"]["name"] == "localhost"
    assert [one["resolved"] is None for one in said["choice"]["members"]] == [True, False]
    assert said["steps"][0]["place"]["file"] == "live.conf"
    assert len(running.heads) == asked, "no member was asked"


def test_the_explanation_is_of_every_kind_of_decision(running: Running) -> None:
    asked = len(running.heads)
    said = json.loads(running.get("open.example", "Evenflow-Explain: Only", target="/gone")[2])
    assert (said["outcome"]["kind"], said["outcome"]["status"]) == ("answer", 410)
    for method, body in (("POST", b"b" * 70_000), ("POST", b"small"), ("HEAD", b"")):
        status, fields, text = running.get("open.example", "Evenflow-Explain: only", method=method, body=body)
        assert status == 200 and fields["Content-Type"] == "application/json"
        if method != "HEAD":
            assert json.loads(text)["request"]["method"] == method
    assert len(running.heads) == asked


def test_a_request_is_served_and_explained_beside_it(running: Running) -> None:
    status, fields, body = running.get("open.example", "Evenflow-Explain: 1", "Cookie: SID=.one")
    assert (status, body) == (200, b"ok")
    said = json.loads(fields["Evenflow-Explanation"])
    assert said["balancer"] == "c" and said["member"].startswith("http://127.0.0.1:")
    assert said["sticky"] == "route `one` is this member's"
    assert said["steps"][0].startswith("virtual host live.conf:")
    assert b"\r\nEvenflow-Explain: 1" in running.heads[-1], "it goes on as it came"
    assert fields["Access-Control-Allow-Origin"] == "*"
    status, fields, _ = running.get("open.example", "Evenflow-Explain: 1", target="/gone")
    assert status == 410 and json.loads(fields["Evenflow-Explanation"])["status"] == 410


def test_explaining_leaves_the_bookkeeping_as_it_was(running: Running) -> None:
    """Members take turns; explanations in between do not take one."""
    turns = []
    for _ in range(4):
        for _ in range(3):
            running.get("open.example", "Evenflow-Explain: only")
        promised = json.loads(running.get("open.example", "Evenflow-Explain: only")[2])["outcome"]["member"]
        _, fields, _ = running.get("open.example", "Evenflow-Explain: 1")
        assert json.loads(fields["Evenflow-Explanation"])["member"] == promised
        host = next(line for line in running.heads[-1].split(b"\r\n") if line.startswith(b"Host: "))
        assert host.decode().removeprefix("Host: ") == promised.removeprefix("http://")
        turns.append(promised)
    assert len(set(turns)) == 2 and turns[0] != turns[1] == turns[3]


def test_behind_a_proxy_its_client_counts(running: Running) -> None:
    for _ in range(2):
        status, fields, body = running.get("behind.example", "Evenflow-Explain: only", "X-Real: 198.51.100.7")
        said = json.loads(body)
        assert (said["outcome"]["address"], said["request"]["from"]) == ("198.51.100.7", "127.0.0.1")
        assert ["X-Real", "198.51.100.7"] in said["request"]["fields"]
        for real in ((), ("X-Real: 203.0.113.1",)):
            status, fields, body = running.get("behind.example", "Evenflow-Explain: only", *real)
            assert (status, body) == (200, b"ok") and "application/json" not in fields.values()


@pytest.mark.parametrize("host", ["other.example", "closed.example"])
@pytest.mark.parametrize("value", ["1", "only", "ONLY", "1, only"])
def test_nobody_else_is_told_anything(running: Running, host: str, value: str) -> None:
    forwarded = ("X-Forwarded-For: 10.9.9.9", "Forwarded: for=10.9.9.9")
    status, fields, body = running.get(host, f"Evenflow-Explain: {value}", *forwarded)
    assert (status, body) == (200, b"ok")
    assert not any("evenflow-expl" in name.lower() for name in fields)
    assert f"Evenflow-Explain: {value}".encode() in running.heads[-1], "the field goes on untouched"


@pytest.mark.parametrize("fields", [(), ("Evenflow-Explain: 0",), ("Evenflow-Explain:",), ("Evenflow-Explain: yes",)])
def test_who_does_not_ask_is_not_told(running: Running, fields: tuple[str, ...]) -> None:
    status, found, body = running.get("open.example", *fields)
    assert (status, body) == (200, b"ok") and "Evenflow-Explanation" not in found


def test_the_command_asks_by_pid_file_or_configuration(running: Running) -> None:
    pid_file = str(running.file.parent / "pid")
    one = by_pid(running.pid, "x")
    assert (one.file, dict(one.defines), one.pid) == (str(running.file), {"ASKED": ""}, running.pid)
    asked = Asked(f"http://open.example:{running.port}/x", cookies=("SID=.two",))
    before = len(running.heads)
    said, notes = answer(pid_file, {}, asked)
    assert said["scoreboard"] == "live" and said["sticky"]["route"] == "two"
    assert f"process {running.pid} was asked" in notes[-1]
    result = CliRunner().invoke(
        main, ["explain", "--pid", str(running.file), "-D", "ASKED", asked.url, "-X", "POST", "--body-length", "9"]
    )
    assert result.exit_code == 0, result.output
    assert f"POST {asked.url}" in result.output and "the running one's numbers" in result.output
    assert len(running.heads) == before


@pytest.mark.parametrize(
    "host, told",
    [("closed.example", "write `EvenflowExplain from 127.0.0.1`"), ("other.example", "does not explain to this")],
)
def test_an_instance_that_does_not_explain_gets_nothing_that_changes_anything(
    running: Running, host: str, told: str
) -> None:
    with pytest.raises(Unclear, match=told):
        answer(str(running.file.parent / "pid"), {}, Asked(f"http://{host}:{running.port}/x", method="DELETE"))
    assert not any(head.startswith(b"DELETE") for head in running.heads)


def test_what_is_not_running_is_said(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("99999999\n")
    file = tmp_path / "a.conf"
    file.write_text(f"Listen {free_port()}\nEvenflowExplain from ::1\nServerName a\nProxyPass / http://127.0.0.1:1/\n")
    with pytest.raises(Unclear, match="no process 99999999"):
        instance(str(tmp_path / "pid"), {}, False)
    with pytest.raises(Unclear, match="is not `evenflow serve`"):
        by_pid(os.getpid(), "x")
    with pytest.raises(Unclear, match=r"nobody\.pid"):
        instance(str(tmp_path / "nobody.pid"), {}, False)
    with pytest.raises(Unclear, match=r"is `.*` running"):
        answer(str(file), {}, Asked("/"))
    with pytest.raises(Unclear, match="leave out --from"):
        answer(str(file), {}, Asked("/", client="10.0.0.1"))
    file.write_text(file.read_text() + f"PidFile {tmp_path}/pid\n")
    with pytest.raises(Unclear, match="dead process"):
        instance(str(file), {}, False)


def test_people_are_told_where_the_members_name_leads(running: Running) -> None:
    deadline = time.monotonic() + 20
    words = ["explain", "--pid", str(running.file), "-D", "ASKED", "--cookie", "SID=.two", "http://open.example/x"]
    while True:
        output = CliRunner().invoke(main, words).output
        # The watchdog may not have asked yet.
        if "not resolved yet" not in output:
            break
        assert time.monotonic() < deadline
    assert re.search(r"^ *address +.*(127\.0\.0\.1|::1).*, resolved \d+ s ago", output, re.MULTILINE), output
