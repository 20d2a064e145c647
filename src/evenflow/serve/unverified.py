"""Certificates that nobody has verified (SSLVerifyClient optional_no_ca).

OpenSSL asks a function of ours about each fault that it finds in a client's chain. That forgives what httpd forgives:
that nobody knows who has signed it. Certificates that are over, revoked, broken or meant for something else end the
handshake as ever. What was forgiven OpenSSL remembers, with the connection and with the session that a client may
resume; so it is asked of OpenSSL each time, and never concluded from there being a certificate.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import Final

from evenflow.serve.libssl import Unavailable, VerifyCallback, certify, library, obstacle, server_context, shake, tried

SELF_SIGNED: Final = 18
FORGIVEN: Final = frozenset((SELF_SIGNED, 19, 20, 21, 27))
"""X509_V_ERR_: DEPTH_ZERO_SELF_SIGNED_CERT, SELF_SIGNED_CERT_IN_CHAIN, UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
UNABLE_TO_VERIFY_LEAF_SIGNATURE, CERT_UNTRUSTED."""
VERIFIED: Final = b"SUCCESS"
FORGAVE: Final = b"GENEROUS"

PROVE: Final = "import sys; sys.path[:] = {!r}; from evenflow.serve.unverified import prove; prove()"


def judge(good: int, store: int) -> int:
    """Whether a handshake goes on. OpenSSL calls it in the middle of one: nothing may leave this function."""
    try:
        return 1 if good or library().error_of(store) in FORGIVEN else 0
    except BaseException:
        return 0


JUDGE: Final = VerifyCallback(judge)
"""One for all contexts, so that it lives longer than each of their connections."""


def forgive(context: ssl.SSLContext) -> None:
    """Let clients in whose certificates cannot be verified, where the context asks for any. Unavailable."""
    used = library()
    address = used.address_of(context)
    used.set_verify(address, used.verify_mode(address), JUDGE)


def verdict(tls: ssl.SSLSocket | ssl.SSLObject) -> bytes:
    """What SSL_CLIENT_VERIFY says of a client that has shown a certificate to a context that forgives: VERIFIED, or
    what was forgiven, in httpd's words, which depend on the version of TLS."""
    try:
        used = library()
        error = used.verify_result(used.address_of_connection(tls))
    except Unavailable as fault:
        return f"FAILED:{fault}".encode()
    if error == 0:
        return VERIFIED
    if tls.version() != "TLSv1.3":
        return FORGAVE
    told: bytes = used.told_error(error)
    return b"FAILED:" + told


@lru_cache(maxsize=1)
def impossible() -> str:
    """Why certificates that nobody has verified cannot be taken here; "" where a process of its own has proven it."""
    return obstacle() or tried(PROVE)


def prove() -> None:
    """Handshakes with a client that nobody knows, and one with a client that is known. Raises where what is told of
    them is wrong."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    known = certify(client)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client.maximum_version = version
        for believed in (False, True):
            server, _ = server_context()
            server.verify_mode = ssl.CERT_OPTIONAL
            if believed:
                server.load_verify_locations(cadata=known)
            forgive(server)
            told = verdict(shake(server, client))
            if (told == VERIFIED) is not believed:
                raise Unavailable(f"of a client that is {'' if believed else 'not '}known it was said: {told!r}")
