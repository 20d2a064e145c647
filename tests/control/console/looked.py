"""A console over two balancers, asked as a child would ask it, without a server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from evenflow.control.console import visit
from evenflow.control.console.application import Application
from evenflow.control.console.deeds import Deeds
from evenflow.control.console.ledger import Ledger
from evenflow.control.console.lookout import Lookout
from evenflow.control.console.rings import Rings
from evenflow.control.console.visit import Visit
from evenflow.control.console.witness import Witness
from evenflow.slotmem.adoption import member_keys
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.manager.managed import Managed

KEY = "key"
EVE = Visit("192.0.2.7", "eve", 0, "/balancer-manager", "wiki.example.com", "wiki.example.com:8080")


@dataclass
class Answer:
    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Looked(Managed):
    """`Managed` with measures, a lookout and the application."""

    def __init__(self, growth: int = 0) -> None:
        super().__init__(growth=growth)
        self.plan.hosts = (self.host,)
        self.plan.main = self.host
        self.host.index = 0
        for balancer in self.plan.balancers:
            for member in balancer.members:
                member.balancer = balancer
        self.plan.measures = True
        self.scoreboard = Scoreboard(self.plan.members, self.plan.balancers, 2, [self.host, self.host])
        self.rings = Rings(member_keys(self.scoreboard))
        self.lookout = Lookout(self.plan, self.scoreboard, self.rings)
        self.lookout.look(100.0)
        self.ending = asyncio.Event()
        self.ledger = Ledger()
        self.witness = Witness(self.plan.balancers, self.scoreboard, self.ledger)
        self.deeds = Deeds(self.lookout, self.ledger, self.witness)
        self.application = Application(KEY, self.lookout, self.deeds, self.ending)

    def get(self, query: str = "", asks: Visit | None = EVE, **fields: str) -> Answer:
        return self.send("GET", query, b"", asks, fields)

    def send(self, method: str, query: str, body: bytes, asks: Visit | None, fields: dict[str, str]) -> Answer:
        return asyncio.run(self.call(method, query, body, asks, fields))

    async def call(self, method: str, query: str, body: bytes, asks: Visit | None, fields: dict[str, str]) -> Answer:
        """One request by the ASGI specification."""
        headers = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in fields.items()]
        if asks is not None:
            headers.append((b"evenflow-asks", visit.write(KEY, asks)))
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": "/", "raw_path": b"/", "query_string": query.encode(), "root_path": "", "headers": headers,
            "client": None, "server": None,
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application.asgi(scope, receive, send)
        told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:]))

    async def next_events(self, count: int, between: Any = lambda: None) -> list[dict[str, Any]]:
        """The first messages of a stream; `between` happens before each look."""
        found: list[dict[str, Any]] = []
        stream = self.application.events(EVE)
        async for piece in stream:
            if not piece.startswith(b"data: "):
                continue
            found.append(json.loads(piece.removeprefix(b"data: ")))
            if len(found) == count:
                break
            between()
            asyncio.get_running_loop().call_soon(self.lookout.wake)
        await stream.aclose()  # type: ignore[attr-defined]
        return found
