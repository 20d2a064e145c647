"""The page over the real program: children hand on, the watchdog answers, and without it the child does."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest

from evenflow.control import channel
from evenflow.control.console.ordered import name_of
from tests.control.processes import PATIENCE, Served, alive, until
from tests.control.test_watchdog import watchdogs

LINES = """LogLevel notice
<Proxy balancer://wiki>
BalancerMember http://127.0.0.1:9 route=n1 retry=0
ProxySet nonce=secret
</Proxy>
ProxyPass /app balancer://wiki/
<Location /manager>
SetHandler balancer-manager
{}
</Location>
"""
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


def ask(
    server: Served, path: str = "/manager", method: str = "GET", body: str = "", **fields: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        said = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request(method, path, body.encode() or None, said)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def is_there(server: Served) -> bool:
    return b'<main id="balancers">' in ask(server, **BROWSER)[2]


def test_people_get_the_page_and_scripts_get_httpds(serve: Callable[..., Served]) -> None:
    server = serve(LINES.format(""), "--children", "1").ready()
    until(lambda: is_there(server))
    status, fields, body = ask(server, **BROWSER)
    assert status == 200 and b"1 member: 1 serving" in body and "content-security-policy" in fields
    assert b"<h1>Load Balancer Manager for " in ask(server)[2]
    own = {**BROWSER, "Referer": "http://127.0.0.1/manager"}
    assert b"<httpd:manager" in ask(server, "/manager?xml=1", **own)[2]
    assert b"<h1>Load Balancer Manager for " in ask(server, "/manager?show=classic", **BROWSER)[2]
    assert ask(server, "/manager", "HEAD", **BROWSER)[2] == b""


def test_what_happens_is_told_while_it_happens(serve: Callable[..., Served]) -> None:
    server = serve(LINES.format(""), "--children", "1").ready()
    until(lambda: is_there(server))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/manager?show=events")
        stream = connection.getresponse()
        assert stream.getheader("Content-Type", "").startswith("text/event-stream")
        first = next_event(stream)
        assert first["m0"]["word"] == "serving"
        assert server.get("/app")[0] == 503
        found: list[dict[str, str]] = []
        while not any(one.get("errors") == "1" for one in found):
            found.append(next_event(stream).get("m0", {}))
        # A reload ends the stream, so that nobody waits for who reads it.
        server.tell(signal.SIGHUP)
        while stream.readline():
            pass
        until(lambda: "reloaded:" in server.said and len(server.children()) == 2)
    finally:
        connection.close()


def next_event(stream: http.client.HTTPResponse) -> dict[str, dict[str, str]]:
    while True:
        line = stream.readline()
        assert line, "the stream ended"
        if line.startswith(b"data: "):
            told: dict[str, dict[str, str]] = json.loads(line.removeprefix(b"data: "))
            return told


def test_who_may_not_ask_gets_nothing_of_it(serve: Callable[..., Served]) -> None:
    server = serve(LINES.format("Require ip 192.0.2.1"), "--children", "1").ready()
    until(lambda: len(watchdogs(server)) == 1)
    for query in ("", "?show=events", "?show=style", "?show=change"):
        assert ask(server, "/manager" + query, **BROWSER)[0] == 403
    assert ask(server, "/manager?show=change", "POST", "act=drain", **BROWSER)[0] == 403


def test_a_client_cannot_say_who_it_is(serve: Callable[..., Served]) -> None:
    server = serve(LINES.format(""), "--children", "1").ready()
    until(lambda: is_there(server))
    claim = '["", "198.51.100.9", "root", 0, "/manager", "wiki.example", "wiki.example"]'
    said = ask(server, Evenflow_Asks=claim, **BROWSER)[2]
    assert b"You are 127.0.0.1." in said and b"198.51.100.9" not in said
    # Named by Connection it is left out on the way, and then nobody asks.
    assert ask(server, Connection="evenflow-asks", **BROWSER)[0] == 403


def test_without_the_watchdog_the_child_answers(serve: Callable[..., Served]) -> None:
    server = serve(LINES.format(""), "--children", "1").ready()
    until(lambda: is_there(server))
    (watchdog,) = watchdogs(server)
    with_it = ask(server, "/manager", "POST", "b=wiki&nonce=secret", Referer="http://127.0.0.1/manager")
    os.kill(watchdog, signal.SIGKILL)
    until(lambda: not alive(watchdog))
    seen = [ask(server, **BROWSER)]
    until(lambda: seen.append(ask(server, **BROWSER)) or b'<main id="balancers">' in seen[-1][2])
    assert {status for status, _, _ in seen} == {200}
    classic = ask(server, "/manager?show=classic", **BROWSER)
    assert "member failed" not in server.said and "member unavailable" not in server.said
    assert all(b"<h1>Load Balancer Manager for " in body or b'<main id="balancers">' in body for _, _, body in seen)
    assert set(with_it[1]) - {"Connection"} == set(classic[1]) - {"Connection"}


def test_stickiness_that_is_made_on_the_page_is_counted(serve: Callable[..., Served]) -> None:
    server = serve(LINES.format(""), "--children", "1").ready()
    until(lambda: is_there(server))

    def counted() -> int | None:
        answer = channel.ask(channel.place(str(server.file)), {"do": "members"})
        count: int | None = answer["balancers"][0]["members"][0]["sessions"]
        return count

    assert server.get("/app/x;SID=a.n1")[0] == 503 and counted() is None
    ask(server, "/manager?show=change", "POST", "b=b0&nonce=secret&act=balancer&b_ss=SID")
    for session in ("a", "b", "a"):
        assert server.get(f"/app/x;SID={session}.n1")[0] == 503
    assert counted() == 2
    assert re.search(rb'data-cell="sessions">2<', ask(server, **BROWSER)[2])
    # And once it is taken back nobody counts.
    ask(server, "/manager?show=change", "POST", "b=b0&nonce=secret&act=balancer&b_ss=")
    assert counted() is None


def nonce_of(server: Served) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', ask(server, **BROWSER)[2].decode())
    assert found
    return found[1]


def test_changes_outlive_reloads_and_a_restart(
    serve: Callable[..., Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    lines = "BalancerPersist On\n" + LINES.format("")
    server = serve(lines, "--children", "1").ready()
    until(lambda: is_there(server))
    body = f"b=b0&m=m0&nonce={nonce_of(server)}&act=drain&sure=1"
    status, fields, _ = ask(server, "/manager?show=change", "POST", body, **BROWSER)
    assert status == 303
    assert b"drains" in ask(server, "/manager" + fields["location"], **BROWSER)[2]
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded:" in server.said)
    # Until its watchdog is there a new child answers as httpd does.
    until(lambda: b"drains" in ask(server, **BROWSER)[2])
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    again = serve(lines, "--children", "1", port=server.port).ready()
    until(lambda: is_there(again))
    page = ask(again, **BROWSER)[2]
    assert b"127.0.0.1</td>" in page and b"drains" in page
    assert b"1 member: 1 drained" in page


def test_orders_are_listed_with_who_gave_them(serve: Callable[..., Served]) -> None:
    server = serve(LINES.format(""), "--children", "1").ready()
    until(lambda: is_there(server))
    assert channel.ask(channel.place(str(server.file)), {"do": "disable", "balancer": "wiki", "member": "n1"})["ok"]
    page = ask(server, **BROWSER)[2].decode()
    assert "evenflow disable" in page and name_of(os.getuid()) in page


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start as root")
def test_who_has_become_another_user_shows_all_of_it(serve: Callable[..., Served]) -> None:
    """Where that user may not read our own files either, as here where the interpreter is in root's folder."""
    server = serve("User nobody\nGroup nogroup\n" + LINES.format(""), "--children", "1").ready()
    until(lambda: is_there(server))
    for query in ("show=style", "show=member&b=b0&m=m0", "show=balancer&b=b0", "show=changes"):
        assert ask(server, f"/manager?{query}", **BROWSER)[0] == 200
    body = f"b=b0&m=m0&nonce={nonce_of(server)}&act=drain"
    assert b"Are you sure?" in ask(server, "/manager?show=change", "POST", body, **BROWSER)[2]
    assert ask(server, "/manager?show=change", "POST", body + "&sure=1", **BROWSER)[0] == 303
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/manager?show=events")
        assert next_event(connection.getresponse())["m0"]["word"] == "drained"
    finally:
        connection.close()
    assert "Traceback" not in server.said


def test_a_user_is_named_with_what_was_changed(serve: Callable[..., Served], tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("eve:" + bcrypt.hashpw(b"apple", bcrypt.gensalt(4)).decode() + "\n")
    lines = f'AuthType Basic\nAuthName "the manager"\nAuthUserFile "{users}"\nRequire valid-user'
    server = serve(LINES.format(lines), "--children", "1").ready()
    eve = {**BROWSER, "Authorization": "Basic " + base64.b64encode(b"eve:apple").decode()}
    until(lambda: b'<main id="balancers">' in ask(server, **eve)[2])
    assert ask(server, **BROWSER)[0] == 401
    assert ask(server, "/manager?show=events", **BROWSER)[0] == 401
    found = re.search(r'name="nonce" value="([^"]+)"', ask(server, **eve)[2].decode())
    assert found
    body = f"b=b0&m=m0&nonce={found[1]}&act=drain&sure=1"
    assert ask(server, "/manager?show=change", "POST", body, **BROWSER)[0] == 401
    assert ask(server, "/manager?show=change", "POST", body, **eve)[0] == 303
    assert b"<td>eve (127.0.0.1)</td>" in ask(server, **eve)[2]
