"""The page as an ASGI application: every part of it lies at the manager's own path, told apart by `show`.

So whatever section of the configuration names the manager, and whoever it lets in, holds for all of it. It is asked by
children only (`visit`), and what it shows is the lookout's.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

import evenflow
from evenflow.control import manager
from evenflow.control.console import sparkline, visit
from evenflow.control.console.lookout import Lookout
from evenflow.control.console.visit import Visit
from evenflow.serve.handed_on import FIELD

PAGES: Final = Path(__file__).parent / "pages"
FILES: Final = {
    "style": ("style.css", "text/css; charset=utf-8"),
    "script": ("script.js", "text/javascript; charset=utf-8"),
    "icon": ("icon.svg", "image/svg+xml"),
}
KEPT: Final = 86400
"""Seconds that a browser may keep them: another version has another address."""
STREAM_SECONDS: Final = 600.0
"""A stream of events ends then, and the browser asks again: so none outlives what it was let in by for long."""
MOST_STREAMS: Final = 64
PATIENCE: Final = 5.0
"""Seconds after which a stream says something in any case."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
GUARD: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Part = Callable[[Request, Visit], Awaitable[Response]]


class Application:
    """One generation's; `ending` is set when streams are to end."""

    def __init__(self, key: str, lookout: Lookout, ending: asyncio.Event) -> None:
        self.key = key
        self.lookout = lookout
        self.ending = ending
        self.streams = 0
        self.files = {name: ((PAGES / file).read_bytes(), kind) for name, (file, kind) in FILES.items()}
        digest = hashlib.sha256(b"".join(data for data, _ in self.files.values())).hexdigest()[:12]
        self.templates = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.templates.globals.update(
            files=digest, version=evenflow.__version__, path=sparkline.path, points=sparkline.points
        )
        self.parts: dict[str, Part] = {"": self.show_all, "events": self.show_events}
        self.asgi = Starlette(routes=[Route("/{rest:path}", self.answer, methods=["GET", "HEAD", "POST"])])

    async def answer(self, request: Request) -> Response:
        """Whatever a child hands on."""
        asks = visit.read(self.key, request.headers.get(FIELD.decode(), "").encode())
        if asks is None:
            return PlainTextResponse("Only children of evenflow are answered here.\n", 403, GUARD)
        part = request.query_params.get("show", "")
        if request.method == "POST" and not part:
            return await self.classic(request, asks)
        if request.method != "POST" and part in self.files:
            data, kind = self.files[part]
            return Response(data, 200, {**GUARD, "Cache-Control": f"max-age={KEPT}", "Content-Type": kind})
        shown = self.parts.get(part)
        if request.method == "POST" or shown is None:
            return self.page("wrong.html", asks, 404, said=f"The manager shows nothing called `{part}`.")
        return await shown(request, asks)

    async def classic(self, request: Request, asks: Visit) -> Response:
        """A form of httpd's page, or of a script: answered as the child would."""
        lookout = self.lookout
        status, fields, body = manager.answer(
            b"POST",
            asks.path.encode("latin-1"),
            request.url.query.encode("latin-1"),
            request.headers.get("referer", "").encode("latin-1"),
            asks.server_name.encode("latin-1"),
            await request.body(),
            lookout.host(asks.place),
            lookout.plan,
            lookout.scoreboard,
        )
        answer = Response(body, status)
        answer.raw_headers = list(fields)
        return answer

    def page(self, name: str, asks: Visit, status: int = 200, **said: Any) -> Response:
        """A template as an answer."""
        text = self.templates.get_template(name).render(asks=asks, **said)
        return HTMLResponse(text, status, GUARD)

    async def show_all(self, request: Request, asks: Visit) -> Response:
        """All balancers with their members."""
        return self.page("all.html", asks, picture=self.lookout.picture(asks.place))

    async def show_events(self, request: Request, asks: Visit) -> Response:
        """What changes, as it changes."""
        if self.streams >= MOST_STREAMS:
            return PlainTextResponse("Too many look already.\n", 503, {**GUARD, "Retry-After": "10"})
        return StreamingResponse(self.events(asks.place), 200, GUARD, "text/event-stream")

    async def events(self, place: int) -> AsyncIterator[bytes]:
        """Server-sent events: first all that changes, then at each look what has changed."""
        self.streams += 1
        try:
            until = time.monotonic() + STREAM_SECONDS
            before: dict[str, Any] = {}
            written = -1
            yield b"retry: 1000\n\n"
            while not self.ending.is_set() and time.monotonic() < until:
                seen = self.lookout.seen
                picture = self.lookout.picture(place)
                now = picture.events
                news: dict[str, Any] = {name: one for name, one in now.items() if before.get(name) != one}
                news["shape"] = picture.shape
                news["troubles"] = [[one.id, one.kind, one.text] for one in picture.troubles]
                if written not in (-1, self.lookout.rings.written):
                    news["points"] = {
                        one.id: [series[-1] for series in one.series]
                        for balancer in picture.balancers
                        for one in balancer.members
                    }
                written = self.lookout.rings.written
                before = now
                yield b"data: " + json.dumps(news).encode("ascii") + b"\n\n"
                try:
                    await asyncio.wait_for(seen.wait(), PATIENCE)
                except TimeoutError:
                    pass
        finally:
            self.streams -= 1
