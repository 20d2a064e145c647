"""What one handshake tells: mod_ssl's variables, from the connection and the certificates of both sides.

Nothing is read before somebody asks, and what was read is kept as long as the connection. Certificates are somebody
else's bytes: control characters in them are written as `\\XX`, so that a value never ends a line.
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Any, Final

from evenflow.serve.one_line import subject_of
from evenflow.serve.unverified import VERIFIED, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

PARTS: Final = {
    "C": "2.5.4.6", "ST": "2.5.4.8", "L": "2.5.4.7", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3",
    "T": "2.5.4.12", "I": "2.5.4.43", "G": "2.5.4.42", "S": "2.5.4.4", "D": "2.5.4.13",
    "UID": "0.9.2342.19200300.100.1.1", "EMAIL": "1.2.840.113549.1.9.1",
}  # fmt: skip
"""The attributes of a name by mod_ssl's letters."""

KEYS: Final = {
    "1.2.840.10045.2.1": "id-ecPublicKey",
    "1.2.840.113549.1.1.1": "rsaEncryption",
    "1.2.840.10040.4.1": "dsaEncryption",
    "1.3.101.112": "ED25519",
    "1.3.101.113": "ED448",
}
"""OpenSSL's names of the kinds of keys."""

CONTROL: Final = re.compile("[\x00-\x1f\x7f]")

FIXED: Final = {
    b"HTTPS": b"on",
    b"SSL_CIPHER_EXPORT": b"false",
    b"SSL_COMPRESS_METHOD": b"NULL",
    b"SSL_SECURE_RENEG": b"true",
    b"SSL_VERSION_INTERFACE": b"mod_ssl",
    b"SSL_VERSION_LIBRARY": "/".join(ssl.OPENSSL_VERSION.split()[:2]).encode("ascii"),
}


class HandshakeFacts:
    """See `plan.tls.TlsFacts`. `shown` is the server's certificate in PEM; `generous`: the handshake would have ended
    well with a certificate that nobody has verified; `height`: what stands above the client's."""

    def __init__(self, tls: ssl.SSLSocket, shown: bytes, generous: bool = False, height: int = -1) -> None:
        cipher = tls.cipher()
        size = b"%d" % cipher[2] if cipher is not None else b""
        self.values = {
            **FIXED,
            b"SSL_PROTOCOL": (tls.version() or "").encode("ascii"),
            b"SSL_CIPHER": cipher[0].encode("ascii") if cipher is not None else b"",
            b"SSL_CIPHER_USEKEYSIZE": size,
            b"SSL_CIPHER_ALGKEYSIZE": size,
            b"SSL_SESSION_RESUMED": b"Resumed" if tls.session_reused else b"Initial",
        }
        self.shown = shown
        self.client = tls.getpeercert(binary_form=True)
        # OpenSSL lets no other handshake end well with a certificate that it could not verify.
        verify = b"NONE" if not self.client else verdict(tls) if generous else VERIFIED
        self.values[b"SSL_CLIENT_VERIFY"] = verify
        self.unverified = bool(self.client) and verify != VERIFIED
        """There is a certificate, and nobody has verified it."""
        self.tls = tls
        self.height = height
        self.read: dict[bytes, x509.Certificate | None] = {}

    def get(self, name: bytes) -> bytes:
        """The value of a variable (upper case); b"" for none."""
        name = name.upper()
        value = self.values.get(name)
        if value is None:
            value = self.values[name] = self.find(name)
        return value

    def subject(self) -> bytes:
        """Who the client's certificate is for, in one line; b"" where it has shown none. Verified or not."""
        return subject_of(self.client) if self.client else b""

    def above(self) -> int:
        """How many authorities stand above the client's certificate; -1 where it has shown none."""
        return self.height

    def find(self, name: bytes) -> bytes:
        if name == b"SSL_SESSION_ID":
            session = self.tls.session
            return session.id.hex().encode("ascii") if session is not None else b""
        side = name[4:10]
        certificate = self.certificate(side) if side in (b"CLIENT", b"SERVER") and name[:4] == b"SSL_" else None
        if certificate is None:
            return b""
        return CONTROL.sub(escaped, told(certificate, name[11:].decode("ascii"))).encode("utf-8")

    def certificate(self, side: bytes) -> x509.Certificate | None:
        """The certificate of one side; None where there is none, or one that nobody can read."""
        if side not in self.read:
            from cryptography import x509

            found = None
            try:
                if side == b"SERVER":
                    found = x509.load_pem_x509_certificate(self.shown) if self.shown else None
                elif self.client:
                    found = x509.load_der_x509_certificate(self.client)
            except ValueError:
                pass
            self.read[side] = found
        return self.read[side]


def escaped(match: re.Match[str]) -> str:
    return f"\\{ord(match[0]):02X}"


def told(certificate: x509.Certificate, name: str) -> str:
    """One fact of a certificate, by what stands behind `SSL_CLIENT_`; "" for none."""
    kind, _, rest = name.partition("_")
    try:
        if kind in ("S", "I"):
            return part_of_name(certificate.subject if kind == "S" else certificate.issuer, rest)
        if name == "CERT":
            return pem_of(certificate)
        if kind == "SAN":
            return alternative(certificate, rest)
        reader = READERS.get(name)
        return "" if reader is None else reader(certificate)
    except ValueError:
        return ""


def part_of_name(name: x509.Name, rest: str) -> str:
    """`DN` is the whole name, `DN_CN` its first common name, `DN_OU_1` its second organisational unit."""
    if rest == "DN":
        from cryptography.x509.oid import NameOID

        return name.rfc4514_string({NameOID.EMAIL_ADDRESS: "emailAddress"})
    letters, _, number = rest.removeprefix("DN_").partition("_")
    dotted = PARTS.get(letters)
    found = [one.value for one in name if one.oid.dotted_string == dotted]
    index = int(number or 0)
    if index >= len(found):
        return ""
    value = found[index]
    return value if isinstance(value, str) else value.decode("latin-1")


def alternative(certificate: x509.Certificate, rest: str) -> str:
    """`DNS_0`, `Email_1`"""
    from cryptography import x509

    kind, _, number = rest.partition("_")
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    found = names.get_values_for_type(x509.DNSName if kind == "DNS" else x509.RFC822Name)
    return found[int(number)] if int(number) < len(found) else ""


def pem_of(certificate: x509.Certificate) -> str:
    """The certificate in PEM, blanks for line ends: mod_headers writes it so."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode("ascii").replace("\n", " ").rstrip()


def date_of(moment: Any) -> str:
    """`Nov  1 08:00:00 2026 GMT`"""
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S %Y} GMT"


def serial_of(certificate: x509.Certificate) -> str:
    digits = f"{certificate.serial_number:X}"
    return "0" + digits if len(digits) % 2 else digits


def days_left(certificate: x509.Certificate) -> str:
    import datetime

    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return str(max(0, left.days))


READERS: Final[dict[str, Callable[[x509.Certificate], str]]] = {
    "M_VERSION": lambda certificate: str(certificate.version.value + 1),
    "M_SERIAL": serial_of,
    "V_START": lambda certificate: date_of(certificate.not_valid_before_utc),
    "V_END": lambda certificate: date_of(certificate.not_valid_after_utc),
    "V_REMAIN": days_left,
    "A_SIG": lambda certificate: certificate.signature_algorithm_oid._name,
    "A_KEY": lambda certificate: KEYS.get(certificate.public_key_algorithm_oid.dotted_string, ""),
}
