"""What one program leaves to the next in the same process (`evenflow upgrade`): a table in a file without a name, whose
descriptor the next one inherits with all the descriptors that the table names.

`version` says whether the next one can read the rest; how to come back (`former`) is read whatever it says. Two
programs of one version agree on the table, on the lines between supervisor, children and judge, and on signals: who
changes any of these raises VERSION. What a program can do without (sessions, charts, the list of changes) is told under
a name of its own, which another program of the same version may not know. Where cells stand is told, and translated;
lbmethods are compared besides.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterable, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import evenflow
from evenflow.balancer.methods import NAMES
from evenflow.slotmem import bequest

VERSION: Final = 1
VARIABLE: Final = "EVENFLOW_HANDOVER"
"""Names the descriptor."""


class Unreadable(Exception):
    """What the program before left cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Program:
    """Something that can be executed: `words` begin with a path, and end before what it is told to do."""

    words: list[str]
    arguments: list[str]
    """`serve FILE ...`, the same for every program that takes over."""
    environment: dict[str, str]

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(slots=True)
class Origin:
    """How a supervisor came to be."""

    program: Program | None
    """What it runs; None where that cannot be told."""
    environment: dict[str, str]
    """That of the first of all programs in this process: what another one is started with."""
    given: list[socket.socket]
    """What a service manager passed."""


def own_program() -> Program | None:
    """How this process was started; None where that cannot be told. The environment is taken as it is now."""
    arguments = sys.argv[1:]
    count = len(sys.orig_argv) - len(arguments)
    if not sys.executable or count < 1 or sys.orig_argv[count:] != arguments:
        return None
    words = [sys.executable, *sys.orig_argv[1:count]]
    if count == 2 and is_script(words[1]):
        # It may be another one by then, a link to another environment, and it knows its own interpreter.
        words = [os.path.abspath(words[1])]
    return Program(words, arguments, dict(os.environ))


def is_script(path: str) -> bool:
    """Whether it is a file that names its interpreter and can be executed."""
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!" and os.access(path, os.X_OK)
    except OSError:
        return False


def program_of(told: dict[str, Any]) -> Program:
    return Program(list(told["words"]), list(told["arguments"]), dict(told["environment"]))


def head(former: Program, path: str) -> dict[str, Any]:
    """What every version can read, and what tells whether it can read the rest."""
    return {
        "version": VERSION,
        "evenflow": evenflow.__version__,
        "process": os.getpid(),
        "former": asdict(former),
        "failed": "",
        "path": os.path.realpath(path),
        "agreed": bequest.table(),
        "methods": list(NAMES),
    }


def write(told: dict[str, Any]) -> int:
    """The descriptor of a file that holds it; nobody inherits it yet."""
    descriptor = os.memfd_create("evenflow-handover")
    text = json.dumps(told).encode()
    while text:
        text = text[os.write(descriptor, text) :]
    return descriptor


def received(environment: MutableMapping[str, str] = os.environ) -> dict[str, Any] | None:
    """What a program before this one left; None where there was none. The variable is taken out of `environment`, and
    the file is closed. Raises Unreadable.
    """
    said = environment.pop(VARIABLE, "")
    if not said:
        return None
    try:
        with open(int(said), "rb") as file:
            told = json.loads(os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0))
    except (OSError, ValueError) as fault:
        raise Unreadable(f"`{VARIABLE}={said}` names nothing that a program before left: {fault}") from None
    if not isinstance(told, dict) or not isinstance(told.get("former"), dict) or "process" not in told:
        raise Unreadable(f"`{VARIABLE}={said}` names something else")
    return told


def check(told: dict[str, Any], path: str) -> None:
    """Raise Unreadable where this program cannot go on with it."""
    if told.get("version") != VERSION:
        version = told.get("version")
        raise Unreadable(f"what is handed over has version {version}, this program knows {VERSION}: it needs a restart")
    obstacle = bequest.obstacle(told["agreed"], [crew["scoreboard"] for crew in told["crews"]])
    if obstacle:
        raise Unreadable(f"its scoreboard is of another kind: {obstacle}: it needs a restart")
    known = told["methods"]
    if list(NAMES[: len(known)]) != known:
        raise Unreadable("its lbmethods are numbered otherwise: it needs a restart")
    if told["path"] != os.path.realpath(path):
        raise Unreadable(f"it serves another configuration: `{told['path']}`, not `{os.path.realpath(path)}`")


def execute(program: Program, told: dict[str, Any], descriptors: Iterable[int]) -> None:
    """Be that program from here on, with these descriptors. OSError where that cannot be; then all is as before."""
    paper = write(told)
    changed = [one for one in (paper, *descriptors) if not os.get_inheritable(one)]
    for one in changed:
        os.set_inheritable(one, True)
    try:
        words = [*program.words, *program.arguments]
        os.execve(words[0], words, {**program.environment, VARIABLE: str(paper)})
    finally:
        for one in changed:
            os.set_inheritable(one, False)
        os.close(paper)


def let_go(descriptors: Iterable[int]) -> None:
    """What was needed of them has copies."""
    for one in descriptors:
        with contextlib.suppress(OSError):
            os.close(one)


def take(descriptors: Iterable[int]) -> None:
    """They are ours now: nothing that we start inherits them."""
    for one in descriptors:
        with contextlib.suppress(OSError):
            os.set_inheritable(one, False)
