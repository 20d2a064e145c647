"""The beginning of a request whose head is not whole."""

from __future__ import annotations

import pytest

from evenflow.proxy.beginnings import MOST_HEAD, MOST_NOTED, fault_of, noted

WHOLE = b"GET / HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize(
    "data",
    [b"", b"G", b"GET / HTTP/1.1\r", WHOLE, WHOLE + b"X: 1", WHOLE + b"X" * 70000, b"G" * 22, b"GET  HTTP/3\r\n"],
)
def test_what_may_still_become_a_head(data: bytes) -> None:
    assert fault_of(bytearray(data), 0, len(data), 0, 20) is None


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        (b"G" * 13, 414, "longer than 10 bytes"),
        (b"GET /\r\n", 400, "no protocol version"),
        (b"GET / HTTP/1.1\nHost", 400, "without CR"),
        (WHOLE + b"X: 1\nY", 400, "without CR"),
        (WHOLE + b"X" * MOST_HEAD, 400, "longer than"),
    ],
)
def test_what_cannot_become_one(data: bytes, status: int, why: str) -> None:
    fault = fault_of(bytearray(data), 0, len(data), 0, 10)
    assert fault is not None
    assert fault.status == status
    assert why in fault.message


def test_no_limit_for_the_first_line() -> None:
    assert fault_of(bytearray(b"G" * 70000), 0, 70000, 0, 0) is None


def test_only_what_is_new_is_looked_at() -> None:
    seen = WHOLE + b"X: 1\n"
    assert fault_of(bytearray(seen + b"Y: 2\r\nZ"), 0, len(seen) + 7, len(seen), 10) is None


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b"GET / HTTP/1.1\r\nHost: h", b"GET / HTTP/1.1\r\nHost: h"),
        (b"GET /", b"GET /"),
        (b"G" * 9000, b"G" * MOST_NOTED),
    ],
)
def test_what_is_kept_for_the_log(data: bytes, kept: bytes) -> None:
    assert noted(bytearray(b"??" + data), 2, 2 + len(data)) == kept
