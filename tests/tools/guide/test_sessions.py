"""The sessions that pages show are typed, and print what is shown.

What reads a configuration works on the files as they are printed, within this process. What is alive (`serve`, `curl`
and the like) is typed into a shell, and works on a copy in which the addresses of the page are those of nodes of ours.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from evenflow.tools.cli import main
from tests.control.processes import until
from tests.peers import CHECKOUT, free_port, require_peer
from tests.tools.doctor.site import Site
from tests.tools.guide.pages import PAGES, Step, blocks_of, is_as_shown, steps_of

ALIVE: Final = re.compile(r"curl |evenflow (?:serve|reload|doctor|members|drain|enable|status) ?")


class Desk:
    """Where a page's commands are typed: `printed` as the page has it, `alive` with addresses of our own."""

    def __init__(self, folder: Path, page: Path, site: Site) -> None:
        self.front = free_port()
        self.ours = {"Listen 8080": f"Listen 127.0.0.1:{self.front}", "8080": str(self.front)} | {
            f"10.0.0.{number + 1}:{port}": f"127.0.0.1:{site.ports[kind][number]}"
            for kind, port in (("wiki", 8090), ("synchrony", 8091))
            for number in (0, 1)
        }
        self.printed, self.alive, programs = folder / "printed", folder / "alive", folder / "bin"
        for place in (self.printed, self.alive, programs, folder / "run"):
            place.mkdir(mode=0o700)
        for block in blocks_of(page):
            if block.language in ("apache", "text") and block.name:
                (self.printed / block.name).write_text(block.text)
                (self.alive / block.name).write_text(self.translate(block.text))
        evenflow = programs / "evenflow"
        evenflow.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m evenflow "$@"\n')
        evenflow.chmod(0o755)
        self.environment = {
            **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "EVENFLOW_RUN": str(folder / "run"),
            "PYTHONPATH": str(CHECKOUT / "src"), "COLUMNS": "100", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        self.served: list[subprocess.Popen[str]] = []

    def translate(self, text: str) -> str:
        pattern = "|".join(re.escape(one) for one in self.ours)
        return re.sub(rf"\b(?:{pattern})\b", lambda found: self.ours[found[0]], text)

    def type(self, step: Step) -> tuple[str, tuple[str, ...]]:
        """(what was printed, what should have been)."""
        alive = ALIVE.match(step.command) is not None
        command = self.translate(step.command) if alive else step.command
        prints = tuple(map(self.translate, step.prints)) if alive else step.prints
        folder = self.alive if alive else self.printed
        if command.endswith("&"):
            self.serve(command.rstrip("& "), folder)
            return "", ()
        if not alive and re.fullmatch(r"evenflow [^|&;>$]*", command):
            with contextlib.chdir(folder):
                return CliRunner().invoke(main, shlex.split(command)[1:]).output, prints
        done = subprocess.run(
            command, shell=True, cwd=folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout, prints

    def serve(self, command: str, folder: Path) -> None:
        log = folder / f"served{len(self.served)}.log"
        with log.open("w") as file:
            words = shlex.split(command)
            self.served.append(subprocess.Popen(words, cwd=folder, env=self.environment, stderr=file, text=True))
        until(lambda: " serving on " in log.read_text() or self.served[-1].poll() is not None)
        assert self.served[-1].poll() is None, log.read_text()

    def leave(self) -> None:
        for process in self.served:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two nodes of each kind, with nobody in front of them."""
    with Site(tmp_path_factory.mktemp("nodes"), None) as site:
        yield site


@pytest.mark.parametrize("page", [page for page in PAGES if steps_of(page)], ids=lambda page: page.name)
def test_a_session_prints_what_the_page_shows(page: Path, site: Site, tmp_path: Path) -> None:
    steps = steps_of(page)
    if any(step.command.startswith("curl") for step in steps):
        require_peer("curl")
    desk = Desk(tmp_path, page, site)
    try:
        for step in steps:
            printed, shown = desk.type(step)
            assert is_as_shown(printed, shown), f"{step.place}: {step.command}\n{printed}"
    finally:
        desk.leave()
