"""The Containerfile's steps, as far as they can be taken without an engine: what it copies is enough to install, and
what it starts and asks is what the command takes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from evenflow.control import end
from evenflow.tools import check, version
from tests.packaging.test_service import parsed
from tests.peers import CHECKOUT

FOLDER: Final = CHECKOUT / "packaging" / "container"
KNOWN: Final = {
    "FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD",
}  # fmt: skip
NOT_SOURCE: Final = shutil.ignore_patterns("__pycache__", "*.so", "*.egg-info")


def steps() -> list[tuple[str, str]]:
    """Every instruction with what stands behind it; comments are no steps, and a backslash goes on."""
    text = "".join(line for line in (FOLDER / "Containerfile").read_text().splitlines(True) if not line.startswith("#"))
    lines = text.replace("\\\n", " ").splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def said(name: str) -> list[str]:
    return [rest for step, rest in steps() if step == name]


def test_every_step_is_one_that_engines_know() -> None:
    assert {name for name, _ in steps()} <= KNOWN
    assert [name for name, _ in steps()].count("FROM") == 2
    assert all("slim" in rest for rest in said("FROM"))


def test_it_does_not_run_as_root() -> None:
    (user,) = said("USER")
    assert user.isdecimal() and int(user) > 0
    assert any(f"--uid {user} " in rest for rest in said("RUN"))
    # The last stage says it before it says what to start.
    names = [name for name, _ in steps()]
    assert names.index("USER") > len(names) - 1 - names[::-1].index("FROM")
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_what_it_starts_is_what_the_command_takes() -> None:
    (entry,), (command,) = said("ENTRYPOINT"), said("CMD")
    assert json.loads(entry) == ["evenflow"]
    serving = parsed(" ".join(["/usr/bin/evenflow", *json.loads(command)]))
    (health,) = said("HEALTHCHECK")
    asking = parsed(" ".join(["/usr/bin/evenflow", *json.loads(health.partition("CMD")[2])[1:]]))
    assert (serving.info_name, asking.info_name) == ("serve", "status")
    copied = [rest.split()[-1] for rest in said("COPY") if rest.startswith("packaging/")]
    assert [serving.params["file"]] == [asking.params["file"]] == copied
    assert said("STOPSIGNAL") == ["SIGTERM"]


def test_the_control_socket_has_its_folder() -> None:
    (variables,) = said("ENV")
    folder = dict(word.split("=", 1) for word in variables.split())["EVENFLOW_RUN"]
    assert any(re.search(rf"--mode 0700 --owner evenflow {folder}\b", rest) for rest in said("RUN"))


def test_the_extras_are_there() -> None:
    with open(CHECKOUT / "pyproject.toml", "rb") as file:
        extras = set(tomllib.load(file)["project"]["optional-dependencies"])
    wanted = re.search(r'"\.\[([\w,]+)\]"', " ".join(said("RUN")))
    assert wanted is not None and set(wanted[1].split(",")) <= extras


def test_what_is_copied_is_enough_to_install(tmp_path: Path) -> None:
    for rest in said("COPY"):
        *sources, target = rest.split()
        if sources[0].startswith(("--from", "packaging/")):
            continue
        for source in sources:
            place = tmp_path / "build" / target / ("" if (CHECKOUT / source).is_dir() else source)
            place.parent.mkdir(parents=True, exist_ok=True)
            if (CHECKOUT / source).is_dir():
                shutil.copytree(CHECKOUT / source, place, ignore=NOT_SOURCE)
            else:
                shutil.copy(CHECKOUT / source, place)
    run = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build", "--build-lib", tmp_path / "tree"],
        cwd=tmp_path / "build", env={**os.environ, "EVENFLOW_INTERPRETED": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "tree" / "evenflow" / "tools" / "cli.py").is_file()
    with open(tmp_path / "build" / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)
    wanted = [project["project"]["readme"], *project["project"]["license-files"]]
    wanted += [name for names in project["tool"]["setuptools"]["data-files"].values() for name in names]
    assert all(list((tmp_path / "build").glob(name)) for name in wanted)


def test_what_it_serves_without_a_file_of_yours() -> None:
    file = FOLDER / "evenflow.conf"
    found = check.examine(str(file), {}, advice=True)
    assert (found.errors, check.as_text(found, color=False)) == (0, f"{file}: no problems\n")
    assert re.findall(r"(?m)^Listen (\d+)", file.read_text()) == said("EXPOSE")


def test_it_says_how_long_a_drain_may_take() -> None:
    text = (FOLDER / "Containerfile").read_text()
    found = re.search(r"--stop-timeout (\d+)", text)
    assert found is not None and int(found[1]) > end.DRAIN_SECONDS + end.KILL_SECONDS
    assert f"at most {end.DRAIN_SECONDS:g} seconds" in text


def test_it_is_compiled_or_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an image without Python's headers would be one that runs interpreted."""
    (install,) = [rest for rest in said("RUN") if "pip install" in rest]
    found = re.search(r'/evenflow --version >version && grep "([^"]+)" version$', install)
    assert found is not None
    monkeypatch.setattr(version, "compiled_of", lambda room: (2, 2))
    assert found[1] in version.describe()
    monkeypatch.setattr(version, "compiled_of", lambda room: (0, 2))
    assert found[1] not in version.describe()


def test_its_health_is_not_left_out() -> None:
    """OCI's format has no HEALTHCHECK."""
    text = (FOLDER / "Containerfile").read_text()
    assert all("--format docker" in line for line in text.splitlines() if "podman build" in line)


def test_a_reload_sees_what_an_editor_writes() -> None:
    """Editors put another file in the place of the old one: what is mounted is its folder."""
    text = (FOLDER / "Containerfile").read_text()
    (mounted,) = re.findall(r"-v \S+:(\S+):ro", text)
    (copied,) = [rest.split()[-1] for rest in said("COPY") if rest.startswith("packaging/")]
    assert str(Path(copied).parent) == mounted
