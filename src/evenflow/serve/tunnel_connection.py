"""What is left after a 101: bytes pass between a client's connection and its member's, and none is changed.

Of WebSockets it counts where the member's frames end, so that a tunnel that has to go can tell its client so. It holds
both connections and stops reading from whoever sends faster than the other side takes. Every act answers
whether the tunnel goes on; where it does not, the client connection closes it.
"""

from __future__ import annotations

from evenflow.proxy.tunnel import Tunnel
from evenflow.serve.backend_connection import BackendConnection
from evenflow.serve.connection import Connection
from evenflow.serve.sockets import BLOCKED, FAILED
from evenflow.wire.frames import GOING_AWAY, Frames, close_frame
from evenflow.wire.outlet import Outlet

CLOSING_SECONDS = 5.0
"""A client that was told to go has closed within this, or is cut off."""


class TunnelConnection:
    """`tunnel` keeps the books. The client's deadline is moved on with every byte."""

    def __init__(self, tunnel: Tunnel, client: Connection, backend: BackendConnection) -> None:
        self.tunnel = tunnel
        self.client = client
        self.backend = backend
        self.frames: Frames | None = None
        """Where the member's frames end; None where the tunnel is no WebSocket."""
        self.head = b""
        """The request that it began with, as it came."""
        self.balancer = b""
        """The balancer that chose the member; b"" for none."""
        self.leaves = False
        """It was given a moment to go at."""
        self.gone = False
        """Its client was told: nothing of the member's follows."""

    def begin(self, to_backend: Outlet, to_client: Outlet) -> bool:
        """Send what the exchange left: a request body that the member has not taken, and the 101 with what came behind
        it."""
        if to_backend.pending():
            # The tunnel's bytes go behind it.
            self.backend.pending = Outlet()
            self.backend.pending.put_range(to_backend.data, to_backend.start, to_backend.end)
        if self.frames is not None:
            self.frames.pass_by(to_client.data, to_client.end - self.tunnel.received, to_client.end)
        done = self.client.push(to_client)
        if done == BLOCKED:
            self.client.pending = Outlet()
            self.client.pending.put_range(to_client.data, to_client.start, to_client.end)
            self.backend.stop_reading()
        self._touch()
        return done != FAILED

    def _touch(self) -> None:
        if not self.gone:
            client = self.client
            client.deadline = client.server.now + self.tunnel.timeout

    def client_sent(self, buffer: bytearray, size: int) -> bool:
        """The client sent `buffer[:size]`."""
        self.tunnel.sent += size
        self._touch()
        done = self.backend.forward(buffer, size)
        if done == BLOCKED:
            self.client.stop_reading()
        return done != FAILED

    def backend_sent(self, buffer: bytearray, size: int) -> bool:
        """The member sent `buffer[:size]`."""
        if self.gone:
            return True
        if self.frames is not None:
            self.frames.pass_by(buffer, 0, size)
        self.tunnel.received += size
        self._touch()
        done = self.client.forward(buffer, size)
        if done == BLOCKED:
            self.backend.stop_reading()
        return done != FAILED

    def say_goodbye(self, now: float) -> bool:
        """Tell the client that it has to go (RFC 6455 7.4.1: 1001), and give it some seconds to close.

        Its own close frame is passed on to the member like everything that it says. False where nothing can be put in
        now: the member is in the middle of a frame, or the client takes nothing.
        """
        frames = self.frames
        assert frames is not None
        if not frames.closed:
            if not frames.between() or self.client.pending is not None:
                return False
            frame = bytearray(close_frame(GOING_AWAY, False))
            frames.pass_by(frame, 0, len(frame))
            self.client.forward(frame, len(frame))
        self.gone = True
        self.client.deadline = now + CLOSING_SECONDS
        return True

    def client_ended(self) -> bool:
        """The client's last byte: pass the end on, and wait for the member's."""
        tunnel = self.tunnel
        tunnel.client_ended = True
        self.client.stop_reading()
        if tunnel.over():
            # What the member said last may still be on its way to a client that only reads.
            return self.client.pending is not None
        if self.backend.pending is None:
            self.backend.shut_writing()
        return True

    def backend_ended(self) -> bool:
        """The member's last byte."""
        tunnel = self.tunnel
        tunnel.backend_ended = True
        self.backend.stop_reading()
        if self.client.pending is None:
            if tunnel.over():
                return False
            self.client.shut_writing()
        return True

    def client_writable(self) -> bool:
        """The client takes bytes again."""
        client = self.client
        if client.pending is not None:
            done = client.push(client.pending)
            if done == BLOCKED:
                return True
            if done == FAILED:
                return False
            client.pending = None
        client.stop_writing()
        if self.tunnel.over():
            return False
        if self.tunnel.backend_ended:
            client.shut_writing()
        else:
            self.backend.start_reading()
        return True

    def backend_writable(self) -> None:
        """The member takes bytes again."""
        if self.backend.flush_pending():
            if self.tunnel.client_ended:
                self.backend.shut_writing()
            else:
                self.client.start_reading()
