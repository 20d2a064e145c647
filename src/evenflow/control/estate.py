"""Everything that a supervisor has, as a table for the program that takes its place, and back (`evenflow upgrade`).

Descriptors are named by number; `descriptors` lists all of them. Who takes it up makes copies, so that the table stays
good: where the new program fails, the one before it takes up the same.

A generation that was taken up is `foreign`: its children serve and are looked after, but this program did not load its
configuration and can put nobody in a dead one's place.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenflow.control import handover, loading
from evenflow.control.allowance import Allowance, Doubt
from evenflow.control.channel import Channel
from evenflow.control.console import legacy
from evenflow.control.crew import Crew, Post
from evenflow.control.generation import Generation
from evenflow.control.inherited import Inherited
from evenflow.control.listening import Bound
from evenflow.control.log_pipes import LogPipe
from evenflow.control.map_programs import MapProgram
from evenflow.control.notify import ServiceManager
from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE
from evenflow.plan.model import Listener, Plan
from evenflow.serve import log_output, loop
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem import bequest
from evenflow.slotmem.adoption import member_keys
from evenflow.slotmem.region import Region
from evenflow.slotmem.tokens import Tokens

if TYPE_CHECKING:
    from evenflow.control.supervisor import Supervisor


class Writer:
    """Writes one table; gathers the descriptors in it."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []
        self.pipes: list[LogPipe] = []

    def hand(self, descriptor: int) -> int:
        """The other program needs this one."""
        self.descriptors.append(descriptor)
        return descriptor

    def crew(self, crew: Crew) -> dict[str, Any]:
        generation = crew.generation
        board = bequest.describe(generation.scoreboard)
        for descriptor in bequest.descriptors_of(board):
            self.hand(descriptor)
        return {
            "generation": generation.plan.generation,
            "posts": [self.post(post) for post in crew.posts],
            "watch": self.post(crew.watch) if crew.watch is not None else None,
            "scoreboard": board,
            "shares": [[self.hand(bound.fileno()) for bound, _ in share] for share in generation.shares],
            "pipes": [self.pipe(pipe) for pipe in generation.pipes],
            "programs": [self.program(one) for one in generation.programs],
        }

    def console(self, generation: Generation) -> dict[str, Any]:
        told = legacy.describe(generation.console)
        for descriptor in legacy.descriptors_of(told):
            self.hand(descriptor)
        return told

    def post(self, post: Post) -> dict[str, Any]:
        return {
            "index": post.index,
            "pid": post.pid,
            "place": post.place,
            "started": post.started,
            "quick_deaths": post.quick_deaths,
            "line": self.hand(post.line.fileno()) if post.line is not None else -1,
        }

    def pipe(self, pipe: LogPipe) -> int:
        """Its number: generations have them in common."""
        if pipe not in self.pipes:
            self.pipes.append(pipe)
        return self.pipes.index(pipe)

    def told_pipe(self, pipe: LogPipe) -> dict[str, Any]:
        return {
            "target": pipe.target,
            "reading": self.hand(pipe.reading),
            "writing": self.hand(pipe.writing),
            "pid": pipe.process.pid if pipe.process is not None else 0,
            "started": pipe.started,
        }

    def program(self, one: MapProgram) -> dict[str, Any]:
        assert one.process.stdin is not None and one.process.stdout is not None
        return {
            "words": list(one.words),
            "pid": one.process.pid,
            "ended": one.process.returncode is not None,
            "writing": self.hand(one.process.stdin.fileno()),
            "reading": self.hand(one.process.stdout.fileno()),
            "lock": self.hand(one.lock),
        }


def describe(house: Supervisor, former: handover.Program) -> dict[str, Any]:
    """The table. `former` is who comes back where the new program fails."""
    writer = Writer()
    crews = [writer.crew(crew) for crew in house.crews()]
    channel = house.channel
    assert channel is not None and channel.link is not None and house.origin is not None
    plan = house.generation.plan
    told = {
        **handover.head(former, house.path),
        "environment": house.origin.environment,
        "crews": crews,
        "pipes": [writer.told_pipe(pipe) for pipe in writer.pipes],
        "given": [writer.hand(one.fileno()) for one in house.origin.given],
        "channel": {"path": str(channel.path), "listening": writer.hand(channel.listening.fileno())},
        "asker": writer.hand(channel.link.fileno()),
        "manager": {"address": house.manager.address, "pace": house.manager.pace, "ready": house.manager.ready},
        "log": {"error_log": plan.error_log, "log_level": plan.log_level, "server_root": plan.server_root},
        "pid_file": house.pid_file,
        "emptying": house.emptying,
        "places": sorted(house.allowance.places),
        "ancestry": bequest.describe_ancestry(house.ancestry),
        "drain_seconds": house.drain_seconds,
        "console": writer.console(house.generation),
    }
    told["descriptors"] = sorted(set(writer.descriptors))
    return told


