"""A request as a person types it: URL, method, fields, addresses; and the bytes and the connection that come of it.

What cannot be asked is an `Unclear`, with what to type instead. Which listener a request would come in by is found in
the plan; nothing is connected to.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from evenflow.plan.http2 import variables_of
from evenflow.plan.model import ConnectionFacts, Listener, Plan
from evenflow.plan.vhosts import HostTable, table_for
from evenflow.serve.member_tls import is_address

SOMEBODY: Final = "192.0.2.1"
"""The client's address unless another is said: one of the addresses for documentation (RFC 5737), so nobody's."""
PORT: Final = 49152
"""The client's port."""
MOST_CHUNKED: Final = 1 << 20

URL: Final = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*))?(?P<target>[^#]*)(?:#.*)?\Z")
SCHEMES: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)\Z")
METHOD: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class Unclear(Exception):
    """What was typed cannot be asked; the text says what to type."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request in words."""

    url: str
    method: str = "GET"
    fields: tuple[str, ...] = ()
    """`Name: value` each."""
    cookies: tuple[str, ...] = ()
    """`NAME=VALUE` each; they make one Cookie field."""
    client: str = SOMEBODY
    to: str | None = None
    """`ADDRESS:PORT` of ours that it comes in by."""
    sni: str | None = None
    """The name in the TLS handshake, `-` for none; the URL's host unless it is said."""
    version: str = "1.1"
    body_length: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """One request in bytes, and the connection that it comes by."""

    data: bytes
    facts: ConnectionFacts
    listener: Listener | None
    url: str
    imagined: int = 0
    """So many bytes of body follow `data`."""
    notes: tuple[str, ...] = ()


def question(asked: Asked, plan: Plan) -> Question:
    """The request as bytes on a connection to this plan's listeners. Raises `Unclear`."""
    scheme, authority, target = parts_of(asked.url)
    notes: list[str] = []
    if not authority:
        host = plan.hosts[0] if plan.hosts else plan.main
        assert host is not None
        authority = host.server_name.decode("latin-1")
        scheme = "https" if host.tls else "http"
        if plan.hosts and asked.to is None:
            notes.append(f"the first virtual host is asked: type `{scheme}://NAME{target}` for another")
    name, port = split_authority(authority, asked.url)
    secure = scheme in ("https", "wss")
    listener, address, local_port = way_in(plan, asked, name, port, SCHEMES[scheme], secure, notes)
    if listener is not None and listener.tls != secure:
        right = "http" if secure else "https"
        raise Unclear(
            f"port {local_port} speaks {'no ' if secure else ''}TLS ({listener.origin}): type"
            f" `{right}://{authority}{target}`, or `--to ADDRESS:PORT` for another listener"
        )
    sni = ""
    if secure and asked.sni != "-":
        sni = asked.sni if asked.sni is not None else "" if is_address(name) else name.lower()
    elif asked.sni not in (None, "-"):
        raise Unclear("--sni is of TLS: type an `https://` URL")
    data = head(asked, authority, target)
    imagined = asked.body_length
    if imagined and b"\r\ntransfer-encoding:" in data.lower():
        if imagined > MOST_CHUNKED:
            raise Unclear(
                f"of a chunked body only {MOST_CHUNKED} bytes can be imagined: leave the Transfer-Encoding out"
            )
        data += b"%x\r\n%s\r\n0\r\n\r\n" % (imagined, b"x" * imagined)
        imagined = 0
    facts = ConnectionFacts(
        address_of(asked.client, "--from").encode(),
        PORT,
        address.encode(),
        local_port,
        secure,
        sni.encode("latin-1", "replace"),
        table_for(plan, address.encode(), local_port),
    )
    if asked.version == "2.0":
        spoken = [host.http2 for host in table_for(plan, address.encode(), local_port).hosts if host.http2 is not None]
        if not any(http2.secure if secure else http2.clear for http2 in spoken):
            raise Unclear(f"nobody speaks HTTP/2 there: write `Protocols {'h2' if secure else 'h2c'} http/1.1`")
        facts.http2 = variables_of(1, b"1")
    if asked.client == SOMEBODY:
        notes.append(f"the client is {SOMEBODY}, which is nobody's: `--from ADDRESS` says another")
    return Question(data, facts, listener, f"{scheme}://{authority}{target}", imagined, tuple(notes))


def parts_of(url: str) -> tuple[str, str, str]:
    """(scheme, authority, target): the first two "" for a path alone."""
    found = URL.match(url)
    if found is None or not url or (not found["scheme"] and not url.startswith(("/", "*"))):
        raise Unclear(f"`{url}` is no URL: type `http://HOST/PATH`, or `/PATH` for the first virtual host")
    scheme = (found["scheme"] or "").lower()
    if scheme and scheme not in SCHEMES:
        raise Unclear(f"`{scheme}` is not spoken here: type `http://` or `https://`")
    if scheme and not found["authority"]:
        raise Unclear(f"`{url}` names no host: type `{scheme}://HOST/PATH`")
    target = found["target"]
    if target.startswith("?") or not target:
        target = "/" + target
    # What no client would send as it is; everything else goes as it was typed.
    target = "".join(quote(os.fsencode(letter)) if letter <= " " or letter > "~" else letter for letter in target)
    return scheme, found["authority"] or "", target


def split_authority(authority: str, url: str) -> tuple[str, int | None]:
    """Name and port of `host:port`; an IPv6 address without its brackets."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]\x00-\x20]+)(?::([0-9]{1,5}))?", authority)
    if found is None or (found[2] and int(found[2]) > 65535):
        raise Unclear(f"`{authority}` in `{url}` is no host: type `HOST` or `HOST:PORT`")
    return found[1].strip("[]"), int(found[2]) if found[2] else None


def way_in(
    plan: Plan, asked: Asked, name: str, port: int | None, usual: int, secure: bool, notes: list[str]
) -> tuple[Listener | None, str, int]:
    """(listener, our address, our port) that the request comes in by."""
    if asked.to is not None:
        text, colon, digits = asked.to.rpartition(":")
        if not colon or not digits.isdigit():
            raise Unclear(f"--to takes ADDRESS:PORT, not `{asked.to}`: type for instance `--to 127.0.0.1:8080`")
        address = address_of(text.strip("[]"), "--to")
        return listener_at(plan, int(digits), address), address, int(digits)
    wanted = port or usual
    listener = listener_at(plan, wanted, None)
    if listener is None:
        # A port in the URL may be that of somebody in front of us.
        fitting = [one for one in plan.listeners if one.tls == secure] or list(plan.listeners)
        if not fitting:
            raise Unclear("nothing listens: write `Listen PORT` into the configuration")
        listener = next((one for one in fitting if knows(plan, one, name)), fitting[0])
        notes.append(
            f"nothing listens on port {wanted}: taken to arrive at port {listener.port} ({listener.origin});"
            " `--to ADDRESS:PORT` says another"
        )
    return listener, listener.host or own_address(plan, listener.port, name), listener.port


def listener_at(plan: Plan, port: int, address: str | None) -> Listener | None:
    """The listener of a port, at this address if one is given."""
    for listener in plan.listeners:
        if listener.port == port and (address is None or listener.host in ("", "::", "0.0.0.0", address)):
            return listener
    return None


def knows(plan: Plan, listener: Listener, name: str) -> bool:
    """Whether a virtual host at this listener has the name."""
    address = listener.host or own_address(plan, listener.port, name)
    table = table_for(plan, address.encode(), listener.port)
    return table.find(name.lower().encode("latin-1", "replace")) is not None


def own_address(plan: Plan, port: int, name: str) -> str:
    """The address of ours at which a virtual host of this name stands, where listeners take all addresses."""
    tables = plan.tables
    assert isinstance(tables, dict)
    if is_address(name) and any(key[0] == name.encode() for key in tables):
        return name
    for (address, at), table in tables.items():
        if address in (b"", b"*") or at not in (0, port):
            continue
        assert isinstance(table, HostTable)
        if table.find(name.lower().encode("latin-1", "replace")) is not None:
            return str(address.decode())
    return "127.0.0.1"


def address_of(text: str, option: str) -> str:
    """An IP address in its usual spelling."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Unclear(f"{option} takes an IP address, not `{text}`") from None


def head(asked: Asked, authority: str, target: str) -> bytes:
    """The request's head as a client would send it."""
    if METHOD.match(asked.method) is None:
        raise Unclear(f"`{asked.method}` is no method: type for instance `-X POST`")
    fields = []
    for field in asked.fields:
        found = FIELD.match(field)
        if found is None:
            raise Unclear(f"-H takes `Name: value`, not `{field}`: type for instance `-H 'Upgrade: websocket'`")
        fields.append((found[1], found[2].strip(" \t")))
    names = {name.lower() for name, _ in fields}
    for cookie in asked.cookies:
        if "=" not in cookie or "\r" in cookie or "\n" in cookie:
            raise Unclear(f"--cookie takes NAME=VALUE, not `{cookie}`: type for instance `--cookie ROUTEID=.1`")
    if asked.cookies:
        if "cookie" in names:
            raise Unclear("there is a Cookie field already: write every cookie with --cookie, or all into one -H")
        fields.append(("Cookie", "; ".join(asked.cookies)))
    if asked.body_length and not {"content-length", "transfer-encoding"} & names:
        fields.append(("Content-Length", str(asked.body_length)))
    if "host" not in names and asked.version != "1.0":
        fields.insert(0, ("Host", authority))
    lines = [f"{asked.method} {target} HTTP/{asked.version}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
