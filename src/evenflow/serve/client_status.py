"""Is a client's certificate revoked? Its authority is asked (SSLOCSPEnable), off the loop, before a request is read.

Each connection asks anew, as in httpd, but connections that show the same certificate at the same time ask together.
Where too many are waiting, or nobody answers, the client is refused: nobody buys a way in by exhausting a responder.
"""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from evenflow.plan.fronts import ClientStatus, Front
from evenflow.serve import ocsp
from evenflow.serve.revocation import chain_of
from evenflow.serve.stapling import certificates_in

if TYPE_CHECKING:
    import asyncio

    from cryptography import x509

    from evenflow.origin import Origin

THREADS: Final = 8
MOST: Final = 256
"""Different chains that may wait."""

Then = Callable[[str], None]
"""It is told why the client is refused; "" where it is not."""
Asked = tuple[ClientStatus, tuple[bytes, ...]]


class ClientStatuses:
    """One child's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: dict[Asked, list[Then]] = {}
        self.pool: concurrent.futures.ThreadPoolExecutor | None = None

    def ask(self, tls: Any, said: ClientStatus, then: Then) -> None:
        """Ask about who is at the other end; `then` is called from the loop, never at once."""
        asked = (said, tuple(chain_of(tls)))
        others = self.waiting.get(asked)
        if others is not None:
            others.append(then)
            return
        if len(self.waiting) >= MOST:
            self.loop.call_soon(then, "too many certificates are being looked up")
            return
        self.waiting[asked] = [then]
        if self.pool is None:
            self.pool = concurrent.futures.ThreadPoolExecutor(THREADS, "client-status")
        future = self.loop.run_in_executor(self.pool, verdict, said, asked[1], time.time())
        future.add_done_callback(lambda done: self.answered(asked, done))

    def answered(self, asked: Asked, done: asyncio.Future[str]) -> None:
        """Tell everybody who waits."""
        fault = None if done.cancelled() else done.exception()
        told = f"{type(fault).__name__}: {fault}" if fault else "cancelled" if done.cancelled() else done.result()
        for then in self.waiting.pop(asked):
            self.loop.call_soon(then, told)

    def close(self) -> None:
        """The child ends: nobody waits any more."""
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)


def verdict(said: ClientStatus, chain: Sequence[bytes], now: float) -> str:
    """Why a client with these certificates (its own first, each in DER) is refused; "" where it is not. It may take
    long."""
    from cryptography import x509

    try:
        certificates = [x509.load_der_x509_certificate(der) for der in chain]
    except ValueError as fault:
        return f"the certificate cannot be read: {fault}"
    for place, certificate in enumerate(certificates if said.chain else certificates[:1]):
        if ocsp.is_issuer(certificate, certificate):
            # Nobody above it could say anything of it.
            continue
        issuer = certificates[place + 1] if place + 1 < len(certificates) else None
        cause = "its issuer is not known" if issuer is None else cause_against(said, certificate, issuer, now)
        if cause:
            return f"{ocsp.name_of(certificate)}: {cause}"
    return ""


def cause_against(said: ClientStatus, certificate: x509.Certificate, issuer: x509.Certificate, now: float) -> str:
    """What its authority, or nobody, says against one certificate."""
    own = ocsp.responder_of(certificate)
    url = said.url if said.url and (said.overrides or not own) else own
    if not url:
        return "" if said.lax else "the certificate names nobody to ask, and there is no `SSLOCSPDefaultResponder`"
    wrong = ocsp.fault_of_url(url)
    if wrong:
        return wrong
    nonce = ocsp.new_nonce() if said.nonce else b""
    rules = ocsp.Rules(said.skew, said.max_age, believed_in(said.believed) if said.believed else (), said.unsigned)
    try:
        response = ocsp.fetch(url, ocsp.request_for(certificate, issuer, nonce), said.timeout, said.proxy)
        status = ocsp.read(response, certificate, issuer, rules, now, nonce)
    except ocsp.Failure as fault:
        return str(fault)
    return "" if status.kind == ocsp.GOOD else f"its authority says that it is {status.kind}"


@lru_cache(maxsize=16)
def believed_in(path: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a file. OSError and ValueError where there is none."""
    return tuple(certificates_in(path))


def faults_of_status(front: Front) -> list[tuple[Origin, str]]:
    """What is wrong with what is said of asking authorities about clients."""
    said = front.status
    if said is None:
        return []
    found = []
    for directive, url in (("SSLOCSPDefaultResponder", said.url), ("SSLOCSPProxyURL", said.proxy)):
        if url and (wrong := ocsp.fault_of_url(url)):
            found.append((said.origin, f"`{directive}`: {wrong}"))
    if said.believed:
        try:
            believed_in(said.believed)
        except (OSError, ValueError) as fault:
            found.append((said.origin, f"`SSLOCSPResponderCertificateFile {said.believed}` cannot be used: {fault}"))
    return found
