"""A stand-in Confluence node: pages, a log-in that redirects, sessions that are really per node, uploads, a stream.

The addresses are Confluence's where they matter to a balancer. Sessions live in this process and nowhere else, as in
the real thing: a session's counter only climbs while every request of it comes to the same node. What people need to
edit together stands in `editing`.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
from collections.abc import AsyncIterator
from typing import Final

from evenflow.tools.demo.editing import Editor, editing, text_on_page
from evenflow.tools.demo.sessions import Sessions
from evenflow.tools.demo.web import Handler, Request, Response, Upgrade

STREAM_LINES: Final = 10
STREAM_PAUSE: Final = 0.2

PAGE: Final = """<!doctype html>
<meta charset="utf-8"><title>{title} - demo wiki</title>
<style>body{{font:16px/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}}dt{{color:#666}}
textarea{{width:100%}}</style>
<h1>{title}</h1>
<dl><dt>node</dt><dd>{node}</dd><dt>session</dt><dd>{session}</dd>
<dt>visits of this session to this node</dt><dd>{visits}</dd></dl>
{content}
<p><a href="/">Dashboard</a> &middot; <a href="/pages/viewpage.action?pageId=1">A page</a> &middot;
<a href="/pages/editpage.action?pageId=1">Edit it together</a> &middot; <a href="/login.action">Log in</a> &middot;
<a href="/stream">A stream</a></p>
"""


def node_id(node: str) -> str:
    """The anonymous eight hexadecimal digits that go into X-Confluence-Cluster-Node."""
    return hashlib.sha256(f"confluence {node}".encode()).hexdigest()[:8]


def confluence(node: str, address: str, editor: Editor | None = None) -> Handler:
    """The node's handler. `address` is its own `host:port`, for redirects where a request names no host."""
    sessions = Sessions()
    edited = editing(node, sessions, editor)
    identity = ("X-Confluence-Cluster-Node", node_id(node))

    async def handle(request: Request) -> Response | Upgrade:
        answer = await edited(request) or await answer_of(request)
        answer.fields.append(identity)
        return answer

    async def answer_of(request: Request) -> Response:
        match request.path:
            case "/status":
                return json_answer({"state": "RUNNING"})
            case "/robots.txt":
                return Response(200, [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /\n")
            case "/upload" if request.method in ("POST", "PUT"):
                return json_answer(await digest_of(request))
            case "/stream":
                return Response(200, [("Content-Type", "text/plain; charset=utf-8")], stream(node))
            case "/login.action":
                location = f"http://{request.fields.get('host', address)}/pages/viewpage.action?pageId=1"
                return Response(302, [("Location", location)])
            case "/who":
                session, fields = sessions.of(request)
                answer = json_answer({"node": node, "session": session.name, "visits": session.visits})
                answer.fields += fields
                return answer
            case "/":
                return visited_page(
                    request, "Dashboard", "<p>Two nodes serve this wiki. Reload: which one answers?</p>"
                )
            case path if path.startswith("/pages/"):
                written = html.escape(text_on_page(editor, request.query("pageId", "1")))
                where = f"<p>This is <code>{html.escape(request.target)}</code>.</p>"
                return visited_page(request, "A page", f'{where}<div style="white-space:pre-wrap">{written}</div>')
        return Response(
            404, [("Content-Type", "text/plain")], f"Confluence node {node} has no {request.path}\n".encode()
        )

    def visited_page(request: Request, title: str, content: str) -> Response:
        session, fields = sessions.of(request)
        page = PAGE.format(title=title, node=node, session=session.name, visits=session.visits, content=content)
        return Response(200, [("Content-Type", "text/html; charset=utf-8"), *fields], page.encode())

    return handle


def json_answer(value: dict[str, object]) -> Response:
    return Response(200, [("Content-Type", "application/json")], json.dumps(value).encode())


async def digest_of(request: Request) -> dict[str, object]:
    """What arrived: its size in bytes and its SHA-256."""
    size, digest = 0, hashlib.sha256()
    async for piece in request.body:
        size += len(piece)
        digest.update(piece)
    return {"size": size, "sha256": digest.hexdigest()}


async def stream(node: str) -> AsyncIterator[bytes]:
    """Lines with a pause between them: a balancer that collects before it sends shows at once."""
    for number in range(1, STREAM_LINES + 1):
        yield f"line {number} of {STREAM_LINES} from node {node}\n".encode()
        await asyncio.sleep(STREAM_PAUSE)
