"""Two Debian tomcat10 instances as Confluence nodes, with the Connector that the recipe asks for."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.peers import free_port, require_peer

START_SECONDS: Final = 60.0
WEBAPP: Final = Path(__file__).parent / "webapp"

SERVER: Final = """<Server port="{shutdown}" shutdown="SHUTDOWN"><Service name="Tomcat-Standalone">
  <Connector port="{port}" address="{host}" protocol="org.apache.coyote.http11.Http11NioProtocol"
             connectionTimeout="20000" maxThreads="48" minSpareThreads="10" acceptCount="10" URIEncoding="UTF-8"
             maxHttpHeaderSize="8192" scheme="https" secure="true" proxyName="{name}" proxyPort="{public}"/>
  <Engine name="Standalone" defaultHost="localhost">
    <Host name="localhost" appBase="webapps" autoDeploy="false"/>
  </Engine></Service></Server>
"""


@contextmanager
def tomcats(folder: Path, port: int, name: str, public: int) -> Iterator[None]:
    """Nodes 1 and 2 on 127.0.0.1 and 127.0.0.2 at `port`, who believe to be https://`name`:`public`."""
    create, catalina = require_peer("tomcat10-instance-create"), require_peer("tomcat10")
    require_peer("java")
    started = []
    try:
        for number in ("1", "2"):
            host, base = f"127.0.0.{number}", folder / f"tomcat{number}"
            shutdown = free_port()
            subprocess.run(
                [create, "-p", str(port), "-c", str(shutdown), "-w", "SHUTDOWN", base],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            said = SERVER.format(shutdown=shutdown, port=port, host=host, name=name, public=public)
            (base / "conf" / "server.xml").write_text(said)
            shutil.rmtree(base / "webapps" / "ROOT", ignore_errors=True)
            shutil.copytree(WEBAPP, base / "webapps" / "ROOT")
            options = f"-Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Devenflow.node={number}"
            with (base / "start.out").open("wb") as output:
                started.append(
                    subprocess.Popen(
                        [catalina, "run"],
                        env={**os.environ, "CATALINA_BASE": str(base), "CATALINA_OPTS": options},
                        stdout=output,
                        stderr=subprocess.STDOUT,
                    )
                )
        for number in ("1", "2"):
            wait_for_node(number, port, folder / f"tomcat{number}" / "start.out")
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)


def wait_for_node(number: str, port: int, log: Path) -> None:
    """Return when the node names itself; its pages are compiled by then."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if who(f"127.0.0.{number}", port)["node"] == number:
                return
        except (OSError, ValueError, http.client.HTTPException):
            time.sleep(0.2)
    raise AssertionError(f"Tomcat {number} did not start:\n{log.read_text(errors='replace')[-4000:]}")


def who(host: str, port: int) -> dict[str, Any]:
    """What a node says of itself, asked directly."""
    link = http.client.HTTPConnection(host, port, timeout=10)
    try:
        link.request("GET", "/who")
        return dict(json.loads(link.getresponse().read()))
    finally:
        link.close()
