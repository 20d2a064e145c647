"""One connection to a member: being made, at work for a client connection, or kept for the next one.

It reads into the server's buffer and tells its client connection what came; with none, anything that comes ends it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import TYPE_CHECKING, Any

from evenflow.plan.model import Member
from evenflow.serve.clock import monotonic
from evenflow.serve.connection import Connection
from evenflow.serve.member_pool import MemberPool
from evenflow.serve.member_tls import Handshake, is_quiet
from evenflow.serve.passage import Passage
from evenflow.serve.server import Server
from evenflow.serve.sockets import SENT, WOULD_BLOCK

if TYPE_CHECKING:
    import ssl

    from evenflow.serve.resolver import Address, Addresses

CAUSES = {
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    errno.ECONNRESET: "reset",
    errno.EADDRNOTAVAIL: "no local port is free",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
}


def cause_of(number: int) -> str:
    """An errno in words for the log."""
    return CAUSES.get(number) or os.strerror(number)


class BackendConnection(Connection):
    """`client` is whom it works for; None while it is kept."""

    def __init__(self, server: Server, fd: int, member: Member) -> None:
        Connection.__init__(self, server, fd, None)
        self.member = member
        self.called = member.name
        """What the member was when it began: its row may be another's by now."""
        self.client: Connection | None = None
        self.connecting = True
        self.broken = False
        """A write failed: nothing more is sent, but an answer may still be there to read."""
        self.way: Any = None
        """`member_tls.Way`: how TLS is spoken on it; None for plain."""
        self.handshake: Any = None
        """The `member_tls.Handshake` that is going on."""
        self.passage: Any = None
        """The `passage.Passage` that is asked for."""
        self.idle_since = 0.0
        self.address: Any = None
        """Where it leads, if that may change while it runs; None for an address of the configuration."""
        self.tried: Any = None
        """Where it is being tried, or leads."""
        self.others: Addresses = ()
        """Where it is tried next if nobody answers there."""
        self.pool: MemberPool | None = server.pools[member.slot]
        """Of which it holds a token."""

    def close(self) -> None:
        if self.closed:
            return
        if self.handshake is not None:
            self.handshake.stop()
        if self.passage is not None:
            self.passage.stop()
        Connection.close(self)
        if self.pool is not None:
            self.pool.give()

    def on_readable(self) -> None:
        size = self.receive()
        if size == WOULD_BLOCK:
            return
        client = self.client
        if client is None:
            # Kept, and the member ended it, or says something that nobody asked for.
            self.leave_pool()
            self.close()
        elif size > 0:
            client.backend_sent(size)
        else:
            client.backend_ended("closed" if size == 0 else "reset")

    def on_writable(self) -> None:
        if self.connecting:
            self._connected()
            return
        client = self.client
        if client is not None:
            client.backend_writable()

    def _connected(self) -> None:
        """The kernel has decided about our connect."""
        borrowed = socket.socket(fileno=self.fd)
        try:
            number = borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        finally:
            borrowed.detach()
        self.stop_writing()
        client = self.client
        assert client is not None
        if number:
            if not self.try_next(cause_of(number)):
                client.backend_ended(cause_of(number))
            return
        if self.way is not None:
            if self.member.through:
                self.passage = Passage(self, self.member, self.server.routes.plan.server_token)
                self.passage.begin()
            else:
                self.passed()
            return
        self.connecting = False
        self.start_reading()
        client.backend_connected()

    def try_next(self, cause: str) -> bool:
        """Nobody answers at the address: connect to the member's next one, as httpd does; False where there is none."""
        while self.others and self.connecting and self.handshake is None and self.passage is None:
            self.tell_of_address(cause)
            address = self.others[0]
            self.others = self.others[1:]
            try:
                fd = begin(self.member, address)
            except OSError as fault:
                cause = cause_of(fault.errno or 0)
                self.tried = address
                continue
            self.stop_writing()
            os.close(self.fd)
            self.fd = fd
            self.take_address(address)
            self.start_writing()
            return True
        return False

    def tell_of_address(self, cause: str) -> None:
        """One of the member's addresses does not answer, and there are others: nobody else would say so."""
        name = self.member.name.decode("latin-1")
        address = str(self.tried[1][0])
        self.server.log.warn(
            "an address of a member does not answer", f"address {name} {address}",
            member=name, address=address, cause=cause, origin=self.member.origin,
        )  # fmt: skip

    def take_address(self, address: Address) -> None:
        """It leads there."""
        self.tried = address
        if self.address is not None:
            self.address = address

    def passed(self) -> None:
        """The member is at the other end: TLS begins."""
        self.passage = None
        self.handshake = Handshake(self, self.way)
        self.handshake.begin()

    def not_passed(self, cause: str) -> None:
        """Another proxy does not let us through to it."""
        self.passage = None
        client = self.client
        assert client is not None
        client.backend_ended(cause)

    def secure(self, tls: ssl.SSLSocket) -> None:
        """From here on TLS owns the descriptor."""
        self.tls = tls

    def secured(self) -> None:
        """The handshake has ended well."""
        self.handshake = None
        self.connecting = False
        self.start_reading()
        client = self.client
        assert client is not None
        client.backend_connected()

    def not_secured(self, cause: str) -> None:
        """It has not; `handshake` stays, so that the client connection knows at what it failed."""
        client = self.client
        assert client is not None
        client.backend_ended(cause)

    def flush_pending(self) -> bool:
        """Send tunnel bytes that wait; True when none is left."""
        if self.pending is not None:
            if self.push(self.pending) != SENT:
                return False
            self.pending = None
        self.stop_writing()
        return True

    def keep(self) -> None:
        """Wait in the pool for the next request."""
        self.client = None
        if self.pool is not None and self.pool.waiting_elsewhere():
            self.close()
            return
        if self.member.ttl > 0:
            self.idle_since = monotonic()
        self.start_reading()
        self.server.idle[self.member.slot].append(self)
        if self.pool is not None and self.pool.waiting:
            self.pool.wake()

    def is_current(self) -> bool:
        """Whether the member is still where it leads to."""
        if self.called != self.member.name:
            return False
        address = self.address
        return address is None or self.server.resolver.is_current(self.member, address)

    def is_silent(self) -> bool:
        """Whether the member has neither ended it nor said a word, asked of the kernel."""
        if self.tls is not None:
            return is_quiet(self.tls)
        borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=self.fd)
        try:
            borrowed.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            borrowed.detach()
        return False

    def leave_pool(self) -> None:
        kept = self.server.idle[self.member.slot]
        if self in kept:
            kept.remove(self)


