"""Yjs by npm: fetched once, and a word for whoever has no npm. A program of the test's own stands for npm."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.tools.demo import packages

NPM = """#!/bin/sh
echo "$@" >>"$NPM_SAID"
[ -z "$NPM_FAILS" ] || { echo "npm error registry unreachable" >&2; exit 1; }
"""


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where npm's arguments are written, a line for each call."""
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(NPM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("NPM_SAID", str(tmp_path / "said"))
    return tmp_path / "said"


def test_they_are_fetched_once(npm: Path, tmp_path: Path) -> None:
    place = tmp_path / "cache" / "demo"
    packages.provide(place)
    packages.provide(place)
    (call,) = npm.read_text().splitlines()
    assert call.startswith(f"ci --prefix {place} --ignore-scripts")
    assert (place / "package-lock.json").read_bytes() == packages.wanted("package-lock.json")
    assert packages.are_there(place)


def test_other_versions_are_fetched_anew(npm: Path, tmp_path: Path) -> None:
    packages.provide(tmp_path)
    (tmp_path / packages.INSTALLED).write_text("{}")
    assert not packages.are_there(tmp_path)
    packages.provide(tmp_path)
    assert len(npm.read_text().splitlines()) == 2


def test_half_an_installation_does_not_count(npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_FAILS", "1")
    with pytest.raises(packages.Missing, match=r"registry unreachable\nhelp: try it by hand: .*npm ci --prefix"):
        packages.provide(tmp_path)
    assert not packages.are_there(tmp_path)


def test_without_npm_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(packages.Missing, match="help: apt-get install npm"):
        packages.provide(tmp_path)


def test_a_place_that_cannot_be_written_is_named(npm: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(packages.Missing, match="help: set XDG_CACHE_HOME"):
        packages.provide(tmp_path / "file" / "demo")


def test_the_cache_is_where_caches_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/tmp/cache")
    assert packages.folder() == Path("/var/tmp/cache/evenflow/demo")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert packages.folder() == Path("/home/ada/.cache/evenflow/demo")
