"""Variables of the environment that switch how a request is forwarded, for members that need it.

They are looked up once for each request, and only where it has an environment at all.
"""

from __future__ import annotations

import cython

NO_KEEPALIVE = 1
"""proxy-nokeepalive: the member's connection serves one request."""
NOT_POOLED = 2
"""proxy-initial-not-pooled: the first request of a client's connection gets a fresh one to the member."""
HTTP_1_0 = 4
"""force-proxy-request-1.0: the request goes out as HTTP/1.0, with a length."""
WITH_LENGTH = 8
"""proxy-sendcl: never in chunks."""
NO_INTERIM = 16
"""proxy-interim-response Suppress: 1xx answers end here."""
NO_HALF_CLOSE = 32
"""proxy-nohalfclose: a tunnel ends when one side does."""


PINGS = 64
"""The member is asked for a 100 (its `ping`); not of the environment."""

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(
        NO_KEEPALIVE=NO_KEEPALIVE,
        NOT_POOLED=NOT_POOLED,
        HTTP_1_0=HTTP_1_0,
        WITH_LENGTH=WITH_LENGTH,
        NO_INTERIM=NO_INTERIM,
        NO_HALF_CLOSE=NO_HALF_CLOSE,
        PINGS=PINGS,
    )


def read(env: dict[bytes, bytes]) -> int:
    """The switches that are set."""
    found = 0
    if b"proxy-nokeepalive" in env:
        found |= NO_KEEPALIVE
    if b"proxy-initial-not-pooled" in env:
        found |= NOT_POOLED
    if b"force-proxy-request-1.0" in env:
        found |= HTTP_1_0 | WITH_LENGTH
    if b"proxy-sendcl" in env:
        found |= WITH_LENGTH
    if env.get(b"proxy-interim-response", b"").lower() == b"suppress":
        found |= NO_INTERIM
    if b"proxy-nohalfclose" in env:
        found |= NO_HALF_CLOSE
    return found
