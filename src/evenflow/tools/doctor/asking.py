"""One request after the other to one address, as polite as a visitor should be.

It knows HTTP/1.1 as bytes that a check may want to be odd: the target is sent as given, an announced body need not
follow, an upgrade is the caller's socket. Requests are counted and spaced by the `Manners` that all askers of a visit
share.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import evenflow

AGENT: Final = f"evenflow-doctor/{evenflow.__version__}"
PATIENCE: Final = 10.0
"""Seconds for an answer that should come at once."""
MOST_BODY: Final = 1 << 20
"""Bytes of a body that are read."""
SHOWN: Final = 200
"""Bytes of a body that are kept as evidence."""


class Unanswered(Exception):
    """No answer: refused, reset, timed out, or what TLS says. The text is for people."""


class Cut(Unanswered):
    """An answer that ended before its end."""


class Enough(Exception):
    """The visit has asked as much as it may."""


@dataclass(slots=True)
class Manners:
    """How much may be asked. `most` requests in all, at most `rate` a second."""

    most: int = 300
    rate: float = 5.0
    asked: int = 0
    next_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_turn(self) -> None:
        """Sleep until the next request may go out. Raises Enough."""
        with self.lock:
            if self.asked >= self.most:
                raise Enough(f"{self.most} requests were asked, which is all that a visit may")
            self.asked += 1
            now = time.monotonic()
            at = max(now, self.next_at)
            self.next_at = at + 1.0 / self.rate
        time.sleep(max(0.0, at - now))


@dataclass(frozen=True, slots=True)
class Cookie:
    """One Set-Cookie: attributes by lower-case name, flags with ""."""

    name: str
    value: str
    attributes: dict[str, str]
    line: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is decoded by its Content-Encoding where that works; `raw` is as it came. `first_byte` in seconds."""

    request: str
    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes
    first_byte: float

    def get(self, name: str) -> str:
        """The first field of that name, "" for none."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    def cookies(self) -> list[Cookie]:
        """Every cookie that is set."""
        return [cookie for key, value in self.fields if key.lower() == "set-cookie" if (cookie := read_cookie(value))]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        return "html" in self.get("content-type").lower() or self.body.lstrip()[:1] == b"<"

    def evidence(self, *names: str) -> str:
        """The request, the status, the fields that decide, and how the body begins."""
        shown = [f"{name}: {self.get(name)}" for name in names if self.get(name)]
        start = self.text[:SHOWN].strip().replace("\n", " ")
        return "; ".join([f"{self.request} -> {self.status}", *shown, *([f"body `{start}`"] if start else [])])


def read_cookie(line: str) -> Cookie | None:
    """A Set-Cookie line; None for one that no browser would take either."""
    pair, *rest = line.split(";")
    name, sign, value = pair.partition("=")
    if not sign or not name.strip():
        return None
    attributes = {}
    for word in rest:
        key, _, said = word.partition("=")
        attributes[key.strip().lower()] = said.strip()
    return Cookie(name.strip(), value.strip(), attributes, line)


class Jar:
    """The cookies of one browser, without its rules for paths: a visit stays within one site."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def take(self, answer: Answer) -> None:
        for cookie in answer.cookies():
            self.cookies[cookie.name] = cookie.value

    @property
    def line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask: `host` is asked for by name, at `address` where that is another one."""

    scheme: str
    host: str
    port: int
    address: tuple[str, int] | None = None

    @property
    def authority(self) -> str:
        usual = {"http": 80, "https": 443}[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"


class Asker:
    """Asks one place. `trust` is the TLS context; certificates are looked at by a check of their own."""

    def __init__(self, place: Place, manners: Manners, trust: ssl.SSLContext) -> None:
        self.place = place
        self.manners = manners
        self.trust = trust

    def connect(self, timeout: float = PATIENCE) -> socket.socket:
        """A connected socket, TLS done. Raises Unanswered, and Enough."""
        self.manners.wait_turn()
        address = self.place.address or (self.place.host, self.place.port)
        try:
            link = socket.create_connection(address, timeout)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.place.scheme == "https":
                return self.trust.wrap_socket(link, server_hostname=self.place.host)
            return link
        except OSError as fault:
            raise Unanswered(f"{self.place.url}: {_said(fault)}") from None

    def head(self, method: str, target: str, fields: Mapping[str, str]) -> bytes:
        """A request head; a field with "" as its value is left out."""
        said = {"Host": self.place.authority, "User-Agent": AGENT, "Accept": "*/*", "Connection": "close"}
        said.update(fields)
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items() if value)
        return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", "replace")

    def ask(
        self, target: str, method: str = "GET", fields: Mapping[str, str] = {}, body: bytes = b"",
        jar: Jar | None = None, timeout: float = PATIENCE,
    ) -> Answer:  # fmt: skip
        """One request and its answer; redirects are not followed. Raises Unanswered, and Enough."""
        said = dict(fields)
        if jar is not None and jar.line and "Cookie" not in said:
            said["Cookie"] = jar.line
        if body:
            said["Content-Length"] = str(len(body))
        with self.connect(timeout) as link:
            answer = self.exchange(link, self.head(method, target, said) + body, method, target)
        if jar is not None:
            jar.take(answer)
        return answer

    def exchange(self, link: socket.socket, sent: bytes, method: str, target: str) -> Answer:
        """Send, and read one answer. Raises Unanswered."""
        began = time.monotonic()
        response = http.client.HTTPResponse(link, method=method)
        try:
            link.sendall(sent)
            response.begin()
            first = time.monotonic() - began
            raw = b"" if response.status == 101 else response.read(MOST_BODY)
        except http.client.IncompleteRead:
            raise Cut(f"{method} {self.place.url}{target}: it ended before its last chunk") from None
        except (OSError, http.client.HTTPException) as fault:
            raise Unanswered(f"{method} {self.place.url}{target}: {_said(fault)}") from None
        promised = response.getheader("Content-Length", "")
        if promised.isdecimal() and method != "HEAD" and len(raw) < min(int(promised), MOST_BODY):
            raise Cut(f"{method} {self.place.url}{target}: {len(raw)} of {promised} bytes came")
        fields = tuple(response.getheaders())
        body = decode(raw, response.getheader("Content-Encoding") or "")
        return Answer(f"{method} {target}", response.status, fields, raw if body is None else body, raw, first)


def decode(raw: bytes, encoding: str) -> bytes | None:
    """A body without its Content-Encoding, at most MOST_BODY of it; None where it does not decode."""
    try:
        for name in reversed([name.strip().lower() for name in encoding.split(",") if name.strip()]):
            if name in ("gzip", "x-gzip", "deflate"):
                inflater = zlib.decompressobj(15 if name == "deflate" else 31)
                raw = inflater.decompress(raw, MOST_BODY)
                if not inflater.eof and len(raw) < MOST_BODY:
                    return None
            elif name != "identity":
                return None
    except zlib.error:
        return None
    return raw


def _said(fault: BaseException) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, ssl.SSLError):
        return f"TLS: {fault.reason or fault}"
    if isinstance(fault, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    return getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
