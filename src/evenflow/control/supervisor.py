"""The process that people start: it loads, listens, forks children, replaces the dead, and brings all to an end.

It serves nothing itself. Signals are blocked and waited for, so everything it does happens in one loop, in order:
SIGTERM and SIGINT drain, a second one ends at once, SIGCHLD is a child that ended, SIGHUP and SIGUSR1 load the
configuration again. Then new children start on the sockets that are there; once all of them serve, those before them
retire: they finish what they have, tunnels too, in their own time. Where anything goes wrong, they go on instead.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Final

import evenflow
from evenflow.control import (
    activation,
    allowance,
    channel,
    child,
    judge,
    lasting,
    listening,
    loading,
    log_pipes,
    notify,
    orders,
    pid_file,
    privileges,
    watchdog,
)
from evenflow.control.crew import Crew, Post
from evenflow.control.generation import Generation, Run
from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE
from evenflow.plan.model import Balancer, Member, Plan
from evenflow.serve import log_output, tls
from evenflow.slotmem.adoption import Ancestry, member_keys
from evenflow.slotmem.layout import DISABLED

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
ELDERS_SECONDS: Final = 1.0
"""While retired children live, what they hold is counted so often; and so often members are looked at that are to be
empty by some time."""
START_SECONDS: Final = 30.0
"""The children of a new configuration serve within this, or are given up."""
LOOK: Final = "the error log says why; everything goes on with the configuration that was loaded before"

ENDING: Final = (signal.SIGTERM, signal.SIGINT)
RELOADING: Final = (signal.SIGHUP, signal.SIGUSR1)
WAITED_FOR: Final = (*ENDING, *RELOADING, channel.SIGNAL, signal.SIGCHLD)


def serve(path: str, children: int | None, defines: dict[str, str]) -> int:
    """Serve the configuration at `path` in the foreground until told to end; answer the exit status.

    `children` is how many processes serve, None for one per usable processor. `defines` are the names given by -D.
    Diagnostics go to standard error; errors there, and whatever keeps a generation from starting, give 1. SIGTERM
    and SIGINT give 0. SIGHUP and SIGUSR1 load it again.
    """
    # Before anything is started: what it inherits must not speak for us, nor hold our sockets.
    manager = notify.service_manager()
    try:
        given = activation.given_sockets()
    except Trouble as trouble:
        sys.stderr.write(trouble.render())
        return 1
    load = loading.loader(path, children if children is not None else loading.usable_processors(), defines, given)
    try:
        generation, said = load(None)
    except loading.Refused as refused:
        sys.stderr.write(str(refused))
        return 1
    sys.stderr.write(said)
    return supervise(generation, DRAIN_SECONDS, load, path, manager)


def supervise(
    generation: Generation,
    drain_seconds: float = DRAIN_SECONDS,
    load: loading.Load | None = None,
    path: str = "",
    manager: notify.ServiceManager | None = None,
) -> int:
    """Fork the generation's children and look after them until told to end; answer the exit status.

    `load` makes the next generation when a reload is asked for; None where there is none to be had. `path` is the
    configuration's, by which the control socket is found; "" for no such socket. `manager` is told how it goes.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
    try:
        return Supervisor(generation, drain_seconds, load, path, manager).live()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Supervisor:
    """The serving generation's children, those of generations before it that still finish something, and what becomes
    of all of them.
    """

    def __init__(
        self,
        generation: Generation,
        drain_seconds: float,
        load: loading.Load | None,
        path: str = "",
        manager: notify.ServiceManager | None = None,
    ) -> None:
        self.crew = Crew(generation)
        self.elders: list[Crew] = []
        """Retired; the oldest first."""
        self.ancestry = Ancestry()
        self.allowance = allowance.Allowance()
        self.drain_seconds = drain_seconds
        self.load = load
        self.log = generation.log
        self.pid = os.getpid()
        self.pid_file = ""
        self.judge = 0
        """The process that decides about tunnels after a reload; 0 while there is none."""
        self.keeper: lasting.Keeper | None = None
        """Writes down what is changed, where a balancer wants that (BalancerPersist)."""
        self.emptying = False
        """Some member is to be empty by some time."""
        self.path = path
        self.channel: channel.Channel | None = None
        self.manager = manager if manager is not None else notify.ServiceManager()

    @property
    def generation(self) -> Generation:
        """The one that serves."""
        return self.crew.generation

    def retired(self) -> list[Generation]:
        """Those that finish something, the oldest first."""
        return [crew.generation for crew in self.elders]

    def crews(self) -> list[Crew]:
        """Everybody, the serving ones last."""
        return [*self.elders, self.crew]

    def live(self) -> int:
        """Serve, then drain. A PidFile that cannot be written is said and ends with 1."""
        generation = self.generation
        try:
            self.settle_pid_file(generation.plan)
        except Trouble as trouble:
            sys.stderr.write(trouble.render())
            generation.close()
            return 1
        warning = privileges.warning(generation.plan)
        if warning:
            sys.stderr.write(f"warning[user-not-changed]: {warning}\n")
        raise_descriptor_limit()
        generation.scoreboard.past().started = time.monotonic()
        self.open_channel()
        self.settle_keeper()
        try:
            # Collected once here rather than in every child; what is left is shared with them.
            gc.collect()
            for post in self.crew.everybody():
                self.fill(self.crew, post)
            sys.stderr.write(ready_line(generation) + "\n")
            sys.stderr.flush()
            self.look_after()
            self.drain()
        finally:
            self.kill()
            if self.keeper is not None:
                self.keeper.look(self.generation.scoreboard)
            for crew in self.crews():
                crew.generation.close()
            self.log.close()
            if self.channel is not None:
                self.channel.close()
            if self.pid_file:
                pid_file.remove(self.pid_file, self.pid)
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
                with contextlib.suppress(loading.Refused):
                    self.reload()
            self.hear()
            self.reap()
            now = time.monotonic()
            for post in self.crew.everybody():
                if not post.pid and now >= post.due:
                    self.fill(self.crew, post)
            self.restart_commands(now)
            if self.elders:
                self.ancestry.write(self.generation.scoreboard)
            if self.emptying:
                self.close_emptied(now)
            if self.keeper is not None:
                self.keeper.look(self.generation.scoreboard)
            self.allowance.look(self.generation.scoreboard, now)
            self.log.tick()
            self.manager.look(self.crew.serving, lambda: ready_line(self.generation))

    def until_due(self) -> float:
        """Seconds until something is to be done without a signal."""
        now = time.monotonic()
        due = [post.due for post in self.crew.everybody() if not post.pid]
        due += [pipe.started + log_pipes.RESTART_SECONDS for pipe in self.pipes() if pipe.process is None]
        busy = bool(self.elders) or self.emptying or self.keeper is not None or self.allowance.in_doubt
        return max(0.0, min([*due, self.manager.due(), now + (ELDERS_SECONDS if busy else IDLE_SECONDS)]) - now)

    def pipes(self) -> list[log_pipes.LogPipe]:
        """The log commands of all generations, each once."""
        return list({id(pipe): pipe for crew in self.crews() for pipe in crew.generation.pipes}.values())

    def fill(self, crew: Crew, post: Post) -> None:
        """Fork a child into its place."""
        sys.stdout.flush()
        sys.stderr.flush()
        post.place = self.allowance.take_place(crew.generation.scoreboard)
        try:
            post.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            pid = os.fork()
        except OSError as fault:
            self.empty(crew, post)
            self.log.error("cannot fork a child", child=post.index, cause=fault.strerror)
            post.due = time.monotonic() + LONGEST_PAUSE
            return
        if pid == 0:
            self.forget([*self.crews(), crew])
            others = [one.generation for one in self.crews() if one is not crew]
            if post is crew.watch:
                watchdog.live(crew.generation, self.pid, others)
            crew.generation.scoreboard.place = post.place
            child.live(crew.generation, post.index, self.pid, others, theirs)
        theirs.close()
        post.pid = pid
        post.started = time.monotonic()

    def empty(self, crew: Crew, post: Post) -> None:
        """Whoever filled it is gone, and what it held of members goes back."""
        self.allowance.bury(crew.generation.scoreboard, post.place)
        post.vacate()

    def forget(self, crews: Sequence[Crew]) -> None:
        """In a process of ours: let go of what is the supervisor's alone."""
        if self.channel is not None:
            self.channel.forget()
        for crew in crews:
            for post in crew.everybody():
                post.vacate()

    def summon_judge(self) -> None:
        """Fork the process that retired children ask about their tunnels; one at a time."""
        if self.judge:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.judge, signal.SIGKILL)
                os.waitpid(self.judge, 0)
        lines = [post.line for crew in self.elders for post in crew.posts if post.line is not None]
        for line in lines:
            judge.forget(line)
        try:
            self.judge = os.fork()
        except OSError as fault:
            self.log.error("cannot fork the judge: tunnels of before the reload stay", cause=fault.strerror)
            return
        if self.judge == 0:
            if self.channel is not None:
                self.channel.forget()
            judge.live(self.generation, lines, self.retired())

    def reap(self) -> None:
        """Take note of everybody who ended."""
        for pid, status in ended():
            if pid == self.judge:
                self.judge = 0
            for post in self.crew.everybody():
                if post.pid == pid:
                    self.bury(post, status)
            for crew in list(self.elders):
                self.take_leave(crew, pid, status)
            for program in [program for crew in self.crews() for program in crew.generation.programs]:
                if program.process.pid == pid:
                    program.process.returncode = os.waitstatus_to_exitcode(status)
                    self.log.error(
                        "the program of a RewriteMap ended: it finds nothing until the configuration is loaded anew",
                        command=" ".join(program.map.words),
                        cause=child.cause_of(status),
                    )
            for pipe in self.pipes():
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
        if post is not self.crew.watch:
            self.generation.scoreboard.bury(post.index)
        post.quick_deaths = post.quick_deaths + 1 if lived < QUICK_DEATH else 0
        # One accident is mended at once; only what repeats itself waits.
        pause = 0.0 if post.quick_deaths < 2 else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(post.quick_deaths - 2, 16))
        self.log.error(
            "child died" if post is not self.crew.watch else "the watchdog died",
            child=post.index,
            process=post.pid,
            cause=child.cause_of(status),
            lived=f"{lived:.1f}",
            replaced_in=f"{pause:g}",
        )
        self.empty(self.crew, post)
        post.due = now + pause

    def settle_keeper(self) -> None:
        """Write changes down from now on if a balancer wants that."""
        wanted = self.path and lasting.wanted(self.generation.scoreboard)
        self.keeper = lasting.Keeper(self.path, self.log) if wanted else None

    def open_channel(self) -> None:
        """Listen for orders; without it all else goes on."""
        if self.path:
            try:
                self.channel = channel.Channel(self.path)
            except OSError as fault:
                self.log.warn("no control socket: `evenflow reload` and the like find nobody", cause=str(fault))

    def hear(self) -> None:
        """Carry out what was ordered since."""
        if self.channel is not None:
            for order, visitor in self.channel.orders():
                try:
                    answer = orders.carry_out(order, self)
                except Exception:
                    self.log.error("a mistake in evenflow: an order", cause=traceback.format_exc())
                    answer = {"ok": False, "error": "a mistake in evenflow: the error log has more"}
                visitor.tell(answer)
                if isinstance(order, dict) and order.get("do") in orders.CHANGES and answer["ok"]:
                    self.log.notice(
                        "changed by the control socket",
                        order=order["do"], balancer=order.get("balancer"), member=order.get("member"),
                        user=visitor.user, process=visitor.process,
                    )  # fmt: skip

    def restart_commands(self, now: float) -> None:
        """Start log commands again that ended."""
        for pipe in self.pipes():
            if pipe.process is None and now >= pipe.started + log_pipes.RESTART_SECONDS:
                try:
                    pipe.start(now)
                except Trouble as trouble:
                    pipe.started = now
                    self.log.error(trouble.headline)

    # --- members that are to be empty ---

    def empty_by(self, balancer: Balancer, member: Member, seconds: float) -> None:
        """From now on the member's tunnels leave, in all generations; after `seconds` it is disabled."""
        moment = time.monotonic() + seconds
        wanted = member_keys(self.generation.scoreboard)[member.slot]
        for crew in self.crews():
            board = crew.generation.scoreboard
            for index, key in enumerate(member_keys(board)):
                if key == wanted:
                    board.member(index, 0).leave_by = moment
        self.emptying = True

    def close_emptied(self, now: float) -> None:
        """Disable those whose time is over; enabling one takes its time away."""
        board = self.generation.scoreboard
        slots = [board.member(index, 0) for index in range(len(board.members))]
        waiting = [slot for slot in slots if slot.leave_by and not slot.status & DISABLED]
        for slot in waiting:
            if now >= slot.leave_by:
                slot.set_status(DISABLED, True)
                if slot.member.balancer is not None:
                    board.balancer(slot.member.balancer.index).changed()
                self.log.notice("a drained member is disabled: its time is over", member=slot.member.name.decode())
        self.emptying = any(not slot.status & DISABLED for slot in waiting)

    # --- another generation ---

    def reload(self) -> str:
        """Load the configuration again, and let those who run it take over; what is to be said of it, for whoever
        asked. Raises Refused, and then everything is as it was.
        """
        self.manager.reloads()
        try:
            said = self.succeed()
        except loading.Refused as refused:
            self.manager.serves(f"not reloaded: {first_error(str(refused))}")
            sys.stderr.write(str(refused))
            self.log.error("not reloaded: what was loaded before goes on", cause=first_error(str(refused)))
            raise
        self.manager.serves(ready_line(self.generation))
        sys.stderr.write(said)
        self.log.notice("reloaded", generation=self.generation.plan.generation, children=len(self.crew.posts))
        return said

    def succeed(self) -> str:
        """The next generation starts, and the one before it retires. Raises Refused."""
        if self.load is None:
            raise loading.Refused("there is no configuration to load again\n")
        before = self.crew
        try:
            generation, said = self.load(before.generation)
        except loading.Refused:
            raise
        except Exception:
            raise loading.Refused("a mistake in evenflow:\n" + traceback.format_exc()) from None
        crew = Crew(generation)
        gc.collect()
        for post in crew.everybody():
            self.fill(crew, post)
        try:
            if not self.comes_up(crew):
                raise Trouble("children-died", "the children of the new configuration do not start", NOWHERE, LOOK)
            self.settle_pid_file(generation.plan)
        except Trouble as trouble:
            self.give_up(crew)
            raise loading.Refused(said + trouble.render()) from None
        self.crew = crew
        self.elders.append(before)
        self.allowance.resize(generation.scoreboard)
        self.ancestry.retire(before.generation.scoreboard)
        self.ancestry.write(generation.scoreboard)
        before.generation.hand_over(generation)
        self.log.close()
        self.log = generation.log
        self.settle_keeper()
        self.summon_judge()
        for retiring in self.elders:
            for post in retiring.posts:
                post.tell(signal.SIGUSR2)
        if before.watch is not None:
            before.watch.tell(signal.SIGTERM)
        return said

    def comes_up(self, crew: Crew) -> bool:
        """Whether everybody in it serves before the time is up; False as soon as one of them dies."""
        deadline = time.monotonic() + START_SECONDS
        while not crew.serving():
            if time.monotonic() >= deadline:
                return False
            wait_for_signal(0.01, (signal.SIGCHLD,))
            self.manager.live()
            for post in crew.posts:
                pid, status = os.waitpid(post.pid, os.WNOHANG) if post.pid else (-1, 0)
                if pid:
                    self.empty(crew, post)
                    self.log.error("a child of the new configuration died at once", cause=child.cause_of(status))
                    return False
        return True

    def give_up(self, crew: Crew) -> None:
        """The new crew is not to be: end it, and give back what it had opened."""
        crew.tell(signal.SIGKILL)
        for post in crew.everybody():
            if post.pid:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(post.pid, 0)
                self.empty(crew, post)
        crew.generation.close([one.generation for one in self.crews()])
        log_output.go_back(crew.generation.files)
        tls.go_back(self.generation.plan)

    def take_leave(self, crew: Crew, pid: int, status: int) -> None:
        """A retired child ended, as is expected of it; the last one closes the door."""
        for post in crew.everybody():
            if post.pid == pid:
                self.empty(crew, post)
                if status:
                    self.log.error(
                        "a retired child died",
                        child=post.index,
                        generation=crew.generation.plan.generation,
                        cause=child.cause_of(status),
                    )
                if post is not crew.watch:
                    crew.generation.scoreboard.bury(post.index)
        if not crew.living():
            self.elders.remove(crew)
            self.ancestry.end(crew.generation.scoreboard)
            self.ancestry.write(self.generation.scoreboard)
            crew.generation.close([one.generation for one in self.crews()])

    # --- the end ---

    def drain(self) -> None:
        """Children finish what is in flight; back when all are gone, when the time is up, or at a second signal."""
        self.manager.stops()
        self.generation.stop_listening()
        self.tell(signal.SIGTERM)
        began = time.monotonic()
        deadline = began + self.drain_seconds
        while self.reap_ended():
            number = wait_for_signal(min(deadline, self.manager.due()) - time.monotonic())
            self.manager.live()
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
        for crew in self.crews():
            crew.tell(number)
        if self.judge:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.judge, signal.SIGKILL)

    def reap_ended(self) -> int:
        """Take note of who ended, as is now expected of everybody; how many children are left."""
        for pid, status in ended():
            for one, post in [(crew, post) for crew in self.crews() for post in crew.everybody()]:
                if post.pid == pid:
                    self.empty(one, post)
                    if status and not (
                        os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGTERM, signal.SIGKILL)
                    ):
                        self.log.error("child died while it drained", child=post.index, cause=child.cause_of(status))
        return self.living()

    def living(self) -> int:
        return sum(crew.living() for crew in self.crews())

    def settle_pid_file(self, plan: Plan) -> None:
        """Write our process id where `plan` says, and nowhere else. Raises Trouble."""
        path = os.path.join(plan.server_root, plan.pid_file) if plan.pid_file else ""
        if path == self.pid_file:
            return
        if path:
            pid_file.write(path, self.pid)
        if self.pid_file:
            pid_file.remove(self.pid_file, self.pid)
        self.pid_file = path


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


def first_error(said: str) -> str:
    """The first headline of an error in what was said."""
    lines = said.splitlines()
    return next((line for line in lines if line.startswith("error")), lines[0] if lines else "")


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
