"""What is measured, one function each: a started program in, figures out.

Figures are those of the program's processes alone: CPU time from /proc/PID/stat, memory as proportional set size from
/proc/PID/smaps_rollup. Neither depends on what else the other CPU does; requests a second and latencies do.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from processes import Running
from tunnels import echo_once, open_tunnel

PATH_PAGE: Final = "/"
PATH_TUNNEL: Final = "/synchrony/v1/bayeux-sync1"
CONNECTIONS: Final = 64
PINGING_TUNNELS: Final = 32

# What a browser sends along, with the cookie that keeps it on a node.
BROWSER: Final = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate",
    "Referer: http://wiki.example.com/dashboard.action",
    "Cookie: JSESSIONID=6D1F2A9C0B7E4D53A81C9E2F7B604D11; ROUTEID=.1",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a started program is to be asked, and from which CPU."""

    port: int
    tls: bool
    cpu: int

    @property
    def url(self) -> str:
        """Its front page."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{PATH_PAGE}"


def answer_to(place: Place, path: str, *fields: str) -> bytes:
    """The whole answer to one GET with `Connection: close`."""
    connection = socket.create_connection(("127.0.0.1", place.port), 10.0)
    if place.tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = context.wrap_socket(connection, server_hostname="wiki.example.com")
    with connection:
        lines = [f"GET {path} HTTP/1.1", "Host: wiki.example.com", "Connection: close", *fields, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer


def check(place: Place) -> None:
    """The program does what is going to be measured; RuntimeError with what it did instead."""
    answer = answer_to(place, PATH_PAGE)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 ") or b"x" * 1024 not in body:
        raise RuntimeError(f"the page was answered {answer[:80]!r}")
    if not re.search(rb"(?im)^set-cookie: ROUTEID=\.[12]; path=/", head):
        raise RuntimeError(f"no route cookie was set: {head!r}")
    head = answer_to(place, PATH_PAGE, *BROWSER).partition(b"\r\n\r\n")[0]
    if not head.startswith(b"HTTP/1.1 200 ") or b"ROUTEID" in head:
        raise RuntimeError(f"a right route cookie was answered {head!r}")
    if not place.tls:
        with open_tunnel(("127.0.0.1", place.port), PATH_TUNNEL) as tunnel:
            echo_once(tunnel)


def requests(program: Running, place: Place, seconds: float, fields: tuple[str, ...] = ()) -> dict[str, float]:
    """Load it with GETs on kept connections. CPU in microseconds a request, latencies in milliseconds."""
    command = ["taskset", "-c", str(place.cpu), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--latency"]
    for field in ("Host: wiki.example.com", *fields):
        command += ["-H", field]
    before = program.cpu_seconds()
    said = subprocess.run([*command, place.url], capture_output=True, text=True, check=False, timeout=seconds + 30)
    spent = program.cpu_seconds() - before
    text = said.stdout + said.stderr
    total = re.search(r"(\d+) requests in", text)
    errors = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", text)
    if errors or not total or total[1] == "0":
        raise RuntimeError(errors[0] if errors else f"wrk said {text.strip()[-200:]!r}")
    return {
        "cpu_us": spent / int(total[1]) * 1e6,
        "per_second": float(found(r"Requests/sec:\s+([\d.]+)", text)),
        "p50_ms": milliseconds(found(r"(?m)^\s+50%\s+(\S+)", text)),
        "p99_ms": milliseconds(found(r"(?m)^\s+99%\s+(\S+)", text)),
    }


def found(pattern: str, text: str) -> str:
    """The first group of `pattern` in what wrk said."""
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk did not say {pattern!r}")
    return match[1]


def milliseconds(text: str) -> float:
    """wrk's `1.23ms`, `850.00us` or `1.02s`."""
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    if match is None:
        raise RuntimeError(f"wrk gave a time as {text!r}")
    return float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}[match[2]]


def messages(program: Running, place: Place, count: int) -> dict[str, float]:
    """Send `count` small frames through tunnels and back. CPU in microseconds an echoed message (there and back)."""
    tool = str(Path(__file__).with_name("tunnels.py"))
    command = ["taskset", "-c", str(place.cpu), sys.executable, tool, "ping", f"127.0.0.1:{place.port}", PATH_TUNNEL]
    before = program.cpu_seconds()
    said = subprocess.run(
        [*command, str(PINGING_TUNNELS), str(count)], capture_output=True, text=True, check=False, timeout=60
    )
    spent = program.cpu_seconds() - before
    if said.returncode != 0:
        raise RuntimeError(said.stderr.strip().splitlines()[-1])
    took = json.loads(said.stdout)
    return {"cpu_us": spent / count * 1e6, "per_second": count / took["seconds"]}


def bytes_each(program: Running, count: int, opened: Callable[[], socket.socket]) -> dict[str, float]:
    """Open `count` connections and hold them idle: by how many bytes did the program grow for each."""
    held = []
    try:
        # The first ones pay for what all share, so they are not counted.
        held += [opened() for _ in range(50)]
        time.sleep(0.5)
        before = program.memory()
        held += [opened() for _ in range(count)]
        time.sleep(1.0)
        after = program.memory()
        alive = sum(still_open(connection) for connection in held)
    finally:
        for connection in held:
            connection.close()
    if alive < len(held):
        raise RuntimeError(f"only {alive} of {len(held)} were still open at the end")
    return {"bytes": (after - before) / count}


def still_open(connection: socket.socket) -> bool:
    """Whether the other side has neither closed nor sent anything."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def idle_connection(place: Place) -> socket.socket:
    """A connection that made one request, was answered, and is kept."""
    connection = socket.create_connection(("127.0.0.1", place.port), 10.0)
    connection.sendall(f"GET {PATH_PAGE} HTTP/1.1\r\nHost: wiki.example.com\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < 1024:
        received = connection.recv(65536)
        if not received:
            raise RuntimeError(f"cut off after {answer[:80]!r}")
        answer += received
    return connection


def idle_tunnel(place: Place) -> socket.socket:
    """A WebSocket through which one message went and came back."""
    tunnel = open_tunnel(("127.0.0.1", place.port), PATH_TUNNEL)
    echo_once(tunnel)
    return tunnel
