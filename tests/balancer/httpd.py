"""Debian's httpd with balancers and members of its own: live members are virtual hosts, dead ones closed ports."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.peers import free_port, require_peer

MODULES: Final = (
    *("mpm_event", "authz_core", "headers", "proxy", "proxy_http", "proxy_balancer", "slotmem_shm"),
    *("lbmethod_byrequests", "lbmethod_bybusyness"),
)
FRAME: Final = """\
ServerRoot "{root}"
DefaultRuntimeDir .
PidFile pid
Mutex file:{root} default
ErrorLog error.log
{modules}
{user}
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
MaxKeepAliveRequests 0
ServerName front
Listen 127.0.0.1:{port}
<VirtualHost *:{port}>
ServerName 127.0.0.1
ProxyPass /balancer-manager !
<Location /balancer-manager>
SetHandler balancer-manager
</Location>
Header always set X-Member "%{{BALANCER_WORKER_NAME}}e"
Header always set X-Changed "%{{BALANCER_ROUTE_CHANGED}}e"
Header always set X-Name "%{{BALANCER_SESSION_STICKY}}e"
Header always set X-Route "%{{BALANCER_SESSION_ROUTE}}e"
{balancers}
</VirtualHost>
{members}
"""
MEMBER: Final = """\
Listen 127.0.0.1:{port}
<VirtualHost *:{port}>
KeepAlive Off
ErrorDocument 404 "here"
DocumentRoot "{root}"
</VirtualHost>
"""
SPACE: Final = "{http://httpd.apache.org}"
PATIENCE: Final = 10.0


class Httpd:
    """A running httpd; `live` and `dead` are the ports of members, the same number of each."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def request(
        self, path: str, cookie: str | None = None, referer: str | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        """One GET, with the bytes of path and cookie as they are."""
        self.connection.putrequest("GET", path, skip_accept_encoding=True)
        for name, value in (("Cookie", cookie), ("Referer", referer)):
            if value is not None:
                self.connection.putheader(name, value)
        self.connection.endheaders()
        response = self.connection.getresponse()
        text = response.read().decode("latin-1")
        if response.will_close:
            self.connection.close()
        return response, text

    def states(self) -> dict[str, list[tuple[int, int, bool, int]]]:
        """Of every balancer, by name, each member's lbstatus, elected, whether it is in error, and retries."""
        _, text = self.request("/balancer-manager?xml=1", referer="http://127.0.0.1/")
        found = {}
        for balancer in ElementTree.fromstring(text).iter(f"{SPACE}balancer"):
            said = [
                {element.tag.removeprefix(SPACE): element.text or "" for element in worker}
                for worker in balancer.iter(f"{SPACE}worker")
            ]
            found[balancer.findtext(f"{SPACE}name", "").removeprefix("balancer://")] = [
                (int(one["lbstatus"]), int(one["elected"]), "Err" in one["status"], int(one["retries"])) for one in said
            ]
        return found


@contextlib.contextmanager
def httpd(balancers: str, live: list[int]) -> Iterator[Httpd]:
    """httpd with these sections and mappings, and a member on each port of `live`; skips where it is not installed."""
    program = require_peer("apache2")
    with tempfile.TemporaryDirectory(prefix="balancer-") as name:
        root, port = Path(name), free_port()
        os.chmod(root, 0o777)
        text = FRAME.format(
            root=root,
            port=port,
            modules="\n".join(f"LoadModule {one}_module /usr/lib/apache2/modules/mod_{one}.so" for one in MODULES),
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            balancers=balancers,
            members="".join(MEMBER.format(port=port, root=root) for port in live),
        )
        (root / "httpd.conf").write_text(text)
        process = subprocess.Popen(
            [program, "-f", root / "httpd.conf", "-DFOREGROUND"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(port, process, root / "error.log")
            front = Httpd(port)
            yield front
            front.connection.close()
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the port answers; AssertionError with the error log if it never does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/balancer-manager")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise AssertionError(f"httpd does not answer: {log.read_text() if log.exists() else 'no log'}")
