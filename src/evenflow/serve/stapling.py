"""OCSP stapling: what a child shows beside a certificate, and how it is kept fresh.

Authorities are asked in a thread, from the start on and again before what they said is over; a handshake takes what is
there and never waits. httpd asks within the first handshake; here the handshakes before the first answer go without.
What is stapled was checked before: it is about this certificate, in its time, and signed as it should be.
"""

from __future__ import annotations

import concurrent.futures
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from evenflow.plan.fronts import Front, Stapling
from evenflow.serve import ocsp
from evenflow.serve.libssl import library, obstacle

if TYPE_CHECKING:
    import asyncio

    from cryptography import x509

    from evenflow.origin import Origin

TRY_LATER: Final = bytes.fromhex("30030a0103")
"""An OCSPResponse whose status is tryLater (RFC 6960 section 4.2.1)."""
SOONEST: Final = 5.0
"""Seconds from one question about a certificate to the next, at least."""
THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: what to show, until when (seconds since 1970), and what is wrong ("" for nothing)."""

    response: bytes
    until: float
    cause: str
    known: bool = False
    """The authority has said how it is with the certificate."""


class Staple:
    """What is shown beside one certificate."""

    def __init__(self, certificate: x509.Certificate, issuer: x509.Certificate, url: str, said: Stapling) -> None:
        self.certificate = certificate
        self.issuer = issuer
        self.url = url
        self.said = said
        self.response = b""
        self.until = 0.0
        """So long may it be shown, seconds since 1970."""

    def shown(self, now: float) -> bytes | None:
        """What a handshake may show; None for nothing."""
        return self.response if self.response and now < self.until else None

    def ask(self, now: float) -> Answer:
        """Ask the authority, however long it takes."""
        said = self.said
        try:
            request = ocsp.request_for(self.certificate, self.issuer)
            response = ocsp.fetch(self.url, request, said.timeout, said.proxy)
            status = ocsp.read(response, self.certificate, self.issuer, ocsp.Rules(said.skew, said.max_age), now)
        except ocsp.Failure as fault:
            instead = TRY_LATER if said.returns_errors and said.fakes_try_later else b""
            return Answer(instead, now + said.keeps_errors, str(fault))
        until = now + said.keeps
        if status.until:
            until = min(until, status.until)
        if status.kind == ocsp.GOOD:
            return Answer(response, until, "", True)
        shown = response if said.returns_errors else b""
        until = min(until, now + said.keeps_errors)
        if status.kind == ocsp.REFUSED:
            return Answer(shown, until, "the authority does not say now whether the certificate is good")
        return Answer(shown, until, f"the authority says that the certificate is {status.kind}", True)


class Stapler:
    """One child's staples. `close` ends it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: Any) -> None:
        self.loop = loop
        self.log = log
        self.kept: list[object] = []
        """OpenSSL's ways to call us."""
        self.staples: dict[Front, list[Staple]] = {}
        self.pool: concurrent.futures.ThreadPoolExecutor | None = None
        self.timers: dict[Staple, Any] = {}
        self.closed = False

    def attach(self, context: ssl.SSLContext, front: Front) -> None:
        """Staple what this context shows, from now on."""
        if front.stapling is None or obstacle():
            return
        known = self.staples.get(front)
        found = self.staples[front] = (READ.get(front) or staples_of(front)) if known is None else known
        by_certificate = {encoded(one.certificate): one for one in found}

        def choose(certificate: Callable[[], bytes]) -> bytes | None:
            staple = found[0] if only else by_certificate.get(certificate())
            return None if staple is None else staple.shown(time.time())

        only = len(found) == 1 and len(front.certificates) == 1
        if found:
            self.kept.append(library().staple(context, choose))
        if known is None:
            for staple in found:
                self.ask(staple)

    def ask(self, staple: Staple) -> None:
        """Ask for one, now."""
        self.timers.pop(staple, None)
        if self.closed:
            return
        if self.pool is None:
            self.pool = concurrent.futures.ThreadPoolExecutor(THREADS, "stapling")
        future = self.loop.run_in_executor(self.pool, staple.ask, time.time())
        future.add_done_callback(lambda done: self.answered(staple, done))

    def answered(self, staple: Staple, done: asyncio.Future[Answer]) -> None:
        """There is something to show, or not; ask again in time."""
        if self.closed or done.cancelled():
            return
        fault = done.exception()
        now = time.time()
        if fault is not None:
            told = Answer(b"", now + staple.said.keeps_errors, f"{type(fault).__name__}: {fault}")
        else:
            told = done.result()
        if told.cause:
            self.log.error(
                "no good OCSP response to staple",
                f"stapling {staple.url}",
                certificate=ocsp.name_of(staple.certificate),
                responder=staple.url,
                cause=told.cause,
                origin=staple.said.origin,
            )
        if told.known or not staple.shown(now):
            # Else what was good is shown to its end: it says more than that nobody answers now.
            staple.response = told.response
            staple.until = told.until
        # A tenth before its end, so that nobody goes without.
        self.timers[staple] = self.loop.call_later(max(SOONEST, (told.until - now) * 0.9), self.ask, staple)

    def close(self) -> None:
        """The child ends."""
        self.closed = True
        for timer in self.timers.values():
            timer.cancel()
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)


def encoded(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


READ: Final[dict[Front, list[Staple]]] = {}
"""Read before the fork, for children who will not find the files."""


def read_ahead(fronts: Iterable[Front]) -> None:
    """Have at hand what these show, and nothing else any more."""
    READ.clear()
    READ.update({front: staples_of(front) for front in fronts if front.stapling is not None})


def staples_of(front: Front) -> list[Staple]:
    """One for each certificate that can have one."""
    return [found for path, _ in front.certificates if isinstance(found := staple_of(front, path), Staple)]


def staple_of(front: Front, path: str) -> Staple | str:
    """The staple of the certificate in this file, or why it cannot have one."""
    from cryptography import x509

    said = front.stapling
    assert said is not None
    try:
        own, *above = certificates_in(path)
        others = [one for other in (front.chain, front.ca_file) if other for one in certificates_in(other)]
    except (OSError, ValueError) as fault:
        return f"the certificate cannot be read: {fault}"
    url = said.url or ocsp.responder_of(own)
    if not url:
        return "the certificate names nobody who could be asked, and there is no `SSLStaplingForceURL` (AH02218)"
    wrong = ocsp.fault_of_url(url)
    if wrong:
        return wrong
    for issuer in (*above, *others):
        if isinstance(issuer, x509.Certificate) and ocsp.is_issuer(issuer, own):
            return Staple(own, issuer, url, said)
    return "the certificate of its signer is not in the chain (AH02217)"


def certificates_in(path: str) -> list[x509.Certificate]:
    """The certificates of a PEM file. OSError and ValueError where there is none."""
    from cryptography import x509

    with open(path, "rb") as file:
        return x509.load_pem_x509_certificates(file.read())


def faults_of_stapling(front: Front) -> list[tuple[Origin, str]]:
    """Why nothing can be stapled at all."""
    if front.stapling is None:
        return []
    cause = obstacle()
    if not cause:
        return []
    return [(front.stapling.origin, f"`SSLUseStapling on` cannot be done here: {cause}; leave it out")]
