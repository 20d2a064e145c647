"""A file, piece by piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.serve.file_body import FileBody


def body_of(tmp_path: Path, data: bytes, size: int) -> FileBody:
    path = tmp_path / "file"
    path.write_bytes(data)
    return FileBody(open(path, "rb"), size)


def read_all(body: FileBody) -> list[bytes]:
    pieces = []
    while piece := body.read(4):
        pieces.append(piece)
    body.close()
    return pieces


@pytest.mark.parametrize("data", [b"", b"abcd", b"abcdefghij"])
def test_it_is_read_in_pieces(tmp_path: Path, data: bytes) -> None:
    body = body_of(tmp_path, data, len(data))
    assert read_all(body) == [data[at : at + 4] for at in range(0, len(data), 4)]
    assert not body.cut()
    assert body.file.closed


def test_no_more_than_was_announced(tmp_path: Path) -> None:
    body = body_of(tmp_path, b"abcdefghij", 6)
    assert read_all(body) == [b"abcd", b"ef"]
    assert not body.cut()


def test_a_file_that_became_shorter(tmp_path: Path) -> None:
    body = body_of(tmp_path, b"abcde", 10)
    assert read_all(body) == [b"abcd", b"e"]
    assert body.cut()
