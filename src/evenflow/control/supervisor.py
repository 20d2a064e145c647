"""The process that people start: it loads, listens, forks children, replaces the dead, and brings all to an end.

It serves nothing itself. Signals are blocked and waited for, so everything it does happens in one loop, in order:
SIGTERM and SIGINT drain, a second one ends at once, SIGCHLD is a child that ended. A configuration is loaded again by
starting anew: SIGHUP and SIGUSR1, which make httpd reload, are answered by a line that says so.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Final

import evenflow
from evenflow.control import child, listening, log_pipes, map_programs, privileges
from evenflow.control.generation import Generation, Run
from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.model import Plan
from evenflow.serve import log_output
from evenflow.serve.error_log import WARN, ErrorLog
from evenflow.serve.member_tls import check_members
from evenflow.slotmem.scoreboard import Scoreboard

DRAIN_SECONDS: Final = 30.0
"""What is in flight has so long to finish; tunnels do not keep a child alive longer."""
ECHO_SECONDS: Final = 0.5
"""A signal so soon after the first is the same one, sent to process and group (`timeout`, Ctrl-C under make)."""
KILL_SECONDS: Final = 5.0
"""Killed children are waited for so long."""
QUICK_DEATH: Final = 10.0
"""A child that lived shorter than this died at once."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0
"""Seconds before a child that dies at once again and again is replaced: doubled each time, between these two."""
IDLE_SECONDS: Final = 60.0

ENDING: Final = (signal.SIGTERM, signal.SIGINT)
RELOADING: Final = (signal.SIGHUP, signal.SIGUSR1)
WAITED_FOR: Final = (*ENDING, *RELOADING, signal.SIGCHLD)


def serve(path: str, children: int | None, defines: dict[str, str]) -> int:
    """Serve the configuration at `path` in the foreground until told to end; answer the exit status.

    `children` is how many processes serve, None for one per usable processor. `defines` are the names given by -D.
    Diagnostics go to standard error; errors there, and whatever keeps a generation from starting, give 1. SIGTERM
    and SIGINT give 0.
    """
    plan = load(path, defines)
    if plan is None:
        return 1
    troubles = look_ahead(plan)
    if troubles:
        sys.stderr.write("\n".join([trouble.render() for trouble in troubles]))
        return 1
    try:
        generation = prepare(plan, children if children is not None else usable_processors())
    except Trouble as trouble:
        sys.stderr.write(trouble.render())
        return 1
    return supervise(generation)


def load(path: str, defines: dict[str, str]) -> Plan | None:
    """The plan of the configuration at `path`; its diagnostics are printed. None where it has errors."""
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
    if diagnostics:
        sys.stderr.write(render(diagnostics, loaded.sources, sys.stderr.isatty()))
    if plan is None or any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return None
    return plan


def look_ahead(plan: Plan) -> list[Trouble]:
    """What is wrong with the certificates and log formats of a plan: all of it, before anything is opened."""
    from evenflow.serve import access_log, tls

    nowhere = Trouble("nothing-to-listen-on", "no `Listen` is written", NOWHERE, "write for instance `Listen 8080`")
    return [
        *([] if plan.listeners else [nowhere]),
        *[Trouble("certificate-unusable", message, origin) for origin, message in tls.check_certificates(plan)],
        *[Trouble("certificate-unusable", message, origin) for origin, message in check_members(plan)],
        *[Trouble("log-format-unknown", message, origin) for origin, message in access_log.check_formats(plan)],
    ]


def prepare(plan: Plan, children: int) -> Generation:
    """Everything that must be opened before the first fork, while we still may. Raises Trouble."""
    from evenflow.control.handlers import local_handlers
    from evenflow.serve import access_log, loop, tls

    identity = privileges.wanted(plan)
    tls.contexts_of(plan)
    pipes = log_pipes.start_pipes(log_targets(plan), time.monotonic())
    try:
        log = open_error_log(plan)
        open_own_error_logs(plan)
        for origin, message in access_log.check_logs(plan):
            raise Trouble("log-unusable", message, origin)
        programs = map_programs.start_programs(plan)
    except Trouble:
        log_pipes.close_pipes(pipes)
        raise
    try:
        shares = listening.open_listeners(plan.listeners, children, plan.listen_backlog)
    except Trouble:
        map_programs.close_programs(programs)
        log_pipes.close_pipes(pipes)
        raise
    for origin, message in access_log.warn_of_logs(plan):
        log.warn(message, str(origin), origin=origin)
    scoreboard = Scoreboard(plan.members, plan.balancers, children)
    handlers = local_handlers(plan, scoreboard)
    return Generation(plan, loop.run, shares, scoreboard, log, handlers, identity, pipes, programs)


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
    if not target or log_output.is_command(target) or target == "syslog" or target.startswith("syslog:"):
        return target
    return os.path.join(plan.server_root, target)


