"""A client is asked for its certificate when its request is known: SSLVerifyClient in sections (RFC 8446, 4.6.2).

The question goes out at once, and the answer comes among the bytes of the request's body, which wait. OpenSSL tells
nobody when a client has answered; but the answer ends with a message that the connection's binding is made of
(`tls-unique`), so that changes when it is there, and also where the client has no certificate to show.
"""

from __future__ import annotations

import ssl
from typing import Any, Final

BINDING: Final = "tls-unique"


class LateCertificate:
    """One question to one client."""

    def __init__(self, tls: ssl.SSLSocket, decision: Any = None, most: int = 0) -> None:
        self.tls = tls
        self.decision = decision
        """What waits for it."""
        self.most = most
        """Bytes of a body that may wait."""
        self.before: bytes | None = None

    def ask(self) -> bool:
        """Ask; whether the client can be asked at all. `say` must follow until it is said."""
        try:
            self.before = self.tls.get_channel_binding(BINDING)
            self.tls.verify_client_post_handshake()
        except (ssl.SSLError, ValueError, NotImplementedError):
            return False
        return True

    def say(self) -> bool:
        """Send the question, or what is left of it; whether all is sent. OSError where the connection is broken."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantWriteError:
            return False
        except ssl.SSLWantReadError:
            pass
        return True

    def answered(self) -> bool:
        """Whether the client has answered, in what was read so far."""
        return self.tls.get_channel_binding(BINDING) != self.before
