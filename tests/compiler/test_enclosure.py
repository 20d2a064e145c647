"""ChrootDir in the plan, and what cannot stand beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.compiler.said import codes
from tests.plan.cases import built, plan_of

LISTENS = "Listen 80\n"


def test_it_is_where_it_says(tmp_path: Path) -> None:
    assert plan_of(LISTENS + f"ChrootDir {tmp_path}/").chroot_dir == str(tmp_path)
    assert plan_of(LISTENS).chroot_dir == ""


def test_who_cannot_be_shut_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none", tmp_path / "file"):
        (said,) = built(LISTENS + f"ChrootDir {path}").diagnostics
        assert said.code == "file-missing"
        assert said.notes == ("httpd says: ChrootDir must be a valid directory",)
    assert os.path.isdir("src") and codes(LISTENS + "ChrootDir src", True) == ["path-not-absolute"]


@pytest.mark.parametrize(
    "line",
    [
        "ErrorLog journald",
        "CustomLog journald:wiki %h",
        "<VirtualHost *:80>\nErrorLog journald\n</VirtualHost>",
        "<VirtualHost *:80>\nCustomLog journald %h\n</VirtualHost>",
    ],
)
def test_the_journal_is_out_of_reach(line: str) -> None:
    assert codes(LISTENS + line, True) == []
    assert codes(LISTENS + f"ChrootDir /usr\n{line}", True) == ["log-out-of-reach"]


def test_so_is_whom_to_believe() -> None:
    text = LISTENS + "ChrootDir /usr\nEvenflowTrace {}://127.0.0.1:4318/v1/traces"
    assert codes(text.format("http"), True) == []
    assert codes(text.format("https"), True) == ["authorities-out-of-reach"]