def connect(server: Server, member: Member, addresses: Addresses, client: Connection, way: Any) -> BackendConnection:
    """Begin to connect for `client`, whom `backend_connected` or `backend_ended` tells; to the first address, and if
    that fails, to the others in their order. OSError if it fails at once at all of them.

    `way` is how TLS is spoken, None for plain.
    """
    last = len(addresses) - 1
    for at, address in enumerate(addresses):
        try:
            fd = begin(member, address)
        except OSError:
            if at == last:
                raise
            continue
        break
    else:
        raise OSError(errno.EADDRNOTAVAIL, "no address")
    connection = BackendConnection(server, fd, member)
    connection.client = client
    connection.way = way
    connection.tried = address
    connection.others = addresses[at + 1 :]
    if server.resolver.by_name(member):
        connection.address = address
    connection.start_writing()
    return connection


def begin(member: Member, address: Address) -> int:
    """The descriptor of a socket that connects to the member there. OSError if it fails at once."""
    made = socket.socket(address[0], socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        if member.receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, member.receive_buffer)
        if member.socket:
            number = made.connect_ex(member.socket)
        else:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if member.keepalive:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if member.source:
                # As in httpd a request does not fail for it: the connection comes from another address then.
                with contextlib.suppress(OSError):
                    made.bind((member.source, 0))
            number = made.connect_ex(address[1])
        if number not in (0, errno.EINPROGRESS):
            raise OSError(number, os.strerror(number))
    except OSError:
        made.close()
        raise
    return made.detach()


def take_kept(server: Server, member: Member, client: Connection, careful: bool) -> BackendConnection | None:
    """The connection to `member` that was used last, now at work for `client`; None if none is kept.

    `careful`, for a request that could not be repeated: only one that the member has not ended, as httpd always asks.
    """
    kept = server.idle[member.slot]
    while kept:
        connection: BackendConnection = kept.pop()
        if connection.is_current() and (not careful or connection.is_silent()):
            connection.client = client
            return connection
        connection.close()
    return None


def take_kept_secured(
    server: Server, member: Member, client: Connection, careful: bool, way: Any
) -> BackendConnection | None:
    """`take_kept` among connections on which TLS is spoken in this way. Where others are kept and none such, the oldest
    gives way: names that clients choose do not pile up."""
    kept = server.idle[member.slot]
    connection: BackendConnection
    for connection in reversed(kept):
        if connection.way == way:
            kept.remove(connection)
            if connection.is_current() and (not careful or connection.is_silent()):
                connection.client = client
                return connection
            connection.close()
            return take_kept_secured(server, member, client, careful, way)
    if kept:
        kept.pop(0).close()
    return None


def leave_old_addresses(server: Server) -> None:
    """Close kept connections to where their members are no more."""
    for kept in server.idle:
        for connection in [one for one in kept if not one.is_current()]:
            kept.remove(connection)
            connection.close()
