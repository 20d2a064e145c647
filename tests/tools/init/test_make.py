"""Every profile with everything that can be said of it: `check` finds nothing, httpd accepts it, and it does what it
says before nodes that answer.
"""

from __future__ import annotations

import http.client
import itertools
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from evenflow.control import channel
from evenflow.tools.check import examine
from evenflow.tools.init.make import configuration
from evenflow.tools.init.profile import PROFILES
from evenflow.tools.init.site import Node, Site
from tests.config.test_against_httpd import verdict
from tests.control.processes import PATIENCE, Served, until
from tests.faults.members import Visit, member
from tests.peers import free_port, require_peer

CASES = list(itertools.product(PROFILES, (True, False), ("", "/app"), (1, 2)))


def site_of(profile: str, tls: bool, path: str, count: int, folder: Path) -> Site:
    known = PROFILES[profile]
    nodes = tuple(Node(f"10.0.0.{place}", known.port) for place in range(1, count + 1))
    beside = tuple(Node(node.host, 8091) for node in nodes) if known.synchrony else ()
    files = {}
    if tls:
        files = {"certificate": str(folder / "c.pem"), "key": str(folder / "k.pem")}
        command = f"req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 90 -out {files['certificate']}"
        more = ["-keyout", files["key"], "-addext", "subjectAltName=DNS:localhost"]
        subprocess.run([require_peer("openssl"), *command.split(), *more], check=True, capture_output=True, timeout=60)
    (folder / "robots.txt").write_text("User-agent: *\n")
    robots = str(folder / "robots.txt")
    return Site("localhost", 443 if tls else 80, 8081, path, nodes, beside, robots=robots, direct=count == 1, **files)


@pytest.mark.parametrize(("profile", "tls", "path", "count"), CASES)
def test_nothing_is_found_in_it(tmp_path: Path, profile: str, tls: bool, path: str, count: int) -> None:
    file = tmp_path / "wiki.conf"
    file.write_text(configuration(PROFILES[profile], site_of(profile, tls, path, count, tmp_path), "wiki.conf"))
    found = examine(str(file), {}, advice=True)
    assert [(one.code, one.headline) for one in found.diagnostics] == []


@pytest.mark.once
@pytest.mark.parametrize(("profile", "tls", "path", "count"), CASES)
def test_httpd_accepts_it(tmp_path: Path, profile: str, tls: bool, path: str, count: int) -> None:
    text = configuration(PROFILES[profile], site_of(profile, tls, path, count, tmp_path), "wiki.conf")
    accepted, said = verdict(require_peer("apache2"), tmp_path, text)
    assert accepted, said


def test_lines_are_there_where_they_are_asked_for(tmp_path: Path) -> None:
    plain = configuration(PROFILES["confluence"], Site("wiki", 8080, 8081, "", (Node("a", 1),), (Node("a", 2),)), "x")
    for word in ("SSLEngine", "robots", "; Secure", "Listen 80\n", "RedirectMatch"):
        assert word not in plain
    assert "<Location /synchrony-proxy/reload>" in plain and "<Location /synchrony-proxy>" not in plain
    whole = configuration(PROFILES["confluence"], site_of("confluence", True, "/app", 1, tmp_path), "x")
    for word in ("SSLEngine on", "Alias /robots.txt", "; Secure", "Listen 80\n", "RedirectMatch 302 ^/$ /app/"):
        assert word in whole
    assert "<Location /app/synchrony-proxy>" in whole


# --- before nodes ----------------------------------------------------------------------------------------------------


def application(name: str, state: list[str]) -> Callable[[Visit], bool]:
    """Says its name and the path; `state` is what it says of itself."""

    def behave(visit: Visit) -> bool:
        if visit.path.endswith("/status"):
            visit.answer(b'{"state":"%b"}' % state[0].encode())
        elif visit.path == "/synchrony/heartbeat":
            visit.answer(b"OK" if state[0] == "RUNNING" else b"no")
        else:
            visit.answer(f"{name} {visit.path} {visit.fields.get('x-forwarded-for')}".encode())
        return True

    return behave


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder, ExitStack() as made:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield made


def ask(port: int, path: str, **fields: str) -> tuple[int, str, dict[str, str]]:
    """Status, body, and the cookies that are set."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": "localhost", "Connection": "close", **fields})
        answer = connection.getresponse()
        set_cookies = [line.partition(";")[0].partition("=") for line in answer.msg.get_all("Set-Cookie") or ()]
        return answer.status, answer.read().decode(), {name: value for name, _, value in set_cookies}
    finally:
        connection.close()


def test_confluence_and_synchrony_stay_where_they_are_and_who_is_not_ready_gets_nobody(
    stack: ExitStack, tmp_path: Path
) -> None:
    states = [["RUNNING"], ["RUNNING"]]
    wiki = [stack.enter_context(member(application(f"c{at}", state))).port for at, state in enumerate(states)]
    edit = [stack.enter_context(member(application(f"s{at}", state))).port for at, state in enumerate(states)]
    port, inner = free_port(), free_port()
    nodes, beside = (tuple(Node("127.0.0.1", one) for one in ports) for ports in (wiki, edit))
    text = configuration(PROFILES["confluence"], Site("localhost", port, inner, "", nodes, beside), "wiki.conf")
    text = text.replace(f"Listen {port}\n", "").replace("hcinterval=5", "hcinterval=1")
    server = Served(tmp_path, port, text, "--children", "2")
    stack.callback(server.stop)
    server.ready()
    status, body, cookies = ask(port, "/x%3Fy%2Fz", **{"X-Forwarded-For": "6.6.6.6"})
    assert (status, set(cookies)) == (200, {"ROUTEID"})
    home = body.split()[0]
    assert body == f"{home} /x%3Fy%2Fz 127.0.0.1"
    for _ in range(6):
        assert ask(port, "/page", Cookie=f"ROUTEID={cookies['ROUTEID']}")[1:] == (f"{home} /page 127.0.0.1", {})
    # Synchrony has a cookie of its own, and leaves the other one alone.
    status, body, more = ask(port, "/synchrony/v1/x", Cookie=f"ROUTEID={cookies['ROUTEID']}")
    assert (status, set(more)) == (200, {"SYNROUTE"})
    beside_it = body.split()[0]
    for _ in range(6):
        again = ask(port, "/synchrony/v1/x", Cookie=f"SYNROUTE={more['SYNROUTE']}")
        assert again[1:] == (f"{beside_it} /synchrony/v1/x 127.0.0.1", {})
    assert beside_it[0] == "s" and home[0] == "c"
    assert ask(port, "/synchrony-proxy/healthcheck")[1].startswith("c")
    assert ask(port, "/synchrony-proxy/reload")[0] == 403
    # Both answer 200, and one says that it is not ready.
    states[int(home[1])][0] = "STARTING"
    until(lambda: [one["state"] for one in told(server)].count("failing its check") == 2)
    assert ask(port, "/page", Cookie=f"ROUTEID={cookies['ROUTEID']}")[1].split()[0] != home
    assert ask(inner, "/balancer-manager")[0] == 200 and "confluence" in ask(inner, "/balancer-manager")[1]
    assert ask(inner, "/server-status?auto")[0] == 200
    assert ask(port, "/balancer-manager")[1].startswith("c")


def told(server: Served) -> list[dict[str, str]]:
    balancers = channel.ask(channel.place(str(server.file)), {"do": "members"})["balancers"]
    return [one for balancer in balancers for one in balancer["members"]]