class Reader:
    """Takes up one table."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.sockets: dict[int, socket.socket] = {}
        self.tokens: dict[int, Tokens] = {}
        self.regions: dict[int, Region] = {}
        self.pipes = [self.pipe(one) for one in told["pipes"]]
        self.log = self.open_log()

    def socket(self, descriptor: int) -> socket.socket:
        """The same object for the same descriptor: all children may share one."""
        if descriptor not in self.sockets:
            found = self.sockets[descriptor] = socket.socket(fileno=os.dup(descriptor))
            found.setblocking(False)
        return self.sockets[descriptor]

    def pipe(self, told: dict[str, Any]) -> LogPipe:
        pipe = LogPipe(told["target"], NOWHERE, (os.dup(told["reading"]), os.dup(told["writing"])))
        pipe.process = Inherited(told["pid"]) if told["pid"] else None
        pipe.started = told["started"]
        log_output.adopt(pipe.target, pipe.writing)
        return pipe

    def open_log(self) -> ErrorLog:
        """The error log until a configuration is loaded."""
        plan = self.plan(0)
        try:
            return loading.open_error_log(plan)
        except Trouble:
            return ErrorLog("", plan.log_level)

    def plan(self, generation: int) -> Plan:
        plan = Plan()
        plan.generation = generation
        plan.error_log, plan.log_level = self.told["log"]["error_log"], self.told["log"]["log_level"]
        plan.server_root = self.told["log"]["server_root"]
        return plan

    def crew(self, told: dict[str, Any]) -> Crew:
        board = bequest.take_up(told["scoreboard"], self.tokens, self.regions)
        shares: list[list[Bound]] = [
            [(self.socket(descriptor), listener_of(self.socket(descriptor))) for descriptor in share]
            for share in told["shares"]
        ]
        generation = Generation(
            self.plan(told["generation"]), loop.run, shares, board, self.log,
            pipes=[self.pipes[index] for index in told["pipes"]],
            programs=[self.program(one) for one in told["programs"]],
            foreign=True,
        )  # fmt: skip
        crew = Crew(generation)
        crew.posts = [self.post(one) for one in told["posts"]]
        crew.watch = self.post(told["watch"]) if told["watch"] is not None else None
        return crew

    def post(self, told: dict[str, Any]) -> Post:
        post = Post(told["index"])
        post.pid = told["pid"]
        post.place = told["place"]
        post.started = told["started"]
        post.quick_deaths = told["quick_deaths"]
        if told["line"] >= 0:
            post.line = self.socket(told["line"])
            # As it was made; the child's end has a mode of its own.
            post.line.setblocking(True)
        return post

    def program(self, told: dict[str, Any]) -> MapProgram:
        writing, reading = os.dup(told["writing"]), os.dup(told["reading"])
        process = Inherited(told["pid"], os.fdopen(writing, "wb", 0), os.fdopen(reading, "rb", 0))
        if told["ended"]:
            process.returncode = 0
        return MapProgram(told["words"], process, os.dup(told["lock"]))


def take_up(told: dict[str, Any], path: str, load_with: Callable[[list[socket.socket]], loading.Load]) -> Supervisor:
    """A supervisor with everything that is in the table. `load_with` makes what loads the configuration, from the
    sockets that a service manager passed.
    """
    from evenflow.control.supervisor import Supervisor

    reader = Reader(told)
    crews = [reader.crew(one) for one in told["crews"]]
    serving = crews[-1].generation
    serving.console = legacy.take_up(told.get("console", {}), member_keys(serving.scoreboard))
    given = [reader.socket(descriptor) for descriptor in told["given"]]
    manager = ServiceManager(told["manager"]["address"], told["manager"]["pace"])
    manager.ready = told["manager"]["ready"]
    origin = handover.Origin(handover.own_program(), told["environment"], given)
    house = Supervisor(crews[-1].generation, told["drain_seconds"], load_with(given), path, manager, origin)
    house.crew = crews[-1]
    house.elders = crews[:-1]
    house.ancestry = bequest.take_up_ancestry(told["ancestry"], [one.scoreboard for one in house.retired()])
    house.allowance = allowance_of(told["places"], reader.tokens.values())
    house.channel = Channel.inherited(Path(told["channel"]["path"]), reader.socket(told["channel"]["listening"]))
    house.channel.link = reader.socket(told["asker"])
    house.pid_file = told["pid_file"]
    house.emptying = told["emptying"]
    house.left = list(told["descriptors"])
    house.settle_keeper()
    return house


def allowance_of(places: Sequence[int], tokens: Iterable[Tokens]) -> Allowance:
    """What is done for members with `max`: who died meanwhile may have held tokens, so they are counted."""
    found = Allowance()
    found.places = set(places)
    found.doubts = {one: Doubt() for one in tokens}
    found.in_doubt = bool(found.doubts)
    return found


def listener_of(bound: socket.socket) -> Listener:
    """The `Listen` behind a socket, as far as that can be told."""
    host, port = bound.getsockname()[:2]
    return Listener(host, port, False, NOWHERE)
