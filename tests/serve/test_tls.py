"""Certificates by SNI with real handshakes, and what is said of certificates that cannot be used."""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evenflow.origin import Origin
from evenflow.plan.fronts import Front
from evenflow.plan.model import Plan, VirtualHost
from evenflow.serve.tls import TlsContexts, TlsSocket, check_certificates, contexts_of

ORIGIN = Origin("wiki.conf", 4, "<VirtualHost *:443>")


def make_certificate(folder: Path, name: str, key: ec.EllipticCurvePrivateKey | None = None) -> tuple[str, str]:
    """A self-signed certificate for `name` and its key, as two PEM files."""
    private = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    stem = name.replace("*", "any")
    paths = folder / f"{stem}.crt", folder / f"{stem}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(paths[0]), str(paths[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("certificates")
    for name in ("a.example", "b.example", "c.example"):
        make_certificate(made, name)
    return made


def host(folder: Path, index: int, name: str, *aliases: bytes, wildcards: tuple[bytes, ...] = ()) -> VirtualHost:
    made = VirtualHost(index, name.encode(), ORIGIN)
    made.tls = True
    made.aliases = aliases
    made.wildcards = wildcards
    made.certificates = ((str(folder / f"{name}.crt"), str(folder / f"{name}.key")),)
    return made


@pytest.fixture
def hosts(folder: Path) -> list[VirtualHost]:
    plain = VirtualHost(3, b"plain.example", ORIGIN)
    return [
        host(folder, 0, "a.example"),
        host(folder, 1, "b.example", b"alias.example"),
        host(folder, 2, "c.example", wildcards=(b"*.wild.example",)),
        plain,
    ]


def plan_of(*hosts: VirtualHost) -> Plan:
    plan = Plan()
    plan.hosts = hosts
    return plan


class Shaken:
    """Both ends of one handshake."""

    def __init__(
        self, contexts: TlsContexts, hosts: list[VirtualHost], name: str | None, context: ssl.SSLContext | None = None,
        session: ssl.SSLSession | None = None,
    ) -> None:  # fmt: skip
        if context is None:
            context = client_context()
        listening = socket.create_server(("127.0.0.1", 0))
        self.fault: Exception | None = None
        self.shown = ""
        self.selected: VirtualHost | None = None
        self.sni = b""
        self.alpn: str | None = None
        self.version: str | None = ""
        self.session: ssl.SSLSession | None = None
        self.reused = False
        client = threading.Thread(target=self._connect, args=(context, listening.getsockname(), name, session))
        client.start()
        accepted, _ = listening.accept()
        accepted.settimeout(10)
        server = contexts.wrap(accepted, hosts)
        assert isinstance(server, TlsSocket)
        try:
            server.do_handshake()
            server.sendall(b"x")
            self.selected, self.sni = server.selected, server.sni
            server.recv(1)
        except OSError:
            pass
        client.join(10)
        server.close()
        listening.close()

    def _connect(
        self, context: ssl.SSLContext, address: tuple[str, int], name: str | None, session: ssl.SSLSession | None
    ) -> None:
        try:
            bare = socket.create_connection(address, timeout=10)
            with context.wrap_socket(bare, server_hostname=name, session=session) as wrapped:
                der = wrapped.getpeercert(True)
                assert der is not None
                names = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
                self.shown = str(names[0].value)
                self.alpn = wrapped.selected_alpn_protocol()
                self.version = wrapped.version()
                wrapped.recv(1)
                self.session = wrapped.session
                self.reused = bool(wrapped.session_reused)
                wrapped.sendall(b"x")
        except OSError as fault:
            self.fault = fault


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize(
    ("name", "shown", "index"),
    [
        ("a.example", "a.example", 0),
        ("b.example", "b.example", 1),
        ("B.Example", "b.example", 1),
        ("alias.example", "b.example", 1),
        ("deep.er.wild.example", "c.example", 2),
        ("wild.example", "a.example", 0),
        ("nobody.example", "a.example", 0),
        ("plain.example", "a.example", 0),
        ("b.example.", "b.example", 1),
        (None, "a.example", 0),
    ],
)
def test_the_name_that_is_asked_for_chooses_the_certificate(
    hosts: list[VirtualHost], name: str | None, shown: str, index: int
) -> None:
    shaken = Shaken(TlsContexts(plan_of(*hosts)), hosts, name)
    assert shaken.fault is None
    assert shaken.shown == shown
    assert shaken.selected is hosts[index]
    assert shaken.sni == (name or "").lower().encode()


