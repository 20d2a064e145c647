"""The laboratory's nodes: Tomcats that believe what `evenflow init` tells them, faye servers, and broken ones of both.

The two healthy Tomcats are processes of their own, with the server.xml that an administrator would have. The broken
ones are connectors of a third, each kind at two addresses of its own: a fault costs no start.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.control.processes import until
from tests.nodes.fronts import wait_until_open
from tests.nodes.synchrony import node_environment
from tests.peers import free_port, require_peer

GONE: Final = "gone"
"""The application of a node that does not run."""
HERE: Final = Path(__file__).parent
SERVICE: Final = """\
<Service name="{name}">
  {connectors}
  <Engine name="{name}" defaultHost="localhost">
    <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
      <Context path="{path}" docBase="{docs}" useRelativeRedirects="false">
        {valve}
        <JarScanner><JarScanFilter defaultTldScan="false" defaultPluggabilityScan="false"/></JarScanner>
      </Context>
    </Host>
  </Engine>
</Service>
"""


@dataclass(frozen=True, slots=True)
class Connector:
    """A kind of broken Tomcat: its Connector's attributes other than the healthy one's (None: not there), which
    RemoteIpValve stands behind it ("portless" does not read the port, "" is none), what the application does wrong at
    it, and below which path it lives.
    """

    attributes: Mapping[str, str | None]
    valve: str = "told"
    application: str = ""
    path: str = ""


def service(name: str, connectors: str, valve: str, path: str) -> str:
    """A Service with the laboratory's application below `path`."""
    return SERVICE.format(name=name, connectors=connectors, valve=valve, path=path, docs=HERE / "webapp")


def server_xml(services: str) -> str:
    """A whole server.xml."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Server port="-1" shutdown="SHUTDOWN">\n{services}</Server>\n'


def connector(attributes: Mapping[str, str]) -> str:
    """As it stands in a server.xml."""
    return "<Connector " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + "/>"


@contextmanager
def tomcat(base: Path, text: str, start_up: str, options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Tomcat with that server.xml and setenv.sh; it is not waited for."""
    create, catalina = require_peer("tomcat10-instance-create"), require_peer("tomcat10")
    require_peer("java")
    # The ports that it writes into its own server.xml, which is not used; taken ones it would ask about.
    ports = ["-p", str(free_port()), "-c", str(free_port())]
    subprocess.run([create, *ports, base], check=True, stdout=subprocess.DEVNULL)
    (base / "conf" / "server.xml").write_text(text)
    (base / "bin" / "setenv.sh").write_text(start_up)
    environment = {**os.environ, "CATALINA_BASE": str(base), "CATALINA_OPTS": options}
    with (base / "start.out").open("wb") as output:
        process = subprocess.Popen([catalina, "run"], env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(process: subprocess.Popen[bytes], host: str, port: int, path: str, log: Path) -> None:
    """Return when the node's application answers; its page is compiled by then."""

    def runs() -> bool:
        assert process.poll() is None, log.read_text(errors="replace")[-4000:]
        link = http.client.HTTPConnection(host, port, timeout=20)
        try:
            link.request("GET", f"{path}/status")
            answer = link.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()
        assert b'"state"' in said, log.read_text(errors="replace")[-4000:]
        return True

    until(runs, 90.0)


@contextmanager
def synchronies(folder: Path, places: list[tuple[str, int, str]]) -> Iterator[None]:
    """faye servers at (host, port), each with the fault named third."""
    program = require_peer("node")
    require_peer("faye")
    log = folder / "synchrony.log"
    with ExitStack() as stack:
        output = stack.enter_context(log.open("wb"))
        process = subprocess.Popen(
            [program, HERE / "synchrony.js", json.dumps(places)],
            env=node_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            for host, port, _ in places:
                wait_until_open(host, port, process, log)
            yield
        finally:
            process.kill()
            process.wait()
