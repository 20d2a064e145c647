"""The beginning of a client's connection with TLS: the handshake, who may come in, and who speaks no TLS at all."""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING, Final

from evenflow.plan.questions import CANNOT_ASK, TOO_LONG
from evenflow.proxy.steps import ASKING
from evenflow.serve.late_certificate import LateCertificate
from evenflow.serve.pages import error_response
from evenflow.serve.tls import TlsSocket, front_of, prepared
from evenflow.wire.outlet import Outlet

if TYPE_CHECKING:
    from evenflow.plan.fronts import ClientStatus
    from evenflow.proxy.exchange import Exchange
    from evenflow.serve.client_connection import ClientConnection

PLAIN_HTTP: Final = (
    b"You're speaking plain HTTP to an SSL-enabled server port. Use the https scheme for this address."
)
GENEROUS: Final = b"optional_no_ca"
NOBODY_TO_ASK: Final = "nobody could verify it, so there is no authority to ask about it"
NOT_VERIFIED: Final = "nobody could verify it"
MARGIN: Final = 65536
"""Bytes beside a body that may wait for a certificate: how it is framed, and requests behind it."""


def shake_hands(client: ClientConnection) -> bool:
    """Go on with the handshake; whether it is over and the client may come in. A connection that is not to be is
    closed."""
    tls = client.tls
    assert tls is not None
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLWantWriteError:
        client.start_writing()
        return False
    except ssl.SSLError as fault:
        if fault.reason == "HTTP_REQUEST":
            answer_plain_http(client)
        else:
            client.close()
        return False
    except OSError:
        client.close()
        return False
    client.read_limit.end()
    facts = client.facts
    facts.sni = getattr(tls, "sni", b"")
    contexts = prepared()
    if contexts is not None and isinstance(tls, TlsSocket):
        if not contexts.admits(tls):
            turn_away(client)
            return False
        facts.tls_facts = contexts.facts(tls)
        if facts.tls_facts.unverified and status_wanted(tls) is not None:
            # As httpd: who has signed it is to be asked, and nobody knows who that is.
            refuse(client, NOBODY_TO_ASK)
            return False
        if not is_vetted(client, tls):
            return False
    client.handshaking = False
    return True


def is_vetted(client: ClientConnection, tls: TlsSocket) -> bool:
    """Whether nobody needs to be asked about the client's certificate; else that is done now, and nothing is read."""
    said = status_wanted(tls)
    if said is None or tls.vetted:
        return True
    client.stop_reading()
    client.server.client_statuses.ask(tls, said, partial(vetted, client))
    return False


def status_wanted(tls: TlsSocket) -> ClientStatus | None:
    """What authorities are to be asked about the certificate that the client has shown."""
    said = front_of(tls.selected).status
    return said if said is not None and tls.getpeercert(True) is not None else None


def vetted(client: ClientConnection, cause: str) -> None:
    """Its authority has been asked about the client: why it is refused, or ""."""
    if client.closed:
        return
    if cause:
        refuse(client, cause)
        return
    # The handshake goes on where it stopped: at its end.
    tls = client.tls
    assert isinstance(tls, TlsSocket)
    tls.vetted = True
    client.start_reading()


def refuse(client: ClientConnection, cause: str) -> None:
    """Somebody is not let in because of its certificate."""
    log = client.server.error_logs.of(client.host)
    log.error("client refused", "refused certificate", cause=cause, client=client.facts.client.decode("latin-1"))
    turn_away(client)


def turn_away(client: ClientConnection) -> None:
    """Close without a farewell: OpenSSL then forgets the session."""
    tls = client.tls
    assert tls is not None
    client.tls = None
    client.fd = tls.detach()
    client.lost()


# --- a certificate for the request at hand ------------------------------------------------------------------------


def ask_for_certificate(client: ClientConnection, exchange: Exchange) -> None:
    """A decision depends on the client's certificate: ask for it, and read on. The body waits."""
    decision = exchange.decision
    tls = client.tls
    most = decision.scope.tls_buffer
    # Requests of HTTP/2 share a connection: nobody would know whose the question is (RFC 9113 section 9.2.3).
    asking = tls is not None and tls.selected_alpn_protocol() != "h2"
    late = LateCertificate(tls, decision, most) if tls is not None and asking else None
    cause = ""
    if exchange.request_left > most:
        cause = TOO_LONG
    elif late is None or not late.ask():
        cause = CANNOT_ASK
    if cause:
        client.server.loop.call_soon(say_answer, client, decision, cause)
        return
    client.late = late
    ask_on(client)


def say_answer(client: ClientConnection, decision: object, told: object) -> None:
    """The decision goes on with this answer."""
    client._answered(decision, told)


def ask_on(client: ClientConnection) -> None:
    """Send the question, or what is left of it."""
    assert client.late is not None
    client.stop_writing()
    try:
        if not client.late.say():
            client.start_writing()
    except OSError:
        client.lost()


def look_for_certificate(client: ClientConnection) -> None:
    """More was read: it may have been the answer."""
    late = client.late
    exchange = client.exchange
    assert late is not None
    if client.closed or exchange is None or exchange.step != ASKING or exchange.decision is not late.decision:
        # It took too long.
        client.late = None
        return
    if late.answered():
        client.late = None
        contexts = prepared()
        tls = client.tls
        if contexts is not None and isinstance(tls, TlsSocket):
            if not contexts.admits(tls):
                turn_away(client)
                return
            facts = client.facts.tls_facts = contexts.facts(tls)
            said = status_wanted(tls)
            if facts.unverified and (said is not None or exchange.decision.scope.tls_verify != GENEROUS):
                # OpenSSL forgives for all sections alike.
                refuse(client, NOBODY_TO_ASK if said is not None else NOT_VERIFIED)
                return
            if said is not None:
                client.server.client_statuses.ask(tls, said, partial(take_certificate, client, late))
                return
        client._answered(late.decision, b"")
    elif client.stash is not None and len(client.stash) > late.most + MARGIN:
        client.late = None
        client._answered(late.decision, TOO_LONG)


def take_certificate(client: ClientConnection, late: LateCertificate, cause: str) -> None:
    """Its authority has been asked about a certificate that came late."""
    if client.closed:
        return
    if cause:
        refuse(client, cause)
        return
    client._answered(late.decision, b"")


def answer_plain_http(client: ClientConnection) -> None:
    """Somebody speaks HTTP without TLS to this port: say so in HTTP, as httpd does."""
    tls = client.tls
    assert tls is not None
    client.tls = None
    client.handshaking = False
    client.fd = tls.detach()
    out = Outlet()
    out.put(error_response(400, (), True, client.server.routes.date, detail=PLAIN_HTTP))
    client.push(out)
    client.linger()
