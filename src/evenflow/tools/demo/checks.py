"""What `evenflow demo --check` asks through the balancer: what the published configuration gives, its faults included.

Each check is a function that asserts over one `Front` and gives back what it saw, in a few words; the table at the
end is the order.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from evenflow.tools.demo import websocket
from evenflow.tools.demo.confluence import STREAM_LINES, node_id
from evenflow.tools.demo.synchrony import BAYEUX_PATH

SECONDS: Final = 10.0
"""How long one answer may take."""
UPLOAD_BYTES: Final = 3_000_000


class Failed(Exception):
    """A check did not hold; the text says what was seen and what should have been."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read whole."""

    status: int
    fields: http.client.HTTPMessage
    body: bytes

    @property
    def node(self) -> str:
        """The stand-in Confluence node that answered, "" where it was none of them."""
        said = self.fields.get("X-Confluence-Cluster-Node", "")
        return next((node for node in ("1", "2") if node_id(node) == said), "")

    def json(self) -> Any:
        return json.loads(self.body)


class Front:
    """The balancer as a client sees it: an address and kept connections to it."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"

    @contextmanager
    def connection(self) -> Iterator[Callable[..., Answer]]:
        """A kept connection: call what it yields with method, path, and fields or a body."""
        link = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)

        def ask(method: str, path: str, body: bytes | None = None, **fields: str) -> Answer:
            link.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
            answer = link.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

        try:
            yield ask
        finally:
            link.close()

    def get(self, path: str, **fields: str) -> Answer:
        """One GET on a connection of its own."""
        with self.connection() as ask:
            return ask("GET", path, **fields)


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


def pages(front: Front) -> str:
    for path in ("/", "/pages/viewpage.action?pageId=1&a=b%2Fc", "/robots.txt"):
        answer = front.get(path)
        expect(
            answer.status == 200 and answer.node != "",
            f"GET {path} was answered with {answer.status}, not 200 by a node",
        )
    state = front.get("/status").json()["state"]
    expect(state == "RUNNING", f"/status says {state}, not RUNNING")
    return "pages, robots.txt and /status come from the nodes"


def turns(front: Front) -> str:
    with front.connection() as ask:
        seen = [ask("GET", "/").node for _ in range(6)]
    expect(
        seen in (["1", "2"] * 3, ["2", "1"] * 3),
        f"without a cookie the nodes should take turns, seen was {' '.join(seen)}",
    )
    return f"without a cookie the nodes take turns: {' '.join(seen)}"


def stickiness(front: Front) -> str:
    for route in ("1", "2"):
        session, visits = "", 0
        for _ in range(10):
            answer = front.get("/who", Cookie=f"ROUTEID=.{route}; JSESSIONID={session}")
            said = answer.json()
            expect(said["node"] == route, f"ROUTEID=.{route} was sent to node {said['node']}")
            session, visits = said["session"], said["visits"]
        expect(visits == 10, f"the session's counter is {visits} after 10 visits: it was lost on the way")
    return "ROUTEID=.1 and ROUTEID=.2 stay on their node, 10 visits in one session each"


def nobody_sets_the_cookie(front: Front) -> str:
    given = front.get("/").fields.get_all("Set-Cookie", [])
    expect(not any(cookie.startswith("ROUTEID") for cookie in given), f"ROUTEID was set: {given}")
    return "as published, nobody sets ROUTEID (`evenflow check` tells what to add)"


def shadowed_manager(front: Front) -> str:
    answer = front.get("/balancer-manager")
    expect(
        answer.status == 404 and answer.node != "",
        f"/balancer-manager was answered with {answer.status}, not 404 by a node",
    )
    return 'as published, `ProxyPass "/"` comes before the balancer-manager: a node answers 404'


def redirects(front: Front) -> str:
    location = front.get("/login.action").fields.get("Location", "")
    wanted = f"http://{front.authority}/pages/viewpage.action?pageId=1"
    expect(location == wanted, f"the redirect points to {location}, not to {wanted}")
    return f"a redirect to the node's own address comes back as {location}"


def uploads(front: Front) -> str:
    sent = bytes(range(256)) * (UPLOAD_BYTES // 256)
    with front.connection() as ask:
        seen = ask("POST", "/upload", sent).json()
    expect(seen["size"] == len(sent), f"of {len(sent)} bytes {seen['size']} arrived")
    expect(seen["sha256"] == hashlib.sha256(sent).hexdigest(), "the upload arrived changed")
    return f"an upload of {len(sent)} bytes arrives unchanged"


def streams(front: Front) -> str:
    link = http.client.HTTPConnection(front.host, front.port, timeout=SECONDS)
    try:
        link.request("GET", "/stream")
        answer = link.getresponse()
        first = answer.read1(65536).count(b"\n")
        rest = answer.read().count(b"\n")
    finally:
        link.close()
    expect(first + rest == STREAM_LINES, f"{first + rest} lines of {STREAM_LINES} arrived")
    expect(first < STREAM_LINES, "the stream was collected before it was sent on")
    return "a stream arrives line by line"


def heartbeat(front: Front) -> str:
    answer = front.get("/synchrony/heartbeat")
    expect(
        (answer.status, answer.body) == (200, b"OK"), f"the heartbeat says {answer.status} {answer.body!r}, not 200 OK"
    )
    return "Synchrony's heartbeat says OK"


def websockets(front: Front) -> str:
    return asyncio.run(asyncio.wait_for(an_editing_session(front), SECONDS))


async def an_editing_session(front: Front) -> str:
    reader, writer = await asyncio.open_connection(front.host, front.port)
    try:
        key = websocket.new_key()
        head = (
            f"GET {BAYEUX_PATH} HTTP/1.1\r\nHost: {front.authority}\r\n"
            "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        writer.write(head.encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        expect(answer.startswith("HTTP/1.1 101 "), f"the upgrade was answered with {answer.splitlines()[0]!r}, not 101")
        expect(websocket.accept_value(key) in answer, "Sec-WebSocket-Accept does not fit the key")
        socket = websocket.WebSocket(reader, writer, client=True)
        said = await ask_over(socket, channel="/meta/handshake", version="1.0", supportedConnectionTypes=["websocket"])
        client, node = said["clientId"], said["ext"]["node"]
        await ask_over(socket, channel="/meta/subscribe", clientId=client, subscription="/sync/page-1")
        text = "over the balancer and back " * 5000
        socket.send(json.dumps([{"channel": "/sync/page-1", "clientId": client, "data": text}]))
        while "data" not in (event := json.loads(await socket.receive())[0]):
            pass
        expect(event["data"] == text, "the message came back changed")
        await socket.close()
    except websocket.Closed as end:
        raise Failed(f"the WebSocket was closed with code {end.code}") from end
    finally:
        writer.close()
    return f"a WebSocket to Synchrony node {node}: handshake, subscribe, and {len(text)} characters there and back"


async def ask_over(socket: websocket.WebSocket, **message: Any) -> dict[str, Any]:
    """Send one Bayeux message and wait for its answer, which has to say that it succeeded."""
    socket.send(json.dumps([message]))
    while True:
        for answer in json.loads(await socket.receive()):
            if answer["channel"] == message["channel"]:
                expect(answer["successful"], f"{message['channel']} was refused: {answer.get('error')}")
                return dict(answer)


def split_polling(front: Front) -> str:
    with front.connection() as ask:

        def say(**message: Any) -> dict[str, Any]:
            answer = ask("POST", BAYEUX_PATH, json.dumps([message]).encode(), Content_Type="application/json")
            expect(
                answer.status == 200, f"{message['channel']} by long-polling was answered with {answer.status}, not 200"
            )
            return dict(answer.json()[0])

        client = say(channel="/meta/handshake", version="1.0", supportedConnectionTypes=["long-polling"])["clientId"]
        first = say(channel="/meta/subscribe", clientId=client, subscription="/sync/page-1")
        second = say(channel="/meta/subscribe", clientId=client, subscription="/sync/page-1")
    expect(
        str(first.get("error", "")).startswith("402:"), f"the other node knows a client that it did not make: {first}"
    )
    expect(second["successful"], f"back on its node the client is unknown: {second}")
    return (
        "as published, a client that polls is split over two Synchrony nodes: 402 Unknown client on every other message"
    )


Check = Callable[[Front], str]

CHECKS: Final[tuple[Check, ...]] = (
    pages,
    turns,
    stickiness,
    nobody_sets_the_cookie,
    shadowed_manager,
    redirects,
    uploads,
    streams,
    heartbeat,
    websockets,
    split_polling,
)


def run(check: Check, front: Front) -> tuple[bool, str]:
    """Whether the check holds, and the line to print."""
    try:
        return True, check(front)
    except Failed as fault:
        return False, f"{check.__name__}: {fault}"
    except (OSError, http.client.HTTPException, asyncio.IncompleteReadError, ValueError, KeyError) as fault:
        return False, f"{check.__name__}: {type(fault).__name__}: {fault}"
