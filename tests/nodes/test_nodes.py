"""datacenter-complete.conf with real nodes behind it: Tomcat, faye, Node as twenty editors, and a browser.

The file is the published example with its ports replaced by free ones; the certificate is made for the run.
"""

from __future__ import annotations

import datetime
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.nodes.fronts import evenflow_front, httpd_front
from tests.nodes.synchrony import counts, editors, synchronies
from tests.nodes.tomcat import tomcats
from tests.peers import CHECKOUT, free_port, require_peer

NAME: Final = "wiki.example.com"
EDITORS: Final = 20
MESSAGES: Final = 5
BROWSER_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """The whole: where the front listens, where the Synchrony nodes are, and the certificate to trust."""

    port: int
    synchrony: int
    certificate: Path
    file: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    def connection(self) -> http.client.HTTPConnection:
        """A kept connection to the front over TLS, by its public name."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        link = http.client.HTTPConnection(NAME, self.port)
        plain = socket.create_connection(("127.0.0.1", self.port), 20.0)
        link.sock = context.wrap_socket(plain, server_hostname=NAME)
        return link


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two Tomcats and two faye servers, and the configuration that names them; nobody in front yet."""
    folder = tmp_path_factory.mktemp("nodes")
    folder.chmod(0o755)
    public, confluence = free_port(), free_port("127.0.0.1", "127.0.0.2")
    synchrony = free_port("127.0.0.1", "127.0.0.2")
    text = (CHECKOUT / "examples" / "datacenter-complete.conf").read_text()
    for old, new in (("8443", public), ("8090", confluence), ("8091", synchrony)):
        assert old in text
        text = text.replace(old, str(new))
    file = folder / "datacenter-complete.conf"
    file.write_text(text)
    certificate = make_certificate(folder / "certificates")
    with tomcats(folder, confluence, NAME, public), synchronies(folder, synchrony):
        yield Site(public, synchrony, certificate, file)


@pytest.fixture(scope="module", params=["evenflow", pytest.param("httpd", marks=pytest.mark.once)])
def site(nodes: Site, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The nodes with evenflow in front; and with httpd, which shows that the test asks for what httpd gives."""
    front = evenflow_front(nodes.file, nodes.port, children=2) if request.param == "evenflow" else None
    with front or httpd_front(nodes.file, nodes.port):
        yield nodes


def make_certificate(folder: Path) -> Path:
    """`wiki.example.com.crt` and `.key` in `folder`, signed by itself."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{NAME}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{NAME}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / f"{NAME}.crt"


class Visitor:
    """A client with a cookie jar, on one kept connection after another."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.link = site.connection()

    def get(self, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.link.request("GET", path, headers={"Cookie": cookies} if cookies else {})
        answer = self.link.getresponse()
        body = answer.read()
        for said in answer.headers.get_all("Set-Cookie", []):
            name, _, value = said.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers, body

    def who(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/who")[2]))

    def reconnect(self) -> None:
        self.link.close()
        self.link = self.site.connection()


def test_a_session_survives_200_requests_on_one_node(site: Site) -> None:
    visitor = Visitor(site)
    seen = []
    for number in range(200):
        if number % 20 == 19:
            visitor.reconnect()
        seen.append(visitor.who())
    assert {who["node"] for who in seen} == {visitor.cookies["ROUTEID"].removeprefix(".")}
    assert {who["session"] for who in seen} == {visitor.cookies["JSESSIONID"]}
    assert [who["visits"] for who in seen] == list(range(1, 201))


def test_new_visitors_reach_both_nodes(site: Site) -> None:
    # byrequests charges a member for sticky requests too: after the session above the other node is owed 200 visits.
    nodes = set()
    for _ in range(300):
        nodes.add(Visitor(site).who()["node"])
        if len(nodes) == 2:
            return
    raise AssertionError(f"300 new visitors all came to node {nodes}")


def test_a_node_sees_the_public_address(site: Site) -> None:
    who = Visitor(site).who()
    assert (who["scheme"], who["server"], who["port"], who["secure"]) == ("https", NAME, site.port, True)
    assert (who["forwarded_proto"], who["forwarded_host"]) == ("https", f"{NAME}:{site.port}")


@pytest.mark.parametrize("path", ["/login.action", "/login.action?to=node"])
def test_redirects_come_back_with_the_public_name(site: Site, path: str) -> None:
    visitor = Visitor(site)
    for _ in range(2):
        status, fields, _ = visitor.get(path)
        assert (status, fields["Location"]) == (302, f"{site.url}/who?from=login")
        visitor = Visitor(site)


def test_the_manager_is_the_front_s_own(site: Site) -> None:
    status, _, body = Visitor(site).get("/balancer-manager")
    assert status == 200
    assert b"balancer://confluence" in body and b"balancer://synchrony" in body


def test_the_heartbeat_comes_from_synchrony(site: Site) -> None:
    status, _, body = Visitor(site).get("/synchrony/heartbeat")
    assert (status, body) == (200, b"OK")


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_twenty_editors_exchange_messages(site: Site, transport: str) -> None:
    websocket_before, polling_before, _ = counts(site.synchrony)
    url = f"{site.url}/synchrony/v1/bayeux-sync1"
    seen = editors(url, site.certificate, EDITORS, MESSAGES, transport)
    websocket, polling, _ = counts(site.synchrony)
    websocket -= websocket_before
    polling -= polling_before

    assert seen["errors"] == []
    assert set(seen["nodes"]) == {"1", "2"}, "the editors are all on one Synchrony node"
    assert sum(node["editors"] for node in seen["nodes"].values()) == EDITORS
    for node in seen["nodes"].values():
        assert node["heard"] == node["due"]
    used, unused = (websocket, polling) if transport == "websocket" else (polling, websocket)
    assert (used["/sync/page-1"], unused["/sync/page-1"]) == (EDITORS * MESSAGES, 0)
    assert used["/meta/connect"] >= EDITORS


def test_a_browser_edits_over_tls(site: Site, tmp_path: Path) -> None:
    program = require_peer("chromium")
    websocket_before, polling_before, reports_before = counts(site.synchrony)
    command = [
        str(program), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1", "--ignore-certificate-errors",
        f"--user-data-dir={tmp_path / 'profile'}", "--remote-debugging-port=0", f"{site.url}/editor.html",
    ]  # fmt: skip
    log = tmp_path / "chromium.log"
    with log.open("wb") as output:
        browser = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, process_group=0)
    try:
        deadline = time.monotonic() + BROWSER_SECONDS
        while len(counts(site.synchrony)[2]) == len(reports_before):
            assert browser.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-4000:]
            time.sleep(0.2)
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
    websocket, polling, reports = counts(site.synchrony)
    websocket -= websocket_before
    polling -= polling_before

    report = reports[-1]
    assert report["origin"] == site.url
    assert report["heard"] == 5
    assert len({who["node"] for who in report["visits"]}) == 1
    assert [who["visits"] for who in report["visits"]] == [1, 2, 3, 4, 5]
    assert (websocket["/sync/browser"], polling["/sync/browser"]) == (5, 0)