@pytest.mark.parametrize("name", ["b+c.example", "b.example:443x", "b:c:d", "[b", "a/b"])
def test_what_is_no_host_name_is_unknown(hosts: list[VirtualHost], name: str) -> None:
    shaken = Shaken(TlsContexts(plan_of(*hosts)), hosts, name)
    assert shaken.fault is None
    assert shaken.shown in ("a.example", "b.example")


def test_only_the_candidates_of_the_address_count(hosts: list[VirtualHost]) -> None:
    contexts = TlsContexts(plan_of(*hosts))
    assert Shaken(contexts, [hosts[2], hosts[0]], "b.example").shown == "c.example"
    assert Shaken(contexts, [hosts[1]], None).shown == "b.example"


def test_hosts_with_one_certificate_are_told_apart(folder: Path) -> None:
    one, two = host(folder, 0, "a.example"), host(folder, 1, "a.example")
    two.server_name = b"second.example"
    shaken = Shaken(TlsContexts(plan_of(one, two)), [one, two], "second.example")
    assert shaken.selected is two


def test_alpn_is_http_1_1_and_h2_alone_goes_on_without(hosts: list[VirtualHost]) -> None:
    contexts = TlsContexts(plan_of(*hosts))
    both, only = client_context(), client_context()
    both.set_alpn_protocols(["h2", "http/1.1"])
    only.set_alpn_protocols(["h2"])
    assert Shaken(contexts, hosts, "b.example", both).alpn == "http/1.1"
    shaken = Shaken(contexts, hosts, "b.example", only)
    assert shaken.alpn is None and shaken.fault is None


def test_tls_1_2_is_the_oldest_that_is_spoken(hosts: list[VirtualHost]) -> None:
    contexts = TlsContexts(plan_of(*hosts))
    older, twelve = client_context(), client_context()
    older.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        older.minimum_version = ssl.TLSVersion.TLSv1
        older.maximum_version = ssl.TLSVersion.TLSv1_1
    twelve.maximum_version = ssl.TLSVersion.TLSv1_2
    assert isinstance(Shaken(contexts, hosts, None, older).fault, OSError)
    assert Shaken(contexts, hosts, None, twelve).version == "TLSv1.2"
    assert Shaken(contexts, hosts, None).version == "TLSv1.3"


def test_a_client_that_comes_back_resumes(hosts: list[VirtualHost]) -> None:
    contexts = TlsContexts(plan_of(*hosts))
    context = client_context()
    first = Shaken(contexts, hosts, "a.example", context)
    assert first.session is not None and not first.reused
    assert Shaken(contexts, hosts, "a.example", context, first.session).reused


def test_an_address_without_tls_hosts_is_refused(hosts: list[VirtualHost]) -> None:
    contexts = TlsContexts(plan_of(*hosts))
    one, other = socket.socketpair()
    with one, other, pytest.raises(ValueError, match="SSLEngine"):
        contexts.wrap(one, [hosts[3]])


def test_contexts_are_made_once_for_a_plan(hosts: list[VirtualHost], folder: Path) -> None:
    plan = plan_of(*hosts)
    assert contexts_of(plan) is contexts_of(plan)
    assert contexts_of(plan_of(*hosts)) is not contexts_of(plan)


# --- what is wrong with certificates ---


def checked(*certificates: tuple[str, str | None]) -> list[str]:
    made = VirtualHost(0, b"a.example", ORIGIN)
    made.tls = True
    made.certificates = certificates
    faults = check_certificates(plan_of(made, VirtualHost(1, b"plain", ORIGIN)))
    assert all(origin is ORIGIN for origin, _ in faults)
    return [message for _, message in faults]


