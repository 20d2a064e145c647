"""One WebSocket handshake, and waiting for its end: RFC 6455, as much as a visitor needs of it."""

from __future__ import annotations

import base64
import hashlib
import os
import select
import socket
import time
from dataclasses import dataclass
from typing import Final

from evenflow.tools.doctor.asking import PATIENCE, Answer, Asker, Jar

GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(slots=True)
class Shaken:
    """How a handshake went. `link` is open where it became a WebSocket; the caller closes it."""

    answer: Answer
    accepted: bool
    """101, and Sec-WebSocket-Accept is the one for our key."""
    link: socket.socket | None

    def close(self) -> None:
        if self.link is not None:
            self.link.close()
            self.link = None


def shake(asker: Asker, target: str, connection: str = "Upgrade", jar: Jar | None = None) -> Shaken:
    """Ask for a WebSocket as a browser does, with Connection spelled as given. Raises Unanswered, and Enough."""
    key = base64.b64encode(os.urandom(16)).decode()
    fields = {
        "Connection": connection, "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
        "Origin": asker.place.url, "Cookie": jar.line if jar is not None else "",
    }  # fmt: skip
    link = asker.connect(PATIENCE)
    try:
        answer = asker.exchange(link, asker.head("GET", target, fields), "GET", target)
    except BaseException:
        link.close()
        raise
    if jar is not None:
        jar.take(answer)
    wanted = base64.b64encode(hashlib.sha1((key + GUID).encode(), usedforsecurity=False).digest()).decode()
    accepted = answer.status == 101 and answer.get("sec-websocket-accept") == wanted
    if answer.status != 101:
        link.close()
        return Shaken(answer, False, None)
    return Shaken(answer, accepted, link)


def quiet_until(link: socket.socket, seconds: float) -> float | None:
    """Say nothing and answer nothing but pings; the second of the end, None where it outlives `seconds`."""
    began = time.monotonic()
    end = began + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([link], [], [], left)[0]:
            return None
        try:
            said = link.recv(4096)
        except OSError:
            said = b""
        # A close frame is an end as well.
        if not said or said[0] & 0x0F == 0x8:
            return time.monotonic() - began
    return None
