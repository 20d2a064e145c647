"""RewriteMap: texts, functions, and programs that behave, answer late, or die."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan import maps
from evenflow.plan.maps import FUNCTIONS, ProgramMap, TextMap, read_text


def test_what_a_text_says() -> None:
    text = b"# c\na\tA more\n b B\nnothing\n\nnothing \ntwice 1\ntwice 2\nlast L"
    assert read_text(text) == {b"a": b"A", b"twice": b"1", b"last": b"L"}
    # A line is read in pieces of 1024 bytes, and each counts as a line.
    assert read_text(b"k " + b"v" * 1022 + b"x y\n") == {b"k": b"v" * 1022, b"x": b"y"}


def test_a_text_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "t"
    file.write_text("a one\n")
    text = TextMap(bytes(file), False, NOWHERE)
    assert text.find(b"a") == b"one"
    file.write_text("a another\n")
    assert text.find(b"a") == b"another"
    file.unlink()
    assert text.find(b"a") is None


def test_a_value_is_drawn_at_random(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a one|two|three\nb |\n")
    text = TextMap(bytes(tmp_path / "t"), True, NOWHERE)
    random.seed(1)
    assert {text.find(b"a") for _ in range(50)} == {b"one", b"two", b"three"}
    assert text.find(b"b") is None


@pytest.mark.parametrize(
    "name, key, value",
    [
        ("toupper", b"aB\xc3\xa4", b"AB\xc3\xa4"),
        ("tolower", b"aB", b"ab"),
        ("escape", b"a b%", b"a%20b%25"),
        ("unescape", b"a%20%zz%2Fb%", b"a %zz/b%"),
        ("unescape", b"a%00b", b"a"),
    ],
)
def test_functions(name: str, key: bytes, value: bytes) -> None:
    assert FUNCTIONS[name](key) == value


PROGRAM = """
import sys, time
for line in sys.stdin:
    key = line.rstrip("\\n")
    if key == "end": sys.exit()
    if key == "slow": time.sleep(0.4)
    if key == "null": key = "nULL"
    if key == "long": key = "x" * 10000
    sys.stdout.write("<" + key + ">\\n" if key != "nULL" else key + "\\n")
    sys.stdout.flush()
"""


@pytest.fixture
def program() -> Iterator[ProgramMap]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    lock = os.memfd_create("lock")
    for pipe in (process.stdin, process.stdout):
        os.set_blocking(pipe.fileno(), False)
    made = ProgramMap(("x",), "", "", NOWHERE)
    made.attach(process.stdin.fileno(), process.stdout.fileno(), lock)
    yield made
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    os.close(lock)


def test_a_program_answers_a_line_with_a_line(program: ProgramMap) -> None:
    assert program.find(b"a b") == b"<a b>"
    assert program.find(b"") == b"<>"
    assert program.find(b"null") is None
    assert program.find(b"long") == b"<" + b"x" * 10000 + b">"
    assert program.find(b"a\nb") is None
    assert program.find(b"c") == b"<c>"


def test_a_program_that_has_ended_answers_nothing(program: ProgramMap) -> None:
    assert program.find(b"end") == b""
    assert program.find(b"a") == b""


def test_an_answer_that_comes_too_late_is_nobodys(program: ProgramMap, monkeypatch: pytest.MonkeyPatch) -> None:
    assert program.find(b"ready") == b"<ready>"
    monkeypatch.setattr(maps, "ANSWER_SECONDS", 0.05)
    began = time.monotonic()
    assert program.find(b"slow") is None
    assert program.find(b"b") is None, "the answer to the key before is still to come"
    assert time.monotonic() - began < 0.4
    monkeypatch.setattr(maps, "ANSWER_SECONDS", 2.0)
    monkeypatch.setattr(maps, "LATE_SECONDS", 2.0)
    assert program.find(b"c") == b"<c>"


def test_the_answer_to_a_process_that_was_killed_is_nobodys(
    program: ProgramMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert program.find(b"ready") == b"<ready>"
    asking = os.fork()
    if asking == 0:
        program.find(b"slow")
        os._exit(0)
    # The key has been sent: the program has it, or the pipe.
    while int.from_bytes(os.pread(program.lock, 4, 0), "little", signed=True) != 1:
        time.sleep(0.001)
    os.kill(asking, signal.SIGKILL)
    os.waitpid(asking, 0)
    monkeypatch.setattr(maps, "LATE_SECONDS", 2.0)
    assert program.find(b"mine") == b"<mine>"


def test_processes_ask_one_after_the_other(program: ProgramMap) -> None:
    children = []
    for child in range(4):
        pid = os.fork()
        if pid == 0:
            keys = [b"%d-%d" % (child, number) for number in range(100)]
            os._exit(0 if all(program.find(key) == b"<" + key + b">" for key in keys) else 1)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4


def test_a_program_that_does_not_run_knows_nothing() -> None:
    assert ProgramMap(("x",), "", "", NOWHERE).find(b"a") is None
