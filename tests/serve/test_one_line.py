"""A subject in one line, to the letter as OpenSSL writes it."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type

from evenflow.serve.one_line import escaped, subject_of
from tests.peers import require_peer

OIDS = x509.NameOID
NAMES = {
    "": x509.Name([]),
    "/CN=ann": x509.Name([x509.NameAttribute(OIDS.COMMON_NAME, "ann")]),
    "/C=DE/O=Snake Oil, Ltd./OU=Staff/CN=Ann B": x509.Name(
        [
            x509.NameAttribute(OIDS.COUNTRY_NAME, "DE"),
            x509.NameAttribute(OIDS.ORGANIZATION_NAME, "Snake Oil, Ltd."),
            x509.NameAttribute(OIDS.ORGANIZATIONAL_UNIT_NAME, "Staff"),
            x509.NameAttribute(OIDS.COMMON_NAME, "Ann B"),
        ]
    ),
    # Nobody becomes an organisation's admin by his own name.
    r"/CN=x\/CN=admin\+OU=a=\b": x509.Name([x509.NameAttribute(OIDS.COMMON_NAME, "x/CN=admin+OU=a=\\b")]),
    r"/CN=J\xC3\xBCrg\x0A\x7F": x509.Name([x509.NameAttribute(OIDS.COMMON_NAME, "Jürg\n\x7f")]),
    r"/CN=\x00a\x00b": x509.Name([x509.NameAttribute(OIDS.COMMON_NAME, "ab", _ASN1Type.BMPString)]),
    "/DC=org/GN=a/SN=b/title=c/initials=d/serialNumber=e/UID=f/emailAddress=g@h": x509.Name(
        [
            x509.NameAttribute(OIDS.DOMAIN_COMPONENT, "org"),
            x509.NameAttribute(OIDS.GIVEN_NAME, "a"),
            x509.NameAttribute(OIDS.SURNAME, "b"),
            x509.NameAttribute(OIDS.TITLE, "c"),
            x509.NameAttribute(OIDS.INITIALS, "d"),
            x509.NameAttribute(OIDS.SERIAL_NUMBER, "e"),
            x509.NameAttribute(OIDS.USER_ID, "f"),
            x509.NameAttribute(OIDS.EMAIL_ADDRESS, "g@h"),
        ]
    ),
    "/1.3.6.1.4.1.99999.1.300=x/2.999.5=y": x509.Name(
        [
            x509.NameAttribute(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1.300"), "x"),
            x509.NameAttribute(x509.ObjectIdentifier("2.999.5"), "y"),
        ]
    ),
    "/C=DE/CN=a+UID=b": x509.Name(
        [
            x509.RelativeDistinguishedName([x509.NameAttribute(OIDS.COUNTRY_NAME, "DE")]),
            x509.RelativeDistinguishedName(
                [x509.NameAttribute(OIDS.COMMON_NAME, "a"), x509.NameAttribute(OIDS.USER_ID, "b")]
            ),
        ]
    ),
    "/CN=" + "n" * 64 + "/O=" + "o" * 300: x509.Name(
        [x509.NameAttribute(OIDS.COMMON_NAME, "n" * 64), x509.NameAttribute(OIDS.ORGANIZATION_NAME, "o" * 300)]
    ),
}


def certificate(name: x509.Name) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    issuer = x509.Name([x509.NameAttribute(OIDS.COMMON_NAME, "issuer")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(1 << 150).not_valid_before(now).not_valid_after(now)
    return made.sign(key, hashes.SHA256())


@pytest.mark.parametrize("line", NAMES)
def test_it_is_what_openssl_says(line: str, tmp_path: Path) -> None:
    made = certificate(NAMES[line])
    assert subject_of(made.public_bytes(serialization.Encoding.DER)) == line.encode()
    (tmp_path / "crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    asked = [str(require_peer("openssl")), "x509", "-noout", "-subject", "-nameopt", "compat", "-in", f"{tmp_path}/crt"]
    said = subprocess.run(asked, capture_output=True, check=True, timeout=60).stdout.decode()
    assert said.removeprefix("subject=").strip("\n") == line


def test_four_bytes_to_a_letter_that_say_nothing_but_the_last() -> None:
    assert escaped(b"\0\0\0a\0\0\0b", 0x1B) == b"ab"
    assert escaped(b"\0\0\1a", 0x1B) == b"\\x00\\x00\\x01a"
    assert escaped(b"\0\0\0a", 0x0C) == b"\\x00\\x00\\x00a"


def test_what_is_no_certificate_has_no_subject() -> None:
    whole = certificate(NAMES["/CN=ann"]).public_bytes(serialization.Encoding.DER)
    for size in range(len(whole) // 2):
        assert subject_of(whole[:size]) == b""
    for place in range(120):
        for value in (0x00, 0x7F, 0x80, 0x84, 0xFF):
            assert isinstance(subject_of(whole[:place] + bytes((value,)) + whole[place + 1 :]), bytes)
