"""Password and group files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenflow.plan import userfiles
from evenflow.plan.userfiles import groups_of, lines_of, password_hash


def test_lines_as_httpd_reads_them() -> None:
    data = b"# no\n\n  alice:x  \r\nbob:\\\ny\n\tcarl:z"
    assert lines_of(data) == [b"alice:x", b"bob:y", b"carl:z"]


def test_users(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_bytes(b"alice:one:more\nbob\nalice:two\n:none\n")
    path = os.fsencode(file)
    assert [password_hash(path, user) for user in (b"alice", b"bob", b"carl", b"")] == [b"one", None, None, b"none"]


def test_groups(tmp_path: Path) -> None:
    file = tmp_path / "groups"
    file.write_bytes(b"staff: alice bob\nboard:alice\nstaff: carl\n")
    path = os.fsencode(file)
    assert groups_of(path, b"alice") == {b"staff", b"board"}
    assert groups_of(path, b"carl") == {b"staff"}
    assert groups_of(path, b"dora") == frozenset()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "users"
    path = os.fsencode(file)
    file.write_bytes(b"alice:one\n")
    assert password_hash(path, b"alice") == b"one"
    other = tmp_path / "new"
    other.write_bytes(b"alice:two\n")
    os.replace(other, file)
    assert password_hash(path, b"alice") == b"two"
    file.unlink()
    with pytest.raises(OSError):
        password_hash(path, b"alice")


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(userfiles, "MOST_FILES", 3)
    for number in range(9):
        (tmp_path / str(number)).write_bytes(b"a:%d\n" % number)
        assert password_hash(os.fsencode(tmp_path / str(number)), b"a") == b"%d" % number
    assert len(userfiles.known) <= 3


def test_digests_are_of_a_user_in_a_realm(tmp_path: Path) -> None:
    file = tmp_path / "digests"
    file.write_text("ann:here:1\nann:there:2\nann:here:3\nbob:1\n")
    path = str(file).encode()
    assert userfiles.digest(path, b"ann", b"here") == b"1"
    assert userfiles.digest(path, b"ann", b"there") == b"2"
    assert userfiles.digest(path, b"bob", b"") is None
    # the same file, read in another way
    assert userfiles.password_hash(path, b"bob") == b"1"
