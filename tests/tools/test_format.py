"""`evenflow format`: what it prints, writes and leaves alone, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nodes.fronts import environment

MESSY = "listen 80\n<location /a>\nproxypass http://a/\n</location>\n"
NEAT = "Listen 80\n<Location /a>\n    ProxyPass http://a/\n</Location>\n"


def run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "evenflow", "format", *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, input=given, timeout=30)


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    file = tmp_path / "messy.conf"
    file.write_text(MESSY)
    return file


def test_it_prints_and_writes_nothing(messy: Path) -> None:
    done = run(messy)
    assert (done.returncode, done.stdout, done.stderr) == (0, NEAT.encode(), b"")
    assert messy.read_text() == MESSY


def test_it_reads_standard_input() -> None:
    assert run("-", given=MESSY.encode()).stdout == NEAT.encode()


def test_it_writes_through_a_link_and_keeps_the_mode(messy: Path, tmp_path: Path) -> None:
    messy.chmod(0o640)
    link = tmp_path / "enabled.conf"
    link.symlink_to(messy.name)
    done = run("--write", link)
    assert (done.returncode, done.stderr) == (0, f"{link}: formatted\n".encode())
    assert link.is_symlink()
    assert messy.read_text() == NEAT
    assert messy.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["enabled.conf", "messy.conf"]
    again = run("--write", link)
    assert (again.returncode, again.stderr) == (0, b"")


def test_check_names_what_would_change(messy: Path, tmp_path: Path) -> None:
    neat = tmp_path / "neat.conf"
    neat.write_text(NEAT)
    assert run("--check", neat).returncode == 0
    done = run("--check", neat, messy)
    assert done.returncode == 1
    assert done.stderr.decode() == f"{messy}: would be formatted; type `evenflow format --write {messy}`\n"
    assert messy.read_text() == MESSY


def test_diff_shows_it(messy: Path) -> None:
    done = run("--diff", messy)
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert lines[:2] == [f"--- {messy}", f"+++ {messy} (formatted)"]
    assert [line[1:] for line in lines[3:] if line.startswith("-")] == MESSY.splitlines()
    assert [line[1:] for line in lines[3:] if line.startswith("+")] == NEAT.splitlines()
    assert messy.read_text() == MESSY


def test_line_ends_and_strange_bytes_stay(tmp_path: Path) -> None:
    file = tmp_path / "latin.conf"
    file.write_bytes(b'listen 80\r\n# caf\xe9\r\n<location /a>\r\nheader set X "\xe9"\r\n</location>\r\n')
    assert run("--write", file).returncode == 0
    assert file.read_bytes() == (
        b'Listen 80\r\n# caf\xe9\r\n<Location /a>\r\n    Header set X "\xe9"\r\n</Location>\r\n'
    )


def test_a_file_that_is_not_there(tmp_path: Path, messy: Path) -> None:
    done = run(tmp_path / "none.conf", messy)
    assert done.returncode == 1
    assert done.stderr.decode() == f"error: `{tmp_path}/none.conf` cannot be read: No such file or directory\n"
    assert done.stdout == NEAT.encode()