def open_error_log(plan: Plan) -> ErrorLog:
    """The error log. Raises Trouble where it cannot be written."""
    try:
        return ErrorLog(error_log_of(plan), plan.log_level)
    except OSError as fault:
        raise Trouble(
            "log-unusable",
            f"cannot open the error log `{plan.error_log}`: {fault.strerror or fault}",
            NOWHERE,
            "make its directory, or write another file behind `ErrorLog`",
        ) from None
    except ValueError as fault:
        raise Trouble("log-unusable", str(fault), NOWHERE) from None


def supervise(generation: Generation, drain_seconds: float = DRAIN_SECONDS) -> int:
    """Fork the generation's children and look after them until told to end; answer the exit status."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
    try:
        return Supervisor(generation, drain_seconds).live()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Post:
    """One child's place: who fills it, since when, and when it is to be filled again. Times are monotonic seconds."""

    __slots__ = ("index", "pid", "started", "quick_deaths", "due")

    def __init__(self, index: int) -> None:
        self.index = index
        self.pid = 0
        """0 while nobody fills it."""
        self.started = 0.0
        self.quick_deaths = 0
        self.due = 0.0


class Supervisor:
    """One generation's children, and what becomes of them."""

    def __init__(self, generation: Generation, drain_seconds: float) -> None:
        self.generation = generation
        self.drain_seconds = drain_seconds
        self.log = generation.log
        self.posts = [Post(index) for index in range(len(generation.shares))]
        self.pid = os.getpid()

    def live(self) -> int:
        """Serve, then drain. OSError where the PidFile cannot be written is said and ends with 1."""
        generation = self.generation
        pid_file = generation.plan.pid_file
        if pid_file:
            pid_file = os.path.join(generation.plan.server_root, pid_file)
        if pid_file and not self.write_pid_file(pid_file):
            generation.close()
            return 1
        warning = privileges.warning(generation.plan)
        if warning:
            sys.stderr.write(f"warning[user-not-changed]: {warning}\n")
        raise_descriptor_limit()
        try:
            # Collected once here rather than in every child; what is left is shared with them.
            gc.collect()
            for post in self.posts:
                self.fill(post)
            sys.stderr.write(ready_line(generation) + "\n")
            sys.stderr.flush()
            self.look_after()
            self.drain()
        finally:
            self.kill()
            generation.close()
            self.log.close()
            if pid_file:
                remove_pid_file(pid_file, self.pid)
        return 0

    # --- while serving ---

    def look_after(self) -> None:
        """Replace who dies, until a signal to end comes."""
        while True:
            number = wait_for_signal(self.until_due())
            if number in ENDING:
                return
            if number in RELOADING:
                if number == signal.SIGHUP and sys.stderr.isatty():
                    return
                self.log.write(
                    WARN,
                    "not reloaded: this version reads its configuration once, restart it to load a changed one",
                    fields={"signal": signal.Signals(number).name},
                )
            self.reap()
            now = time.monotonic()
            for post in self.posts:
                if not post.pid and now >= post.due:
                    self.fill(post)
            self.restart_commands(now)
            self.log.tick()

    def until_due(self) -> float:
        """Seconds until something is to be done without a signal."""
        now = time.monotonic()
        due = [post.due for post in self.posts if not post.pid]
        due += [pipe.started + log_pipes.RESTART_SECONDS for pipe in self.generation.pipes if pipe.process is None]
        return max(0.0, min([*due, now + IDLE_SECONDS]) - now)

    def fill(self, post: Post) -> None:
        """Fork a child into its place."""
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = os.fork()
        except OSError as fault:
            self.log.error("cannot fork a child", child=post.index, cause=fault.strerror)
            post.due = time.monotonic() + LONGEST_PAUSE
            return
        if pid == 0:
            child.live(self.generation, post.index, self.pid)
        post.pid = pid
        post.started = time.monotonic()

    def reap(self) -> None:
        """Take note of everybody who ended."""
        for pid, status in ended():
            for post in self.posts:
                if post.pid == pid:
                    self.bury(post, status)
            for program in self.generation.programs:
                if program.process.pid == pid:
                    program.process.returncode = os.waitstatus_to_exitcode(status)
                    self.log.error(
                        "the program of a RewriteMap ended: it finds nothing until the server is started anew",
                        command=" ".join(program.map.words),
                        cause=child.cause_of(status),
                    )
            for pipe in self.generation.pipes:
                if pipe.process is not None and pipe.process.pid == pid:
                    pipe.process.returncode = os.waitstatus_to_exitcode(status)
                    pipe.process = None
                    self.log.error(
                        "a log command ended", pipe.target, command=pipe.target, cause=child.cause_of(status)
                    )

    def bury(self, post: Post, status: int) -> None:
        """A child died that nobody told to end: say why, and say when its place is filled again."""
        now = time.monotonic()
        lived = now - post.started
        self.generation.scoreboard.bury(post.index)
        post.quick_deaths = post.quick_deaths + 1 if lived < QUICK_DEATH else 0
        # One accident is mended at once; only what repeats itself waits.
        pause = 0.0 if post.quick_deaths < 2 else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(post.quick_deaths - 2, 16))
        self.log.error(
            "child died",
            child=post.index,
            process=post.pid,
            cause=child.cause_of(status),
            lived=f"{lived:.1f}",
            replaced_in=f"{pause:g}",
        )
        post.pid = 0
        post.due = now + pause

    def restart_commands(self, now: float) -> None:
        """Start log commands again that ended."""
        for pipe in self.generation.pipes:
            if pipe.process is None and now >= pipe.started + log_pipes.RESTART_SECONDS:
                try:
                    pipe.start(now)
                except Trouble as trouble:
                    pipe.started = now
                    self.log.error(trouble.headline)

    # --- the end ---

    def drain(self) -> None:
        """Children finish what is in flight; back when all are gone, when the time is up, or at a second signal."""
        self.generation.stop_listening()
        self.tell(signal.SIGTERM)
        began = time.monotonic()
        deadline = began + self.drain_seconds
        while self.reap_ended():
            number = wait_for_signal(deadline - time.monotonic())
            if number in ENDING and time.monotonic() - began >= ECHO_SECONDS:
                self.log.warn("ended at once by a second signal", children=self.living())
                return
            if time.monotonic() >= deadline:
                self.log.warn("ended what was still in flight", children=self.living(), after=f"{self.drain_seconds:g}")
                return

    def kill(self) -> None:
        """End at once whoever is left."""
        self.tell(signal.SIGKILL)
        deadline = time.monotonic() + KILL_SECONDS
        while self.reap_ended() and time.monotonic() < deadline:
            wait_for_signal(0.1, (signal.SIGCHLD,))

    def tell(self, number: int) -> None:
        for post in self.posts:
            if post.pid:
                try:
                    os.kill(post.pid, number)
                except ProcessLookupError:
                    pass

    def reap_ended(self) -> int:
        """Take note of who ended, as is now expected of everybody; how many children are left."""
        for pid, status in ended():
            for post in self.posts:
                if post.pid == pid:
                    post.pid = 0
                    if status and not (
                        os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGTERM, signal.SIGKILL)
                    ):
                        self.log.error("child died while it drained", child=post.index, cause=child.cause_of(status))
        return self.living()

    def living(self) -> int:
        return sum(1 for post in self.posts if post.pid)

    # --- the pid file ---

    def write_pid_file(self, path: str) -> bool:
        """Write our process id, whole or not at all; False, and said, where that cannot be."""
        draft = f"{path}.{self.pid}"
        try:
            with open(draft, "w", encoding="ascii") as file:
                file.write(f"{self.pid}\n")
            os.replace(draft, path)
        except OSError as fault:
            sys.stderr.write(
                Trouble(
                    "pid-file-unwritable",
                    f"cannot write `{path}`: {fault.strerror}",
                    NOWHERE,
                    "make its directory, or write another file behind `PidFile`",
                ).render()
            )
            return False
        return True


