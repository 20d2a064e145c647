"""Certificates that nobody has verified, with real handshakes: what is forgiven, and that nothing of it ever counts as
verified."""

from __future__ import annotations

import contextlib
import datetime
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from evenflow.plan.fronts import ClientStatus, Front
from evenflow.plan.http2 import Http2
from evenflow.plan.model import VirtualHost
from evenflow.serve import unverified
from evenflow.serve.libssl import Unavailable, library
from evenflow.serve.tls import TlsContexts, TlsSocket, check_certificates
from evenflow.serve.tls_facts import HandshakeFacts
from tests.serve.http2.client import Client
from tests.serve.served import PATIENCE, Peer, Served, request, secured
from tests.serve.test_tls import ORIGIN, plan_of

DAY = datetime.timedelta(days=1)
TWELVE, THIRTEEN = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = pytest.mark.parametrize("version", [TWELVE, THIRTEEN])
FORGIVEN = ("self", "stranger", "stranger-and-signer", "stranger-below-one")
REFUSED = ("over", "early", "self-over", "stranger-over", "forged", "of-a-server", "revoked", "below-two",
           "stranger-below-two")  # fmt: skip


class Issuer:
    """A certificate with its key, that may sign others."""

    def __init__(
        self, name: str, above: Issuer | None = None, ca: bool = False, begins: float = -1.0, ends: float = 2.0,
        use: x509.ObjectIdentifier | None = None, forged: bool = False,
    ) -> None:  # fmt: skip
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.name if above is None else above.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins * DAY)
            .not_valid_after(now + ends * DAY)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if use is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        signer = self.key if above is None else above.key
        self.certificate = made.sign(ec.generate_private_key(ec.SECP256R1()) if forged else signer, hashes.SHA256())

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NAME.pem is who shows it, with what it sends along and its key; authority.crt and authority.crl are ours."""
    made = tmp_path_factory.mktemp("unverified")
    authority, other = Issuer("authority", ca=True), Issuer("other", ca=True)
    first = Issuer("first", authority, ca=True)
    second = Issuer("second", first, ca=True)
    theirs = Issuer("their first", other, ca=True)
    below = Issuer("their second", theirs, ca=True)
    revoked = Issuer("revoked", authority)
    server_use = ExtendedKeyUsageOID.SERVER_AUTH
    for name, one, along in (
        ("server", Issuer("a.example"), ()),
        ("known", Issuer("known", authority), ()),
        ("self", Issuer("self"), ()),
        ("stranger", Issuer("stranger", other), ()),
        ("stranger-and-signer", Issuer("stranger", other), (other,)),
        ("stranger-below-one", Issuer("stranger", theirs), (theirs,)),
        ("over", Issuer("over", authority, begins=-5, ends=-1), ()),
        ("early", Issuer("early", authority, begins=1), ()),
        ("self-over", Issuer("self", begins=-5, ends=-1), ()),
        ("stranger-over", Issuer("stranger", other, begins=-5, ends=-1), ()),
        ("forged", Issuer("forged", authority, forged=True), ()),
        ("of-a-server", Issuer("server", authority, use=server_use), ()),
        ("revoked", revoked, ()),
        ("below-two", Issuer("deep", second), (second, first)),
        ("stranger-below-two", Issuer("stranger", below), (below, theirs)),
    ):
        key = one.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (made / f"{name}.pem").write_bytes(one.pem() + b"".join(each.pem() for each in along) + key)
    (made / "authority.crt").write_bytes(authority.pem())
    now = datetime.datetime.now(datetime.UTC)
    entry = x509.RevokedCertificateBuilder().serial_number(revoked.certificate.serial_number).revocation_date(now - DAY)
    listed = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.name)
        .last_update(now - DAY)
        .next_update(now + DAY)
        .add_revoked_certificate(entry.build())
        .sign(authority.key, hashes.SHA256())
    )
    (made / "authority.crl").write_bytes(listed.public_bytes(serialization.Encoding.PEM))
    return made


def front(folder: Path, verify: str = "optional_no_ca", **more: object) -> Front:
    return Front(
        ((str(folder / "server.pem"), None),),
        verify=verify,
        ca_file=str(folder / "authority.crt"),
        generous=True,
        **more,  # type: ignore[arg-type]
    )


LISTED = {"crl_check": ("leaf", True)}
"""Lists are looked into by ourselves: OpenSSL would find none for who is not known, and forgive nothing."""


def hosted(said: Front) -> VirtualHost:
    made = VirtualHost(0, b"a.example", ORIGIN)
    made.tls = True
    made.front = said
    made.certificates = said.certificates
    return made


def client_of(folder: Path, shows: str, version: ssl.TLSVersion = THIRTEEN, agrees: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.post_handshake_auth = agrees
    if shows:
        context.load_cert_chain(folder / f"{shows}.pem")
    return context


def met(
    contexts: TlsContexts, host: VirtualHost, client: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> tuple[HandshakeFacts | None, ssl.SSLSession | None]:
    """What is known after a handshake, None where the client is not let in; and the session that the client may
    resume."""
    ours, theirs = socket.socketpair()
    sessions: list[ssl.SSLSession | None] = []

    def talk() -> None:
        try:
            with client.wrap_socket(theirs, server_hostname="a.example", session=session) as far:
                sessions.append(far.session)
                far.recv(1)
        except OSError:
            pass

    thread = threading.Thread(target=talk)
    thread.start()
    found = None
    tls = contexts.wrap(ours, [host])
    try:
        with tls:
            assert isinstance(tls, TlsSocket)
            tls.do_handshake()
            if contexts.admits(tls):
                found = contexts.facts(tls)
                # A session that nobody says goodbye to is forgotten.
                tls.setblocking(False)
                tls.unwrap()
    except OSError:
        pass
    thread.join()
    return found, sessions[0] if sessions else None


def test_it_can_be_done_here() -> None:
    unverified.impossible.cache_clear()
    assert unverified.impossible() == ""


def test_a_trial_that_fails_refuses_the_word_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unverified, "PROVE", "raise ValueError('no')  # {!r}")
    unverified.impossible.cache_clear()
    try:
        (fault,) = check_certificates(plan_of(hosted(front(folder))))
        assert "`SSLVerifyClient optional_no_ca` cannot be done here" in fault[1] and "ValueError: no" in fault[1]
        plain = Front(((str(folder / "server.pem"), None),), verify="optional", ca_file=str(folder / "authority.crt"))
        assert check_certificates(plan_of(hosted(plain))) == []
    finally:
        unverified.impossible.cache_clear()


def test_the_trial_runs_in_a_process_of_its_own() -> None:
    program = unverified.PROVE.format(sys.path)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@BOTH
def test_who_is_known_is_verified(folder: Path, version: ssl.TLSVersion) -> None:
    host = hosted(front(folder))
    contexts = TlsContexts(plan_of(host))
    found, _ = met(contexts, host, client_of(folder, "known", version))
    assert found is not None
    assert (found.get(b"SSL_CLIENT_VERIFY"), found.unverified, found.above()) == (b"SUCCESS", False, 1)
    nobody, _ = met(contexts, host, client_of(folder, "", version))
    assert nobody is not None
    assert (nobody.get(b"SSL_CLIENT_VERIFY"), nobody.unverified, nobody.above()) == (b"NONE", False, -1)


@BOTH
@pytest.mark.parametrize("name", FORGIVEN)
@pytest.mark.parametrize("listed", [False, True])
def test_what_is_forgiven_is_never_verified(folder: Path, name: str, version: ssl.TLSVersion, listed: bool) -> None:
    said = {**LISTED, "crl_file": str(folder / "authority.crl")} if listed else {}
    host = hosted(front(folder, **said))
    found, _ = met(TlsContexts(plan_of(host)), host, client_of(folder, name, version))
    assert found is not None and found.unverified
    told = found.get(b"SSL_CLIENT_VERIFY")
    if version is TWELVE:
        assert told == b"GENEROUS"
    else:
        assert told.startswith(b"FAILED:") and b"certificate" in told
    assert found.get(b"SSL_CLIENT_S_DN_CN") in (b"self", b"stranger")


@BOTH
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_forgiven(folder: Path, name: str, version: ssl.TLSVersion) -> None:
    host = hosted(front(folder, crl_file=str(folder / "authority.crl"), **LISTED))
    assert met(TlsContexts(plan_of(host)), host, client_of(folder, name, version))[0] is None


@BOTH
@pytest.mark.parametrize("name", [*FORGIVEN, "revoked"])
def test_with_lists_that_must_be_there_nobody_unknown_comes_in(
    folder: Path, name: str, version: ssl.TLSVersion
) -> None:
    host = hosted(front(folder, crl_file=str(folder / "authority.crl"), crl_check=("chain", False)))
    contexts = TlsContexts(plan_of(host))
    assert met(contexts, host, client_of(folder, name, version))[0] is None
    assert met(contexts, host, client_of(folder, "known", version))[0] is not None


@pytest.mark.parametrize("name", ["known", *FORGIVEN])
def test_who_comes_back_is_not_better_known(folder: Path, name: str) -> None:
    """httpd says SUCCESS here to whoever has a certificate."""
    host = hosted(front(folder))
    contexts = TlsContexts(plan_of(host))
    client = client_of(folder, name, TWELVE)
    first, session = met(contexts, host, client)
    assert first is not None and session is not None
    again, _ = met(contexts, host, client, session)
    assert again is not None
    assert again.get(b"SSL_SESSION_RESUMED") == b"Resumed"
    assert again.get(b"SSL_CLIENT_VERIFY") == (b"SUCCESS" if name == "known" else b"GENEROUS")
    assert again.unverified is (name != "known")
    assert again.above() == first.above()


@pytest.mark.parametrize(("verify", "above"), [("optional_no_ca", 1), ("none", 100)])
def test_a_chain_that_is_forgotten_counts_as_the_longest(folder: Path, verify: str, above: int) -> None:
    host = hosted(front(folder, verify, later=True))
    contexts = TlsContexts(plan_of(host))
    client = client_of(folder, "known", TWELVE)
    _, session = met(contexts, host, client)
    contexts._heights.clear()
    again, _ = met(contexts, host, client, session)
    assert again is not None and again.get(b"SSL_SESSION_RESUMED") == b"Resumed"
    assert again.above() == above


def test_other_fronts_forgive_nothing(folder: Path) -> None:
    said = Front(((str(folder / "server.pem"), None),), verify="optional", ca_file=str(folder / "authority.crt"))
    host = hosted(said)
    # The same plan has a front that does: each context has its own mind.
    contexts = TlsContexts(plan_of(host, hosted(front(folder))))
    for name in FORGIVEN:
        assert met(contexts, host, client_of(folder, name))[0] is None
    assert met(contexts, host, client_of(folder, "known"))[0] is not None


def test_what_cannot_be_read_is_not_verified(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = hosted(front(folder))
    contexts = TlsContexts(plan_of(host))
    monkeypatch.setattr(library(), "context_of", lambda connection: 1)
    found, _ = met(contexts, host, client_of(folder, "known"))
    assert found is not None and found.unverified
    assert found.get(b"SSL_CLIENT_VERIFY").startswith(b"FAILED:this Python keeps")


def test_a_mistake_of_ours_lets_nobody_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(store: int) -> int:
        raise Unavailable("a mistake")

    host = hosted(front(folder))
    contexts = TlsContexts(plan_of(host))
    monkeypatch.setattr(library(), "error_of", fail)
    assert met(contexts, host, client_of(folder, "self"))[0] is None


# --- served -------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(folder: Path, tmp_path: Path) -> Iterator[Served]:
    """A child that takes unverified certificates, and asks authorities about clients."""
    status = ClientStatus(lax=True)
    said = front(folder, status=status)
    with secured(tmp_path, (str(folder / "server.pem"), str(folder / "server.pem")), host={"front": said}) as served:
        yield served


@BOTH
@pytest.mark.parametrize("name", ["self", "stranger-and-signer"])
def test_nobody_is_asked_about_who_is_not_known(
    folder: Path, asked: Served, name: str, version: ssl.TLSVersion
) -> None:
    client = asked.client(context=client_of(folder, "known", version))
    client.send(request("GET", "/own"))
    assert client.answer()[0] == 404
    assert ended(asked, client_of(folder, name, version), "/own")
    asked.logged("client refused", "nobody could verify it, so there is no authority to ask")


def ended(served: Served, context: ssl.SSLContext, path: str) -> bool:
    """Whether the connection ends without an answer."""
    try:
        client = served.client(context=context)
        client.send(request("GET", path))
        return client.socket.recv(1) == b""
    except OSError:
        return True


@pytest.fixture
def sections(folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """A child whose every request asks for a certificate as `request.param` says, and whose context forgives."""
    said = front(folder, "none", later=True)
    certificate = (str(folder / "server.pem"), str(folder / "server.pem"))
    with secured(tmp_path, certificate, host={"front": said}, scope={"tls_verify": request.param}) as served:
        yield served


@pytest.mark.parametrize("sections", [b"require", b"optional"], indirect=True)
@pytest.mark.parametrize("name", FORGIVEN)
def test_a_section_that_verifies_turns_them_away(folder: Path, sections: Served, name: str) -> None:
    assert ended(sections, client_of(folder, name, agrees=True), "/own")
    sections.logged("client refused", "nobody could verify it")
    client = sections.client(context=client_of(folder, "known", agrees=True))
    client.send(request("GET", "/own"))
    assert client.answer()[0] == 404


@pytest.mark.parametrize("sections", [b"optional_no_ca"], indirect=True)
@pytest.mark.parametrize("name", ["known", *FORGIVEN])
def test_a_section_takes_them(folder: Path, sections: Served, name: str) -> None:
    client = sections.client(context=client_of(folder, name, agrees=True))
    client.send(request("GET", "/own"))
    assert client.answer()[0] == 404


@pytest.mark.parametrize("sections", [b"optional_no_ca"], indirect=True)
@pytest.mark.parametrize("name", ["over", "forged", "of-a-server", "self-over"])
def test_a_section_forgives_no_more(folder: Path, sections: Served, name: str) -> None:
    assert ended(sections, client_of(folder, name, agrees=True), "/own")


@pytest.mark.parametrize("sections", [b"require"], indirect=True)
def test_over_tls_1_2_the_handshake_takes_them_and_the_section_does_not(folder: Path, sections: Served) -> None:
    for name, status in (("self", 403), ("stranger", 403), ("known", 404)):
        client = sections.client(context=client_of(folder, name, TWELVE))
        client.send(request("GET", "/own"))
        assert client.answer()[0] == status


@pytest.fixture
def both(folder: Path, tmp_path: Path) -> Iterator[Served]:
    """A child that takes unverified certificates in its handshakes, speaks HTTP/2, and requires verified ones."""
    certificate = (str(folder / "server.pem"), str(folder / "server.pem"))
    host = {"front": front(folder), "http2": Http2(secure=True)}
    with secured(tmp_path, certificate, host=host, scope={"tls_verify": b"require"}) as served:
        yield served


def status_of(served: Served, context: ssl.SSLContext, session: ssl.SSLSession | None) -> tuple[int, ssl.SSLSession]:
    """The status of an answer, and the session that the client may resume."""
    made = socket.create_connection(("127.0.0.1", served.port), PATIENCE)
    peer = Peer(context.wrap_socket(made, server_hostname="a.example", session=session))
    served.clients.append(peer)
    assert peer.socket.session_reused is (session is not None)
    if peer.socket.selected_alpn_protocol() == "h2":
        client = Client(peer)
        status = client.answer(client.ask(path=b"/own")).status
    else:
        peer.send(request("GET", "/own", "Connection: close"))
        status = peer.answer()[0]
    kept = peer.socket.session
    # A session that nobody says goodbye to is forgotten by our end; what it still sends is read, or it would not hear.
    with contextlib.suppress(OSError):
        peer.socket.unwrap()
    with contextlib.suppress(ConnectionError):
        while select.select([peer.socket], [], [], PATIENCE)[0] and os.read(peer.socket.fileno(), 65536):
            pass
    peer.close()
    return status, kept


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
@pytest.mark.parametrize(("name", "status"), [("known", 404), ("self", 403), ("stranger-and-signer", 403)])
def test_resumed_or_not_and_over_whatever_protocol(
    folder: Path, both: Served, name: str, status: int, protocol: str
) -> None:
    for version in (TWELVE, THIRTEEN):
        context = client_of(folder, name, version)
        context.set_alpn_protocols([protocol])
        found, session = status_of(both, context, None)
        assert found == status
        if version is TWELVE:
            # Over TLS 1.3 nobody who is asked for a certificate has a ticket.
            for _ in range(2):
                found, session = status_of(both, context, session)
                assert found == status
