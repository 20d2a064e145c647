"""Certificates and versions of TLS as a browser sees them. (Open pages: test_run.)"""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from evenflow.tools.doctor import security
from evenflow.tools.doctor.asking import Asker, Manners, Place
from evenflow.tools.doctor.security import check_certificate, check_handlers, check_nodes, check_old_tls
from evenflow.tools.doctor.visit import FAIL, HINT, Node, Visit
from tests.control.processes import Served
from tests.peers import free_port, require_peer
from tests.tools.doctor.answering import Answering, answer
from tests.tools.doctor.test_sessions import codes

NAME = "wiki.example.com"


def serve(folder: Path, days: int, more: str = "") -> tuple[Served, Visit]:
    files = [str(folder / "tls.key"), str(folder / "tls.crt")]
    subprocess.run(
        [str(require_peer("openssl")), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", files[0], "-out",
         files[1], "-days", str(days), "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    text = (
        f'LogLevel crit\nSSLEngine on\nSSLCertificateKeyFile "{files[0]}"\nSSLCertificateFile "{files[1]}"\n{more}'
    )
    server = Served(folder, port, text).ready()
    manners = Manners(rate=1000.0)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    place = Place("https", NAME, port, ("127.0.0.1", port))
    return server, Visit(Asker(place, manners, trust), "", [])


def test_a_certificate_of_nobody_that_ends_soon(tmp_path: Path) -> None:
    server, visit = serve(tmp_path, 5)
    try:
        found = list(check_certificate(visit))
        assert codes(found) == ["certificate-name", "certificate-ends"] and "in 4 days" in found[1].evidence
        assert codes(check_old_tls(visit)) == []
    finally:
        server.stop()


def test_a_certificate_that_is_trusted_and_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, visit = serve(tmp_path, 90)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls.crt"))
    try:
        assert codes(check_certificate(visit)) == []
    finally:
        server.stop()


def test_old_versions_are_named(tmp_path: Path) -> None:
    server, visit = serve(tmp_path, 90, "SSLProtocol +TLSv1.1\nSSLCipherSuite ALL:@SECLEVEL=0\n")
    try:
        assert codes(check_old_tls(visit)) == ["old-tls"]
    finally:
        server.stop()


def test_the_managers_page_is_a_fault_for_who_asks_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with Answering(lambda head: answer(200, b"<title>Load Balancer Manager</title>")) as there:
        visit = there.visit()
        assert [one.verdict for one in check_handlers(visit)] == [HINT]
        monkeypatch.setattr(security, "_from_here", lambda asker: (False, "192.0.2.9"))
        (finding,) = check_handlers(visit)
    assert finding.verdict == FAIL and "asked from 192.0.2.9" in finding.evidence


def test_a_node_that_answers_by_the_sites_own_name() -> None:
    with Answering(lambda head: answer(200, b"{}")) as there:
        visit = there.visit()
        visit.nodes = [Node("n", there.asker())]
        assert codes(check_nodes(visit)) == ["node-reachable"]
