"""Variables that switch how a request is forwarded."""

from __future__ import annotations

import pytest

from evenflow.proxy.switches import HTTP_1_0, NO_HALF_CLOSE, NO_INTERIM, NO_KEEPALIVE, NOT_POOLED, WITH_LENGTH, read


@pytest.mark.parametrize(
    "name, value, switch",
    [
        (b"proxy-nokeepalive", b"", NO_KEEPALIVE),
        (b"proxy-initial-not-pooled", b"1", NOT_POOLED),
        (b"force-proxy-request-1.0", b"1", HTTP_1_0 | WITH_LENGTH),
        (b"proxy-sendcl", b"1", WITH_LENGTH),
        (b"proxy-interim-response", b"Suppress", NO_INTERIM),
        (b"proxy-interim-response", b"RFC", 0),
        (b"proxy-nohalfclose", b"1", NO_HALF_CLOSE),
        (b"other", b"1", 0),
    ],
)
def test_what_is_set_is_read(name: bytes, value: bytes, switch: int) -> None:
    assert read({name: value, b"X": b"1"}) == switch