def remove_pid_file(path: str, pid: int) -> None:
    """Remove the PidFile if it still is ours."""
    try:
        with open(path, encoding="ascii") as file:
            ours = file.read().strip() == str(pid)
        if ours:
            os.unlink(path)
    except (OSError, UnicodeDecodeError):
        pass


def wait_for_signal(seconds: float, numbers: tuple[int, ...] = WAITED_FOR) -> int:
    """The next of the blocked signals, 0 if none comes within `seconds`."""
    found = signal.sigtimedwait(numbers, max(0.0, seconds))
    return found.si_signo if found is not None else 0


def ended() -> list[tuple[int, int]]:
    """Process id and wait status of every process of ours that ended and was not asked about yet."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        found.append((pid, status))


def raise_descriptor_limit() -> None:
    """As many open sockets as the system lets us have: the soft limit of 1024 is four hundred tunnels."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            pass


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


def ready_line(generation: Generation) -> str:
    """`evenflow 0.1.0 serving on 0.0.0.0:8080 with 2 children (compiled)`."""
    count = len(generation.shares)
    places = ", ".join(listening.names(generation.shares[0])) if generation.shares else "nothing"
    children = "1 child" if count == 1 else f"{count} children"
    return f"evenflow {evenflow.__version__} serving on {places} with {children} ({how_it_runs(generation.run)})"


def how_it_runs(run: Run) -> str:
    """`compiled` if the hot rooms run from C, `interpreted` if from their sources; told by the file that `run` comes
    from.
    """
    file = getattr(sys.modules.get(run.__module__), "__file__", None) or ""
    return "compiled" if file.endswith(tuple(EXTENSION_SUFFIXES)) else "interpreted"
