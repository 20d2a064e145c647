"""What certificates say about the virtual hosts that show them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evenflow.config.load import load
from evenflow.config.source import make_source
from evenflow.tools.certificates import check_shown
from evenflow.tools.check import examine
from tests.serve.authority import Authority

NOW = datetime.datetime.now(datetime.UTC)


def make(*names: str, days: float = 90, signer: str = "") -> bytes:
    """A certificate for these names in PEM, signed by itself or by somebody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, signer)]) if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=400))
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def make_list(name: str, days: float) -> bytes:
    """A list of nobody's certificates that ends in so many days."""
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .last_update(NOW - datetime.timedelta(days=9))
        .next_update(NOW + datetime.timedelta(days=days))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def make_files(folder: Path) -> None:
    """The certificates that docs/checks speaks of."""
    wiki = "wiki.example.com"
    files = {
        f"{wiki}.crt": make(wiki),
        "any.crt": make("*.example.com"),
        "ends-soon.crt": make(wiki, days=5),
        "over.crt": make(wiki, days=-2),
        "without-chain.crt": make(wiki, signer="Signer"),
        "signer.crt": make("Signer", signer="Root"),
    }
    authority = Authority("Signer", "http://ocsp.example.com/")
    files["stapled.crt"] = authority.sign(wiki, days=90).pem(authority.own)
    files["ends-soon.crl"] = make_list(wiki, 0.5)
    files["over.crl"] = make_list(wiki, -1)
    files["lasts.crl"] = make_list(wiki, 5)
    files["with-chain.crt"] = files["without-chain.crt"] + files["signer.crt"]
    for name, data in files.items():
        (folder / name).write_bytes(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("certificates")
    make_files(made)
    return made


def said(folder: Path, inside: str) -> list[tuple[str, str]]:
    text = f"Listen 443\n<VirtualHost *:443>\nServerName wiki.example.com\nSSLEngine on\n{inside}\n</VirtualHost>\n"
    loaded = load("x.conf", environment={}, server_root=str(folder), read=lambda path: make_source(path, text))
    return [(found.code, found.headline) for found in check_shown(loaded, NOW)]


def test_names(folder: Path) -> None:
    assert said(folder, "SSLCertificateFile wiki.example.com.crt") == []
    assert said(folder, "ServerAlias docs.example.com *.example.com\nSSLCertificateFile any.crt") == []
    (found,) = said(folder, "ServerAlias docs.example.com x.y.example.com\nSSLCertificateFile any.crt")
    assert found == ("certificate-name", "the certificate is not for `x.y.example.com`")


def test_ends(folder: Path) -> None:
    ((code, headline),) = said(folder, "SSLCertificateFile over.crt")
    assert code == "certificate-ends" and "is over since" in headline
    ((code, headline),) = said(folder, "SSLCertificateFile ends-soon.crt")
    assert code == "certificate-ends" and "ends on" in headline


def test_chains(folder: Path) -> None:
    ((code, headline),) = said(folder, "SSLCertificateFile without-chain.crt")
    assert code == "certificate-chain" and "`CN=Signer`" in headline
    assert said(folder, "SSLCertificateFile with-chain.crt") == []
    assert said(folder, "SSLCertificateFile without-chain.crt\nSSLCertificateChainFile signer.crt") == []


def test_what_cannot_be_read_is_told_elsewhere(folder: Path) -> None:
    assert said(folder, "SSLCertificateFile nowhere.crt") == []


def test_check_tells_it(folder: Path) -> None:
    file = folder / "site.conf"
    file.write_text(
        f"ServerRoot {folder}\nListen 443\n<VirtualHost *:443>\nServerName wiki.example.com\nSSLEngine on\n"
        "SSLCertificateFile over.crt\n</VirtualHost>\n"
    )
    assert "certificate-ends" in [one.code for one in examine(str(file), {}, advice=True).diagnostics]
    assert "certificate-ends" not in [one.code for one in examine(str(file), {}).diagnostics]


def test_what_cannot_be_stapled(folder: Path) -> None:
    said_on = "SSLUseStapling on\nSSLCertificateFile"
    ((code, headline),) = said(folder, f"{said_on} wiki.example.com.crt")
    assert code == "stapling-impossible" and "names nobody" in headline
    assert said(folder, f"{said_on} stapled.crt") == []
    forced = said(folder, f"SSLStaplingForceURL http://a/\n{said_on} without-chain.crt")
    assert [code for code, _ in forced] == ["certificate-chain", "stapling-impossible"]
    assert "is not in the chain" in forced[1][1]


def test_lists_that_end(folder: Path) -> None:
    lines = "SSLCertificateFile wiki.example.com.crt\nSSLCARevocationCheck leaf\nSSLCARevocationFile"
    ((code, headline),) = said(folder, f"{lines} over.crl")
    assert code == "revocation-list-ends" and "is over since" in headline
    ((code, headline),) = said(folder, f"{lines} ends-soon.crl")
    assert code == "revocation-list-ends" and "ends on" in headline
    assert said(folder, f"{lines} lasts.crl") == []
    assert said(folder, lines.replace("leaf", "none") + " over.crl") == []
