"""The border between text and bytes."""

from __future__ import annotations

from evenflow.compiler.texts import to_bytes


def test_bytes_come_out_as_they_stood_in_the_file() -> None:
    for raw in (b"plain", "é€".encode(), b"caf\xe9 \xff"):
        assert to_bytes(raw.decode("utf-8", "surrogateescape")) == raw
