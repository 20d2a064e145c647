"""A program begins where another one in the same process has stopped (`evenflow upgrade`).

The children of that one are still this process's, and serve. So this one takes up what it had, and then does what a
reload does: its own children start beside them and take over. What may go wrong, and who is left then:

* Before it is executed (`upgrade`, `rehearse`): nothing has changed.
* It cannot take up, cannot load, its children die, it takes too long, or makes any mistake that Python tells: it
  executes the program before it again, which takes up the same and loads the configuration itself. The asker is told
  why.
* That one fails too: whoever can, looks after the children that are there. They serve; nobody can be put in a dead
  one's place until a reload or another upgrade goes well, which is tried again for each that dies.
* It is killed, or ends before its first line runs, which a rehearsal with the same words just did not: the kernel ends
  the children, and whoever started the service starts it again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from typing import Any, Final

import evenflow
from evenflow.control import channel, estate, handover, loading, privileges, reload
from evenflow.control.readiness import ready_line
from evenflow.control.signals import WAITED_FOR
from evenflow.control.supervisor import Supervisor
from evenflow.control.trouble import Trouble
from evenflow.slotmem.bequest import Strange

TAKE_OVER_SECONDS: Final = 120
"""A program that has not taken over after this lets the one before come back."""


def rehearse(told: dict[str, Any] | None, path: str, defines: dict[str, str]) -> int:
    """Whether this program could go on with what is handed over, and serve this configuration: says who it is, and
    answers 0. Nothing is opened. Raises handover.Unreadable and loading.Refused.
    """
    if told is None:
        raise handover.Unreadable("nothing is handed over: `evenflow upgrade` rehearses")
    handover.check(told, path)
    plan, said = loading.read(path, defines)
    if plan is None:
        raise loading.Refused(said)
    troubles = loading.look_ahead(plan)
    try:
        privileges.wanted(plan)
    except Trouble as trouble:
        troubles.append(trouble)
    if troubles:
        raise loading.Refused(said + "\n".join([trouble.render() for trouble in troubles]))
    print(json.dumps({"process": os.getpid(), "evenflow": evenflow.__version__}))
    return 0


def follow(told: dict[str, Any], path: str, children: int, defines: dict[str, str]) -> int:
    """Take over, or let the program before this one come back; serve until told to end, and answer the exit status."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
    try:
        house = take_over(told, path, children, defines)
        return house.go_on()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_over(told: dict[str, Any], path: str, children: int, defines: dict[str, str]) -> Supervisor:
    """The supervisor of whoever serves from now on."""
    house: Supervisor | None = None
    said = ""
    signal.signal(signal.SIGALRM, be_late)
    signal.alarm(TAKE_OVER_SECONDS)
    try:
        handover.take(told["descriptors"])
        handover.check(told, path)
        house = estate.take_up(told, path, lambda given: loading.loader(path, children, defines, given))
        said = reload.succeed(house)
        signal.alarm(0)
    except BaseException as fault:
        # It would outlive the next program's beginning, and kill it.
        signal.alarm(0)
        if house is None or house.generation.foreign:
            why = reason(fault)
            if not told["failed"]:
                go_back(told, why)
            if house is None:
                raise
            house.trouble = why
        else:
            # Its children serve already: a mistake of ours, told like every other.
            house.log.error("a mistake in evenflow: an upgrade", cause=traceback.format_exc())
    handover.let_go(told["descriptors"])
    house.left = []
    report(house, told, said)
    return house


class Late(BaseException):
    """It takes too long; whoever catches exceptions on the way does not mean this one."""


def be_late(*_: object) -> None:
    raise Late(f"it did not take over within {TAKE_OVER_SECONDS} seconds")


def reason(fault: BaseException) -> str:
    """Why it failed, for people."""
    if isinstance(fault, (loading.Refused, handover.Unreadable, Strange, Late)):
        return str(fault)
    return "a mistake in evenflow:\n" + "".join(traceback.format_exception(fault))


def go_back(told: dict[str, Any], why: str) -> None:
    """Be the program before again. Comes back where that cannot be."""
    told["failed"] = f"evenflow {evenflow.__version__}: {why}"
    sys.stderr.write(f"not upgraded: {why.rstrip()}\n")
    sys.stderr.flush()
    try:
        handover.execute(handover.program_of(told["former"]), told, told["descriptors"])
    except OSError as fault:
        told["failed"] += f"\nand the program before cannot come back: {fault}"


def report(house: Supervisor, told: dict[str, Any], said: str) -> None:
    """Tell the log, the service manager and the asker what came of it."""
    answer: dict[str, Any]
    if house.trouble:
        left = "the children of before serve on; none can be put in a dead one's place: `evenflow reload` tries again"
        text = f"{told['failed'] or house.trouble}\n{house.trouble}\n{left}"
        house.log.error("neither upgraded nor back", cause=reload.first_error(house.trouble), left=left)
        house.manager.serves(f"not upgraded: {reload.first_error(house.trouble)}")
        answer = {"ok": False, "error": text}
    elif told["failed"]:
        house.log.error("not upgraded: the program of before goes on", cause=reload.first_error(told["failed"]))
        house.manager.serves(ready_line(house.generation))
        # Where a package has replaced the files, it is the new program that was executed for the second time.
        how = "on, as before" if told["evenflow"] == evenflow.__version__ else "now: it went well the second time"
        serves = f"evenflow {evenflow.__version__} serves {how}"
        answer = {"ok": False, "error": f"not upgraded: {told['failed'].rstrip()}\n{serves}"}
    else:
        sys.stderr.write(said)
        sys.stderr.write(ready_line(house.generation) + "\n")
        house.log.notice(
            "upgraded", before=told["evenflow"], now=evenflow.__version__,
            generation=house.generation.plan.generation, program=house.origin.program if house.origin else "",
        )  # fmt: skip
        house.manager.serves(ready_line(house.generation))
        answer = {
            "ok": True,
            "said": said,
            "before": told["evenflow"],
            "version": evenflow.__version__,
            "generation": house.generation.plan.generation,
        }
    sys.stderr.flush()
    assert house.channel is not None and house.channel.link is not None
    channel.Visitor(house.channel.link).tell(answer)
    house.channel.hang_up()
