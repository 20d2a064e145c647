"""The error log: what a line looks like, when none is written, and what is left out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.serve import error_log, log_output
from evenflow.serve.error_log import DEBUG, ERROR, WARN, ErrorLog


class Clock:
    """A time that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1795262690.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def closed_files() -> Iterator[None]:
    yield
    log_output.forget()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_line_has_time_level_process_text_and_fields(tmp_path: Path, clock: Clock) -> None:
    log = ErrorLog(str(tmp_path / "error.log"), "warn", clock)
    log.error(
        "member unavailable", balancer=b"confluence", member="http://10.0.0.2:8090", stage="connect", retry_in=60,
        origin="conf/wiki.conf:9",
    )  # fmt: skip
    line = (tmp_path / "error.log").read_text()
    assert re.fullmatch(
        r"\[\w{3} Nov 21 \d\d:\d\d:\d\d\.250000 2026\] \[error\] \[pid " + str(os.getpid()) + r"\] member unavailable: "
        r"balancer=confluence member=http://10\.0\.0\.2:8090 stage=connect retry_in=60 origin=conf/wiki\.conf:9\n",
        line,
    )


def test_a_level_above_the_threshold_is_not_written(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), "warn", clock)
    log.notice("not this")
    log.info("nor this")
    log.debug("nor this")
    log.warn("but this")
    assert not log.wants(DEBUG) and log.wants(WARN) and log.wants(ERROR)
    assert path.read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("words", "level"),
    [("warn", 4), ("debug", 7), ("info proxy:trace8", 6), ("proxy:debug", 4), ("trace8", 15), ("Emerg", 0)],
)
def test_log_level_words(words: str, level: int) -> None:
    assert error_log.threshold(words) == level


def test_an_unknown_level_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"must be one of emerg, alert, .*, not `loud`"):
        error_log.threshold("loud")


def test_nobody_outside_can_write_a_line_of_ours(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "error.log"
    ErrorLog(str(path), "warn", clock).error(
        "odd request", target=b"/x\n[error] forged \x1b[31m", agent="", name='a"b c'
    )
    text = path.read_text()
    assert text.count("\n") == 1
    assert r"\x0a[error] forged \x1b[31m" in text and 'agent=""' in text and r'name="a\"b c"' in text


def test_lines_of_one_key_are_limited_and_counted(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), "warn", clock)
    for _ in range(1000):
        log.error("member unavailable", "http://a", member="http://a")
    log.error("member unavailable", "http://b", member="http://b")
    lines = path.read_text().splitlines()
    assert sum("member=http://a" in line for line in lines) == error_log.ALLOWED
    assert "member=http://b" in lines[-1]
    clock.now += error_log.WINDOW
    log.error("member unavailable", "http://a", member="http://a")
    lines = path.read_text().splitlines()
    assert lines[-2].endswith(f"member unavailable: {1000 - error_log.ALLOWED} more lines were left out in 10 s")
    assert lines[-1].endswith("member=http://a")


def test_the_tick_says_what_was_left_out_and_forgets(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), "warn", clock)
    for _ in range(error_log.ALLOWED + 3):
        log.warn("again")
    log.tick()
    assert "left out" not in path.read_text()
    clock.now += error_log.WINDOW + 1
    log.tick()
    log.tick()
    assert path.read_text().count("3 more lines were left out in 11 s") == 1


def test_close_says_what_was_left_out(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), "warn", clock)
    for _ in range(error_log.ALLOWED + 1):
        log.warn("again")
    log.close()
    assert "1 more lines were left out" in path.read_text()


def test_keys_without_end_do_not_fill_memory_or_disk(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), "warn", clock)
    for number in range(5000):
        log.warn("bad request", str(number))
    assert path.read_text().count("\n") <= error_log.KEYS + error_log.ALLOWED


def test_a_clock_that_goes_back_does_not_silence_it(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), "warn", clock)
    for _ in range(50):
        log.warn("again")
    clock.now -= 3600
    log.warn("again")
    assert path.read_text().splitlines()[-1].endswith("again")


def test_several_processes_share_a_file_without_mixing(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), "warn")
    children = []
    for index in range(3):
        pid = os.fork()
        if pid == 0:
            for number in range(200):
                log.warn("line", f"{index} {number}", child=index, number=number, filler="x" * 300)
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    lines = path.read_text().splitlines()
    assert len(lines) == 600
    assert all(line.startswith("[") and line.endswith("x" * 300) for line in lines)


def test_a_file_that_cannot_be_opened_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        ErrorLog(str(tmp_path / "nowhere" / "error.log"))


def test_syslog_with_an_unknown_facility_is_refused() -> None:
    with pytest.raises(ValueError, match="no facility `kitchen`"):
        ErrorLog("syslog:kitchen")
    ErrorLog("syslog:local3:evenflow").close()
