"""Other versions of the program, made of this one: what an upgrade goes to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import evenflow
from evenflow.control import channel
from tests.control.processes import Served

PATIENCE = 120.0


def another(folder: Path, version: str, *edits: tuple[str, str, str]) -> Path:
    """A program of this version in `folder`, to be executed. Each edit is (file, what stands there, what is to)."""
    home = folder / f"evenflow-{version}"
    shutil.copytree(Path(evenflow.__file__).parent, home / "evenflow")
    for name, old, new in (("__init__.py", evenflow.__version__, version), *edits):
        path = home / "evenflow" / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1))
    return wrapper(home / "evenflow.sh", f'PYTHONPATH={home} exec {sys.executable} -m evenflow "$@"')


def wrapper(path: Path, line: str) -> Path:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def upgrade(server: Served, program: Path | None = None) -> dict[str, Any]:
    """`evenflow upgrade` as it is typed; what it printed. Its status says the same as its text."""
    words = [] if program is None else ["--program", str(program)]
    done = subprocess.run(
        [sys.executable, "-m", "evenflow", "upgrade", str(server.file), "--format", "json", *words],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1), done.stderr
    return answer


def ask(server: Served, **order: Any) -> dict[str, Any]:
    answer = channel.ask(channel.place(str(server.file)), order)
    assert answer["ok"], answer
    return answer


def alone(server: Served) -> bool:
    """Whether whoever does not serve any more knows it."""
    retired = ask(server, do="status")["retired"]
    return all(one["state"] == "draining" for generation in retired for one in generation["children"])
