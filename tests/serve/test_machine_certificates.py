"""Which certificate of ours a member is shown, and what is sent behind it, in whole handshakes."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from evenflow.plan.fronts import MemberTls
from evenflow.serve.libssl import certify, library, shake
from evenflow.serve.machine_certificates import is_chosen
from evenflow.serve.member_tls import check_members, context_of, ways_of
from tests.compiler.test_tls import plan_of


class One:
    """A certificate, signed by another or by itself."""

    def __init__(self, name: str, by: One | None = None, authority: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        self.made: x509.Certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.made.subject if by else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(authority, None), True)
            .sign(by.key if by else self.key, hashes.SHA256())
        )
        self.pem = self.made.public_bytes(Encoding.PEM)
        self.secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


ROOT = One("root")
BETWEEN = One("between", ROOT)
ELSE = One("elsewhere")
DEEP = One("deep", BETWEEN, False)
FLAT = One("flat", ELSE, False)


def written(path: Path, *parts: bytes) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(parts))
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    written(tmp_path / "own/a.pem", FLAT.pem, FLAT.secret)
    written(tmp_path / "own/b.pem", DEEP.secret, DEEP.pem)
    return str(tmp_path / "own")


def shown(tmp_path: Path, said: MemberTls, *believed: One, version: str = "TLSv1_3", named: bool = True) -> list[str]:
    """The names of the certificates that a member which believes these gets to see; [] for none."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certify(server)
    server.minimum_version = server.maximum_version = ssl.TLSVersion[version]
    server.verify_mode = ssl.CERT_OPTIONAL
    for one in believed:
        server.load_verify_locations(cadata=one.pem.decode())
    if named:
        library().tell_names(server, [written(tmp_path / "believed.pem", *(one.pem for one in believed))])
    ours = shake(server, context_of(said))
    der = ours.getpeercert(binary_form=True)
    if der is None:
        return []
    chain = ours._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
    names = [x509.load_pem_x509_certificate(one.public_bytes(1).encode()).subject for one in chain]
    return [str(name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value) for name in names]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_member_s_authorities_choose(tmp_path: Path, folder: str, version: str) -> None:
    said = MemberTls(True, certificate_path=folder)
    assert shown(tmp_path, said, ELSE, version=version) == ["flat"]
    assert shown(tmp_path, said, ROOT, version=version) == []
    chain = written(tmp_path / "chain.pem", ROOT.pem, BETWEEN.pem)
    said = MemberTls(True, certificate_path=folder, certificate_chain=chain)
    assert shown(tmp_path, said, ROOT, version=version) == ["deep", "between", "root"]
    assert shown(tmp_path, said, ELSE, version=version) == ["flat"]


def test_one_certificate_and_what_is_sent_behind_it(tmp_path: Path) -> None:
    own = written(tmp_path / "own.pem", DEEP.pem, DEEP.secret)
    chain = written(tmp_path / "chain.pem", BETWEEN.pem)
    said = MemberTls(True, certificate=own, certificate_chain=chain)
    assert shown(tmp_path, said, ROOT) == ["deep", "between"]


def test_several_in_one_file(tmp_path: Path) -> None:
    own = written(tmp_path / "own.pem", FLAT.pem, FLAT.secret, DEEP.pem, DEEP.secret, BETWEEN.pem)
    assert shown(tmp_path, MemberTls(True, certificate=own), ROOT) == ["deep", "between"]
    assert not is_chosen(MemberTls(True, certificate=written(tmp_path / "one.pem", FLAT.pem, FLAT.secret)))


def test_the_first_where_no_authority_is_named(tmp_path: Path, folder: str) -> None:
    chain = written(tmp_path / "chain.pem", ROOT.pem, BETWEEN.pem)
    said = MemberTls(True, certificate_path=folder, certificate_chain=chain)
    assert shown(tmp_path, said, ROOT, ELSE, named=False) == ["flat"]
    assert shown(tmp_path, said, ROOT, named=True) == ["deep", "between", "root"]


def test_what_cannot_be_used_is_told(tmp_path: Path, folder: str) -> None:
    def told(lines: str) -> str:
        ((origin, message),) = check_members(plan_of(f"SSLProxyEngine on\n{lines}\n"))
        assert origin.line == 3
        return message

    assert "is no directory" in told(f"SSLProxyMachineCertificatePath {tmp_path}/none")
    written(tmp_path / "empty/a.pem", ROOT.pem)
    assert "holds no certificate with its key" in told(f"SSLProxyMachineCertificatePath {tmp_path}/empty")
    written(tmp_path / "wrong/a.pem", DEEP.pem, FLAT.secret)
    assert "does not belong" in told(f"SSLProxyMachineCertificatePath {tmp_path}/wrong")
    locked = DEEP.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    written(tmp_path / "locked/a.pem", DEEP.pem, locked)
    assert "is encrypted" in told(f"SSLProxyMachineCertificatePath {tmp_path}/locked")
    assert "cannot be read" in told(f"SSLProxyMachineCertificateChainFile {tmp_path}/none")
    assert check_members(plan_of(f"SSLProxyEngine on\nSSLProxyMachineCertificatePath {folder}\n")) == []


def test_a_reload_reads_renewed_files(tmp_path: Path) -> None:
    own = written(tmp_path / "own.pem", FLAT.pem, FLAT.secret)
    plan = plan_of(f"SSLProxyEngine on\nSSLProxyCheckPeerName off\nSSLProxyMachineCertificateFile {own}\n")
    (said,) = ways_of(plan)
    assert check_members(plan) == []
    assert shown(tmp_path, said, ELSE) == ["flat"]
    renewed = One("renewed", ELSE, False)
    written(tmp_path / "own.pem", renewed.pem, renewed.secret)
    assert check_members(plan) == []
    assert shown(tmp_path, said, ELSE) == ["renewed"]
