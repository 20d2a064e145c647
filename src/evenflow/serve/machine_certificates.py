"""Several certificates of ours for members, and which of them a member is shown.

As mod_ssl has it: the first whose issuer, or an issuer above that, is among the authorities that the member names when
it asks; the first of all where it names none; none where nobody fits. What stands in
SSLProxyMachineCertificateChainFile, or without a key beside the certificates, is sent behind the certificate as far as
it leads upwards. Python's ssl knows one certificate for a context, so OpenSSL is asked itself (`libssl`).
"""

from __future__ import annotations

import ctypes
import os
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evenflow.plan.fronts import MemberTls
from evenflow.serve.libssl import Unavailable, library, obstacle

if TYPE_CHECKING:
    from cryptography import x509

BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
OVERRIDE: Final = 1
GO_ON: Final = 1
CertificateCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


@dataclass(frozen=True, slots=True)
class Own:
    """One certificate of ours in DER, its key, and the certificates above it, the nearest first."""

    certificate: bytes
    key: bytes
    above: tuple[bytes, ...]


# --- reading them -------------------------------------------------------------------------------------------------


def is_chosen(said: MemberTls) -> bool:
    """Whether there is something to choose or to send behind it: one plain file is Python's own business. OSError."""
    if said.certificate_path or (said.certificate and said.certificate_chain):
        return True
    if not said.certificate:
        return False
    with open(said.certificate, "rb") as file:
        return file.read().count(b"PRIVATE KEY-----") > 2


def read_own(said: MemberTls) -> list[Own]:
    """The certificates, those of the file before those of the folder. OSError, and ValueError for one that cannot be
    used, with the directive's name."""
    found: list[tuple[Any, bytes, x509.Certificate]] = []
    authorities: list[x509.Certificate] = []
    files = [("SSLProxyMachineCertificateFile", said.certificate)] if said.certificate else []
    if said.certificate_path:
        # httpd takes them in the order of the folder, which nobody chooses: here by name.
        for path in sorted(Path(said.certificate_path).iterdir()):
            if path.is_file():
                files.append(("SSLProxyMachineCertificatePath", str(path)))
    for directive, name in files:
        read_file(directive, name, found, authorities)
    if said.certificate_chain:
        alone: list[tuple[Any, bytes, x509.Certificate]] = []
        read_file("SSLProxyMachineCertificateChainFile", said.certificate_chain, alone, authorities)
        authorities += [certificate for _, _, certificate in alone]
    return [Own(der_of(one), key, tuple(der_of(up) for up in above(one, authorities))) for _, key, one in found]


def read_file(
    directive: str,
    name: str,
    found: list[tuple[Any, bytes, x509.Certificate]],
    authorities: list[x509.Certificate],
) -> None:
    """Add what a file holds: pairs of certificate and key in either order, and certificates alone."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as form

    text = Path(name).read_bytes()
    pair: list[Any] = [None, None]

    def end_pair() -> None:
        certificate, key = pair
        pair[:] = None, None
        if certificate is None:
            return
        if key is None:
            authorities.append(certificate)
            return
        public = form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo
        if key.public_key().public_bytes(*public) != certificate.public_key().public_bytes(*public):
            raise ValueError(f"a key in `{name}` does not belong to the certificate beside it (`{directive}`)")
        secret = key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
        found.append((name, secret, certificate))

    for block in BLOCK.finditer(text):
        kind = block[1]
        try:
            if kind == b"CERTIFICATE":
                one: Any = x509.load_pem_x509_certificate(block[0])
                slot = 0
            elif kind.endswith(b"PRIVATE KEY"):
                one = form.load_pem_private_key(block[0], None)
                slot = 1
            else:
                continue
        except TypeError:
            raise ValueError(f"a key in `{name}` is encrypted (`{directive}`): take its password away") from None
        except ValueError as fault:
            raise ValueError(f"`{name}` cannot be read (`{directive}`): {fault}") from None
        if pair[slot] is not None:
            end_pair()
        pair[slot] = one
    end_pair()


def above(certificate: x509.Certificate, authorities: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Who signed it, who signed that, and so on as far as they are known."""
    chain: list[x509.Certificate] = []
    current = certificate
    while current.issuer != current.subject:
        signers = [one for one in authorities if one not in chain and signed(current, one)]
        if not signers:
            break
        current = signers[0]
        chain.append(current)
    return chain


