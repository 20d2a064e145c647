"""The Bayeux protocol's server side: clients, channels and what is due to whom; state of one process, never shared.

Messages are JSON objects as in the Bayeux 1.0 specification: /meta/handshake, connect, subscribe, unsubscribe,
disconnect, and publishing on any other channel. How they travel (WebSocket, long-polling) is the caller's: it hands
in messages and gets answers back. A client that a different node made is unknown here, and told so with 402, because
that is how a split client shows in the field. What is said on channels of pages goes to `documents` as well.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from evenflow.tools.demo.documents import Documents, Refused

Message = dict[str, Any]

CONNECT_SECONDS: Final = 25.0
"""How long a /meta/connect waits for something to say."""
FORGET_SECONDS: Final = 120.0
"""A client that says nothing for so long is forgotten."""
TRANSPORTS: Final = ["websocket", "long-polling"]


class Client:
    """One Bayeux client: what it wants to hear, and what waits for it."""

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex
        self.patterns: set[str] = set()
        self.waiting: list[Message] = []
        self.wake = asyncio.Event()
        self.push: Callable[[list[Message]], None] | None = None
        """How to reach a client that keeps a WebSocket open; None for one that polls."""
        self.seen = time.monotonic()

    def deliver(self, message: Message) -> None:
        if self.push is not None:
            self.push([message])
        else:
            self.waiting.append(message)
            self.wake.set()

    def wants(self, channel: str) -> bool:
        """Bayeux globbing: `*` stands for one segment at the end, `**` for any number."""
        parent = channel.rpartition("/")[0]
        if channel in self.patterns or f"{parent}/*" in self.patterns:
            return True
        while parent:
            if f"{parent}/**" in self.patterns:
                return True
            parent = parent.rpartition("/")[0]
        return "/**" in self.patterns


class Server:
    """All the clients of one process. `node` goes into every handshake's `ext`, so that one can see who answered."""

    def __init__(self, node: str, held: float = CONNECT_SECONDS, documents: Documents | None = None) -> None:
        """`held` is for how many seconds a connect waits; without `documents` nothing lasts and no other node hears."""
        self.node = node
        self.held = held
        self.documents = documents
        self.advice: Final = {"reconnect": "retry", "interval": 0, "timeout": int(held * 1000)}
        self.clients: dict[str, Client] = {}

    async def answer(
        self, messages: list[Message], push: Callable[[list[Message]], None] | None = None
    ) -> list[Message]:
        """Act on what one client sent together; may take `held` seconds where a connect has to wait."""
        answers: list[Message] = []
        for message in messages:
            answers += await self._one(message, push)
        return answers

    async def _one(self, message: Message, push: Callable[[list[Message]], None] | None) -> list[Message]:
        channel = str(message.get("channel", ""))
        answer: Message = {"channel": channel, "successful": True}
        if "id" in message:
            answer["id"] = message["id"]
        if channel == "/meta/handshake":
            client = self._new_client(push)
            answer |= {
                "version": "1.0",
                "supportedConnectionTypes": TRANSPORTS,
                "clientId": client.name,
                "advice": self.advice,
            }
            return [answer | {"ext": {"node": self.node}}]
        found = self.clients.get(str(message.get("clientId", "")))
        if found is None:
            error = f"402:{message.get('clientId', '')}:Unknown client"
            return [answer | {"successful": False, "error": error, "advice": {"reconnect": "handshake", "interval": 0}}]
        found.seen = time.monotonic()
        if push is not None:
            found.push = push
        answer["clientId"] = found.name
        match channel:
            case "/meta/connect":
                return [answer | {"advice": self.advice}, *await self._events_for(found, self._patience(message))]
            case "/meta/subscribe" | "/meta/unsubscribe":
                wanted = message.get("subscription", "")
                names = {str(name) for name in wanted} if isinstance(wanted, list) else {str(wanted)}
                answer["subscription"] = wanted
                if channel == "/meta/unsubscribe":
                    found.patterns -= names
                    return [answer]
                found.patterns |= names
                return [self._joined(answer, names, message.get("ext"))]
            case "/meta/disconnect":
                del self.clients[found.name]
                found.wake.set()
                return [answer]
            case _ if channel.startswith("/meta/") or not channel.startswith("/"):
                return [answer | {"successful": False, "error": f"405:{channel}:Invalid channel"}]
        try:
            if self.documents is not None:
                self.documents.publish(channel, message.get("data"))
        except Refused as fault:
            return [answer | {"successful": False, "error": f"400:{channel}:{fault}"}]
        self.publish(channel, message.get("data"))
        return [answer]

    def publish(self, channel: str, data: Any) -> None:
        """Tell the clients here."""
        for client in self.clients.values():
            if client.wants(channel):
                client.deliver({"channel": channel, "data": data})

    def hear(self) -> None:
        """Tell the clients here what was said through other nodes."""
        for channel, data in self.documents.heard() if self.documents is not None else ():
            self.publish(channel, data)

    def _joined(self, answer: Message, names: set[str], ext: object) -> Message:
        """Who subscribes to one page gets what they lack of it with the answer."""
        if self.documents is None or len(names) != 1:
            return answer
        try:
            found = self.documents.joined(next(iter(names)), ext)
        except Refused as fault:
            return answer | {"successful": False, "error": f"400:{answer['subscription']}:{fault}"}
        return answer | {"ext": found} if found else answer

    def _new_client(self, push: Callable[[list[Message]], None] | None) -> Client:
        forgotten = time.monotonic() - FORGET_SECONDS
        self.clients = {name: client for name, client in self.clients.items() if client.seen > forgotten}
        client = Client()
        client.push = push
        self.clients[client.name] = client
        return client

    def _patience(self, message: Message) -> float:
        """How long this connect waits: a client may ask for less, also for nothing."""
        advice = message.get("advice")
        asked = advice.get("timeout") if isinstance(advice, dict) else None
        return min(self.held, max(0.0, asked / 1000)) if isinstance(asked, int | float) else self.held

    async def _events_for(self, client: Client, seconds: float) -> list[Message]:
        if not client.waiting:
            client.wake.clear()
            try:
                await asyncio.wait_for(client.wake.wait(), seconds)
            except TimeoutError:
                pass
        client.seen = time.monotonic()
        events, client.waiting = client.waiting, []
        return events
