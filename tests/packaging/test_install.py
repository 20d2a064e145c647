"""`pip install .` in a fresh environment gives the command: compiled with a C compiler there, interpreted without one.

On the oldest and the newest Python that this machine has, but for the running one, for which `make test` compiles
anyway; on that where there is no other. The checkout is copied first, so that nothing that an earlier build left in it
can help, and nothing of these builds stays.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.peers import CHECKOUT, free_port, require_peer

pytestmark = pytest.mark.timeout(900)

Environment = Callable[..., Path]


def pythons() -> dict[tuple[int, int], Path]:
    """Every CPython from 3.11 on that is installed here, by version; the running one before others of its version."""
    places = [
        *Path.home().glob(".pyenv/versions/*/bin"),
        *(Path(folder) for folder in ("/usr/local/bin", "/usr/bin")),
    ]
    found = {sys.version_info[:2]: Path(sys.executable).resolve()}
    for place in places:
        for path in place.glob("python3.*"):
            version = re.fullmatch(r"python3\.(\d+)", path.name)
            if version and int(version[1]) >= 11 and has_venv(path):
                found.setdefault((3, int(version[1])), path)
    return found


def has_venv(python: Path) -> bool:
    """Whether this Python works and can make environments."""
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0


FOUND: Final = pythons()
RUNNING: Final = sys.version_info[:2]
OLDEST_AND_NEWEST: Final = [FOUND[version] for version in sorted({min(FOUND), max(FOUND)} - {RUNNING} or {RUNNING})]


@pytest.fixture
def install(tmp_path: Path) -> Environment:
    """A function that copies the checkout and installs it into a new environment of `python`; gives its bin folder."""

    def installed(python: Path, variables: Mapping[str, str]) -> Path:
        checkout = tmp_path / "checkout"
        shutil.copytree(CHECKOUT / "src", checkout / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        shutil.copytree(CHECKOUT / "examples", checkout / "examples")
        for name in ("pyproject.toml", "setup.py", "LICENSE", "README.md"):
            shutil.copy(CHECKOUT / name, checkout)
        subprocess.run([python, "-m", "venv", tmp_path / "environment"], check=True)
        folder = tmp_path / "environment" / "bin"
        build = subprocess.run(
            [folder / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", checkout],
            # The bytecode of all that pip brings along would take as long as the rest.
            env=clean_environment({"PIP_NO_COMPILE": "1", **variables}), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert build.returncode == 0, build.stdout + build.stderr
        return folder

    return installed


def clean_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what points at this checkout or decides the build, and with `variables`."""
    dropped = ("PYTHONPATH", "EVENFLOW_WAY", "EVENFLOW_INTERPRETED", "CC", "CFLAGS")
    return {name: value for name, value in os.environ.items() if name not in dropped} | dict(variables or {})


def say_version(folder: Path) -> str:
    """What `evenflow --version` prints, from a folder where no source can be imported by accident."""
    command = [folder / "evenflow", "--version"]
    run = subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def example_of_the_demo(folder: Path) -> Path:
    """The configuration that the installed `evenflow demo` serves; it is there."""
    script = "from evenflow.tools.demo.show import example_file; print(example_file())"
    run = subprocess.run(
        [folder / "python", "-c", script],
        cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = Path(run.stdout.strip())
    assert found.is_file()
    return found


@pytest.mark.parametrize("python", OLDEST_AND_NEWEST, ids=lambda python: python.name)
def test_pip_install_gives_a_compiled_command_that_serves(python: Path, install: Environment, tmp_path: Path) -> None:
    require_peer("cc")
    # Whether it compiles is the question here, not how fast it runs: optimizing would take most of the test's time.
    folder = install(python, {"CFLAGS": "-O0"})
    version = say_version(folder)
    assert "0.1.0" in version
    assert "interpreted" not in version
    assert "compiled" in version
    serves_a_page(folder, tmp_path)


def test_without_a_compiler_it_installs_interpreted_and_says_so(install: Environment, tmp_path: Path) -> None:
    folder = install(Path(sys.executable).resolve(), {"CC": "/bin/false"})
    assert "interpreted" in say_version(folder)
    shared = tmp_path / "environment" / "share" / "evenflow"
    assert example_of_the_demo(folder) == shared / "examples" / "datacenter.conf"
    serves_a_page(folder, tmp_path)


def test_compiling_can_be_declined(tmp_path: Path) -> None:
    build = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build", "--build-base", tmp_path, "--build-lib", tmp_path / "tree"],
        cwd=CHECKOUT, env=clean_environment({"EVENFLOW_INTERPRETED": "1"}), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert build.returncode == 0, build.stderr
    said = [line for line in build.stderr.splitlines() if line.startswith("evenflow:")]
    assert said == ["evenflow: the hot rooms stay interpreted: EVENFLOW_INTERPRETED=1"]
    assert (tmp_path / "tree" / "evenflow" / "plan" / "model.py").is_file()
    assert (tmp_path / "tree" / "evenflow" / "py.typed").is_file()
    assert not list((tmp_path / "tree").rglob("*.so"))


def serves_a_page(folder: Path, tmp_path: Path) -> None:
    """The installed command takes a configuration, fetches a page from a member, and ends on SIGTERM with 0."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "hello.txt").write_text("hello from the member")
    member, balancer = free_port(), free_port()
    configuration = tmp_path / "smoke.conf"
    configuration.write_text(
        f"Listen 127.0.0.1:{balancer}\n"
        "<VirtualHost *>\n"
        "    ServerName smoke.example.com\n"
        f"    ProxyPass / http://127.0.0.1:{member}/\n"
        "</VirtualHost>\n"
    )
    pages = [sys.executable, "-m", "http.server", str(member), "--bind", "127.0.0.1", "--directory", tmp_path / "pages"]
    with running(pages, cwd=folder):
        wait_for(f"http://127.0.0.1:{member}/hello.txt")
        with running([folder / "evenflow", "serve", configuration], cwd=folder) as server:
            assert wait_for(f"http://127.0.0.1:{balancer}/hello.txt") == b"hello from the member"
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0


@contextmanager
def running(command: list[object], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` while the loop's body runs, once."""
    with subprocess.Popen([str(word) for word in command], cwd=cwd, env=clean_environment()) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def wait_for(url: str, seconds: float = 90.0) -> bytes:
    """The page at `url`, asked for until it comes or the time is over."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
