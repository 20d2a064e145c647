"""RFC 6455 section 1.3, by its own example."""

from __future__ import annotations

from evenflow.serve.http2.websocket import accepts

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


def test_the_answer_belongs_to_the_key() -> None:
    right = [(b":status", b"101"), (b"sec-websocket-accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]
    assert accepts(KEY, right)
    assert not accepts(KEY, [(b"sec-websocket-accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")])
    assert not accepts(KEY, [])
    assert not accepts(b"", right)
