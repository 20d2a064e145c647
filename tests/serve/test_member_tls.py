"""Who is at the other end of TLS to a member; tests/parity/cases/tls-members.md has whole requests."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from evenflow.origin import Origin
from evenflow.plan.decide import decide
from evenflow.plan.fronts import MemberTls
from evenflow.serve.member_tls import (
    Handshake,
    Way,
    check_members,
    context_of,
    is_address,
    is_quiet,
    names,
    objection,
    way_to,
)
from tests.compiler.test_tls import plan_of
from tests.plan.cases import facts_of, head_of, inside
from tests.plan.cases import plan_of as routed
from tests.serve.test_tls import make_certificate


@pytest.mark.parametrize(
    ("known", "name", "fits"),
    [
        ("a.example", "A.example", True),
        ("*.example", "a.example", True),
        ("*.example", "b.a.example", False),
        ("*.example", "example", False),
        ("*.example", ".example", False),
        ("*", "a", False),
        ("a*.example", "ab.example", False),
    ],
)
def test_names(known: str, name: str, fits: bool) -> None:
    assert names(known, name) is fits


def test_addresses_are_not_named_in_a_handshake() -> None:
    assert is_address("127.0.0.1") and is_address("::1") and not is_address("a.example")


def shaken(folder: Path, said: MemberTls, name: str) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """Both ends of a connection with a.example."""
    certificate, key = make_certificate(folder, "a.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    ours, theirs = socket.socketpair()
    far = server.wrap_socket(theirs, server_side=True, do_handshake_on_connect=False)

    def shake() -> None:
        with contextlib.suppress(OSError):
            far.do_handshake()

    thread = threading.Thread(target=shake)
    thread.start()
    tls = context_of(said).wrap_socket(ours, server_hostname=name, do_handshake_on_connect=False)
    try:
        tls.do_handshake()
    except OSError:
        tls.close()
        thread.join()
        far.close()
        raise
    thread.join()
    return tls, far


def test_objections(tmp_path: Path) -> None:
    tls, theirs = shaken(tmp_path, MemberTls(True), "a.example")
    with tls, theirs:
        assert objection(tls, Way(MemberTls(True), "a.example")) == ""
        assert "is for `a.example`" in objection(tls, Way(MemberTls(True), "b.example"))
        assert objection(tls, Way(MemberTls(True, check_name=False), "b.example")) == ""
        assert "common name" in objection(tls, Way(MemberTls(True, check_name=False, check_cn=True), "b.example"))
        tls.setblocking(False)
        assert is_quiet(tls)
        theirs.sendall(b"x")
        assert not is_quiet(tls)


def test_somebody_whom_we_believe(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path, "b.example")
    with pytest.raises(ssl.SSLError):
        shaken(tmp_path, MemberTls(True, verify="require", ca_file=certificate), "a.example")


def test_ways_of_one_kind_are_equal() -> None:
    assert Way(MemberTls(True), "a") == Way(MemberTls(True), "a") != Way(MemberTls(True), "b")
    assert Way(MemberTls(True), "a") != Way(MemberTls(True, verify="require"), "a")


def test_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    assert check_members(plan_of("SSLProxyCACertificateFile /nowhere.pem\n")) == []
    (found,) = check_members(plan_of("SSLProxyEngine on\nSSLProxyCACertificateFile /nowhere.pem\n"))
    assert found[0].line == 3 and isinstance(found[0], Origin)
    assert "`SSLProxyCACertificateFile /nowhere.pem` cannot be read" in found[1]
    (found,) = check_members(plan_of("SSLProxyEngine on\nSSLProxyCipherSuite NONSENSE\n"))
    assert "OpenSSL knows no cipher" in found[1]
    certificate, _ = make_certificate(tmp_path, "c.example")
    (found,) = check_members(plan_of(f"SSLProxyEngine on\nSSLProxyMachineCertificateFile {certificate}\n"))
    assert "SSLProxyMachineCertificateFile" in found[1]


class Taken:
    """What a handshake sees of its connection."""

    def __init__(self, fd: int) -> None:
        self.server = SimpleNamespace(loop=None)
        self.fd = fd
        self.causes: list[str] = []

    def not_secured(self, cause: str) -> None:
        self.causes.append(cause)

    def forget(self) -> None:
        self.fd = -1


@pytest.mark.parametrize("name", ["a" * 64 + ".example", ".example"])
def test_a_name_that_cannot_be_said_closes_nobody_s_descriptor(name: str) -> None:
    """What is closed twice may be somebody else's the second time."""
    ours, theirs = socket.socketpair()
    taken = Taken(ours.detach())
    with theirs:
        Handshake(taken, Way(MemberTls(True), name)).begin()
        assert len(taken.causes) == 1 and "TLS cannot be begun" in taken.causes[0]
        if taken.fd >= 0:
            os.close(taken.fd)
        else:
            assert theirs.recv(1) == b"", "it is closed by now"


def test_a_certificate_that_nobody_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography import x509

    def read(der: bytes) -> None:
        raise x509.InvalidVersion("9 is not a valid X509 version", 9)

    tls, theirs = shaken(tmp_path, MemberTls(True), "a.example")
    with tls, theirs:
        monkeypatch.setattr(x509, "load_der_x509_certificate", read)
        assert "cannot be read" in objection(tls, Way(MemberTls(True), "a.example"))


@pytest.mark.parametrize(
    ("host", "preserves", "name", "of_client"),
    [
        ("anything.example", False, "m.example", False),
        ("www.example:8000", True, "www.example", False),
        ("also.example", True, "also.example", False),
        ("M.example", True, "m.example", False),
        ("anything.example", True, "anything.example", True),
    ],
)
def test_whose_name_it_is(host: str, preserves: bool, name: str, of_client: bool) -> None:
    plan = routed(
        inside(
            f"ServerAlias also.example\nProxyPreserveHost {'On' if preserves else 'Off'}\nProxyPass / http://m.example/"
        )
    )
    head = head_of("GET", "/", host=host)
    decision = decide(plan, facts_of(plan), head)
    assert decision.member is not None
    way = way_to(decision.member, decision, head)
    assert (way.name, way.of_client) == (name, of_client)
