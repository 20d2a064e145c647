"""Lines of JSON: valid whatever a client sends, and with the cause of our own errors."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evenflow.serve.log_json import facts_of, line, spell, text
from evenflow.serve.log_reading import compile_format
from evenflow.serve.log_record import LogRecord
from tests.control.processes import PATIENCE, Served, until
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.peers import free_port

CONFIG = """\
<IfModule evenflow_module>
EvenflowAccessLog "{folder}/access.json"
EvenflowAccessLog "{folder}/bad.json" "expr=%{{REQUEST_STATUS}} -ge 400"
</IfModule>
<Location /denied>
Require all denied
</Location>
ProxyPass /denied !
<Proxy balancer://c>
BalancerMember http://127.0.0.1:{port} route=n1
</Proxy>
ProxyPass /c balancer://c/
ProxyPass /dead http://127.0.0.1:1/
"""


def test_requests_errors_and_rubbish(tmp_path: Path) -> None:
    def behave(visit: Visit) -> bool:
        visit.answer(b"hello")
        return True

    with listening_member(behave) as node:
        config = CONFIG.format(folder=tmp_path, port=node.port)
        served = Served(tmp_path, free_port(), config, "--children", "1").ready()
        try:
            assert served.get("/c/x?a=%22\\")[0] == 200
            assert served.get("/denied")[0] == 403
            assert served.get("/dead/")[0] == 503
            raw(served, b'GET /"\\\xff\xc3\xa4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
            raw(served, b"G\x00T \x80\r\n\r\n")
            # Not the health of the front itself: one line for each request.
            log = tmp_path / "access.json"
            until(lambda: log.exists() and log.read_bytes().count(b"\n") >= 5)
            rows = [json.loads(one, parse_constant=fail) for one in log.read_bytes().decode("ascii").splitlines()]
            until(lambda: (tmp_path / "bad.json").read_bytes().count(b"\n") >= 4)
        finally:
            served.stop()
    good, denied, dead, odd, refused = rows
    assert (good["method"], good["target"], good["protocol"]) == ("GET", '/c/x?a=%22\\', "HTTP/1.1")
    assert (good["status"], good["bytes"], good["attempts"]) == (200, 5, 1)
    assert (good["balancer"], good["member"], good["route"]) == ("c", f"http://127.0.0.1:{node.port}", "n1")
    assert good["client"] == "127.0.0.1" and good["host"] == "wiki.example" and "cause" not in good
    assert denied["status"] == 403 and denied["member"] is None and denied["cause"]
    assert denied["origin"] == f"{served.file}:{config_line(served.file, 'Require all')}"
    assert dead["status"] == 503 and "refused" in dead["cause"] and dead["member"] == "http://127.0.0.1:1/"
    line_of_dead = config_line(served.file, "ProxyPass /dead")
    assert dead["origin"] == f"{served.file}:{line_of_dead}"
    assert odd["status"] == 404 and odd["cause"] and odd["target"] == '/"\\\udcff\xe4'
    assert refused["status"] == 400 and refused["cause"]
    for row in rows:
        assert 0 <= row["duration"] < PATIENCE and row["time"].endswith("Z")


def config_line(file: Path, start: str) -> int:
    lines = file.read_text().splitlines()
    return 1 + next(number for number, one in enumerate(lines) if one.startswith(start))


def fail(word: str) -> Any:
    raise AssertionError(f"`{word}` is no JSON")


def raw(served: Served, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        found = b""
        while piece := client.recv(65536):
            found += piece
        return found


@given(st.binary(max_size=60), st.text(max_size=20))
def test_no_byte_makes_another_line(data: bytes, why: str) -> None:
    record = LogRecord()
    record.refused = data
    record.status = 400
    record.why = why
    made = line(record)
    assert made.endswith(b"\n") and made.count(b"\n") == 1 and made.isascii()
    assert json.loads(made)["cause" if why else "status"] == (why or 400)


@given(st.binary(max_size=40))
def test_bytes_come_back(data: bytes) -> None:
    read = json.loads(json.dumps(text(data)))
    assert read.encode("utf-8", "surrogateescape") == data


def test_a_line_without_anything() -> None:
    said = facts_of(LogRecord())
    assert said["status"] is None and said["client"] == "-" and "cause" not in said


def test_its_format_is_no_text() -> None:
    assert compile_format("\0json").line(LogRecord()).startswith(b'{"time":')
    assert compile_format("json").line(LogRecord()) == b"json\n"


def test_times() -> None:
    assert spell(0.0) == "1970-01-01T00:00:00.000Z"
    assert spell(1795291200.25) == "2026-11-21T20:00:00.250Z"
