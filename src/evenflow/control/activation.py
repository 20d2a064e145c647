"""Sockets that a service manager opened for us (sd_listen_fds(3)): taken up in place of those that `Listen` would bind.

They come as descriptors from 3 on, counted by LISTEN_FDS, where LISTEN_PID is this process. All children share each of
them: SO_REUSEPORT must be set before a socket is bound, so no second one can be put beside it. What connects while
evenflow is restarted waits in its queue, and a port below 1024 needs no root.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping, Sequence
from typing import Final

from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE

FIRST: Final = 3
"""SD_LISTEN_FDS_START."""
VARIABLES: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID")


def given_sockets(environment: MutableMapping[str, str] = os.environ, first: int = FIRST) -> list[socket.socket]:
    """The sockets that came with this process; none where they are asked for again, as the variables are taken out of
    `environment`. Nothing that we start inherits one. Raises Trouble for what is not a listening TCP socket.
    """
    process, count, names, _ = (environment.pop(name, "") for name in VARIABLES)
    if process != str(os.getpid()) or not count.isdecimal():
        return []
    called = names.split(":") if names else []
    found: list[socket.socket] = []
    for index in range(int(count)):
        found.append(take(first + index, called[index] if index < len(called) else ""))
    return found


def take(descriptor: int, name: str) -> socket.socket:
    """One of them, settled as ours are. Raises Trouble."""
    try:
        taken = socket.socket(fileno=descriptor)
    except OSError as fault:
        raise refusal(descriptor, name, f"is no socket: {fault.strerror}") from None
    taken.set_inheritable(False)
    if taken.family not in (socket.AF_INET, socket.AF_INET6):
        raise refusal(descriptor, name, "has no address and port: `Listen` can name no other")
    if taken.type != socket.SOCK_STREAM or not taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise refusal(descriptor, name, "does not listen for TCP connections")
    taken.setblocking(False)
    return taken


def refusal(descriptor: int, name: str, why: str) -> Trouble:
    called = f" (`{name}`)" if name else ""
    return Trouble(
        "socket-unusable",
        f"descriptor {descriptor}{called}, which the service manager passed, {why}",
        NOWHERE,
        "the .socket unit needs `ListenStream=PORT` or `ListenStream=ADDRESS:PORT`, and `Accept=no`",
    )


def find(given: Sequence[socket.socket], host: str, port: int, everywhere: bool) -> socket.socket | None:
    """The one that is bound to this address. Where `everywhere` is meant, IPv4's every address is also found in a
    socket for IPv6's that takes both, as `ListenStream=80` makes it.
    """
    for one in given:
        place = one.getsockname()[:2]
        if place == (host, port):
            return one
        if everywhere and host == "0.0.0.0" and place == ("::", port) and takes_both(one):
            return one
    return None


def takes_both(one: socket.socket) -> bool:
    """Whether a socket of IPv6 takes IPv4 too."""
    return not one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def insist(given: Sequence[socket.socket], used: Sequence[socket.socket]) -> None:
    """Raise Trouble for a socket that no `Listen` uses: who connects there would wait for nobody."""
    for one in given:
        if not any(one is other for other in used):
            host, port = one.getsockname()[:2]
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            raise Trouble(
                "socket-left-over",
                f"the service manager passed a socket for `{place}`, and no `Listen` asks for it",
                NOWHERE,
                f"write `Listen {port if host in ('0.0.0.0', '::') else place}`, or take it out of the .socket unit",
            )
