"""Basic credentials."""

from __future__ import annotations

import base64

import pytest

from evenflow.plan.authn import credentials, escape_quotes


def field(text: bytes, scheme: bytes = b"Basic ") -> bytes:
    return scheme + base64.b64encode(text)


@pytest.mark.parametrize(
    "value, given",
    [
        (field(b"alice:secret"), (b"alice", b"secret")),
        (field(b"alice:secret", b"bAsIc \t "), (b"alice", b"secret")),
        (field(b"alice:a:b"), (b"alice", b"a:b")),
        (field(b"alice"), (b"alice", b"")),
        (field(b"alice:secret\0more"), (b"alice", b"secret")),
        (field(b":"), (b"", b"")),
        (b"Basic YWxp Y2U6c2VjcmV0", (b"ali", b"")),
        (b"Basic YWxpY2U6c2VjcmV0, Basic YQ==", (b"alice", b"secret")),
        (b"Basic YWxpY2U6c2VjcmV0Y", (b"alice", b"secret")),
        (b"Basic", (b"", b"")),
        (b"Basic =", (b"", b"")),
        (field(b"alice:secret", b"Bearer "), None),
        (field(b"alice:secret", b"Basic"), None),
        (b"", None),
        (None, None),
    ],
)
def test_credentials(value: bytes | None, given: tuple[bytes, bytes] | None) -> None:
    assert credentials(value) == given


def test_quotes_in_a_realm() -> None:
    assert escape_quotes(b'a "b" \\"c') == b'a \\"b\\" \\"c'
