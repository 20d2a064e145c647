"""The listening sockets of a generation: one for each child and address, so that the kernel shares connections out; but
one for all children where a service manager opened it (`activation`).

The supervisor opens them, keeps them open for as long as the generation lives, and hands them down by fork: a child
that is replaced finds what its predecessor left in the queue. Nothing is accepted here.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from evenflow.control import activation
from evenflow.control.trouble import Trouble
from evenflow.plan.model import Listener

Bound = tuple[socket.socket, Listener]

PROC_LISTENING: Final = "0A"
"""A listening socket's state in /proc/net/tcp."""


def open_listeners(
    listeners: tuple[Listener, ...],
    children: int,
    backlog: int,
    previous: list[list[Bound]] | None = None,
    given: Sequence[socket.socket] = (),
) -> list[list[Bound]]:
    """The sockets of each child, listening. Raises Trouble for the first address that cannot be had; then none stays
    open that was not before.

    `previous` are the sockets of the generation before: an address that stays keeps its sockets, with all that waits in
    their queues. `given` are sockets that somebody else opened for us; each is used, by all children, as it is.
    """
    known = [{bound.getsockname()[:2]: bound for bound, _ in share} for share in previous or []]
    shares: list[list[Bound]] = [[] for _ in range(children)]
    made: list[Bound] = []
    try:
        for listener in listeners:
            for family, host in addresses(listener):
                place = (host, listener.port)
                ready = activation.find(given, host, listener.port, listener.host in ("", "*"))
                if ready is not None:
                    for share in shares:
                        # One that takes both families is found for either.
                        if not any(bound is ready for bound, _ in share):
                            share.append((ready, listener))
                    continue
                if not any(place in sockets for sockets in known):
                    probe(family, host, listener)
                for index, share in enumerate(shares):
                    bound = known[index].get(place) if index < len(known) else None
                    if bound is None:
                        bound = bind(family, host, listener, True, backlog)
                        made.append((bound, listener))
                    else:
                        bound.listen(backlog)
                    share.append((bound, listener))
        activation.insist(given, [bound for bound, _ in shares[0]])
    except Trouble:
        close([made])
        raise
    return shares


def close_others(shares: list[list[Bound]], kept: list[list[Bound]]) -> None:
    """Close the sockets of `shares` that are not among `kept`."""
    wanted = {id(bound) for share in kept for bound, _ in share}
    close([[pair for pair in share if id(pair[0]) not in wanted] for share in shares])


def close(shares: list[list[Bound]]) -> None:
    """Close every socket that is still open."""
    for share in shares:
        for bound, _ in share:
            bound.close()


def addresses(listener: Listener) -> list[tuple[socket.AddressFamily, str]]:
    """What to bind for a `Listen`: for every address, IPv4 and, where the machine has it, IPv6, each with a socket of
    its own.
    """
    host = listener.host.strip("[]")
    if host == "*":
        host = ""
    if not host:
        return [(socket.AF_INET, "0.0.0.0")] + ([(socket.AF_INET6, "::")] if has_ipv6() else [])
    try:
        found = socket.getaddrinfo(host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as fault:
        raise Trouble(
            "address-unknown",
            f"cannot listen on `{shown(listener.host, listener.port)}`: {fault.strerror}",
            listener.origin,
            "write an address of this machine, or the port alone for every address",
        ) from None
    seen: list[tuple[socket.AddressFamily, str]] = []
    for family, _, _, _, address in found:
        if (family, str(address[0])) not in seen:
            seen.append((family, str(address[0])))
    return seen


def has_ipv6() -> bool:
    """Whether an IPv6 socket can be bound on this machine."""
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            trial.bind(("::", 0))
    except OSError:
        return False
    return True


def probe(family: socket.AddressFamily, host: str, listener: Listener) -> None:
    """Raise Trouble where somebody else listens: with SO_REUSEPORT alone, two evenflows would quietly share a port.

    It does not listen itself: who connected meanwhile would be reset.
    """
    bind(family, host, listener, False, None).close()


def bind(
    family: socket.AddressFamily, host: str, listener: Listener, shared: bool, backlog: int | None
) -> socket.socket:
    """One non-blocking socket, listening if there is a backlog; raises Trouble with the reason in words."""
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, listener.port))
        if backlog is not None:
            bound.listen(backlog)
        bound.setblocking(False)
    except OSError as fault:
        bound.close()
        raise refusal(fault, host, listener) from None
    return bound


def refusal(fault: OSError, host: str, listener: Listener) -> Trouble:
    """Why binding failed, and what to do."""
    place = shown(host, listener.port)
    if fault.errno == errno.EADDRINUSE:
        owner = holder(listener.port)
        if owner is None:
            return Trouble(
                "port-taken",
                f"cannot listen on `{place}`: port {listener.port} is taken by another process",
                listener.origin,
                f"find it with `ss -ltnp sport = :{listener.port}` and end it, or write another port",
            )
        pid, name = owner
        return Trouble(
            "port-taken",
            f"cannot listen on `{place}`: port {listener.port} is taken by {name} (process {pid})",
            listener.origin,
            f"end it (`kill {pid}`), or write another port",
        )
    if fault.errno in (errno.EACCES, errno.EPERM):
        return Trouble(
            "port-forbidden",
            f"cannot listen on `{place}`: ports below 1024 need root",
            listener.origin,
            "start as root with `User` and `Group`, grant CAP_NET_BIND_SERVICE, let systemd pass the socket, or write a"
            " port from 1024 up",
        )
    if fault.errno == errno.EADDRNOTAVAIL:
        return Trouble(
            "address-unknown",
            f"cannot listen on `{place}`: this machine has no such address",
            listener.origin,
            "`ip address` shows the addresses there are; write the port alone for every address",
        )
    return Trouble("listen-failed", f"cannot listen on `{place}`: {fault.strerror}", listener.origin)


def shown(host: str, port: int) -> str:
    """An address as people write it: `127.0.0.1:80`, `[::1]:80`."""
    bare = host.strip("[]")
    if ":" in bare:
        return f"[{bare}]:{port}"
    return f"{bare or '0.0.0.0'}:{port}"


def names(share: list[Bound]) -> list[str]:
    """What a child's sockets are bound to, for people."""
    return [shown(*bound.getsockname()[:2]) for bound, _ in share]


def holder(port: int) -> tuple[int, str] | None:
    """Process id and name of who listens on `port`, where /proc tells."""
    inodes = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if any(os.readlink(entry) in inodes for entry in (process / "fd").iterdir()):
                return int(process.name), (process / "comm").read_text().strip()
        except OSError:
            continue
    return None


def listening_inodes(port: int) -> set[str]:
    """The inodes of the sockets that listen on `port`, on whatever address."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for columns in map(str.split, rows):
            if columns[3] == PROC_LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                inodes.add(columns[9])
    return inodes
