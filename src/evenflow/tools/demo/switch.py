"""The switch on the editor's page: which nodes run, and stopping or starting one, as HTTP for the browser.

It stands in the demo's own process, since that is whose children the nodes are. The front leads `/demo/` to it, for
this machine alone; and because any page on the web could make a browser POST to this machine, only a request with a
field that such pages cannot set is obeyed.
"""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from evenflow.tools.demo.cluster import Cluster, DemoFault

PATH: Final = "/demo/"
"""Where the front has it."""
FIELD: Final = "X-Evenflow-Demo"


class Switch:
    """A context: inside it the switch answers on a port of its own of 127.0.0.1."""

    def __init__(self) -> None:
        self.cluster: Cluster | None = None
        """Whose nodes; the nodes need to know of the switch first."""
        switch = self

        class Asked(Request):
            owner = switch

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self.port: Final = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def nodes(self) -> list[dict[str, object]]:
        """Each process: its node, what it is, whether it runs."""
        return [] if self.cluster is None else self.cluster.states()

    def act(self, node: str, act: str) -> bool:
        """Stop or start a node; False where that means nothing."""
        if self.cluster is None or act not in ("stop", "start") or node not in self.cluster.names():
            return False
        if act == "stop":
            self.cluster.kill(node)
        else:
            self.cluster.revive(node)
        return True


class Request(BaseHTTPRequestHandler):
    """One request to the switch."""

    owner: Switch
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/nodes":
            self.answer(200, self.owner.nodes())
        else:
            self.answer(404, {"error": "the switch has /nodes"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get(FIELD) is None:
            self.answer(403, {"error": f"the field {FIELD} is missing"})
            return
        where, _, act = self.path.removeprefix("/nodes/").partition("/")
        try:
            known = self.owner.act(where, act)
        except DemoFault as fault:
            self.answer(500, {"error": str(fault)})
            return
        self.answer(*(200, self.owner.nodes()) if known else (404, {"error": "there is no such switch"}))

    def answer(self, status: int, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        # A page that is closed meanwhile does not wait for it.
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the page asks every second."""
