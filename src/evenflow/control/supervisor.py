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
from typing import Final, NoReturn

from evenflow.control import (
    allowance,
    channel,
    child,
    draining,
    end,
    handover,
    judge,
    lasting,
    loading,
    log_pipes,
    notify,
    orders,
    pid_file,
    privileges,
    reload,
    upgrade,
    watchdog,
)
from evenflow.control.console import ordered
from evenflow.control.crew import Crew, Post
from evenflow.control.generation import Generation
from evenflow.control.readiness import ready_line
from evenflow.control.signals import ENDING, RELOADING, WAITED_FOR, ended, wait_for_signal
from evenflow.control.trouble import Trouble
from evenflow.plan.model import Balancer, Member, Plan
from evenflow.slotmem.adoption import Ancestry, member_keys
from evenflow.slotmem.layout import DISABLED

QUICK_DEATH: Final = 10.0
"""A child that lived shorter than this died at once."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
"""Seconds before a child that dies at once again and again is replaced: doubled each time, between these two. Not
longer: what the kernel gives to its sockets waits meanwhile."""
IDLE_SECONDS: Final = 60.0
ELDERS_SECONDS: Final = 1.0
"""While retired children live, what they hold is counted so often; and so often members are looked at that are to be
empty by some time."""


def supervise(
    generation: Generation,
    drain_seconds: float = end.DRAIN_SECONDS,
    load: loading.Load | None = None,
    path: str = "",
    manager: notify.ServiceManager | None = None,
    origin: handover.Origin | None = None,
) -> int:
    """Fork the generation's children and look after them until told to end; answer the exit status.

    `load` makes the next generation when a reload is asked for; None where there is none to be had. `path` is the
    configuration's, by which the control socket is found; "" for no such socket. `manager` is told how it goes.
    `origin` is how we were started, where another program may be told to go on (`upgrade`).
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
    supervisor = Supervisor(generation, drain_seconds, load, path, manager, origin)
    # The first generation goes when its last child has gone: whoever names it here would keep its memory.
    del generation
    try:
        return supervisor.live()
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
        origin: handover.Origin | None = None,
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
        self.drains = draining.Drains()
        self.path = path
        self.channel: channel.Channel | None = None
        self.manager = manager if manager is not None else notify.ServiceManager()
        self.origin = origin
        self.left: list[int] = []
        """While we take over: the descriptors that the program before left, of which we have copies (`estate`)."""
        self.trouble = ""
        """Why this program could put no children beside those of the program before it; "" where all is well."""

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
        try:
            self.settle_pid_file(self.generation.plan)
        except Trouble as trouble:
            sys.stderr.write(trouble.render())
            self.generation.close()
            return 1
        warning = privileges.warning(self.generation.plan)
        if warning:
            sys.stderr.write(f"warning[user-not-changed]: {warning}\n")
        raise_descriptor_limit()
        self.generation.scoreboard.past().started = time.monotonic()
        self.open_channel()
        self.settle_keeper()
        try:
            # Collected once here rather than in every child; what is left is shared with them.
            gc.collect()
            for post in self.crew.everybody():
                self.fill(self.crew, post)
            sys.stderr.write(ready_line(self.generation) + "\n")
            sys.stderr.flush()
            self.look_after()
            end.drain(self)
        finally:
            self.close()
        return 0

    def go_on(self) -> int:
        """The same where everybody is there already: a program before this one has forked them."""
        try:
            self.look_after()
            end.drain(self)
        finally:
            self.close()
        return 0

    def close(self) -> None:
        """End whoever is left, and give everything back."""
        end.kill(self)
        if self.keeper is not None:
            self.keeper.look(self.generation.scoreboard)
        for crew in self.crews():
            crew.generation.close()
        self.log.close()
        if self.channel is not None:
            self.channel.close()
        if self.pid_file:
            pid_file.remove(self.pid_file, self.pid)

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
            self.translate(False)
            self.hear()
            self.reap()
            now = time.monotonic()
            self.replace(now)
            self.restart_commands(now)
            if self.elders:
                self.ancestry.write(self.generation.scoreboard)
            if self.emptying:
                self.close_emptied(now)
            self.drains.look(self.generation.scoreboard, now)
            if self.keeper is not None:
                self.keeper.look(self.generation.scoreboard)
            self.allowance.look(self.generation.scoreboard, now)
            self.log.tick()
            self.translate(True)
            self.manager.look(self.crew.serving, lambda: ready_line(self.generation))

    def replace(self, now: float) -> None:
        """Fill the places of the dead, as far as it is time. For children that another program has forked, those of
        this one take over, all of them.
        """
        vacant = [post for post in self.crew.everybody() if not post.pid and now >= post.due]
        if vacant and self.generation.foreign:
            for post in vacant:
                post.due = now + LONGEST_PAUSE
            with contextlib.suppress(loading.Refused):
                self.reload()
            return
        for post in vacant:
            self.fill(self.crew, post)

    def translate(self, done: bool) -> None:
        """Before anything is done: read what children of another version have written. Afterwards: let them read what
        was said of them.
        """
        for crew in self.crews():
            translation = crew.generation.scoreboard.translation
            if translation is not None:
                (translation.push if done else translation.pull)()

    def until_due(self) -> float:
        """Seconds until something is to be done without a signal."""
        now = time.monotonic()
        due = [post.due for post in self.crew.everybody() if not post.pid]
        due += [pipe.started + log_pipes.RESTART_SECONDS for pipe in self.pipes() if pipe.process is None]
        busy = bool(self.elders) or self.emptying or self.keeper is not None or self.allowance.in_doubt
        busy = busy or self.drains.going_on
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
        handover.let_go(self.left)
        for crew in crews:
            for post in crew.everybody():
                post.vacate()

    def summon_judge(self) -> None:
        """Fork the process that retired children ask about their tunnels; one at a time."""
        self.dismiss_judge()
        lines = [post.line for crew in self.elders for post in crew.posts if post.line is not None]
        for line in lines:
            judge.forget(line)
        try:
            self.judge = os.fork()
        except OSError as fault:
            self.log.error("cannot fork the judge: tunnels of before the reload stay", cause=fault.strerror)
            return
        if self.judge == 0:
            self.forget([])
            judge.live(self.generation, lines, self.retired())

    def dismiss_judge(self) -> None:
        """Whoever it has not answered asks the next one."""
        if self.judge:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.judge, signal.SIGKILL)
                os.waitpid(self.judge, 0)
            self.judge = 0

    def reap(self) -> None:
        """Take note of everybody who ended."""
        for pid, status in ended():
            if pid == self.judge:
                self.judge = 0
            for post in self.crew.everybody():
                if post.pid == pid:
                    self.bury(post, status)
            for crew in list(self.elders):
                reload.take_leave(self, crew, pid, status)
            for program in [program for crew in self.crews() for program in crew.generation.programs]:
                if program.process.pid == pid:
                    program.process.returncode = os.waitstatus_to_exitcode(status)
                    self.log.error(
                        "the program of a RewriteMap ended: it finds nothing until the configuration is loaded anew",
                        command=" ".join(program.words),
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
                    with ordered.written_down(self.generation, order, visitor.user):
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

    def reload(self) -> str:
        """Load the configuration again (`reload.reload`). Raises Refused."""
        return reload.reload(self)

    def upgrade(self, program: str | None) -> NoReturn:
        """Be another program (`upgrade.upgrade`). Raises Refused."""
        upgrade.upgrade(self, program)

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


def raise_descriptor_limit() -> None:
    """As many open sockets as the system lets us have: the soft limit of 1024 is four hundred tunnels."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            pass


