"""What it costs to read a head: nanoseconds for each, best of several rounds, in a table.

`PYTHONPATH=build/compiled python bench/heads.py`, or PYTHONPATH=src for the interpreted way.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from evenflow.wire import framing, http1
from evenflow.wire.scan import find_head_end

ROUNDS: Final = 7
SECONDS: Final = 0.05

SMALL_REQUEST: Final = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"

BROWSER_REQUEST: Final = (
    b"GET /display/DOC/Home?focusedCommentId=12345 HTTP/1.1\r\n"
    b"Host: wiki.example.com\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    b"Accept-Language: en-US,en;q=0.5\r\n"
    b"Accept-Encoding: gzip, deflate, br, zstd\r\n"
    b"Referer: https://wiki.example.com/display/DOC/Start\r\n"
    b"Connection: keep-alive\r\n"
    b"Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF.node1; ROUTEID=.1; theme=dark\r\n"
    b"Upgrade-Insecure-Requests: 1\r\n"
    b"Sec-Fetch-Dest: document\r\n"
    b"Sec-Fetch-Mode: navigate\r\n"
    b"Sec-Fetch-Site: same-origin\r\n"
    b"Priority: u=0, i\r\n"
    b"\r\n"
)

ANSWER: Final = (
    b"HTTP/1.1 200 \r\n"
    b"Cache-Control: no-cache, must-revalidate\r\n"
    b"Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"X-Frame-Options: SAMEORIGIN\r\n"
    b"Set-Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF.node1; Path=/; HttpOnly\r\n"
    b"Content-Type: text/html;charset=UTF-8\r\n"
    b"Content-Length: 12345\r\n"
    b"Date: Sat, 01 Jan 2022 00:00:00 GMT\r\n"
    b"\r\n"
)

SLOPPY_ANSWER: Final = ANSWER.replace(b"\r\n", b"\n")


def cost(act: Callable[[], object]) -> float:
    """Nanoseconds for one call from Python, the best round's mean."""
    timer = timeit.Timer(act)
    number, seconds = timer.autorange()
    number = max(1, int(number * SECONDS / seconds))
    return min(timer.repeat(ROUNDS, number)) / number * 1e9


def rows() -> list[tuple[str, int, float]]:
    """For each measurement its name, the bytes of the head, and nanoseconds."""
    request = http1.RequestHead()
    answer = http1.ResponseHead()
    found = []
    for name, data in (("small request", SMALL_REQUEST), ("browser's request", BROWSER_REQUEST)):
        found.append((f"{name}: parse", len(data), cost(partial(request.parse, data))))
        found.append((f"{name}: find its end", len(data), cost(partial(find_head_end, data, 0, len(data)))))
    found.append(
        ("browser's request: request_body", len(BROWSER_REQUEST), cost(partial(framing.request_body, request)))
    )
    found.append(("browser's request: get(b'cookie')", len(BROWSER_REQUEST), cost(partial(request.get, b"cookie"))))
    for name, data in (("sloppy answer", SLOPPY_ANSWER), ("answer", ANSWER)):
        found.append((f"{name}: parse", len(data), cost(partial(answer.parse, data))))
    found.append(("answer: response_body", len(ANSWER), cost(partial(framing.response_body, answer, False))))
    return found


def main() -> None:
    way = "interpreted" if Path(http1.__file__).suffix == ".py" else "compiled"
    table = Table(title=f"heads, {way}")
    table.add_column("what")
    table.add_column("bytes", justify="right")
    table.add_column("ns", justify="right")
    for name, size, nanoseconds in rows():
        table.add_row(name, str(size), f"{nanoseconds:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
