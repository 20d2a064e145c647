"""Asking an authority whether a certificate is still good (OCSP, RFC 6960), and whether to believe its answer.

Whoever calls may wait: `fetch` speaks HTTP and blocks, so it belongs into a thread. A response counts only for the
certificate that was asked about, within its time, and signed by the certificate's issuer or by whom the issuer has
named for it. Everything that comes from a responder is somebody else's bytes.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import http.client
import os
import socket
import threading
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509 import ocsp

MOST: Final = 65536
"""Bytes of a response that are read."""
ASKING: Final = "application/ocsp-request"
NONCE: Final = 16
"""Bytes of a number used once."""

GOOD: Final = "good"
REVOKED: Final = "revoked"
UNKNOWN: Final = "unknown"
REFUSED: Final = "refused"
"""The responder answers that it does not answer: try later, for instance."""


class Failure(Exception):
    """There is no response, or none to believe; why, in words."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a response one to believe. Seconds."""

    skew: float = 300.0
    """So far may the clocks be apart."""
    max_age: float = -1.0
    """So old may a response be; below 0: as old as it likes."""
    believed: tuple[x509.Certificate, ...] = ()
    """Whose signature counts, whoever named them (SSLOCSPResponderCertificateFile)."""
    unsigned: bool = False
    """Nobody looks at the signature (SSLOCSPNoVerify)."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a response that may be believed says."""

    kind: str
    until: float = 0.0
    """Until when it says so, seconds since 1970; 0 where it does not say."""


def responder_of(certificate: x509.Certificate) -> str:
    """The responder that a certificate names; "" for none."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    for one in access:
        if one.access_method == AuthorityInformationAccessOID.OCSP:
            place = one.access_location
            if isinstance(place, x509.UniformResourceIdentifier):
                return place.value
    return ""


def is_issuer(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether it has signed that certificate."""
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:
        # The library has many ways to say no.
        return False
    return True


def fault_of_url(url: str) -> str:
    """Why nobody can be asked there; "" where somebody can."""
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port
    except ValueError:
        return f"`{url}` is no URL"
    if parts.scheme.lower() != "http" or not parts.hostname:
        return f"`{url}` does not begin with `http://` and a name"
    return ""


