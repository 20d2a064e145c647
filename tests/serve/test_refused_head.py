"""What can be said of a head that could not be read."""

from __future__ import annotations

import pytest

from evenflow.serve.refused_head import RefusedHead


@pytest.mark.parametrize(
    ("data", "line", "parts"),
    [
        (b"GET /a?b HTTP/1.1\r\n", b"GET /a?b HTTP/1.1", (b"GET", b"/a", b"b", b"HTTP/1.1")),
        (b"GET / HTTP/1.1 more\r\n", b"GET / HTTP/1.1", (b"GET", b"/", None, b"HTTP/1.1")),
        (b"GET /\r\n", b"GET /", (b"GET", b"/", None, b"HTTP/1.0")),
        (b"GET /aaaa", b"GET /aaaa", (b"", b"", None, b"HTTP/1.0")),
        (b"", b"", (b"", b"", None, b"HTTP/1.0")),
        (b" GET\t/a  http/1.1\r\n", b"GET /a http/1.1", (b"GET", b"/a", None, b"http/1.1")),
        (b"GET /a b HTTP/1.1\r\n", b"GET /a b", (b"GET", b"/a", None, b"HTTP/1.0")),
    ],
)
def test_the_line(data: bytes, line: bytes, parts: tuple[bytes, bytes, bytes | None, bytes]) -> None:
    head = RefusedHead(data)
    assert head.line == line
    assert (head.method, head.path, head.query, head.protocol) == parts


def test_fields_up_to_the_first_that_is_none() -> None:
    head = RefusedHead(b"GET / HTTP/1.1\r\nA: 1\r\na:2\r\nB C: 3\r\nD: 4\r\n\r\n")
    assert (head.field(b"a"), head.field(b"b c"), head.field(b"d"), head.field(b"e")) == (b"1, 2", None, None, None)


@pytest.mark.parametrize("rest", [b"A: 1", b"A: 1\r\n", b"A: 1\r\nB: 2"])
def test_a_field_counts_once_the_next_line_is_there(rest: bytes) -> None:
    assert RefusedHead(b"GET / HTTP/1.1\r\n" + rest).field(b"a") is None
    assert RefusedHead(b"GET / HTTP/1.1\r\n" + rest + b"\r\n\r\n\r\n").field(b"a") == b"1"


def test_no_field_is_read_behind_a_line_that_is_none() -> None:
    assert RefusedHead(b"GET / HTTP/1.1 more\r\nA: 1\r\nB: 2\r\n\r\n").field(b"a") is None
