"""What a stand-in Confluence node has for people who edit together: log-in, the editor, its files, the page's text.

The addresses are Confluence's. What the editor is made of stands in `pages`, Yjs where `packages` has put it. A node
that was started without an `Editor` says what is missing.
"""

from __future__ import annotations

import html
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import parse_qs, quote

from evenflow.tools.demo import internal_proxy, packages
from evenflow.tools.demo.documents import text_of
from evenflow.tools.demo.journal import Journal
from evenflow.tools.demo.sessions import Sessions
from evenflow.tools.demo.synchrony import BAYEUX_PATH
from evenflow.tools.demo.web import Request, Response, Upgrade

EDIT: Final = "/pages/editpage.action"
VIEW: Final = "/pages/viewpage.action"
LOG_IN: Final = "/login.action"
HTML: Final = ("Content-Type", "text/html; charset=utf-8")
NOT_KEPT: Final = ("Cache-Control", "no-store")
KEPT: Final = ("Cache-Control", "max-age=31536000, immutable")
TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
USER_LIMIT: Final = 40
"""Characters of a name."""
NO_YJS: Final = ("Yjs could not be fetched from the npm registry", "apt-get install npm")
NO_PYCRDT: Final = ("the nodes have no pycrdt", "pip install 'evenflow[demo]'")


@dataclass(frozen=True, slots=True)
class Editor:
    """What the editor needs to know. `manager` and `switch` are addresses for the browser, "" where there is none."""

    journal: Path
    packages: Path
    """Where npm has put Yjs."""
    synchrony: tuple[str, int]
    """The Synchrony node on the same machine."""
    front: str
    """What stands in front, for the eye."""
    manager: str = ""
    switch: str = ""


Answering = Callable[[Request], Awaitable[Response | Upgrade | None]]


def editing(node: str, sessions: Sessions, editor: Editor | None) -> Answering:
    """Answers what has to do with editing; None for everything else."""
    if editor is None:
        return without_editor
    journal = Journal(editor.journal)

    async def answer(request: Request) -> Response | Upgrade | None:
        match request.path:
            case "/pages/editpage.action":
                return edit_page(request)
            case "/login.action" if request.query("os_destination", ""):
                return log_in_page(request)
            case "/dologin.action" if request.method == "POST":
                return await log_in(request)
            case "/json/startheartbeatactivity.action" if request.method == "POST":
                return heartbeat(request)
            case path if path.startswith("/rest/api/content/"):
                return content(path.rpartition("/")[2])
            case path if path.startswith("/s/"):
                return file(path.removeprefix("/s/"))
            case path if path.startswith(internal_proxy.PREFIX):
                return await internal_proxy.answer(request, *editor.synchrony)
        return None

    def edit_page(request: Request) -> Response:
        session, fields = sessions.of(request)
        if not session.user:
            return Response(302, [("Location", f"{LOG_IN}?os_destination={quote(request.target, safe='')}"), *fields])
        if not packages.are_there(editor.packages):
            return missing(NO_YJS)
        said = {
            "page": request.query("pageId", "1"),
            "node": node,
            "user": session.user,
            "bayeux": BAYEUX_PATH,
            "internal": internal_proxy.BAYEUX_PATH,
            "health": internal_proxy.HEALTH_PATH,
            "front": editor.front,
            "manager": editor.manager,
            "switch": editor.switch,
        }
        return page("editor.html", fields, said=html.escape(json.dumps(said)), node=node, **escaped(said))

    def log_in_page(request: Request) -> Response:
        _, fields = sessions.of(request)
        destination = html.escape(local(request.query("os_destination", "")))
        return page("login.html", fields, node=node, destination=destination)

    async def log_in(request: Request) -> Response:
        said = parse_qs((await request.content()).decode(errors="replace"))
        user = said.get("os_username", [""])[0].strip()[:USER_LIMIT]
        destination = local(said.get("os_destination", [""])[0])
        session, fields = sessions.of(request)
        session.user = user
        if request.fields.get("accept", "").startswith("application/json"):
            return here(200 if user else 400, user, fields)
        place = destination if user else f"{LOG_IN}?os_destination={quote(destination, safe='')}"
        return Response(303, [("Location", place), *fields])

    def heartbeat(request: Request) -> Response:
        session, fields = sessions.of(request)
        return here(200 if session.user else 401, session.user, fields)

    def here(status: int, user: str, fields: list[tuple[str, str]]) -> Response:
        told = json.dumps({"node": node, "user": user}).encode()
        return Response(status, [("Content-Type", "application/json"), NOT_KEPT, *fields], told)

    def content(number: str) -> Response:
        told = {"id": number, "body": {"storage": {"value": text_of(journal, number)}}}
        return Response(200, [("Content-Type", "application/json"), NOT_KEPT], json.dumps(told).encode())

    def file(path: str) -> Response | None:
        place, _, name = path.partition("/")
        return our_file(name) if place == "editor" else package_file(editor.packages, name) if place == "npm" else None

    return answer


async def without_editor(request: Request) -> Response | None:
    """Editing is not possible here, and the page says why."""
    return missing(NO_PYCRDT) if request.path == EDIT else None


def missing(what: tuple[str, str]) -> Response:
    why, act = what
    return page("missing.html", [], why=html.escape(why), act=html.escape(act))


def text_on_page(editor: Editor | None, number: str) -> str:
    """A page's text, "" where nobody could write one."""
    if editor is None:
        return ""
    journal = Journal(editor.journal)
    try:
        return text_of(journal, number)
    finally:
        journal.close()


def local(destination: str) -> str:
    """A path of this site; anything else leads to the editor."""
    stays = destination.startswith("/") and not destination.startswith(("//", "/\\"))
    return destination if stays else f"{EDIT}?pageId=1"


def escaped(said: dict[str, str]) -> dict[str, str]:
    return {name: html.escape(value) for name, value in said.items() if name in ("user", "front", "page")}


def page(name: str, fields: list[tuple[str, str]], **said: str) -> Response:
    """A page of ours with its blanks filled in; what is filled in is escaped already."""
    text = Template(read(name).decode()).substitute(said)
    return Response(200, [HTML, NOT_KEPT, ("X-Content-Type-Options", "nosniff"), *fields], text.encode())


def read(name: str) -> bytes:
    return resources.files("evenflow.tools.demo").joinpath("pages", name).read_bytes()


def our_file(name: str) -> Response | None:
    """A script or a style of the editor."""
    kind = TYPES.get(Path(name).suffix)
    if kind is None or "/" in name:
        return None
    try:
        return Response(200, [("Content-Type", kind), ("Cache-Control", "no-cache")], read(name))
    except FileNotFoundError:
        return None


def package_file(packages: Path, name: str) -> Response | None:
    """A module of an npm package. Within packages modules are named without `.js`."""
    root = (packages / "node_modules").resolve()
    for candidate in (root / name, root / f"{name}.js"):
        kind = TYPES.get(candidate.suffix)
        if kind is not None and candidate.resolve().is_relative_to(root) and candidate.is_file():
            return Response(200, [("Content-Type", kind), KEPT], candidate.read_bytes())
    return None
