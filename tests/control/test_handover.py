"""What one program leaves to the next: written, read, and refused where it is something else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from evenflow.control import handover
from evenflow.control.handover import Program, Unreadable

NOBODY = Program(["/nowhere/evenflow"], ["serve", "x.conf"], {"A": "b\udcff"})


STRANGE = {"members": [], "balancers": [], "cells": {"member": {"ROUTE": [8, 99]}}}


def told_for(path: Path) -> dict[str, Any]:
    return {**handover.head(NOBODY, str(path)), "crews": [], "descriptors": []}


def test_what_is_written_is_received_once(tmp_path: Path) -> None:
    told = told_for(tmp_path)
    environment = {handover.VARIABLE: str(handover.write(told)), "OTHER": "1"}
    found = handover.received(environment)
    assert found is not None
    handover.check(found, str(tmp_path))
    assert handover.program_of(found["former"]) == NOBODY
    assert environment == {"OTHER": "1"}
    assert handover.received(environment) is None


def test_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    for text in ("{}", "[1]", "no JSON"):
        other.write_text(text)
        with pytest.raises(Unreadable):
            handover.received({handover.VARIABLE: str(os.open(other, os.O_RDONLY))})
    for said in ("word", str(1 << 20)):
        with pytest.raises(Unreadable, match="names nothing"):
            handover.received({handover.VARIABLE: said})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("version", 0, "version 0"),
        ("agreed", {"bits": [["D", 2]], "tokens": []}, "states of members"),
        ("crews", [{"scoreboard": STRANGE}], "`ROUTE` is something else"),
        ("methods", ["byrequests", "byname"], "numbered otherwise"),
        ("path", "/other.conf", "another configuration"),
    ],
)
def test_what_this_program_cannot_go_on_with_is_refused(tmp_path: Path, name: str, value: Any, said: str) -> None:
    told = told_for(tmp_path)
    told[name] = value
    with pytest.raises(Unreadable, match=said):
        handover.check(told, str(tmp_path))


def test_methods_may_be_added_at_the_end(tmp_path: Path) -> None:
    told = told_for(tmp_path)
    told["methods"].pop()
    handover.check(told, str(tmp_path))


def test_a_program_that_cannot_be_executed_leaves_everything_as_it_was(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        handover.execute(NOBODY, told_for(tmp_path), [reading, writing])
    assert not os.get_inheritable(reading) and not os.get_inheritable(writing)
    assert len(os.listdir("/proc/self/fd")) == before
    handover.let_go([reading, writing, writing])
    with pytest.raises(OSError):
        os.fstat(reading)


def test_what_was_taken_is_not_inherited_any_more() -> None:
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    handover.take([reading, writing, 1 << 20])
    assert not os.get_inheritable(reading)
    handover.let_go([reading, writing])


def test_how_this_process_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-X", "dev", "-m", "evenflow", "serve", "-D", "x"])
    monkeypatch.setattr(sys, "argv", ["/somewhere/__main__.py", "serve", "-D", "x"])
    own = handover.own_program()
    assert own is not None
    assert own.words == [sys.executable, "-X", "dev", "-m", "evenflow"] and own.arguments == ["serve", "-D", "x"]
    assert str(own) == f"{sys.executable} -X dev -m evenflow"
    monkeypatch.setattr(sys, "argv", ["evenflow", "something", "else"])
    assert handover.own_program() is None


def test_a_script_is_started_as_what_it_is_by_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """/usr/bin/evenflow may be a link that leads to another environment after the upgrade."""
    (tmp_path / "real").write_text(f"#!{sys.executable}\n")
    link = tmp_path / "evenflow"
    link.symlink_to("real")
    monkeypatch.setattr(sys, "orig_argv", [sys.executable, str(link), "serve", "x"])
    monkeypatch.setattr(sys, "argv", [str(link), "serve", "x"])
    for mode, words in ((0o755, [str(link)]), (0o644, [sys.executable, str(link)])):
        (tmp_path / "real").chmod(mode)
        own = handover.own_program()
        assert own is not None and own.words == words
