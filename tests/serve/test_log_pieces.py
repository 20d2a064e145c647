"""Pieces that are asked apart from a format; each specifier stands in test_log_reading.py."""

from __future__ import annotations

import pytest

from evenflow.serve import log_pieces
from evenflow.serve.log_record import LogRecord


@pytest.mark.parametrize(
    ("path", "expected"), [(b"/a", b"/a"), (b"/%41%2f%zz%", b"/A/%zz%"), (b"%e9%4", b"\xe9%4"), (b"", b"")]
)
def test_what_is_no_escape_stays(path: bytes, expected: bytes) -> None:
    assert log_pieces.decoded(path) == expected


def test_nothing_is_known_of_what_never_was_a_request() -> None:
    record = LogRecord()
    for piece in (
        log_pieces.method,
        log_pieces.first_method,
        log_pieces.path,
        log_pieces.last_path,
        log_pieces.user,
        log_pieces.file_name,
        log_pieces.handler,
        log_pieces.server_name,
        log_pieces.remote_port,
    ):
        assert piece(record) == b"-"
    assert log_pieces.query(record) == b""
