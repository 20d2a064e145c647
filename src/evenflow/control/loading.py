"""From a file to a generation that can be forked: what is wrong is a text for whoever asked, and nothing is left open.

A generation may have one before it. Then sockets whose address stays are handed on with all that waits in their
queues, log commands go on, and the scoreboard knows what the one before knew.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Sequence

from evenflow.balancer.added import settle
from evenflow.control import enclosure, lasting, listening, log_pipes, map_programs, privileges
from evenflow.control.console import place
from evenflow.control.generation import Generation
from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.model import Plan
from evenflow.serve import heartbeats, log_output
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.journal import is_journal
from evenflow.serve.member_tls import check_members
from evenflow.slotmem.adoption import adopt
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import provide
from evenflow.slotmem.tokens import hand_on


class Refused(Exception):
    """A configuration that cannot be served; its text says everything that is wrong, for people."""


Load = Callable[[Generation | None], tuple[Generation, str]]
"""Makes the next generation behind the one given, with what is to be said of it (warnings). Raises Refused."""


def loader(path: str, children: int, defines: dict[str, str], given: Sequence[socket.socket] = ()) -> Load:
    """What loads the configuration at `path` each time it is called; `given` are sockets that are open already."""
    return lambda previous: load(path, children, defines, previous, given)


def load(
    path: str,
    children: int,
    defines: dict[str, str],
    previous: Generation | None,
    given: Sequence[socket.socket] = (),
) -> tuple[Generation, str]:
    """Read, check and open everything that `path` says. Raises Refused, and then all is as before."""
    plan, said = read(path, defines)
    if plan is None:
        raise Refused(said)
    plan.generation = previous.plan.generation + 1 if previous is not None else 1
    console = place.arrange(plan)
    troubles = look_ahead(plan)
    if troubles:
        raise Refused(said + "\n".join([trouble.render() for trouble in troubles]))
    try:
        generation = prepare(plan, children, previous, given)
    except Trouble as trouble:
        raise Refused(said + trouble.render()) from None
    if previous is None:
        lasting.read(path, generation.scoreboard, generation.log)
    heartbeats.leave_unheard(plan, generation.scoreboard, generation.log)
    generation.furnish(console, path, previous)
    return generation, said


def read(path: str, defines: dict[str, str]) -> tuple[Plan | None, str]:
    """The plan of the configuration at `path`, None where it has errors, and its diagnostics in words."""
    from evenflow.compiler.build import build
    from evenflow.config.load import load as load_settings
    from evenflow.config.render import render
    from evenflow.config.silence import silence

    loaded = load_settings(path, defines)
    diagnostics = list(loaded.diagnostics)
    plan: Plan | None = None
    if loaded.settings is not None:
        built = build(loaded.settings)
        diagnostics += built.diagnostics
        plan = built.plan
    diagnostics, _ = silence(loaded, diagnostics)
    said = render(diagnostics, loaded.sources, sys.stderr.isatty()) if diagnostics else ""
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        plan = None
    return plan, said


def look_ahead(plan: Plan) -> list[Trouble]:
    """What is wrong with the certificates and log formats of a plan: all of it, before anything is opened."""
    from evenflow.serve import access_log, error_format, tls

    nowhere = Trouble("nothing-to-listen-on", "no `Listen` is written", NOWHERE, "write for instance `Listen 8080`")
    return [
        *([] if plan.listeners else [nowhere]),
        *[Trouble("certificate-unusable", message, origin) for origin, message in tls.check_certificates(plan)],
        *[Trouble("certificate-unusable", message, origin) for origin, message in check_members(plan)],
        *[Trouble("log-format-unknown", message, origin) for origin, message in access_log.check_formats(plan)],
        *[Trouble("log-format-unknown", message, origin) for origin, message in error_format.check_formats(plan)],
    ]


def prepare(
    plan: Plan, children: int, previous: Generation | None = None, given: Sequence[socket.socket] = ()
) -> Generation:
    """Everything that must be opened before the first fork, while we still may. Raises Trouble."""
    from evenflow.control.handlers import local_handlers
    from evenflow.serve import access_log, loop, tls

    identity = privileges.wanted(plan)
    tls.contexts_of(plan)
    if identity is not None and identity.root:
        enclosure.get_ready(plan)
    files = log_output.reopen()
    running = previous.pipes if previous is not None else []
    pipes: list[log_pipes.LogPipe] = []
    programs: list[map_programs.MapProgram] = []
    try:
        pipes = log_pipes.start_pipes(log_targets(plan), time.monotonic(), running)
        log = open_error_log(plan)
        open_own_error_logs(plan)
        for origin, message in access_log.check_logs(plan):
            raise Trouble("log-unusable", message, origin)
        programs = map_programs.start_programs(plan)
        shares = listening.open_listeners(
            plan.listeners, children, plan.listen_backlog, previous.shares if previous is not None else [], given
        )
    except Trouble:
        map_programs.close_programs(programs)
        log_pipes.close_pipes([pipe for pipe in pipes if pipe not in running])
        log_output.go_back(files)
        if previous is not None:
            tls.go_back(previous.plan)
        raise
    for origin, message in access_log.warn_of_logs(plan):
        log.warn(message, str(origin), origin=origin)
    scoreboard = Scoreboard(plan.members, plan.balancers, children, plan.measured_hosts())
    if previous is not None:
        adopt(scoreboard, previous.scoreboard)
        settle(plan.balancers, scoreboard)
    before = previous.scoreboard if previous is not None else None
    hand_on(scoreboard, before)
    provide(scoreboard, before, time.monotonic(), plan.managed)
    heartbeats.begin(plan, scoreboard)
    handlers = local_handlers(plan, scoreboard)
    return Generation(plan, loop.run, shares, scoreboard, log, handlers, identity, pipes, programs, files)


def log_targets(plan: Plan) -> list[tuple[str, Origin]]:
    """Every file and command that log lines go to, with who asks for it."""
    hosts = (*plan.hosts, plan.main) if plan.main is not None else plan.hosts
    own = [(host.error_log, host.origin) for host in hosts if host.error_log]
    return [(error_log_of(plan), NOWHERE), *own, *((log.target, log.origin) for host in hosts for log in host.logs)]


def open_own_error_logs(plan: Plan) -> None:
    """The error logs of virtual hosts, opened while we may. Raises Trouble where one cannot be written."""
    for host in plan.hosts:
        try:
            if host.error_log:
                ErrorLog(host.error_log, host.log_level or "warn")
        except OSError as fault:
            message = f"cannot open the error log `{host.error_log}`: {fault.strerror or fault}"
            raise Trouble("log-unusable", message, host.origin, "make its directory, or name another file") from None
        except ValueError as fault:
            raise Trouble("log-unusable", str(fault), host.origin) from None


def error_log_of(plan: Plan) -> str:
    """The error log's target; a file's path is made absolute by ServerRoot."""
    target = plan.error_log
    known = target == "syslog" or target.startswith("syslog:") or is_journal(target)
    if not target or log_output.is_command(target) or known:
        return target
    return os.path.join(plan.server_root, target)


def open_error_log(plan: Plan) -> ErrorLog:
    """The error log. Raises Trouble where it cannot be written."""
    from evenflow.serve.error_format import formats_of

    main = plan.main
    name = main.server_name.decode("latin-1") if main is not None else ""
    try:
        return ErrorLog(error_log_of(plan), plan.log_level, formats=formats_of(main), server=name)
    except OSError as fault:
        raise Trouble(
            "log-unusable",
            f"cannot open the error log `{plan.error_log}`: {fault.strerror or fault}",
            NOWHERE,
            "make its directory, or write another file behind `ErrorLog`",
        ) from None
    except ValueError as fault:
        raise Trouble("log-unusable", str(fault), NOWHERE) from None


def usable_processors() -> int:
    """How many processors this process may keep busy: its affinity, and a container's share where one is set."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        if quota != "max":
            count = min(count, max(1, -(-int(quota) // int(period))))
    except (OSError, ValueError):
        pass
    return count
