"""Commands that take log lines: started once, kept supplied, ended by the end of their input."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.control import log_pipes
from evenflow.control.trouble import Trouble
from evenflow.origin import Origin
from evenflow.serve import log_output

ORIGIN = Origin("wiki.conf", 5, "CustomLog ...")
COPY = f"{sys.executable} -c \"import sys; open(sys.argv[1], 'ab', 0).writelines(sys.stdin.buffer.raw)\" "


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    log_output.forget()


def until_holds(path: Path, text: str) -> None:
    deadline = time.monotonic() + 15
    while not path.exists() or path.read_text() != text:
        assert time.monotonic() < deadline, path.read_text() if path.exists() else "nothing was written"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("|/usr/bin/rotatelogs -l '/var/log/a b' 86400", ["/usr/bin/rotatelogs", "-l", "/var/log/a b", "86400"]),
        ("||/bin/cat -u", ["/bin/cat", "-u"]),
        ("|$cat >> /tmp/x", ["/bin/sh", "-c", "cat >> /tmp/x"]),
    ],
)
def test_commands_are_read_as_httpd_reads_them(target: str, words: list[str]) -> None:
    assert log_pipes.command(target) == words


def test_lines_arrive_and_the_command_ends_with_its_input(tmp_path: Path) -> None:
    path = tmp_path / "out.log"
    target = f"|{COPY}{path}"
    pipes = log_pipes.start_pipes(
        [(target, ORIGIN), ("", ORIGIN), (target, ORIGIN), (str(tmp_path / "x"), ORIGIN)], 0.0
    )
    (pipe,) = pipes
    assert log_output.open_target(target) == pipe.writing
    os.write(pipe.writing, b"one\ntwo\n")
    process = pipe.process
    assert process is not None
    log_pipes.close_pipes(pipes)
    assert process.wait(15) == 0
    assert path.read_text() == "one\ntwo\n"


def test_a_command_that_died_is_started_again_behind_the_same_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "out.log"
    (pipe,) = log_pipes.start_pipes([(f"|{COPY}{path}", ORIGIN)], 0.0)
    os.write(pipe.writing, b"one\n")
    until_holds(path, "one\n")
    first = pipe.process
    assert first is not None
    first.kill()
    first.wait(15)
    # Nobody reads now, and yet nothing is lost and no writer sees a broken pipe.
    os.write(pipe.writing, b"two\n")
    pipe.start(1.0)
    until_holds(path, "one\ntwo\n")
    second = pipe.process
    assert second is not None
    pipe.close()
    assert second.wait(15) == 0


@pytest.mark.parametrize("target", ["|/no/such/command", "|", "|'open"])
def test_a_command_that_cannot_be_started_is_named(target: str) -> None:
    with pytest.raises(Trouble) as caught:
        log_pipes.start_pipes([(target, ORIGIN)], 0.0)
    assert caught.value.code == "log-command-failed"
    assert f"`{target}`" in caught.value.headline and caught.value.origin is ORIGIN
