"""The command line as hands know it: what is typed, what is said, and the exit status."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evenflow.tools.options import coloured
from tests.nodes.fronts import environment, evenflow_front
from tests.peers import CHECKOUT, free_port

GOOD = "Listen 8080\nServerName wiki.example.com\nProxyPass / http://127.0.0.1:1/\n"


def evenflow(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evenflow", *arguments], env=environment(), capture_output=True, text=True, timeout=30
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.conf"
    file.write_text(GOOD)
    return file


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.conf"
    file.write_text(GOOD + "ProxyTimeout soon\n")
    return file


def test_alone_it_says_what_there_is() -> None:
    done = evenflow()
    assert done.returncode == 0
    for word in ("serve", "check", "demo", "--version", "-D"):
        assert word in done.stdout


def test_version() -> None:
    done = evenflow("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("evenflow 0.") and "uvloop" in done.stdout and "hot rooms " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["srve", "a.conf"], "did you mean `evenflow serve`?"),
        (["xyzzy"], "the commands are `add`, `audit`, `check`, "),
        (["-t"], "type `evenflow -t -f FILE`"),
        (["-f", "a.conf"], "to serve it, type `evenflow serve a.conf`; to test it, `evenflow -t -f a.conf`"),
        (["-t", "check", "a.conf"], "`evenflow check FILE`"),
        (["-D", "=1", "check", "a.conf"], "type `-D NAME` or `-D NAME=VALUE`"),
        (["serve", "--children", "0", "a.conf"], "0 is not in the range"),
        (["serve"], "Missing argument 'FILE'"),
    ],
)
def test_bad_input_says_what_to_type(arguments: list[str], said: str) -> None:
    done = evenflow(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_syntax_ok(good: Path) -> None:
    done = evenflow("-t", "-f", good)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Syntax OK\n")


def test_syntax_not_ok(wrong: Path) -> None:
    done = evenflow("-t", "-f", wrong)
    assert done.returncode == 1
    assert f"{wrong}:4" in done.stderr
    assert "Syntax OK" not in done.stderr


def test_warnings_do_not_spoil_the_syntax() -> None:
    done = evenflow("-t", "-f", CHECKOUT / "examples" / "datacenter.conf")
    assert done.returncode == 0
    assert "warning" in done.stderr
    assert done.stderr.endswith("Syntax OK\n")


def test_check_ends_with_0_or_1(good: Path, wrong: Path) -> None:
    assert (evenflow("check", good).returncode, evenflow("check", wrong).returncode) == (0, 1)


def test_check_as_json(wrong: Path) -> None:
    done = evenflow("check", "--format", "json", wrong)
    assert done.returncode == 1
    assert json.loads(done.stdout)["errors"] == 1


@pytest.mark.parametrize("arguments", [["-D", "LATE", "check"], ["check", "-D", "LATE"]])
def test_a_define_may_stand_before_and_after_the_command(tmp_path: Path, arguments: list[str]) -> None:
    file = tmp_path / "defined.conf"
    file.write_text(GOOD + "<IfDefine LATE>\nProxyTimeout soon\n</IfDefine>\n")
    assert evenflow("check", file).returncode == 0
    assert evenflow(*arguments, file).returncode == 1


def test_a_define_with_a_value(tmp_path: Path) -> None:
    file = tmp_path / "defined.conf"
    file.write_text(GOOD + "ProxyTimeout ${PATIENCE}\n")
    assert evenflow("-t", "-f", file, "-D", "PATIENCE=5").returncode == 0
    assert evenflow("-t", "-f", file, "-D", "PATIENCE=soon").returncode == 1


def test_a_file_in_another_encoding_can_be_shown(tmp_path: Path) -> None:
    file = tmp_path / "latin.conf"
    file.write_bytes(b"Listen 8080\nServerNam caf\xe9\n")
    for form in ("text", "json"):
        done = evenflow("check", "--format", form, file)
        assert (done.returncode, done.stderr) == (1, "")
        assert "ServerName" in done.stdout


def test_serve_refuses_what_has_errors(wrong: Path) -> None:
    done = evenflow("serve", wrong)
    assert done.returncode == 1
    assert f"{wrong}:4" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_with_0_when_told(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    file = tmp_path / "serve.conf"
    file.write_text(GOOD.replace("8080", str(port)))
    with evenflow_front(file, port, children=2) as process:
        os.kill(process.pid, number)
        assert process.wait(10) == 0


@pytest.mark.parametrize("command", [["check"], ["show"], ["format"], ["explain"], ["diff"]])
def test_where_nothing_can_be_written_it_says_so(good: Path, command: list[str]) -> None:
    words = [*command, str(good), *{"explain": ["/"], "diff": [str(good)]}.get(command[0], [])]
    line = [sys.executable, "-m", "evenflow", *words]
    with open("/dev/full", "w") as full:
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: No space left on device\n"


def test_with_no_output_at_all_the_exit_status_is_left(good: Path, wrong: Path) -> None:
    for file, status in ((good, 0), (wrong, 1)):
        line = f"'{sys.executable}' -m evenflow check '{file}' >&- 2>&-"
        assert subprocess.run(["sh", "-c", line], timeout=60).returncode == status


@pytest.mark.parametrize("command", ["check", "show", "format", "explain", "diff"])
def test_a_reader_that_goes_away_is_no_accident(tmp_path: Path, command: str) -> None:
    file = tmp_path / "long.conf"
    file.write_text("Listen 8080\n" + "".join(f"ProxyPass /p{number} http://n:1/\n" for number in range(300)))
    more = {"explain": "/p1 --all", "diff": str(file)}.get(command, "")
    line = f"'{sys.executable}' -m evenflow {command} '{file}' {more} | head -n 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""


@pytest.mark.parametrize(
    "variables, colours", [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals_that_want_them(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], colours: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (coloured(Terminal()), coloured(io.StringIO())) == (colours, False)


@pytest.mark.parametrize("text", ["\0\xff\0garbage", "Listen 80\n".encode("utf-16").decode("latin-1")])
def test_a_file_that_is_no_text_is_named_as_such(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.conf"
    file.write_bytes(text.encode("latin-1"))
    for words in (["check", file], ["show", file], ["explain", file, "/"], ["diff", file, file], ["format", file]):
        done = evenflow(*words)
        assert done.returncode in (1, 2)
        assert "is no text: there is a zero byte in line 1" in done.stdout + done.stderr


def test_a_url_may_hold_any_byte(good: Path) -> None:
    line = [os.fsencode(word) for word in (sys.executable, "-m", "evenflow", "explain", str(good))]
    done = subprocess.run([*line, b"/\xff\xc3"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("GET http://")
    assert "/%FF%C3\n" in done.stdout
