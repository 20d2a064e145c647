"""Somebody who edits a page, without a browser: Yjs by pycrdt, Bayeux by WebSocket or by polling, and a cookie jar.

Like the editor in the browser a writer keeps what was written, goes to whatever node the balancer finds when its own
is gone, says there which state it has, and sends what is lacking.
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, Final

from evenflow.tools.demo import websocket
from evenflow.tools.demo.documents import PAGES, TEXT, from_text, to_text, unpacked
from evenflow.tools.demo.internal_proxy import BAYEUX_PATH as INTERNAL_PATH
from evenflow.tools.demo.synchrony import BAYEUX_PATH

if TYPE_CHECKING:
    from pycrdt import Doc, Text

AGAIN_SECONDS: Final = 0.05
POLL_MILLISECONDS: Final = 200
"""So long a poll of ours waits for news."""
GONE: Final = (OSError, EOFError, http.client.HTTPException, websocket.Closed)
"""What it looks like where the other side is gone."""


class Lost(Exception):
    """The node does not know us, or answers with an error: begin anew."""


class Writer:
    """One of those who write; `way` is "websocket" or "polling"."""

    def __init__(self, host: str, port: int, page: str, way: str = "websocket") -> None:
        from pycrdt import Doc, Text

        self.host = host
        self.port = port
        self.channel = PAGES + page
        self.way = way
        self.nodes: list[str] = []
        """The Synchrony nodes that served, one for each connection."""
        self.cookies = SimpleCookie()
        self._doc: Doc[Any] = Doc()
        self._text: Text = self._doc.get(TEXT, type=Text)
        self._client = ""
        self._number = 0
        self._unconfirmed: set[str] = set()
        self._send: Callable[..., None] | None = None
        self._waiting: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        return str(self._text)

    @property
    def settled(self) -> bool:
        """Whether a node has confirmed everything that was written here."""
        return self._send is not None and not self._unconfirmed

    def write(self, words: str) -> None:
        """Write at the end of the page, with or without a connection."""
        before = self._doc.get_state()
        self._text.insert(len(self._text), words)
        if self._send is not None:
            self._say_update(self._doc.get_update(before))

    async def stay(self) -> None:
        """Be connected until cancelled."""
        while True:
            try:
                await (self._by_websocket() if self.way == "websocket" else self._by_polling())
            except (*GONE, Lost):
                await asyncio.sleep(AGAIN_SECONDS)
            finally:
                # What was not confirmed is found again by its absence from the next node's state.
                self._send = None
                self._unconfirmed.clear()
                self._waiting.clear()

    # --- what is said ---------------------------------------------------------------------------------------------

    def _message(self, channel: str, **more: Any) -> dict[str, Any]:
        self._number += 1
        return {"channel": channel, "clientId": self._client, "id": str(self._number), **more}

    def _handshake(self, kind: str) -> dict[str, Any]:
        return self._message("/meta/handshake", version="1.0", supportedConnectionTypes=[kind])

    def _subscribe(self) -> dict[str, Any]:
        vector = to_text(self._doc.get_state())
        return self._message("/meta/subscribe", subscription=self.channel, ext={"vector": vector})

    def _say_update(self, update: bytes) -> None:
        message = self._message(self.channel, data={"update": to_text(update)})
        self._unconfirmed.add(message["id"])
        assert self._send is not None
        self._send(message)

    def _met(self, answer: dict[str, Any]) -> None:
        self._client = answer["clientId"]
        self.nodes.append(answer["ext"]["node"])

    def _joined(self, answer: dict[str, Any], send: Callable[..., None]) -> None:
        """Subscribed: take what we lack, send what they lack."""
        self._doc.apply_update(from_text(answer["ext"]["update"]))
        self._send = send
        self._say_update(self._doc.get_update(from_text(answer["ext"]["vector"])))

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("successful") is False:
            raise Lost(str(message.get("error")))
        if "successful" in message:
            self._unconfirmed.discard(str(message.get("id")))
        elif message["channel"] == self.channel:
            self._doc.apply_update(unpacked(message["data"]))

    # --- how it travels -------------------------------------------------------------------------------------------

    async def _by_websocket(self) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            socket = await self._upgraded(reader, writer)
            socket.send(json.dumps([self._handshake("websocket")]))
            self._met(json.loads(await socket.receive())[0])
            socket.send(json.dumps([self._subscribe()]))
            answer = json.loads(await socket.receive())[0]
            self._hear(answer)
            self._joined(answer, lambda message: socket.send(json.dumps([message])))
            while True:
                for message in json.loads(await socket.receive()):
                    self._hear(message)
        finally:
            writer.close()

    async def _upgraded(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> websocket.WebSocket:
        head = (
            f"GET {BAYEUX_PATH} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: {self._cookie()}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {websocket.new_key()}\r\n\r\n"
        )
        writer.write(head.encode())
        status, *fields = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        if " 101 " not in status:
            raise Lost(status)
        for field in fields:
            name, _, value = field.partition(": ")
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        return websocket.WebSocket(reader, writer, client=True)

    async def _by_polling(self) -> None:
        (answer,) = await self._post([self._handshake("long-polling")])
        self._met(answer)
        (answer,) = await self._post([self._subscribe()])
        self._hear(answer)
        self._joined(answer, self._waiting.append)
        while True:
            messages, self._waiting[:] = list(self._waiting), []
            # One that waits would hold up the others of the same POST.
            patience = 0 if messages else POLL_MILLISECONDS
            for message in await self._post([*messages, self._message("/meta/connect", advice={"timeout": patience})]):
                self._hear(message)

    async def _post(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._exchange, json.dumps(messages).encode())

    def _exchange(self, body: bytes) -> list[dict[str, Any]]:
        link = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            fields = {"Content-Type": "application/json", "Cookie": self._cookie()}
            link.request("POST", INTERNAL_PATH, body, fields)
            answer = link.getresponse()
            content = answer.read()
        finally:
            link.close()
        if answer.status != 200:
            raise Lost(f"{answer.status}")
        for value in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(value)
        return list(json.loads(content))

    def _cookie(self) -> str:
        return "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
