"""Programs of RewriteMap: how they are started, and that they end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenflow.control.map_programs import close_programs, start_programs
from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE
from evenflow.plan.maps import ProgramMap
from evenflow.plan.model import Plan


def plan_with(*maps: ProgramMap) -> Plan:
    plan = Plan()
    plan.programs = maps
    return plan


def script(folder: Path, text: str, name: str = "m.sh") -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_has_no_environment_and_stands_in_its_directory(tmp_path: Path) -> None:
    path = script(tmp_path, 'while read key; do echo "$key $1 $(pwd) ${HOME-none}"; done')
    one = ProgramMap((path, "word"), "", "", NOWHERE)
    programs = start_programs(plan_with(one))
    try:
        assert one.find(b"key") == b"key word " + bytes(tmp_path) + b" none"
    finally:
        close_programs(programs)
    assert programs[0].process.returncode is not None


def test_a_program_that_ignores_its_end_is_asked_to_go(tmp_path: Path) -> None:
    programs = start_programs(plan_with(ProgramMap((script(tmp_path, "exec sleep 60"),), "", "", NOWHERE)))
    close_programs(programs)
    with pytest.raises(ProcessLookupError):
        os.kill(programs[0].process.pid, 0)


@pytest.mark.parametrize("user", ["", "nobody-has-this-name"])
def test_what_cannot_be_started_is_said_and_nothing_is_left(tmp_path: Path, user: str) -> None:
    good = ProgramMap((script(tmp_path, "exec sleep 60"),), "", "", NOWHERE)
    (tmp_path / "plain").write_text("no program")
    bad = ProgramMap((str(tmp_path / "plain"),), user, "", NOWHERE)
    with pytest.raises(Trouble) as caught:
        start_programs(plan_with(good, bad))
    assert caught.value.code == ("user-unknown" if user else "map-program-failed")