def test_good_certificates_are_not_spoken_of(folder: Path) -> None:
    assert checked((str(folder / "a.example.crt"), str(folder / "a.example.key"))) == []


def test_key_and_certificate_in_one_file(folder: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text((folder / "a.example.crt").read_text() + (folder / "a.example.key").read_text())
    assert checked((str(both), None)) == []


def test_no_certificate_at_all() -> None:
    assert checked() == ["`SSLEngine on` for `a.example` needs a certificate: write `SSLCertificateFile`"]


def test_a_missing_file(folder: Path) -> None:
    assert checked(("/nowhere/a.crt", None)) == [
        "`SSLCertificateFile /nowhere/a.crt` cannot be read: No such file or directory"
    ]
    key = checked((str(folder / "a.example.crt"), "/nowhere/a.key"))
    assert key == ["`SSLCertificateKeyFile /nowhere/a.key` cannot be read: No such file or directory"]


def test_a_key_of_another_certificate(folder: Path) -> None:
    certificate, key = str(folder / "a.example.crt"), str(folder / "b.example.key")
    assert checked((certificate, key)) == [f"the key in `{key}` does not belong to the certificate in `{certificate}`"]


def test_what_is_no_pem(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.der"
    path.write_bytes(b"0\x82\x01")
    assert "is not in PEM form" in checked((str(path), None))[0]
    assert "holds no private key, and no `SSLCertificateKeyFile`" in checked((str(folder / "a.example.crt"), None))[0]
    assert "holds no certificate" in checked((str(folder / "a.example.key"), None))[0]
    assert "holds no private key" in checked((str(folder / "a.example.crt"), str(folder / "b.example.crt")))[0]


def test_a_damaged_certificate(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.crt"
    lines = (folder / "a.example.crt").read_text().splitlines()
    lines[2] = lines[2][::-1]
    path.write_text("\n".join(lines) + "\n")
    assert "cannot be used as a certificate" in checked((str(path), str(folder / "a.example.key")))[0]


def test_an_encrypted_key_is_said_and_nobody_is_asked(folder: Path, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key((folder / "a.example.key").read_bytes(), None)
    path = tmp_path / "locked.key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert "is encrypted" in checked((str(folder / "a.example.crt"), str(path)))[0]


def test_an_unreadable_key(folder: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root reads everything: a directory in its place cannot be read either.
        assert "cannot be read: Is a directory" in checked((str(folder / "a.example.crt"), str(tmp_path)))[0]
        return
    path = tmp_path / "a.key"
    path.write_bytes(b"")
    path.chmod(0)
    assert "cannot be read: Permission denied" in checked((str(folder / "a.example.crt"), str(path)))[0]


def signed(folder: Path) -> tuple[str, str]:
    """The certificate of an authority, and one that it signed with its key behind it."""
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("authority", "client")]
    for place, name in enumerate(("authority", "client")):
        made = (
            x509.CertificateBuilder()
            .subject_name(names[place])
            .issuer_name(names[0])
            .public_key(keys[place].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=place == 0, path_length=None), critical=True)
            .sign(keys[0], hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + keys[place].private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return str(folder / "authority.pem"), str(folder / "client.pem")


@pytest.mark.parametrize(("depth", "admitted"), [(0, False), (1, True)])
def test_how_many_authorities_may_stand_above_a_client(folder: Path, depth: int, admitted: bool) -> None:
    authority, own = signed(folder)
    asking = host(folder, 0, "a.example")
    asking.front = Front(asking.certificates, verify="require", depth=depth, ca_file=authority)
    contexts = TlsContexts(plan_of(asking))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.load_cert_chain(own)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=lambda: client.wrap_socket(theirs, server_hostname="a.example").close())
    thread.start()
    tls = contexts.wrap(ours, [asking])
    tls.do_handshake()
    thread.join()
    with tls:
        assert contexts.admits(tls) is admitted
        assert contexts.facts(tls).get(b"SSL_CLIENT_S_DN_CN") == b"client"
