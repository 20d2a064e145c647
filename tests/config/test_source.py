"""Files as lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.config.source import make_source, read_source


def test_both_line_ends() -> None:
    assert make_source("a", "one\r\ntwo\nthree").lines == ("one", "two", "three")
    assert make_source("a", "one\n\n").lines == ("one", "")
    assert make_source("a", "").lines == ()


def test_bytes_in_any_encoding_are_read(tmp_path: Path) -> None:
    path = tmp_path / "latin.conf"
    path.write_bytes(b"ServerAdmin f\xfcr\n")
    (line,) = read_source(str(path)).lines
    assert line.encode("utf-8", "surrogateescape") == b"ServerAdmin f\xfcr"


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        read_source(str(tmp_path))


def test_the_empty_device_is_an_empty_file() -> None:
    assert read_source("/dev/null").lines == ()
