"""Everything that a supervisor has is found again: here in one process, with real sockets, pipes and memory."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from evenflow.control import channel, estate, handover, loading
from evenflow.control.crew import Crew
from evenflow.control.generation import Generation
from evenflow.control.inherited import Inherited
from evenflow.control.log_pipes import LogPipe
from evenflow.control.map_programs import MapProgram
from evenflow.control.supervisor import Supervisor
from evenflow.origin import NOWHERE
from evenflow.plan.model import Listener, Plan
from evenflow.serve import log_output, loop
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.layout import DRAINING
from evenflow.slotmem.tokens import Tokens
from tests.balancer.cluster import Cluster, member


@pytest.fixture(autouse=True)
def unheard() -> Iterator[None]:
    """Somebody asks, and nobody answers."""
    before = signal.signal(channel.SIGNAL, signal.SIG_IGN)
    yield
    signal.signal(channel.SIGNAL, before)


NOBODY = handover.Program(["/nowhere"], ["serve"], {})


def nothing_to_load(given: list[socket.socket]) -> loading.Load:
    def load(previous: Generation | None) -> tuple[Generation, str]:
        raise loading.Refused("nothing\n")

    return load


@contextmanager
def furnished(folder: Path) -> Iterator[Supervisor]:
    """A supervisor of two generations, with one of everything; its children are nobody."""
    path = folder / "wiki.conf"
    path.write_text("Listen 1\n")
    bound = socket.create_server(("127.0.0.1", 0))
    cluster = Cluster(member(route=b"n1"))
    cluster.slots[0].set_status(DRAINING, True)
    cluster.scoreboard.tokens[0] = Tokens(3)
    older = Cluster(member(route=b"n1"))
    older.scoreboard.tokens[0] = cluster.scoreboard.tokens[0]
    plan = Plan()
    plan.generation = 4
    plan.error_log, plan.log_level = "error.log", "notice"
    plan.server_root = str(folder)
    shares = [[(bound, Listener("127.0.0.1", 1, False, NOWHERE))]]
    log = ErrorLog("", "warn")
    generation = Generation(plan, loop.run, shares, cluster.scoreboard, log)
    origin = handover.Origin(NOBODY, {"FIRST": "1"}, [bound])
    house = Supervisor(generation, 7.0, nothing_to_load([]), str(path), None, origin)
    house.crew.posts[0].pid, house.crew.posts[0].place = 99991, 5
    house.crew.posts[0].line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    retired = Crew(Generation(Plan(), loop.run, [], older.scoreboard, log))
    house.elders.append(retired)
    house.ancestry.retire(older.scoreboard)
    house.allowance.places = {5, 9}
    house.emptying = True
    house.pid_file = str(folder / "pid")
    house.open_channel()
    assert house.channel is not None
    with socket.socket(socket.AF_UNIX) as asker:
        asker.connect(str(house.channel.path))
        house.channel.link, _ = house.channel.listening.accept()
        try:
            yield house
        finally:
            house.channel.hang_up()
            house.channel.close()
            theirs.close()
            bound.close()


def as_read(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(told))
    return found


def test_it_is_found_again(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        told = as_read(estate.describe(house, NOBODY))
        found = estate.take_up(told, house.path, nothing_to_load)
        generation = found.generation
        assert generation.foreign and generation.plan.generation == 4
        assert generation.scoreboard.member(0, 0).status == DRAINING
        assert generation.scoreboard.tokens[0].limit == 3
        assert [one.index for one in generation.scoreboard.balancers] == [0]  # type: ignore[attr-defined]
        assert generation.scoreboard.tokens[0] is found.elders[0].generation.scoreboard.tokens[0]
        (post,) = found.crew.posts
        assert (post.pid, post.place) == (99991, 5) and post.line is not None
        ((taken, listener),) = generation.shares[0]
        was = house.generation.shares[0][0][0]
        assert taken.getsockname() == was.getsockname() and listener.port == was.getsockname()[1]
        # What a service manager passed is the same object, or its use would not be seen.
        assert found.origin is not None and found.origin.given == [taken]
        assert found.origin.environment == {"FIRST": "1"}
        assert [one.plan.generation for one in found.retired()] == [1]
        assert found.ancestry.living == [found.elders[0].generation.scoreboard]
        assert found.allowance.places == {5, 9} and found.allowance.in_doubt
        assert (found.emptying, found.pid_file, found.drain_seconds) == (True, str(tmp_path / "pid"), 7.0)
        found.log.error("written where it was")
        assert "written where it was" in (tmp_path / "error.log").read_text()
        assert found.channel is not None and house.channel is not None
        assert found.channel.path == house.channel.path
        assert channel.answers(found.channel.path)
        found.channel.forget()
        log_output.forget()


def test_what_was_handed_over_stays_good(tmp_path: Path) -> None:
    """Who takes it up makes copies: it can be taken up again, by the program before."""
    with furnished(tmp_path) as house:
        told = as_read(estate.describe(house, NOBODY))
        for _ in range(2):
            found = estate.take_up(told, house.path, nothing_to_load)
            for share in found.generation.shares:
                for bound, _listener in share:
                    bound.close()
            assert found.channel is not None
            found.channel.forget()
            del found
        for descriptor in told["descriptors"]:
            os.fstat(descriptor)
        log_output.forget()


def test_commands_and_programs_are_found_by_their_process(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        pipe = LogPipe("|cat", NOWHERE)
        pipe.process = Inherited(99992)
        house.generation.pipes.append(pipe)
        house.elders[0].generation.pipes.append(pipe)
        ends = os.pipe()
        one = Inherited(99993, os.fdopen(ends[1], "wb", 0), os.fdopen(ends[0], "rb", 0))
        house.generation.programs.append(MapProgram(("/m.sh", "word"), one, os.memfd_create("lock")))
        found = estate.take_up(as_read(estate.describe(house, NOBODY)), house.path, nothing_to_load)
        (taken,) = found.generation.pipes
        assert found.elders[0].generation.pipes == [taken]
        assert taken.process is not None and taken.process.pid == 99992
        os.write(log_output.open_target("|cat"), b"line\n")
        assert os.read(pipe.reading, 100) == b"line\n"
        (program,) = found.generation.programs
        assert (program.process.pid, program.words) == (99993, ["/m.sh", "word"])
        for other in (pipe, taken):
            other.close()
        with suppress(ChildProcessError):
            program.close()
        assert found.channel is not None
        found.channel.forget()
        log_output.forget()


def test_a_log_that_cannot_be_opened_now_is_standard_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with furnished(tmp_path) as house:
        house.generation.plan.error_log = "nowhere/error.log"
        found = estate.take_up(as_read(estate.describe(house, NOBODY)), house.path, nothing_to_load)
        found.log.error("said all the same")
        assert "said all the same" in capfd.readouterr().err
        assert found.channel is not None
        found.channel.forget()
        log_output.forget()


def test_the_version_is_raised_with_the_table(tmp_path: Path) -> None:
    """Whoever changes a name here raises `handover.VERSION`, or lets the reader do without it."""
    with furnished(tmp_path) as house:
        told = as_read(estate.describe(house, NOBODY))
    crew = told["crews"][-1]
    names = [sorted(one) for one in (told, crew, crew["posts"][0], crew["scoreboard"], crew["scoreboard"]["tokens"][0])]
    assert handover.VERSION == 1
    assert names == [
        [
            "agreed", "ancestry", "asker", "channel", "crews", "descriptors", "drain_seconds", "emptying",
            "environment", "evenflow", "failed", "former", "given", "log", "manager", "methods", "path", "pid_file",
            "pipes", "places", "process", "version",
        ],
        ["generation", "pipes", "posts", "programs", "scoreboard", "shares", "watch"],
        ["index", "line", "pid", "place", "quick_deaths", "started"],
        ["balancers", "cells", "children", "dead", "hosts", "members", "memory", "rows", "size", "tokens"],
        ["count", "limit", "member", "memory"],
    ]  # fmt: skip
