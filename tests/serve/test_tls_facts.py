"""mod_ssl's variables, from certificates."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evenflow.serve.tls_facts import CONTROL, escaped, told


def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Org, Inc"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "first"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "second"),
            x509.NameAttribute(NameOID.COMMON_NAME, "cl\r\nient"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.example"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")]))
        .public_key(key.public_key())
        .serial_number(0xABC)
        .not_valid_before(datetime.datetime(2026, 11, 1, 8, 0, 0))
        .not_valid_after(datetime.datetime(2020 + 100, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("x.example"), x509.DNSName("y.example")]), False)
        .sign(key, hashes.SHA256())
    )


def test_what_a_certificate_says() -> None:
    made = certificate()
    assert told(made, "I_DN") == "CN=ca"
    assert told(made, "S_DN_OU") == "first"
    assert told(made, "S_DN_OU_1") == "second"
    assert told(made, "S_DN_OU_2") == ""
    assert told(made, "S_DN_EMAIL") == "a@b.example"
    assert told(made, "S_DN").startswith("emailAddress=a@b.example,CN=")
    assert told(made, "S_DN").endswith("O=Org\\, Inc")
    assert told(made, "SAN_DNS_1") == "y.example"
    assert told(made, "SAN_DNS_7") == ""
    assert told(made, "M_SERIAL") == "0ABC"
    assert told(made, "M_VERSION") == "3"
    assert told(made, "V_START") == "Nov  1 08:00:00 2026 GMT"
    assert told(made, "A_SIG") == "ecdsa-with-SHA256"
    assert told(made, "A_KEY") == "id-ecPublicKey"
    assert int(told(made, "V_REMAIN")) > 30000


def test_no_value_ends_a_line() -> None:
    assert CONTROL.sub(escaped, told(certificate(), "S_DN_CN")) == "cl\\0D\\0Aient"
    assert "\n" not in told(certificate(), "CERT")
