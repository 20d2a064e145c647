"""A socket under the loop's readiness call-backs: what client and backend connections share.

It starts and stops being told of readiness, sends, and closes. What the bytes mean is for its two kinds.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from typing import Any, Final

from evenflow.serve.server import Server
from evenflow.serve.sockets import BLOCKED, BROKEN, FAILED, SENT, WOULD_BLOCK, receive, send_outlet, send_range
from evenflow.wire.outlet import Outlet

MOST_FAREWELL: Final = 4096
"""Bytes; it is a record of some thirty."""


class Connection:
    """`fd` is owned: `close` closes it. With TLS, `tls` owns it."""

    def __init__(self, server: Server, fd: int, tls: Any) -> None:
        self.server = server
        self.fd = fd
        self.tls: ssl.SSLSocket | None = tls
        self.pending: Outlet | None = None
        """Tunnel bytes that the socket did not take yet."""
        self.farewell: bytes | None = None
        """What is left of TLS's own word that nothing more comes from us; None while it is not said."""
        self.reading = False
        self.writing = False
        self.closed = False
        self.deadline = 0.0
        """When a client's connection has waited long enough (`deadlines`), monotonic seconds; 0.0 for never."""

    def start_reading(self) -> None:
        """Be told when there is something to read; with TLS there may be already."""
        if not self.reading and not self.closed:
            self.reading = True
            self.server.loop.add_reader(self.fd, self.on_readable)
            if self.tls is not None:
                self.server.loop.call_soon(self.on_readable)

    def stop_reading(self) -> None:
        if self.reading:
            self.reading = False
            self.server.loop.remove_reader(self.fd)

    def start_writing(self) -> None:
        if not self.writing and not self.closed:
            self.writing = True
            self.server.loop.add_writer(self.fd, self.on_writable)

    def stop_writing(self) -> None:
        if self.writing:
            self.writing = False
            self.server.loop.remove_writer(self.fd)

    def receive(self) -> int:
        """Read into the server's buffer: bytes read, 0 at the end, WOULD_BLOCK or BROKEN."""
        if self.tls is None:
            return receive(self.fd, self.server.buffer)
        try:
            return self.tls.recv_into(self.server.buffer)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return WOULD_BLOCK
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return 0
        except OSError:
            return BROKEN

    def push(self, out: Outlet) -> int:
        """Send what waits in `out`; BLOCKED asks to be told when there is room again."""
        done = send_outlet(self.fd, out) if self.tls is None else self._push_tls(out)
        if done == BLOCKED:
            self.start_writing()
        return done

    def _push_tls(self, out: Outlet) -> int:
        out.settle()
        tls = self.tls
        assert tls is not None
        try:
            while out.end > out.start:
                out.start += tls.send(memoryview(out.data)[out.start : out.end])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return BLOCKED
        except OSError:
            return FAILED
        out.clear()
        return SENT

    def forward(self, buffer: bytearray, size: int) -> int:
        """Send `buffer[:size]` of a tunnel; what the socket does not take waits in `pending`."""
        if self.tls is None and self.pending is None:
            sent = send_range(self.fd, buffer, 0, size)
            if sent == size:
                return SENT
            if sent == BROKEN:
                return FAILED
            if sent < 0:
                sent = 0
        else:
            sent = 0
        if self.pending is None:
            self.pending = Outlet()
        self.pending.put_range(buffer, sent, size)
        done = self.push(self.pending)
        if done == SENT:
            self.pending = None
        return done

    def shut_writing(self) -> None:
        """Say that nothing more comes from us, and go on reading. Where the socket does not take it, be called again
        when it is writable."""
        with contextlib.suppress(OSError):
            if self.tls is None:
                os_shutdown(self.fd)
                return
            if self.farewell is None:
                self.farewell = farewell_of(self.tls)
            if self.farewell:
                self.farewell = self.farewell[send_some(self.fd, self.farewell) :]
                if self.farewell:
                    self.start_writing()

    def close(self) -> None:
        """Close the socket; a second call does nothing."""
        if self.closed:
            return
        self.stop_reading()
        self.stop_writing()
        self.closed = True
        self.pending = None
        if self.tls is not None:
            with contextlib.suppress(OSError, ValueError):
                self.tls.unwrap()
            self.tls.close()
            self.tls = None
        elif self.fd >= 0:
            os.close(self.fd)

    def forget(self) -> None:
        """The descriptor was closed by whom it was given to: its number may be somebody else's by now."""
        self.fd = -1

    def on_readable(self) -> None:
        """The loop's call-back."""
        raise NotImplementedError

    def on_writable(self) -> None:
        """The loop's call-back."""
        raise NotImplementedError

    # What a backend connection tells the client connection that it works for.

    def backend_connected(self) -> None:
        raise NotImplementedError

    def backend_sent(self, size: int) -> None:
        raise NotImplementedError

    def backend_ended(self, cause: str) -> None:
        raise NotImplementedError

    def backend_writable(self) -> None:
        raise NotImplementedError


def os_shutdown(fd: int) -> None:
    """shutdown(SHUT_WR) by descriptor."""
    borrowed = socket.socket(fileno=fd)
    try:
        borrowed.shutdown(socket.SHUT_WR)
    finally:
        borrowed.detach()


def farewell_of(tls: ssl.SSLSocket) -> bytes:
    """The close_notify of this end (RFC 8446 section 6.1), as the bytes that the socket must still be given.

    Python's `unwrap` asks for the other side's close_notify as soon as it has sent ours, and what it reads in its
    place is lost. So meanwhile its descriptor leads to a socket that nothing comes out of. The socket itself stays
    open, and whoever waits for it (epoll waits for the pair of both) notices nothing.
    """
    fd = tls.fileno()
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        kept = os.dup(fd)
        try:
            os.dup2(near.fileno(), fd, inheritable=False)
            try:
                tls.unwrap()
            except (OSError, ValueError):
                # It waits for the other side.
                pass
            finally:
                os.dup2(kept, fd, inheritable=False)
        finally:
            os.close(kept)
        try:
            return far.recv(MOST_FAREWELL)
        except BlockingIOError:
            return b""


def send_some(fd: int, data: bytes) -> int:
    """How many of these bytes the socket takes now."""
    borrowed = socket.socket(fileno=fd)
    try:
        return borrowed.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    except BlockingIOError:
        return 0
    finally:
        borrowed.detach()
