"""Pictures of the manager's page for the guide: a small cluster in trouble, with traffic, seen by Chromium.

`make screenshots` runs it; it takes three minutes, as the charts show five. It writes docs/images/manager-*.png, and
lets `demo_screenshots` write demo-*.png.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from evenflow.control import channel
from tests import demo_screenshots
from tests.browser import Browser, chromium
from tests.control.processes import Served
from tests.peers import CHECKOUT, free_port, require_peer

IMAGES: Final = CHECKOUT / "docs" / "images"
SECONDS: Final = float(sys.argv[1]) if len(sys.argv) > 1 else 170.0
HOST: Final = "wiki.localhost"
CONFIGURATION: Final = """LogLevel notice
<Proxy balancer://confluence>
    BalancerMember http://127.0.0.1:{0} route=node1 hcmethod=GET hcuri=/status hcinterval=2
    BalancerMember http://127.0.0.1:{1} route=node2
    BalancerMember http://127.0.0.1:{2} route=node3 retry=120
    BalancerMember http://127.0.0.1:{3} route=node4 status=+H
    ProxySet stickysession=JSESSIONID lbmethod=bybusyness growth=3
    EvenflowSessionIdle 40s
</Proxy>
<Proxy balancer://synchrony>
    BalancerMember http://127.0.0.1:{4} loadfactor=2
    BalancerMember http://127.0.0.1:{5}
</Proxy>
<Location /balancer-manager>
    SetHandler balancer-manager
    Require local
</Location>
ProxyPass /balancer-manager !
ProxyPass /synchrony balancer://synchrony
ProxyPass / balancer://confluence/
"""


class Node(http.server.BaseHTTPRequestHandler):
    """Takes some milliseconds, or as many seconds as the path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        last = self.path.rpartition("/")[2]
        time.sleep(float(last) if last.isdigit() else random.lognormvariate(-4.2, 0.6))
        body = b"x" * random.randrange(500, 9000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # At the end nobody waits any more.
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def ask(port: int, path: str, session: str = "") -> None:
    """One request, whatever comes of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": f"JSESSIONID={session}"} if session else {})
        connection.getresponse().read()
    except OSError:
        pass
    finally:
        connection.close()


def visit(port: int, ending: threading.Event) -> None:
    """Somebody who reads, more or less busily."""
    session = f"{random.getrandbits(64):x}.node{random.choice('1122')}"
    while not ending.wait(random.expovariate(3.0 + 2.5 * random.random() ** 3)):
        ask(port, "/synchrony/heartbeat" if random.random() < 0.3 else "/display/page", session)
        if random.random() < 0.05:
            session = f"{random.getrandbits(64):x}.node{random.choice('1122')}"
        if random.random() < 0.02:
            ask(port, "/login")


def take(browser: Browser, server: Served, name: str, query: str, height: int, dark: bool = False) -> None:
    """One picture."""
    browser.size(1280, height)
    browser.dark(dark)
    browser.open(f"http://{HOST}:{server.port}/balancer-manager{query}")
    browser.until("document.querySelector('#live').dataset.is === 'live'")
    (IMAGES / f"manager-{name}.png").write_bytes(browser.picture())


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    demo_screenshots.main()
    ports = [free_port() for _ in range(6)]
    for port in (ports[0], ports[1], *ports[3:]):
        node = http.server.ThreadingHTTPServer(("127.0.0.1", port), Node)
        threading.Thread(target=node.serve_forever, daemon=True).start()
    ending = threading.Event()
    program = require_peer("chromium")
    with tempfile.TemporaryDirectory(prefix="evenflow-") as said, chromium(program, Path(said)) as seen:
        server = Served(Path(said), free_port(), CONFIGURATION.format(*ports), "--children", "2").ready()
        try:
            readers = [threading.Thread(target=visit, args=(server.port, ending), daemon=True) for _ in range(8)]
            for reader in readers:
                reader.start()
            time.sleep(SECONDS * 0.7)
            for _ in range(3):
                long = f"{random.getrandbits(64):x}.node2"
                threading.Thread(target=ask, args=(server.port, "/wait/300", long), daemon=True).start()
            time.sleep(SECONDS * 0.1)
            place = channel.place(str(server.file))
            channel.ask(place, {"do": "disable", "balancer": "synchrony", "member": f"127.0.0.1:{ports[5]}"})
            channel.ask(place, {"do": "drain", "balancer": "confluence", "member": "node2"})
            time.sleep(SECONDS * 0.2)
            take(seen, server, "light", "", 1110)
            take(seen, server, "dark", "", 1110, dark=True)
            take(seen, server, "member", "?show=member&b=b0&m=m1", 1180)
            assert seen.complaints == [], seen.complaints
        finally:
            ending.set()
            server.stop()


if __name__ == "__main__":
    main()
