"""Two faye servers as Synchrony nodes, and the Node script that plays twenty editors."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.nodes.fronts import wait_until_open
from tests.peers import NODE_MODULES, require_peer

HERE: Final = Path(__file__).parent
EDITORS_SECONDS: Final = 60.0


def node_environment(**more: str) -> dict[str, str]:
    return {**os.environ, "NODE_PATH": str(NODE_MODULES), **more}


@contextmanager
def synchronies(folder: Path, port: int) -> Iterator[None]:
    """Nodes 1 and 2 on 127.0.0.1 and 127.0.0.2 at `port`."""
    program = require_peer("node")
    require_peer("faye")
    started = []
    try:
        for number in ("1", "2"):
            log = folder / f"synchrony{number}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [program, HERE / "synchrony.js", f"127.0.0.{number}", str(port), number],
                    env=node_environment(),
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            started.append(process)
            wait_until_open(f"127.0.0.{number}", port, process, log)
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait(10)


def counts(port: int) -> tuple[Counter[str], Counter[str], list[Any]]:
    """What both nodes received so far: messages over WebSocket and over polling by channel, and the reports."""
    websocket, polling, reports = Counter[str](), Counter[str](), []
    for number in ("1", "2"):
        link = http.client.HTTPConnection(f"127.0.0.{number}", port, timeout=10)
        link.request("GET", "/counts")
        said = json.loads(link.getresponse().read())
        link.close()
        websocket.update(said["websocket"])
        polling.update(said["polling"])
        reports += said["reports"]
    return websocket, polling, reports


def editors(url: str, authority: Path, how_many: int, messages: int, transport: str) -> dict[str, Any]:
    """Let that many editors talk over `transport` (websocket or polling) and give back what the script saw."""
    done = subprocess.run(
        [require_peer("node"), HERE / "editors.js", url, str(how_many), str(messages), transport],
        env=node_environment(NODE_EXTRA_CA_CERTS=str(authority)),
        stdout=subprocess.PIPE,
        timeout=EDITORS_SECONDS,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))
