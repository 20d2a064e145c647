"""The loop that all fuzz targets share: spoil known inputs, show each to a check, stop where it does not bear one.

The inputs follow from the seed alone; the time only says how many of them are tried. What a target accepts is kept and
spoiled further, so that the search gets away from where it began. Nothing here knows what is being read.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

Check = Callable[[bytes, random.Random], int]
"""Shows an input to a parser; says how many bytes of it were taken, -1 if it was refused; raises if that is wrong."""

LONGEST: Final = 5.0
"""Seconds of the processor that one input may take; what takes more hangs."""

MOST_KEPT: Final = 400
LONGEST_KEPT: Final = 3000
ODD_BYTES: Final = b'\x00\t\n\x0b\r !"#,-./0159:;=?@AZ[]^_`az{|}~\x7f\x80\xff'


@dataclass(frozen=True, slots=True)
class Tried:
    """How many inputs were tried, and how many of them were accepted."""

    inputs: int
    accepted: int


def explore(check: Check, corpus: Sequence[bytes], words: Sequence[bytes], seconds: float, seed: int) -> Tried:
    """Try the corpus and then what can be made of it, for so many seconds.

    `words` are pieces that the grammar knows. An exception of the check goes on to the caller, the input noted on it.
    """
    rng = random.Random(seed)
    kept = list(corpus)
    inputs = accepted = 0
    until = time.monotonic() + seconds
    while inputs < len(corpus) or time.monotonic() < until:
        data = corpus[inputs] if inputs < len(corpus) else spoiled(rng, kept, words)
        try:
            with bounded():
                taken = check(data, rng)
        except Exception as error:
            error.add_note(f"input {inputs} of seed {seed}: {data!r}")
            raise
        if 0 <= taken <= LONGEST_KEPT:
            # Most of what follows the end is never looked at: to spoil it would be idle.
            good = data[: taken + 4]
            if len(kept) < MOST_KEPT:
                kept.append(good)
            else:
                kept[rng.randrange(len(corpus), MOST_KEPT)] = good
        inputs += 1
        accepted += taken >= 0
    return Tried(inputs, accepted)


class Hangs(Exception):
    """An input that takes longer than it may."""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Raise `Hangs` in what takes too long; in the main thread only, as signals are its."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hangs(f"an input takes longer than {LONGEST} seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def spoiled(rng: random.Random, kept: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One of the kept inputs with one to four things done to it."""
    data = bytearray(rng.choice(kept))
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        rng.choice(ACTS)(rng, data, kept, words)
    return bytes(data)


Act = Callable[[random.Random, bytearray, Sequence[bytes], Sequence[bytes]], None]


def put_odd_byte(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    data.insert(rng.randint(0, len(data)), rng.choice(ODD_BYTES))


def change_byte(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((rng.choice(ODD_BYTES), rng.randrange(256)))


def drop_run(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    start = rng.randint(0, len(data))
    del data[start : start + rng.choice((1, 1, 1, 2, 5, 20))]


def put_word(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    at = rng.randint(0, len(data))
    data[at:at] = rng.choice(words)


def put_word_for_line(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    lines = data.split(b"\n")
    lines.insert(rng.randint(0, len(lines)), bytearray(rng.choice(words) + b"\r"))
    data[:] = b"\n".join(lines)


def repeat_run(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    start = rng.randint(0, len(data))
    run = data[start : start + rng.choice((1, 2, 8, 40))]
    data[start:start] = run * rng.choice((1, 1, 1, 2, 16, 300))


def repeat_line(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    lines = data.split(b"\n")
    lines.insert(rng.randint(0, len(lines)), rng.choice(lines))
    data[:] = b"\n".join(lines)


def cut_off(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    del data[rng.randint(0, len(data)) :]


def join_with_another(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    other = rng.choice(kept)
    data[rng.randint(0, len(data)) :] = other[rng.randint(0, len(other)) :]


def swap_case(rng: random.Random, data: bytearray, kept: Sequence[bytes], words: Sequence[bytes]) -> None:
    start = rng.randint(0, len(data))
    data[start : start + 12] = data[start : start + 12].swapcase()


ACTS: Final[tuple[Act, ...]] = (
    put_odd_byte,
    change_byte,
    drop_run,
    put_word,
    put_word_for_line,
    repeat_run,
    repeat_line,
    cut_off,
    join_with_another,
    swap_case,
)


def main(name: str, check: Check, corpus: Sequence[bytes], words: Sequence[bytes]) -> None:
    """The command line of a target."""
    parser = argparse.ArgumentParser(prog=f"python -m fuzz.{name}")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to go on (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what the inputs follow from (default: %(default)s)")
    wanted = parser.parse_args()
    tried = explore(check, corpus, words, wanted.seconds, wanted.seed)
    print(f"{name}: {tried.inputs} inputs, {tried.accepted} accepted, all of them as the reference reads them")
