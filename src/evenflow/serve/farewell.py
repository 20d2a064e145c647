"""When a tunnel has to go: its client is told so in its own protocol, and not everybody at the same moment.

Who leaves is decided elsewhere: by the judge after a reload, by a member's deadline, by the end of the program. Here
each of them gets a moment within the time there is, so that clients do not come back all at once. A tunnel in whose
stream nothing can be put in right now is asked again a little later.
"""

from __future__ import annotations

import heapq
import json
import random
import socket
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from evenflow.serve.clock import monotonic

if TYPE_CHECKING:
    from evenflow.serve.server import Server

MOST_MESSAGE: Final = 1 << 20
"""Bytes of a message on a child's line to its supervisor."""
AGAIN: Final = 0.1
"""Seconds until a tunnel is asked again."""
PATIENCE: Final = 10.0
"""A tunnel in which no frame ends for so long is cut."""
END_SECONDS: Final = 5.0
"""When the program ends, tunnels leave within this."""


class Farewells:
    """Those of one child. `line` leads to the supervisor; None where nobody judges."""

    def __init__(self, server: Server, line: socket.socket | None) -> None:
        self.server = server
        self.line = line
        self.due: list[tuple[float, int, Any, float]] = []
        """(when, a number, the client's connection, when its time began); the next one first."""
        self.count = 0
        self.asked: dict[int, Any] = {}
        if line is not None:
            line.setblocking(False)

    def tunnels(self) -> list[Any]:
        """The client connections that have one, and were not told yet to go."""
        return [
            client for client in self.server.clients if client.tunnel is not None and not client.tunnel.leaves
        ]

    def dismiss(self, clients: Iterable[Any], seconds: float) -> None:
        """Each of them leaves within `seconds` from now."""
        now = monotonic()
        for client in clients:
            if not client.tunnel.leaves:
                client.tunnel.leaves = True
                self.count += 1
                begins = now + random.uniform(0.0, seconds)
                heapq.heappush(self.due, (begins, self.count, client, begins))

    def dismiss_from_leaving_members(self, now: float) -> None:
        """Tunnels to members that are to be empty by some time leave until then."""
        for client in self.tunnels():
            slot = client.tunnel.tunnel.slot
            if slot is not None and slot.leave_by:
                self.dismiss([client], max(0.0, slot.leave_by - now))

    def tick(self, now: float) -> None:
        """Those whose moment has come."""
        while self.due and self.due[0][0] <= now:
            _, number, client, began = heapq.heappop(self.due)
            if client.closed:
                continue
            if client.tunnel.frames is None or now - began > PATIENCE:
                client.close_tunnel()
            elif not client.tunnel.say_goodbye(now):
                heapq.heappush(self.due, (now + AGAIN, number, client, began))

    def ask(self) -> None:
        """Tell the judge of every tunnel; who must go is heard later."""
        line = self.line
        if line is None:
            return
        self.asked = {}
        messages: deque[bytes] = deque()
        for client in self.tunnels():
            self.count += 1
            self.asked[self.count] = client
            messages.append(json.dumps({"number": self.count, **way_of(client)}).encode())
        messages.append(b"{}")
        loop = self.server.loop
        loop.remove_reader(line.fileno())
        loop.add_reader(line.fileno(), self.hear)
        self._send(messages)

    def _send(self, messages: deque[bytes]) -> None:
        """Send what the line takes, and the rest when it takes more."""
        line = self.line
        assert line is not None
        loop = self.server.loop
        try:
            while messages:
                line.send(messages[0])
                messages.popleft()
        except BlockingIOError:
            loop.add_writer(line.fileno(), self._send, messages)
            return
        except OSError:
            pass
        loop.remove_writer(line.fileno())

    def hear(self) -> None:
        """The judge names one that must go."""
        line = self.line
        assert line is not None
        try:
            said = line.recv(MOST_MESSAGE)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self.server.loop.remove_reader(line.fileno())
            return
        told = json.loads(said)
        client = self.asked.pop(told["leave"], None)
        if client is not None and not client.closed:
            self.dismiss([client], told["within"])


def way_of(client: Any) -> dict[str, Any]:
    """What the judge needs to decide a tunnel's request again."""
    facts, tunnel = client.facts, client.tunnel
    slot = tunnel.tunnel.slot
    return {
        "local": [said(facts.local_address), facts.local_port],
        "remote": [said(facts.remote_address), facts.remote_port],
        "tls": facts.tls,
        "sni": said(facts.sni),
        "spoken_for": [facts.spoken_for, said(facts.proxied_address), facts.proxied_port],
        "certified": facts.tls_facts is not None and facts.tls_facts.get(b"SSL_CLIENT_VERIFY") == b"SUCCESS",
        "head": said(tunnel.head),
        "member": said(slot.member.name) if slot is not None else "",
        "balancer": said(tunnel.balancer),
    }


def said(wire: bytes) -> str:
    return wire.decode("latin-1")
