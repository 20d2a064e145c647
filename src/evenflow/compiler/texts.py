"""The border between `str` and `bytes`: configuration text as it goes over the wire."""

from __future__ import annotations


def to_bytes(text: str) -> bytes:
    """The bytes of the file; what was no UTF-8 there comes out as it was."""
    return text.encode("utf-8", "surrogateescape")