def signed(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def der_of(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


# --- showing them -------------------------------------------------------------------------------------------------


class Functions:
    """OpenSSL's, for this. Raises Unavailable."""

    def __init__(self) -> None:
        library()
        pointer, whole = ctypes.c_void_p, ctypes.c_int
        try:
            import _ssl

            loaded = ctypes.CDLL(_ssl.__file__)
            for name, result, arguments in (
                ("d2i_X509", pointer, (pointer, pointer, ctypes.c_long)),
                ("d2i_AutoPrivateKey", pointer, (pointer, pointer, ctypes.c_long)),
                ("X509_free", None, (pointer,)),
                ("EVP_PKEY_free", None, (pointer,)),
                ("X509_get_issuer_name", pointer, (pointer,)),
                ("X509_NAME_cmp", whole, (pointer, pointer)),
                ("OPENSSL_sk_new_null", pointer, ()),
                ("OPENSSL_sk_push", whole, (pointer, pointer)),
                ("OPENSSL_sk_free", None, (pointer,)),
                ("OPENSSL_sk_num", whole, (pointer,)),
                ("OPENSSL_sk_value", pointer, (pointer, whole)),
                ("SSL_get_client_CA_list", pointer, (pointer,)),
                ("SSL_use_cert_and_key", whole, (pointer, pointer, pointer, pointer, whole)),
                ("SSL_CTX_set_cert_cb", None, (pointer, CertificateCallback, pointer)),
            ):
                function = getattr(loaded, name)
                function.restype = result
                function.argtypes = arguments
                setattr(self, name, function)
        except (ImportError, AttributeError, OSError, TypeError) as fault:
            raise Unavailable(f"OpenSSL's functions are not to be found: {fault}") from None

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@lru_cache(maxsize=1)
def functions() -> Functions:
    """Found once. Raises Unavailable."""
    return Functions()


class Held:
    """One of ours as OpenSSL has it, for as long as this lives."""

    def __init__(self, own: Own) -> None:
        self.used = functions()
        self.certificates: list[int] = []
        self.key = 0
        self.chain = 0
        for der in (own.certificate, *own.above):
            self.certificates.append(self.decoded(self.used.d2i_X509, der))
        self.key = self.decoded(self.used.d2i_AutoPrivateKey, own.key)
        self.chain = self.used.OPENSSL_sk_new_null()
        for one in self.certificates[1:]:
            self.used.OPENSSL_sk_push(self.chain, one)
        self.issuers = [self.used.X509_get_issuer_name(one) for one in self.certificates]

    def decoded(self, decode: Any, der: bytes) -> int:
        """Where OpenSSL keeps it. ValueError where it cannot be read."""
        room = ctypes.create_string_buffer(der, len(der))
        # It moves the pointer that it is given.
        at = ctypes.c_void_p(ctypes.addressof(room))
        found = decode(None, ctypes.byref(at), len(der))
        library().forget_errors()
        if not found:
            raise ValueError("OpenSSL cannot read the certificate or its key")
        return int(found)

    def is_of(self, name: int) -> bool:
        """Whether an authority of this name stands above it."""
        return any(self.used.X509_NAME_cmp(issuer, name) == 0 for issuer in self.issuers)

    def __del__(self) -> None:
        if self.chain:
            self.used.OPENSSL_sk_free(self.chain)
        for one in self.certificates:
            self.used.X509_free(one)
        if self.key:
            self.used.EVP_PKEY_free(self.key)


def show_chosen(context: ssl.SSLContext, owns: Sequence[Own]) -> None:
    """From here on handshakes with this context choose among them. Unavailable and ValueError."""
    used = functions()
    address = library().address_of(context)
    held = [Held(one) for one in owns]

    def show(connection: int, _: int | None) -> int:
        # Called by OpenSSL in the middle of a handshake: nothing may leave this function.
        try:
            one = fitting(used, connection, held)
            if one is not None:
                used.SSL_use_cert_and_key(connection, one.certificates[0], one.key, one.chain, OVERRIDE)
                library().forget_errors()
        except Exception:
            pass
        return GO_ON

    callback = CertificateCallback(show)
    used.SSL_CTX_set_cert_cb(address, callback, None)
    # OpenSSL holds no reference: it lives as long as the context.
    context.evenflow_shows = callback  # type: ignore[attr-defined]


def fitting(used: Functions, connection: int, held: Sequence[Held]) -> Held | None:
    """The one for the member at the other end; None where its authorities know none."""
    names = used.SSL_get_client_CA_list(connection)
    count = used.OPENSSL_sk_num(names) if names else 0
    if count <= 0:
        return held[0]
    for pos in range(count):
        name = used.OPENSSL_sk_value(names, pos)
        for one in held:
            if one.is_of(name):
                return one
    return None


def show_own(context: ssl.SSLContext, said: MemberTls) -> None:
    """Give the context what its handshakes show. OSError, and ValueError where that cannot be done."""
    cause = obstacle()
    if cause:
        raise ValueError(
            f"to choose among certificates, or to send others behind one, needs OpenSSL itself, and {cause}: "
            "write `SSLProxyMachineCertificateFile` with one certificate, its key and what stands above it"
        )
    owns = read_own(said)
    if not owns:
        where = said.certificate or said.certificate_path
        raise ValueError(f"`{os.fspath(where)}` holds no certificate with its key")
    try:
        show_chosen(context, owns)
    except Unavailable as fault:
        raise ValueError(str(fault)) from None
