"""A stand-in Confluence node: pages, a log-in that redirects, sessions that are really per node, uploads, a stream.

The addresses are Confluence's where they matter to a balancer. Sessions live in this process and nowhere else, as in
the real thing: a session's counter only climbs while every request of it comes to the same node.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Final

from evenflow.tools.demo.synchrony import BAYEUX_PATH
from evenflow.tools.demo.web import Handler, Request, Response

SESSIONS: Final = 10_000
"""So many sessions are kept; the one not seen for longest goes first."""
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

EDITOR: Final = """<textarea id="text" rows="10" placeholder="Open this page twice and type"></textarea>
<p id="state">connecting</p>
<script>
const text = document.getElementById("text"), state = document.getElementById("state"), channel = "/sync/page-1";
const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "{bayeux}");
let client = null;
const say = (message) => socket.send(JSON.stringify([Object.assign({{clientId: client}}, message)]));
socket.onopen = () => say({{channel: "/meta/handshake", version: "1.0", supportedConnectionTypes: ["websocket"]}});
socket.onclose = () => state.textContent = "the WebSocket is closed";
socket.onmessage = (event) => JSON.parse(event.data).forEach((message) => {{
  if (message.channel === "/meta/handshake") {{
    client = message.clientId;
    state.textContent = "on Synchrony node " + message.ext.node;
    say({{channel: "/meta/subscribe", subscription: channel}});
    say({{channel: "/meta/connect", connectionType: "websocket"}});
  }} else if (message.channel === "/meta/connect") {{
    say({{channel: "/meta/connect", connectionType: "websocket"}});
  }} else if (message.channel === channel && message.data.from !== client) {{
    text.value = message.data.text;
  }}
}});
text.oninput = () => say({{channel: channel, data: {{from: client, text: text.value}}}});
</script>"""


def node_id(node: str) -> str:
    """The anonymous eight hexadecimal digits that go into X-Confluence-Cluster-Node."""
    return hashlib.sha256(f"confluence {node}".encode()).hexdigest()[:8]


class Sessions:
    """The sessions of one node: how often each was here."""

    def __init__(self) -> None:
        self._visits: OrderedDict[str, int] = OrderedDict()

    def visit(self, name: str) -> tuple[str, int]:
        """Count a visit; a name that this node did not give out (or has forgotten) begins anew under a new name."""
        if name not in self._visits:
            name = uuid.uuid4().hex.upper()
        self._visits[name] = self._visits.pop(name, 0) + 1
        if len(self._visits) > SESSIONS:
            self._visits.popitem(last=False)
        return name, self._visits[name]


def confluence(node: str, address: str) -> Handler:
    """The node's handler. `address` is its own `host:port`, for redirects where a request names no host."""
    sessions = Sessions()
    identity = ("X-Confluence-Cluster-Node", node_id(node))

    async def handle(request: Request) -> Response:
        answer = await answer_of(request)
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
                return visited(
                    request, lambda name, visits: json_answer({"node": node, "session": name, "visits": visits})
                )
            case "/":
                return visited_page(
                    request, "Dashboard", "<p>Two nodes serve this wiki. Reload: which one answers?</p>"
                )
            case "/pages/editpage.action":
                return visited_page(request, "Edit a page", EDITOR.format(bayeux=BAYEUX_PATH))
            case path if path.startswith("/pages/"):
                return visited_page(request, "A page", f"<p>This is <code>{html.escape(request.target)}</code>.</p>")
        return Response(
            404, [("Content-Type", "text/plain")], f"Confluence node {node} has no {request.path}\n".encode()
        )

    def visited(request: Request, make: Callable[[str, int], Response]) -> Response:
        before = request.cookie("JSESSIONID")
        session, visits = sessions.visit(before)
        answer = make(session, visits)
        if session != before:
            answer.fields.append(("Set-Cookie", f"JSESSIONID={session}; Path=/; HttpOnly"))
        return answer

    def visited_page(request: Request, title: str, content: str) -> Response:
        def make(session: str, visits: int) -> Response:
            page = PAGE.format(title=title, node=node, session=session, visits=visits, content=content)
            return Response(200, [("Content-Type", "text/html; charset=utf-8")], page.encode())

        return visited(request, make)

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
