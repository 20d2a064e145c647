"""What is left at a member that drains, and when it will be empty, as people read it."""

from __future__ import annotations

import sys
import time
from typing import Any, Final

import click

GETS_NOTHING: Final = ("disabled", "stopped")
"""In these states its sessions go elsewhere with their next request: nobody waits for them."""


def is_empty(member: dict[str, Any]) -> bool:
    """Whether a drain has nothing to wait for."""
    return not member["busy"] and not waited_for(member)


def waited_for(member: dict[str, Any]) -> int:
    """How many sessions; 0 where they are not counted."""
    return 0 if member["state"] in GETS_NOTHING else member["sessions"] or 0


def text(member: dict[str, Any]) -> str:
    """One line: what is left, and until when."""
    then = "; then it is removed" if member.get("removing") else ""
    return f"{member['name']} is {member['state']}: {what(member)}{until(member)}{then}"


def what(member: dict[str, Any]) -> str:
    """`12 sessions, 3 tunnels and 1 request are left there`"""
    sessions, tunnels = waited_for(member), member["tunnels"]
    counts = ((sessions, "session"), (tunnels, "tunnel"), (member["busy"] - tunnels, "request"))
    words = [f"{count:,} {name}{'' if count == 1 else 's'}" for count, name in counts if count > 0]
    if not words:
        return "nothing is left there"
    listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return f"{listed} {'is' if sum(count for count, _ in counts) == 1 else 'are'} left there"


def until(member: dict[str, Any]) -> str:
    """`; empty at 22:41 at the earliest, at this rate about 22:55`; nothing where there are no sessions."""
    if not waited_for(member):
        return ""
    said = f"; empty at {clock(member['empty_earliest_in'])} at the earliest"
    if member["empty_expected_in"] is not None:
        said += f", at this rate about {clock(member['empty_expected_in'])}"
    if member["sessions_counted_for"] < member["session_idle"]:
        # Who was there before, and was not seen since, may come back.
        minutes, seconds = divmod(int(member["sessions_counted_for"]), 60)
        said += f" (sessions are counted since {minutes}m {seconds}s: there may be more)"
    return said


def clock(seconds: float) -> str:
    """The time of day in so many seconds, with the day where it is another."""
    moment = time.localtime(time.time() + seconds)
    same_day = moment[:3] == time.localtime()[:3]
    return time.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M", moment)


def number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def show(line: str, last: bool) -> None:
    """On a terminal it takes the place of the line before."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{line}", err=True, nl=last)
    else:
        click.echo(line, err=True)
