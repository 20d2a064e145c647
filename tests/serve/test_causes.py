"""Every kind of error of ours has its cause in words in the JSON log, and the line of the configuration behind it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.control.processes import PATIENCE, Served, until
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.peers import free_port

CONFIG = """\
LimitRequestFieldSize 500
LimitRequestFields 20
LimitRequestLine 500
TraceEnable Off
RequestReadTimeout header=1 body=1
ProxyTimeout 1
ProxyBlock blocked.invalid
RewriteEngine On
RewriteRule ^/forbidden - [F]
RewriteRule ^/gone - [G]
Redirect 410 /removed
EvenflowAccessLog "{folder}/log.json"
<Location /denied>
Require all denied
</Location>
<Location /login>
AuthType Basic
AuthName realm
AuthUserFile {folder}/users
Require valid-user
</Location>
<Location /small>
LimitRequestBody 10
</Location>
<Location /methods>
AllowMethods GET
</Location>
ProxyPass /denied !
ProxyPass /login !
ProxyPass /methods !
<Proxy balancer://off>
BalancerMember http://127.0.0.1:1 status=+D
</Proxy>
<Proxy balancer://dead>
BalancerMember http://127.0.0.1:1
</Proxy>
<Proxy balancer://empty>
</Proxy>
<Proxy balancer://replaced>
BalancerMember http://127.0.0.1:{port}
ProxySet failonstatus=418
</Proxy>
ProxyPass /off balancer://off
ProxyPass /dead balancer://dead
ProxyPass /empty balancer://empty
ProxyPass /plain http://127.0.0.1:1
ProxyPass /nobody http://nobody.invalid
ProxyPass /blocked http://blocked.invalid
ProxyPass /tls https://127.0.0.1:{port}
<Location /replaced>
ProxyErrorOverride On
</Location>
ProxyPass /replaced balancer://replaced
ProxyPass /small !
ProxyPass /member http://127.0.0.1:{port}
"""

GET = "GET {} HTTP/1.1\r\nHost: wiki.example\r\nConnection: close\r\n{}\r\n"

# What is sent; status; words of the cause; how the line of the configuration begins (None: no line has to do with it).
CASES: dict[str, tuple[str, int, str, str | None]] = {
    "a head that is none": ("G\0T /\r\n\r\n", 400, "the method is not a token", None),
    "no Host": ("GET / HTTP/1.1\r\n\r\n", 400, "Host", None),
    "a line too long": (GET.format("/" + "x" * 600, ""), 414, "request line is longer than 500", None),
    "a field too long": (GET.format("/", f"X: {'x' * 600}\r\n"), 400, "500", None),
    "too many fields": (GET.format("/", "".join(f"X{n}: y\r\n" for n in range(30))), 400, "20", None),
    "a head that does not come": ("GET / HTTP/1.1\r\nHost: a\r\n", 408, "did not arrive in time", None),
    "a body that does not come": (
        GET.format("/nothing", "Content-Length: 5\r\n").replace("GET", "POST"), 408, "body did not arrive in time",
        None,
    ),
    "an expectation": (GET.format("/plain", "Expect: a miracle\r\n"), 417, "Expect", "ProxyPass /plain"),
    "TRACE": (GET.format("/", "").replace("GET", "TRACE"), 405, "TRACE is forbidden (TraceEnable)", None),
    "not let in": (GET.format("/denied", ""), 403, "client denied by server configuration", "Require all denied"),
    "no password": (GET.format("/login", ""), 401, "no credentials", "Require valid-user"),
    "a method": (
        GET.format("/methods", "").replace("GET", "DELETE"), 405, "not among AllowMethods", "ProxyPass /methods !",
    ),
    "a rule with F": (GET.format("/forbidden", ""), 403, "refused by a rule", "RewriteRule ^/forbidden"),
    "a rule with G": (GET.format("/gone", ""), 410, "refused by a rule", "RewriteRule ^/gone"),
    "a redirect": (GET.format("/removed", ""), 410, "", "Redirect 410"),
    "no file": (GET.format("/nothing", ""), 404, "/docs/nothing", None),
    "a body too long": (
        GET.format("/small", "Content-Length: 5000\r\n").replace("GET", "POST"), 413, "LimitRequestBody",
        "ProxyPass /small !",
    ),
    "all disabled": (GET.format("/off", ""), 503, "every member is in error, disabled", "ProxyPass /off"),
    "all dead": (GET.format("/dead", ""), 503, "http://127.0.0.1:1: refused", "ProxyPass /dead"),
    "no members": (GET.format("/empty", ""), 503, "the balancer has no members", "ProxyPass /empty"),
    "refused": (GET.format("/plain", ""), 503, "refused", "ProxyPass /plain"),
    "no such name": (GET.format("/nobody", ""), 500, "nobody.invalid", "ProxyPass /nobody"),
    "blocked": (GET.format("/blocked", ""), 403, "ProxyBlock", "ProxyPass /blocked"),
    "no TLS": (GET.format("/tls", ""), 500, "SSLProxyEngine is off", "ProxyPass /tls"),
    "closed": (GET.format("/member/close", ""), 502, "closed", "ProxyPass /member"),
    "reset": (GET.format("/member/reset", ""), 502, "reset", "ProxyPass /member"),
    "no answer": (GET.format("/member/garbage", ""), 502, "orrupt status line", "ProxyPass /member"),
    "half a head": (GET.format("/member/half", ""), 502, "head was cut off", "ProxyPass /member"),
    "silence": (GET.format("/member/silence", ""), 502, "timeout", "ProxyPass /member"),
    "replaced": (GET.format("/replaced", ""), 418, "ProxyErrorOverride", "ProxyPass /replaced"),
    "loops": (
        GET.format("/member/x", "Max-Forwards: 0\r\n"), 400, "Max-Forwards has reached zero", "ProxyPass /member",
    ),
}  # fmt: skip


def behave(visit: Visit) -> bool:
    kind = visit.path.rpartition("/")[2]
    if kind == "reset":
        visit.reset()
    elif kind == "garbage":
        visit.link.sendall(b"\x15\x03\x01\x00\x02\x02\x46 nonsense\r\n\r\n")
    elif kind == "half":
        visit.link.sendall(b"HTTP/1.1 200 OK\r\nContent-")
    elif kind == "silence":
        visit.link.settimeout(PATIENCE)
        visit.link.recv(1)
    elif kind != "close":
        visit.answer(b"a teapot", "418 I'm a teapot")
    return False


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, dict[str, Any]], list[str]]]:
    """Each case's line of the log, and the configuration's lines."""
    folder = tmp_path_factory.mktemp("causes")
    (folder / "users").write_text("anna:x\n")
    rows: dict[str, dict[str, Any]] = {}
    with listening_member(behave) as node:
        config = CONFIG.format(folder=folder, port=node.port)
        served = Served(folder, free_port(), config, "--children", "1").ready()
        try:
            for name, (sent, *_) in CASES.items():
                before = lines_of(folder / "log.json")
                ask(served.port, sent)
                until(lambda before=before: len(lines_of(folder / "log.json")) > len(before))  # type: ignore[misc]
                rows[name] = json.loads(lines_of(folder / "log.json")[-1])
        finally:
            served.stop()
    yield rows, served.file.read_text().splitlines()


def lines_of(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def ask(port: int, sent: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(sent.encode("latin-1"))
        while client.recv(65536):
            pass


@pytest.mark.parametrize("name", CASES)
def test_it_says_why(told: tuple[dict[str, dict[str, Any]], list[str]], name: str) -> None:
    _, status, words, begin = CASES[name]
    rows, lines = told
    row = rows[name]
    assert row["status"] == status, row
    assert row["cause"] and words in row["cause"], row
    if begin is None:
        assert row["origin"] is None
        return
    assert row["origin"], row
    place = int(row["origin"].rpartition(":")[2])
    assert lines[place - 1].strip().startswith(begin), (row, lines[place - 1])