def request_for(certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes = b"") -> bytes:
    """The question, in DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509 import ocsp

    # SHA-1 is what every responder knows an issuer by; nothing hangs on its strength.
    made = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())
    if nonce:
        made = made.add_extension(x509.OCSPNonce(nonce), critical=False)
    return made.build().public_bytes(serialization.Encoding.DER)


def fetch(url: str, request: bytes, timeout: float, proxy: str = "") -> bytes:
    """What the responder answers, within `timeout` seconds altogether. Raises Failure."""
    parts = urllib.parse.urlsplit(url)
    near = urllib.parse.urlsplit(proxy) if proxy else parts
    target = url if proxy else (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    link = http.client.HTTPConnection(near.hostname or "", near.port or 80, timeout=timeout)
    until = time.monotonic() + timeout
    timer: threading.Timer | None = None
    try:
        link.connect()
        # Each read has its time; all of them together have no more.
        timer = threading.Timer(until - time.monotonic(), end, (link.sock,))
        timer.daemon = True
        timer.start()
        link.request("POST", target, request, {"Host": host, "Content-Type": ASKING, "Connection": "close"})
        answer = link.getresponse()
        if answer.status != 200:
            raise Failure(f"`{url}` answers {answer.status}")
        found = answer.read(MOST + 1)
    except (OSError, http.client.HTTPException, ValueError) as fault:
        late = time.monotonic() >= until
        cause = "it does not answer in time" if late else getattr(fault, "strerror", None) or fault
        raise Failure(f"`{url}` cannot be asked: {cause}") from None
    finally:
        if timer is not None:
            timer.cancel()
        link.close()
    if time.monotonic() >= until:
        raise Failure(f"`{url}` cannot be asked: it does not answer in time")
    if len(found) > MOST:
        raise Failure(f"`{url}` answers more than {MOST} bytes")
    return found


def end(opened: socket.socket) -> None:
    """Nobody waits any longer: whoever reads is told that there is no more."""
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


def read(
    response: bytes,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    rules: Rules,
    now: float,
    nonce: bytes = b"",
) -> Status:
    """What a response says of the certificate at `now`. Raises Failure where it is not to be believed."""
    from cryptography.x509 import ocsp

    try:
        loaded = ocsp.load_der_ocsp_response(response)
        if loaded.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Status(REFUSED)
        if nonce and not has_nonce(loaded, nonce):
            raise Failure("the response is not to our question: its nonce is another one")
        if not rules.unsigned:
            check_signature(loaded, issuer, rules.believed, now)
        for single in loaded.responses:
            if is_about(single, certificate, issuer):
                return status_of(single, rules, now)
    except Failure:
        raise
    except Exception as fault:
        # The library has many ways to say so.
        raise Failure(f"the response cannot be read: {fault or type(fault).__name__}") from None
    raise Failure("the response is about another certificate")


def has_nonce(loaded: ocsp.OCSPResponse, nonce: bytes) -> bool:
    from cryptography import x509

    try:
        return loaded.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    except x509.ExtensionNotFound:
        return False


def is_about(single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.x509 import ocsp

    if single.serial_number != certificate.serial_number:
        return False
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, single.hash_algorithm).build()
    return single.issuer_name_hash == asked.issuer_name_hash and single.issuer_key_hash == asked.issuer_key_hash


def status_of(single: ocsp.OCSPSingleResponse, rules: Rules, now: float) -> Status:
    """RFC 6960 section 3.2, points 5 and 6."""
    from cryptography.x509 import ocsp

    begins = single.this_update_utc.timestamp()
    ends = single.next_update_utc.timestamp() if single.next_update_utc is not None else 0.0
    if begins > now + rules.skew:
        raise Failure("the response is for a time to come")
    if rules.max_age >= 0 and begins < now - rules.skew - rules.max_age:
        raise Failure("the response is too old")
    if ends and ends < now - rules.skew:
        raise Failure("the response is over")
    kinds = {ocsp.OCSPCertStatus.GOOD: GOOD, ocsp.OCSPCertStatus.REVOKED: REVOKED}
    return Status(kinds.get(single.certificate_status, UNKNOWN), ends)


def check_signature(
    loaded: ocsp.OCSPResponse, issuer: x509.Certificate, believed: Sequence[x509.Certificate], now: float
) -> None:
    """RFC 6960 section 4.2.2.2: by the issuer, by whom it has named, or by whom we were told to believe."""
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    for signer in (issuer, *believed, *loaded.certificates):
        if not is_signer(loaded, signer):
            continue
        if signer == issuer or signer in believed:
            break
        if may_answer_for(signer, issuer, moment):
            break
    else:
        raise Failure("the response is not signed by the certificate's issuer, nor by whom that has named")
    verify(loaded, signer)


def is_signer(loaded: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    """Whether the response says that this is who signed it."""
    if loaded.responder_name is not None:
        return loaded.responder_name == signer.subject
    return loaded.responder_key_hash == key_hash(signer)


def key_hash(certificate: x509.Certificate) -> bytes:
    """The hash of its key by which a response names it."""
    from cryptography import x509

    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def may_answer_for(signer: x509.Certificate, issuer: x509.Certificate, moment: datetime.datetime) -> bool:
    """Whether the issuer has given it that right, and it is in force."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        uses = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in uses
        and signer.not_valid_before_utc <= moment <= signer.not_valid_after_utc
        and is_issuer(issuer, signer)
    )


def verify(loaded: ocsp.OCSPResponse, signer: x509.Certificate) -> None:
    """The signature itself. Raises Failure."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

    key = signer.public_key()
    signature, data = loaded.signature, loaded.tbs_response_bytes
    try:
        digest = loaded.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, data, ec.ECDSA(digest))
        elif isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            key.verify(signature, data)
        else:
            raise Failure("the response is signed in a way that nobody here knows")
    except (InvalidSignature, UnsupportedAlgorithm):
        raise Failure("the response's signature is wrong") from None


def new_nonce() -> bytes:
    """A number that was never used."""
    return os.urandom(NONCE)


def name_of(certificate: x509.Certificate) -> str:
    """A certificate, for a log."""
    from cryptography.hazmat.primitives.serialization import Encoding

    print_ = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()[:16]
    return f"{certificate.subject.rfc4514_string()} ({print_})"
