"""The fuzz targets run, find nothing in a second each, and would find something."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from types import ModuleType

import pytest

from fuzz import (
    chunked,
    configuration,
    expression,
    layout,
    log_lines,
    mutation,
    passwords,
    patterns,
    proxy_protocol,
    request_head,
    response_head,
    rewrite,
)
from tests.peers import CHECKOUT

TARGETS = (
    *(request_head, response_head, chunked, proxy_protocol, expression, rewrite),
    *(configuration, layout, log_lines, passwords, patterns),
)


def name_of(target: ModuleType) -> str:
    return target.__name__.rpartition(".")[2]


@pytest.mark.parametrize("target", TARGETS, ids=name_of)
def test_a_target_finds_nothing(target: ModuleType) -> None:
    # In CI what is found must be what the change did; new inputs are for people: `python -m fuzz.NAME --seed N`.
    seed = 1 if os.environ.get("CI") else random.randrange(1 << 30)
    tried = mutation.explore(target.check, target.CORPUS, target.WORDS, seconds=1.5, seed=seed)
    assert 0 < tried.accepted < tried.inputs


def test_what_hangs_is_reported_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "LONGEST", 0.1)

    def check(data: bytes, rng: random.Random) -> int:
        while data == b"b":
            pass
        return len(data)

    with pytest.raises(mutation.Hangs) as caught:
        mutation.explore(check, (b"a", b"b"), (b"c",), 30, 1)
    assert caught.value.__notes__ == ["input 1 of seed 1: b'b'"]


@pytest.mark.parametrize("target", TARGETS, ids=name_of)
def test_a_target_is_a_command(target: ModuleType) -> None:
    done = subprocess.run(
        [sys.executable, "-m", target.__name__, "--seconds", "0.1", "--seed", "1"],
        cwd=CHECKOUT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "accepted" in done.stdout


def test_the_inputs_follow_from_the_seed() -> None:
    def inputs(seed: int) -> list[bytes]:
        seen: list[bytes] = []

        def check(data: bytes, rng: random.Random) -> int:
            seen.append(data)
            if len(seen) == 200:
                raise EOFError
            return len(data) if len(data) % 2 else -1

        with pytest.raises(EOFError):
            mutation.explore(check, request_head.CORPUS, request_head.WORDS, 60, seed)
        return seen

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


def test_what_is_wrong_is_reported_with_its_input() -> None:
    def check(data: bytes, rng: random.Random) -> int:
        assert b"\x00" not in data, "a NUL"
        return len(data)

    with pytest.raises(AssertionError, match="a NUL") as caught:
        mutation.explore(check, response_head.CORPUS, response_head.WORDS, 30, 1)
    assert "of seed 1: b'" in caught.value.__notes__[0] or 'of seed 1: b"' in caught.value.__notes__[0]
    assert "\\x00" in caught.value.__notes__[0]
