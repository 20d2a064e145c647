"""An authority for tests: it signs certificates that name its responder, and answers of every kind, good and bad."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


class Made:
    """A certificate and its key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self.key = key

    def pem(self, *above: Made) -> bytes:
        """The certificate with those above it, and the key behind them."""
        both = [one.certificate.public_bytes(serialization.Encoding.PEM) for one in (self, *above)]
        return b"".join(both) + self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class Authority:
    """`responder` is the URL that its certificates name; "" for none."""

    def __init__(self, name: str = "authority", responder: str = "") -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.responder = responder
        self.own = self.sign(name, ca=True)

    def sign(self, name: str, ca: bool = False, answers: bool = False, days: int = 2) -> Made:
        """A certificate for a name, for so many days; `answers`: it may answer for us."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        )
        if answers:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        if self.responder:
            access = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(self.responder)
            )
            made = made.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        signer = key if ca else self.own.key
        return Made(made.sign(signer, hashes.SHA256()), key)

    def answer(
        self,
        about: x509.Certificate,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        begins: datetime.timedelta = -HOUR,
        ends: datetime.timedelta | None = DAY,
        signer: Made | None = None,
        shows: bool = True,
        nonce: bytes = b"",
        by_key: bool = True,
    ) -> bytes:
        """A response; `begins` and `ends` are from now."""
        now = datetime.datetime.now(datetime.UTC)
        who = signer or self.own
        how = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
        made = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                about,
                self.own.certificate,
                hashes.SHA1(),
                status,
                now + begins,
                None if ends is None else now + ends,
                now - HOUR if status is ocsp.OCSPCertStatus.REVOKED else None,
                None,
            )
            .responder_id(how, who.certificate)
        )
        if signer is not None and shows:
            made = made.certificates([who.certificate])
        if nonce:
            made = made.add_extension(x509.OCSPNonce(nonce), critical=False)
        return made.sign(who.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class Responder:
    """Answers by `answer(request)`, on a port of its own. A context."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, bytes]] = []
        responder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/ocsp-request"
                responder.asked.append((self.path, body))
                said = responder.answer(body)
                self.send_response(200 if said else 503)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/ask"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def __enter__(self) -> Responder:
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def write(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)
