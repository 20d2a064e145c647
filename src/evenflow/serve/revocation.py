"""Lists of revoked certificates (SSLCARevocation..., SSLProxyCARevocation...).

OpenSSL looks certificates up while it verifies them, and refuses one whose issuer has given no list. Where the latter
may pass (no_crl_for_cert_ok), OpenSSL cannot say it by way of Python: the verified chain is then looked up here, once
the handshake has ended. Lists are read when a context is made; new ones need a reload, as in httpd.
"""

from __future__ import annotations

import datetime
import os
import re
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from evenflow.plan.fronts import Front, MemberTls

if TYPE_CHECKING:
    from cryptography import x509

    from evenflow.origin import Origin

FLAGS: Final = {
    "none": ssl.VerifyFlags.VERIFY_DEFAULT,
    "leaf": ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF,
    "chain": ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF | ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN,
}
HASHED: Final = re.compile(r"[0-9a-f]{8}\.r\d+")
"""How a file is named in a directory of lists."""
LIST: Final = b"-----BEGIN X509 CRL-----"
LIST_END: Final = b"-----END X509 CRL-----"


def load_lists(context: ssl.SSLContext, said: Front | MemberTls) -> None:
    """Let OpenSSL look certificates up. OSError where a file holds nothing of use."""
    kind, lax = said.crl_check
    if said.crl_file or said.crl_path:
        context.load_verify_locations(said.crl_file or None, said.crl_path or None)
    if lax:
        lists_of(said.crl_file, said.crl_path)
    else:
        context.verify_flags |= FLAGS[kind]


def faults_of_lists(said: Front | MemberTls) -> list[tuple[Origin, str]]:
    """What is wrong with the lists that are named, each with who named them."""
    prefix = "SSL" if isinstance(said, Front) else "SSLProxy"
    faults = []
    kind = said.crl_check[0]
    directive = f"{prefix}CARevocationCheck"
    if kind != "none" and not said.crl_file and not said.crl_path:
        message = f"`{directive} {kind}` needs a list: write `{prefix}CARevocationFile`"
        faults.append((said.origin_of(directive), message))
    directive = f"{prefix}CARevocationFile"
    if said.crl_file:
        message = ""
        try:
            with open(said.crl_file, "rb") as file:
                if LIST not in file.read():
                    message = f"`{directive} {said.crl_file}` holds no list of revoked certificates in PEM form"
        except OSError as fault:
            message = f"`{directive} {said.crl_file}` cannot be read: {os.strerror(fault.errno or 0)}"
        if message:
            faults.append((said.origin_of(directive), message))
    directive = f"{prefix}CARevocationPath"
    if said.crl_path and not os.path.isdir(said.crl_path):
        faults.append((said.origin_of(directive), f"`{directive} {said.crl_path}` is no directory"))
    return faults


@lru_cache(maxsize=64)
def lists_of(file: str, directory: str) -> tuple[x509.CertificateRevocationList, ...]:
    """The lists in a file and in a directory; ValueError where one cannot be read, OSError where a file cannot."""
    from cryptography import x509

    paths = [file] if file else []
    if directory:
        paths += [os.path.join(directory, name) for name in sorted(os.listdir(directory)) if HASHED.fullmatch(name)]
    found: list[x509.CertificateRevocationList] = []
    for path in paths:
        with open(path, "rb") as opened:
            text = opened.read()
        start = text.find(LIST)
        while start >= 0:
            end = text.find(LIST_END, start)
            if end < 0:
                break
            found.append(x509.load_pem_x509_crl(text[start : end + len(LIST_END)] + b"\n"))
            start = text.find(LIST, end)
    return tuple(found)


def chain_of(tls: Any) -> list[bytes]:
    """The other side's certificate and its authorities as they were verified, each in DER."""
    reader = getattr(tls, "get_verified_chain", None) or tls._sslobj.get_verified_chain
    # Before 3.13 they are objects of the ssl module's inner half; 2 is its word for DER.
    return [one if isinstance(one, bytes) else one.public_bytes(2) for one in reader() or ()]


def revoked(tls: Any, said: Front | MemberTls) -> str:
    """Why the other side's certificate is not to be believed by the lists that OpenSSL was not asked to look in; ""
    where nothing speaks against it."""
    kind, lax = said.crl_check
    if not lax or kind == "none":
        return ""
    from cryptography import x509

    try:
        chain = [x509.load_der_x509_certificate(der) for der in chain_of(tls)]
        lists = lists_of(said.crl_file, said.crl_path)
        now = datetime.datetime.now(datetime.UTC)
        for place, certificate in enumerate(chain if kind == "chain" else chain[:1]):
            cause = looked_up(certificate, chain[min(place + 1, len(chain) - 1)], lists, now)
            if cause:
                return cause
    except Exception as fault:
        # The library has many ways to say so, and certificates are somebody else's.
        return f"the certificate cannot be looked up: {fault}"
    return ""


def looked_up(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    lists: tuple[x509.CertificateRevocationList, ...],
    now: datetime.datetime,
) -> str:
    """What the lists of its issuer say against a certificate; "" for nothing, and where there is no list."""
    mine = [one for one in lists if one.issuer == certificate.issuer]
    if not mine:
        return ""
    current = None
    for one in mine:
        if (one.next_update_utc is not None and one.next_update_utc < now) or one.last_update_utc > now:
            continue
        if current is None or one.last_update_utc > current.last_update_utc:
            current = one
    if current is None:
        return "the list of revoked certificates is over"
    if not current.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
        return "the list of revoked certificates is not signed by the certificate's issuer"
    if current.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        return "the certificate is revoked"
    return ""
