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
from evenflow.control.console import legacy
from evenflow.control.console.ledger import Ledger
from evenflow.control.console.place import Console
from evenflow.control.console.rings import Rings
from evenflow.control.console.settings import Difference
from evenflow.control.crew import Crew
from evenflow.control.generation import Generation
from evenflow.control.inherited import Inherited
from evenflow.control.log_pipes import LogPipe
from evenflow.control.map_programs import MapProgram
from evenflow.control.supervisor import Supervisor
from evenflow.origin import NOWHERE
from evenflow.plan.model import Listener, Member, Plan
from evenflow.serve import log_output, loop
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem import bequest
from evenflow.slotmem.adoption import member_keys
from evenflow.slotmem.layout import DRAINING
from evenflow.slotmem.sessions import provide
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


def seen(house: Supervisor) -> None:
    """Sessions, charts and changes that are known in both generations of the house."""
    boards = [crew.generation.scoreboard for crew in house.crews()]
    for board in boards:
        board.balancer(0).sticky_cookie = board.balancer(0).sticky_path = b"S"
        board.members[0].balancer = board.balancers[0]  # type: ignore[misc]
    provide(boards[0], None, 50.0, True)
    provide(boards[1], boards[0], 60.0, True)
    boards[1].member(0, 0).saw(b"a.n1", 100.0)
    console = Console(Member(b"balancer-manager", b"http", "localhost", 80, b"", 1, NOWHERE))
    console.rings, console.ledger = Rings(member_keys(boards[1])), Ledger()
    console.rings.add([(5.0, 0.1, 0.0)])
    console.ledger.note("eve", "page", [Difference(("c", 0, "http://b1"), "w_status_N", "0", "1")])
    house.generation.console = console


def test_sessions_charts_and_changes_go_on(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        seen(house)
        found = estate.take_up(as_read(estate.describe(house, NOBODY)), house.path, nothing_to_load)
        boards = [crew.generation.scoreboard for crew in found.crews()]
        table = boards[1].sessions[0]
        assert (table.count(101.0), table.since) == (1, 50.0)
        # Children of before go on in the same table, whichever generation is theirs.
        for crew, name in zip(house.crews(), (b"b.n1", b"c.n1"), strict=True):
            crew.generation.scoreboard.member(0, 0).saw(name, 102.0)
        assert (table.count(103.0), boards[0].sessions[0].count(103.0)) == (3, 3)
        assert table.region is boards[0].sessions[0].region
        console = found.generation.console
        assert console is not None and console.rings is not None and console.ledger is not None
        assert console.rings.series(0, 0) == [5.0]
        (change,) = console.ledger.all()
        assert (change.who, change.words) == ("eve", "drains")
        # The list is one, not a copy.
        console.ledger.note("root", "evenflow enable", [Difference(("c", 0, "http://b1"), "w_status_N", "1", "0")])
        former = house.generation.console
        assert former is not None and former.ledger is not None and len(former.ledger.all()) == 2
        # A third program finds what the second one only had copies of.
        third = bequest.take_up(as_read(bequest.describe(boards[1])), {})
        assert third.sessions[0].count(103.0) == 3
        again = legacy.take_up(as_read(legacy.describe(console)), member_keys(third))
        assert again is not None and again.ledger is not None and len(again.ledger.all()) == 2
        # And the next reload goes on with all of it, as behind any other generation.
        younger = Cluster(member(route=b"n1"), sticky_cookie=b"S").scoreboard
        younger.members[0].balancer = younger.balancers[0]  # type: ignore[misc]
        provide(younger, boards[1], 104.0)
        assert younger.sessions[0] is table
        assert found.channel is not None
        found.channel.forget()
        log_output.forget()


def test_a_program_may_neither_tell_nor_read_them(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        seen(house)
        told = as_read(estate.describe(house, NOBODY))
        for crew in told["crews"]:
            del crew["scoreboard"]["sessions"]
        del told["console"]
        handover.check(told, house.path)
        found = estate.take_up(told, house.path, nothing_to_load)
        assert found.generation.scoreboard.sessions == {} and found.generation.console is None
        assert found.channel is not None
        found.channel.forget()
        log_output.forget()


def test_those_of_another_kind_begin_anew(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        seen(house)
        told = as_read(estate.describe(house, NOBODY))
        told["crews"][-1]["scoreboard"]["sessions"]["kind"][0] += 1
        told["crews"][0]["scoreboard"]["sessions"]["tables"][0]["at"] = 1 << 40
        told["console"]["rings"]["kind"][0] += 1
        found = estate.take_up(told, house.path, nothing_to_load)
        assert [crew.generation.scoreboard.sessions for crew in found.crews()] == [{}, {}]
        console = found.generation.console
        assert console is not None and console.rings is None and console.ledger is not None
        assert found.channel is not None
        found.channel.forget()
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
            "agreed", "ancestry", "asker", "channel", "console", "crews", "descriptors", "drain_seconds", "emptying",
            "environment", "evenflow", "failed", "former", "given", "log", "manager", "methods", "path", "pid_file",
            "pipes", "places", "process", "version",
        ],
        ["generation", "pipes", "posts", "programs", "scoreboard", "shares", "watch"],
        ["index", "line", "pid", "place", "quick_deaths", "started"],
        ["balancers", "cells", "children", "dead", "hosts", "members", "memory", "rows", "sessions", "size", "tokens"],
        ["count", "limit", "member", "memory"],
    ]  # fmt: skip
