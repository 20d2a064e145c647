"""What can be said of a head that could not be read."""

from __future__ import annotations

import pytest

from evenflow.serve.refused_head import RefusedHead


@pytest.mark.parametrize(
    ("data", "line", "parts"),
    [
        (b"GET /a?b HTTP/1.1\r\n", b"GET /a?b HTTP/1.1", (b"GET", b"/a", b"b", b"HTTP/1.1")),
        (b"GET / HTTP/1.1 more\r\n", b"GET / HTTP/1.1", (b"GET", b"/", None, b"HTTP/1.1")),
        (b"GET /", b"GET /", (b"GET", b"/", None, b"HTTP/1.0")),
        (b"", b"", (b"", b"", None, b"HTTP/1.0")),
    ],
)
def test_the_line(data: bytes, line: bytes, parts: tuple[bytes, bytes, bytes | None, bytes]) -> None:
    head = RefusedHead(data)
    assert head.line == line
    assert (head.method, head.path, head.query, head.protocol) == parts


def test_fields_up_to_the_first_that_is_none() -> None:
    head = RefusedHead(b"GET / HTTP/1.1\r\nA: 1\r\na:2\r\nB C: 3\r\nD: 4\r\n\r\n")
    assert (head.field(b"a"), head.field(b"b c"), head.field(b"d"), head.field(b"e")) == (b"1, 2", None, None, None)


def test_a_field_that_has_not_come_whole_is_none() -> None:
    assert RefusedHead(b"GET / HTTP/1.1\r\nA: 1").field(b"a") is None
