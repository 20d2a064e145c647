"""Steps become a line; what comes from outside cannot end it."""

from __future__ import annotations

import pytest

from evenflow.serve.log_format import LITERAL, OTHER, STATUS, LogFormat, escape, number
from evenflow.serve.log_record import LogRecord


def test_steps_are_put_together() -> None:
    record = LogRecord()
    record.status = 404
    steps: list[tuple[int, object]] = [(STATUS, None), (LITERAL, b" "), (OTHER, lambda seen: b"own"), (LITERAL, b"\n")]
    assert LogFormat(steps).line(record) == b"404 own\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"plain ~", b"plain ~"),
        (b'a"b\\c', b'a\\"b\\\\c'),
        (b"\n\r\t\b\v", b"\\n\\r\\t\\b\\v"),
        (b"\x00\x1f\x7f\xff", b"\\x00\\x1f\\x7f\\xff"),
    ],
)
def test_escapes(value: bytes, expected: bytes) -> None:
    assert escape(value) == expected


@pytest.mark.parametrize("value", [0, 9, 10, 200, 1 << 40])
def test_numbers(value: int) -> None:
    assert number(value) == str(value).encode()
