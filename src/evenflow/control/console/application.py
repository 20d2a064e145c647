"""The page as an ASGI application: every part of it lies at the manager's own path, told apart by `show`.

So whatever section of the configuration names the manager, and whoever it lets in, holds for all of it. It is asked by
children only (`visit`), and what it shows is the lookout's.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

import evenflow
from evenflow.balancer.methods import NAMES
from evenflow.control import manager
from evenflow.control.console import guard, sparkline, visit, words
from evenflow.control.console.deeds import Deeds, Done, Doubtful, Refused
from evenflow.control.console.ledger import MOST_SHOWN, Change
from evenflow.control.console.lookout import Lookout
from evenflow.control.console.picture import BalancerPicture, Picture
from evenflow.control.console.settings import ADDED, REMOVED, STATUS_SAID, Place
from evenflow.control.console.visit import Visit
from evenflow.control.manager.change import STATUS_FIELDS, offered
from evenflow.serve.handed_on import FIELD

# Read at import: whoever has become `User` may not be able to.
PAGES: Final = {file.name: file.read_bytes() for file in (Path(__file__).parent / "pages").iterdir()}
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

MOST_ROWS: Final = 12
"""Changes on a page that is about something else."""
CLASSIC: Final = "httpd's form"
NO_WAY_BACK: Final = frozenset((REMOVED,))
"""Fields of changes that nothing takes back."""

Part = Callable[[Request, Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Row:
    """A change on the page; `undone`: it was taken back."""

    change: Change
    balancer: BalancerPicture
    may_undo: bool
    undone: bool

    @property
    def clock(self) -> str:
        return words.clock(self.change.at)

    @property
    def member(self) -> str:
        """The id of the member that it is about, "" for none that is there."""
        found = (one.id for one in self.balancer.members if one.view.name == self.change.member)
        return next(found, "")


def templates() -> Environment:
    """The pages, translated: that needs modules of the standard library that `User` may not be able to read."""
    texts = {name: text.decode() for name, text in PAGES.items() if name.endswith(".html")}
    made = Environment(
        loader=DictLoader(texts), autoescape=True, auto_reload=False, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    digest = hashlib.sha256(b"".join(PAGES[file] for file, _ in FILES.values())).hexdigest()[:12]
    made.globals.update(files=digest, version=evenflow.__version__, path=sparkline.path, points=sparkline.points)
    for name in texts:
        made.get_template(name)
    return made


TEMPLATES: Final = templates()


class Application:
    """One generation's; `ending` is set when streams are to end."""

    def __init__(self, key: str, lookout: Lookout, deeds: Deeds, ending: asyncio.Event) -> None:
        self.key = key
        self.lookout = lookout
        self.deeds = deeds
        self.ending = ending
        self.streams = 0
        self.files = {name: (PAGES[file], kind) for name, (file, kind) in FILES.items()}
        self.parts: dict[str, Part] = {
            "": self.show_all,
            "member": self.show_member,
            "balancer": self.show_balancer,
            "changes": self.show_changes,
            "events": self.show_events,
        }
        self.asgi = Starlette(routes=[Route("/{rest:path}", self.answer, methods=["GET", "HEAD", "POST"])])

    async def answer(self, request: Request) -> Response:
        """Whatever a child hands on."""
        asks = visit.read(self.key, request.headers.get(FIELD.decode(), "").encode())
        if asks is None:
            return PlainTextResponse("Only children of evenflow are answered here.\n", 403, GUARD)
        part = request.query_params.get("show", "")
        if request.method == "POST":
            return await self.take(request, asks, part)
        if part in self.files:
            data, kind = self.files[part]
            return Response(data, 200, {**GUARD, "Cache-Control": f"max-age={KEPT}", "Content-Type": kind})
        shown = self.parts.get(part)
        if shown is None:
            return self.page("wrong.html", asks, 404, said=f"The manager shows nothing called `{part}`.")
        return await shown(request, asks)

    async def take(self, request: Request, asks: Visit, part: str) -> Response:
        """Whatever changes something."""
        wrong = guard.refusal(request.headers, asks.authority)
        if wrong:
            return self.refuse(request, asks, Refused(wrong, 403))
        if part == "change":
            return await self.change(request, asks)
        if part:
            return self.refuse(request, asks, Refused(f"Nothing is changed at `{part}`.", 404))
        return await self.classic(request, asks)

    async def classic(self, request: Request, asks: Visit) -> Response:
        """A form of httpd's page, or of a script: answered as the child would."""
        lookout, witness = self.lookout, self.deeds.witness
        witness.write_unsaid()
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
        self.deeds.ledger.note(asks.who, CLASSIC, witness.learn())
        lookout.wake()
        answer = Response(body, status)
        answer.raw_headers = list(fields)
        return answer

    async def change(self, request: Request, asks: Visit) -> Response:
        """A form of ours."""
        text = (await request.body()).decode("utf-8", "replace")
        said = dict(parse_qsl(text, keep_blank_values=True))
        try:
            done = self.deeds.do(said, asks.place, asks.who)
        except Doubtful as doubt:
            if by_script(request):
                return JSONResponse({"ask": str(doubt)}, 200, GUARD)
            return self.page("sure.html", asks, doubt=str(doubt), form=said)
        except Refused as refused:
            return self.refuse(request, asks, refused)
        if by_script(request):
            return JSONResponse(self.told(done), 200, GUARD)
        if done.said:
            return self.page("wrong.html", asks, said=" ".join(done.said), back=back_to(said))
        ids = ",".join(one.id for one in done.changes)
        return Response(b"", 303, {**GUARD, "Location": f"{back_to(said)}&done={ids}"})

    def told(self, done: Done) -> dict[str, Any]:
        """What the script shows of it."""
        sentence = "; ".join(f"{one.member or 'balancer://' + one.balancer}: {one.words}" for one in done.changes)
        undo = None
        view = done.balancer
        if len(done.changes) == 1 and not NO_WAY_BACK & {one.field for one in done.changes[0].what}:
            undo = {"b": f"b{view.balancer.index}", "nonce": view.nonce, "change": done.changes[0].id}
        said = " ".join([sentence, *done.said]).strip()
        return {"ok": not done.said, "said": said or "Nothing was different.", "undo": undo}

    def refuse(self, request: Request, asks: Visit, refused: Refused) -> Response:
        """It is not done."""
        if by_script(request):
            # Not with the status: ProxyErrorOverride would put a page in its place.
            return JSONResponse({"ok": False, "said": str(refused), "undo": None}, 200, GUARD)
        return self.page("wrong.html", asks, refused.status, said=str(refused))

    def page(self, name: str, asks: Visit, status: int = 200, **said: Any) -> Response:
        """A template as an answer."""
        text = TEMPLATES.get_template(name).render(asks=asks, **said)
        return HTMLResponse(text, status, GUARD)

    def picture(self, asks: Visit) -> Picture:
        """What the asker's virtual host shows now."""
        picture = self.lookout.picture(asks.place)
        changes = self.deeds.ledger.all()
        picture.cells["changes"] = changes[-1].id if changes else ""
        return picture

    def rows(self, picture: Picture, most: int, name: str | None = None, member: str | None = None) -> list[Row]:
        """The newest changes first: of the balancers that are shown, or of one of them, or of one member."""
        undone = self.deeds.ledger.undone()
        owners = {one.view.name: one for one in picture.balancers}
        found = []
        newer: set[Place] = set()
        for change in reversed(self.deeds.ledger.all()):
            owner = owners.get(change.balancer)
            if owner is None or (name is not None and change.balancer != name):
                continue
            if member is None or change.member == member:
                may = may_undo(change, undone, owner) and change.what[0].place not in newer
                found.append(Row(change, owner, may, change.id in undone and not may))
            if any(one.field == ADDED for one in change.what):
                newer.add(change.what[0].place)
        return found[:most]

    async def show_all(self, request: Request, asks: Visit) -> Response:
        """All balancers with their members."""
        picture = self.picture(asks)
        rows = self.rows(picture, MOST_ROWS)
        return self.page("all.html", asks, picture=picture, rows=rows, done=self.done(request, rows))

    def done(self, request: Request, rows: Sequence[Row]) -> list[Row]:
        """What was just done, as the address says."""
        ids = request.query_params.get("done", "").split(",")
        return [row for row in rows if row.change.id in ids]

    def chosen(self, request: Request, asks: Visit) -> tuple[Picture, BalancerPicture | None]:
        """The balancer that the address names."""
        picture = self.picture(asks)
        wanted = request.query_params.get("b")
        return picture, next((one for one in picture.balancers if one.id == wanted), None)

    async def show_member(self, request: Request, asks: Visit) -> Response:
        """One member: all numbers, its settings, what was changed of it."""
        picture, balancer = self.chosen(request, asks)
        wanted = request.query_params.get("m")
        found = [one for one in balancer.members if one.id == wanted] if balancer is not None else []
        if balancer is None or not found:
            return self.page("wrong.html", asks, 404, said="There is no such member.")
        rows = self.rows(picture, MOST_ROWS, balancer.view.name, found[0].view.name)
        return self.page(
            "member.html", asks, picture=picture, balancer=balancer, member=found[0], rows=rows,
            done=self.done(request, rows), bits=STATUS_FIELDS, said=STATUS_SAID,
        )  # fmt: skip

    async def show_balancer(self, request: Request, asks: Visit) -> Response:
        """One balancer's settings, and another member for it."""
        picture, balancer = self.chosen(request, asks)
        if balancer is None:
            return self.page("wrong.html", asks, 404, said="There is no such balancer.")
        rows = self.rows(picture, MOST_ROWS, balancer.view.name)
        return self.page(
            "balancer.html", asks, picture=picture, balancer=balancer, rows=rows, done=self.done(request, rows),
            methods=[name for name in NAMES if name in offered(self.lookout.plan) or name == balancer.view.method],
        )  # fmt: skip

    async def show_changes(self, request: Request, asks: Visit) -> Response:
        """All changes; the script asks for this to keep its list."""
        picture = self.picture(asks)
        most = MOST_ROWS if "part" in request.query_params else MOST_SHOWN
        return self.page("changes.html", asks, picture=picture, rows=self.rows(picture, most))

    async def show_events(self, request: Request, asks: Visit) -> Response:
        """What changes, as it changes."""
        if self.streams >= MOST_STREAMS:
            return PlainTextResponse("Too many look already.\n", 503, {**GUARD, "Retry-After": "10"})
        return StreamingResponse(self.events(asks), 200, GUARD, "text/event-stream")

    async def events(self, asks: Visit) -> AsyncIterator[bytes]:
        """Server-sent events: first all that changes, then at each look what has changed."""
        self.streams += 1
        try:
            until = time.monotonic() + STREAM_SECONDS
            before: dict[str, Any] = {}
            written = -1
            yield b"retry: 1000\n\n"
            while not self.ending.is_set() and time.monotonic() < until:
                seen = self.lookout.seen
                picture = self.picture(asks)
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


def by_script(request: Request) -> bool:
    """Whether the page's script asks, which shows the answer itself."""
    return "application/json" in request.headers.get("accept", "")


def may_undo(change: Change, undone: set[str], owner: BalancerPicture) -> bool:
    """Whether there is a way back. Who was added can be removed as long as it is there, whatever was done since."""
    fields = {one.field for one in change.what}
    member = next((one for one in owner.members if one.view.name == change.member), None)
    if member is None and change.member:
        return False
    if ADDED in fields:
        return member is not None and member.may_go
    return change.id not in undone and not NO_WAY_BACK & fields


def back_to(said: dict[str, str]) -> str:
    """The page that a form was on."""
    if said.get("back") not in ("member", "balancer"):
        return "?"
    names = ("b", "m") if said["back"] == "member" else ("b",)
    return "?" + urlencode({"show": said["back"], **{name: said.get(name, "") for name in names}})
