"""What a service manager is told (sd_notify(3)): ready, reloading, stopping, and that our loop still turns.

Lines of NAME=VALUE in a datagram to the socket that NOTIFY_SOCKET names. The variables are taken out of the
environment before anything is started: it is the supervisor alone who speaks, and no library of systemd is needed.
Where nobody listens nothing is said, and nothing fails.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from collections.abc import Callable, MutableMapping
from typing import Final

LOOK_SECONDS: Final = 0.05
"""Until all children serve it is looked so often whether they do."""
VARIABLES: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class ServiceManager:
    """Who started us and wants to know; `address` is "" where nobody does. Times are monotonic seconds."""

    __slots__ = ("address", "pace", "ready", "next_sign")

    def __init__(self, address: str = "", pace: float = math.inf) -> None:
        self.address = address
        self.pace = pace
        """Seconds between two signs of life: half of what the manager waits for one."""
        self.ready = not address
        """Whether it was told that we serve."""
        self.next_sign = 0.0 if address and pace < math.inf else math.inf

    def due(self) -> float:
        """When `look` has something to do again."""
        return min(self.next_sign, math.inf if self.ready else time.monotonic() + LOOK_SECONDS)

    def look(self, serving: Callable[[], bool], status: Callable[[], str]) -> None:
        """Say READY once `serving`, with `status` in words, and give a sign of life when it is time for one."""
        if not self.ready and serving():
            self.serves(status())
        self.live()

    def live(self) -> None:
        """A sign of life, where it is time for one."""
        now = time.monotonic()
        if now >= self.next_sign:
            self.next_sign = now + self.pace
            self.say("WATCHDOG=1")

    def serves(self, status: str) -> None:
        """All children serve: at the start, and after a reload, whatever came of it."""
        self.ready = True
        self.say("READY=1", f"STATUS={status}")

    def reloads(self, status: str = "loading the configuration") -> None:
        """The configuration is being loaded again; `serves` is said when that is over."""
        # Type=notify-reload tells an answer to its own signal from an older one by this time.
        self.say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", f"STATUS={status}")

    def stops(self) -> None:
        """Children finish what is in flight."""
        self.ready = True
        self.say("STOPPING=1", "STATUS=finishing what is in flight")

    def say(self, *lines: str) -> None:
        """Send it; a manager that is gone or does not read is not waited for."""
        if not self.address:
            return
        text = "\n".join(line.replace("\n", " ") for line in lines)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.setblocking(False)
            link.sendto(text.encode(), self.address)


def service_manager(environment: MutableMapping[str, str] = os.environ) -> ServiceManager:
    """Who is to be told by what `environment` says, from which it is taken: nothing that we start inherits it."""
    address, timeout, watched = (environment.pop(name, "") for name in VARIABLES)
    # A path, or a name of Linux's own behind `@`; what virtual machines are told by (vsock:) is no business of ours.
    if not address.startswith(("/", "@")):
        return ServiceManager()
    if address.startswith("@"):
        address = "\0" + address[1:]
    if watched not in ("", str(os.getpid())) or not timeout.isdecimal() or not int(timeout):
        return ServiceManager(address)
    return ServiceManager(address, int(timeout) / 2e6)
