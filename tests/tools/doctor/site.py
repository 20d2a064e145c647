"""A deployment of a test's own: stand-in nodes in this process, evenflow in front as a process, and faults on order."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evenflow.tools.demo.confluence import confluence
from evenflow.tools.demo.synchrony import synchrony
from evenflow.tools.demo.web import Handler, Request, Response, Upgrade, listen
from evenflow.tools.doctor.asking import Asker, Manners, Place
from evenflow.tools.doctor.visit import Node, Visit
from tests.control.processes import Served
from tests.peers import free_port

BALANCERS = """\
<Proxy balancer://wiki>
BalancerMember http://127.0.0.1:{wiki[0]} route=1
BalancerMember http://127.0.0.1:{wiki[1]} route=2
ProxySet stickysession=ROUTEID
</Proxy>
<Proxy balancer://synchrony>
BalancerMember http://127.0.0.1:{synchrony[0]} route=1 upgrade=websocket timeout=3600
BalancerMember http://127.0.0.1:{synchrony[1]} route=2 upgrade=websocket timeout=3600
ProxySet stickysession=SYNROUTE
</Proxy>
"""
COOKIE = 'Header add Set-Cookie "ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/; httponly" env=BALANCER_ROUTE_CHANGED\n'
STICKY = f'<LocationMatch "^(?!/synchrony(?:/|$))">\n{COOKIE}</LocationMatch>\n'
SYNCHRONY = (
    "<Location /synchrony>\nProxyPass balancer://synchrony/synchrony\nHeader add Set-Cookie "
    '"SYNROUTE=.%{BALANCER_WORKER_ROUTE}e; path=/synchrony; httponly" env=BALANCER_ROUTE_CHANGED\n</Location>\n'
)
WIKI = (
    "AllowEncodedSlashes NoDecode\nProxyPreserveHost On\nRequestHeader set X-Forwarded-Proto http\n"
    "ProxyPass / balancer://wiki/ nocanon\n"
)
HEALTHY = "LogLevel crit\nServerName 127.0.0.1\n" + BALANCERS + SYNCHRONY + STICKY + WIKI
INTERNAL = HEALTHY.replace("{wiki[0]} route=1", "{wiki[0]} route=1 upgrade=websocket").replace(
    "{wiki[1]} route=2", "{wiki[1]} route=2 upgrade=websocket"
)
"""Nodes that take WebSockets: editors can go through them."""

Change = Callable[[Request, Response], Response]


class Wiki:
    """One Confluence stand-in, with a login page that says of itself what the real one says."""

    def __init__(self, name: str) -> None:
        self.own = confluence(name, "unused")
        self.state = "RUNNING"
        self.build = "9012"
        self.extra = ""
        self.change: Change | None = None
        self.internal: Handler | None = None
        """What answers below /synchrony-proxy."""

    async def __call__(self, request: Request) -> Response | Upgrade:
        if self.internal is not None and request.path.startswith("/synchrony-proxy/"):
            return await self.internal(request)
        answer = await self.own(request)
        assert isinstance(answer, Response)
        if request.path == "/status":
            answer.body = json.dumps({"state": self.state}).encode()
        elif request.path == "/login.action":
            base = f"http://{request.fields['host']}"
            page = f'<meta name="ajs-build-number" content="{self.build}"><meta name="ajs-base-url" content="{base}">'
            fields = [("Content-Type", "text/html"), *(one for one in answer.fields if one[0].startswith("X-"))]
            answer = Response(200, fields, f"<html>{page}{self.extra}</html>".encode())
        elif answer.status == 404 and "json" in request.fields.get("accept", ""):
            answer = Response(404, [("Content-Type", "application/json")], b'{"statusCode":404}')
        return answer if self.change is None else self.change(request, answer)


class Site:
    """A context: two nodes of each kind, and evenflow with `text`; with None nobody in front of them."""

    def __init__(self, folder: Path, text: str | None = HEALTHY) -> None:
        self.folder = folder
        self.text = text
        self.wikis = [Wiki("1"), Wiki("2")]
        self.synchronies: list[Handler] = [synchrony("1", 0.5), synchrony("2", 0.5)]
        self.ports = {"wiki": [0, 0], "synchrony": [0, 0]}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.asked: list[tuple[str, str, str]] = []
        """Method, path and User-Agent of everything that reached a node."""
        self.listening: list[asyncio.Server] = []
        self.server: Served | None = None

    def __enter__(self) -> Site:
        self.thread.start()
        for kind, handlers in (("wiki", self.wikis), ("synchrony", self.synchronies)):
            for number, handler in enumerate(handlers):
                listening = listen(self._noting(handler), "127.0.0.1", 0)
                server = asyncio.run_coroutine_threadsafe(listening, self.loop).result(10)
                self.listening.append(server)
                self.ports[kind][number] = server.sockets[0].getsockname()[1]
        if self.text is None:
            return self
        text = self.text
        for kind, ports in self.ports.items():
            for number, port in enumerate(ports):
                text = text.replace(f"{{{kind}[{number}]}}", str(port))
        self.port = free_port()
        self.server = Served(self.folder, self.port, text).ready()
        return self

    def _noting(self, handler: Handler) -> Handler:
        async def noting(request: Request) -> Response | Upgrade:
            self.asked.append((request.method, request.path, request.fields.get("user-agent", "")))
            return await handler(request)

        return noting

    def __exit__(self, *_: Any) -> None:
        if self.server is not None:
            self.server.stop()
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def _end(self) -> None:
        for server in self.listening:
            server.close()
        mine = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def visit(self, *, nodes: bool = True, idle: float = 0.2) -> Visit:
        """As polite as one is to oneself."""
        manners = Manners(rate=1000.0, most=1000)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

        def asker(port: int, host: str = "127.0.0.1") -> Asker:
            return Asker(Place("http", host, port), manners, trust)

        visit = Visit(asker(self.port), "", [], idle, silence=0.2)
        if nodes:
            for number in (0, 1):
                port, beside = self.ports["wiki"][number], self.ports["synchrony"][number]
                # By another name than the site's: that they answer here is what a test wants.
                visit.nodes.append(Node(f"node{number + 1}", asker(port, "localhost"), asker(beside, "localhost")))
        return visit


def zipped(_: Request, answer: Response) -> Response:
    """Packed, and said."""
    assert isinstance(answer.body, bytes)
    return Response(answer.status, [*answer.fields, ("Content-Encoding", "gzip")], gzip.compress(answer.body))


def with_internal_proxy(site: Site) -> None:
    """Let the nodes have what Confluence has below /synchrony-proxy."""
    for wiki, beside in zip(site.wikis, site.synchronies, strict=True):

        async def internal(request: Request, beside: Handler = beside) -> Response | Upgrade:
            if request.path == "/synchrony-proxy/reload":
                return Response(200, [("Allow", "PUT, OPTIONS")])
            if request.path == "/synchrony-proxy/healthcheck":
                return Response(200, [("Content-Type", "application/json")], b'{"isSynchronyProxy":true}')
            request.target = request.target.replace("/synchrony-proxy", "/synchrony", 1)
            return await beside(request)

        wiki.internal = internal
