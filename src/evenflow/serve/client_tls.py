"""The beginning of a client's connection with TLS: the handshake, who may come in, and who speaks no TLS at all."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from evenflow.serve.pages import error_response
from evenflow.serve.tls import TlsSocket, prepared
from evenflow.wire.outlet import Outlet

if TYPE_CHECKING:
    from evenflow.serve.client_connection import ClientConnection

PLAIN_HTTP: Final = (
    b"You're speaking plain HTTP to an SSL-enabled server port. Use the https scheme for this address."
)


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
    client.handshaking = False
    client.read_limit.end()
    facts = client.facts
    facts.sni = getattr(tls, "sni", b"")
    contexts = prepared()
    if contexts is not None and isinstance(tls, TlsSocket):
        if not contexts.admits(tls):
            client.tls = None
            client.fd = tls.detach()
            client.close()
            return False
        facts.tls_facts = contexts.facts(tls)
    return True


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
