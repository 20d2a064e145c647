"""A running instance, asked to explain a request: it goes over a connection like any other, with a field that asks for
the explanation instead of the answer.

Nothing that could change anything is sent before a harmless request has shown that this instance explains to us. What
cannot be asked is an `Unclear`, with what to type instead.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from evenflow.plan.vhosts import HostTable
from evenflow.tools.asking import SOMEBODY, Asked, Question, Unclear, question
from evenflow.tools.explain import loaded_plan

FIELD: Final = "Evenflow-Explain: only"
HARMLESS: Final = ("GET", "HEAD", "OPTIONS")
PATIENCE: Final = 10.0
"""Seconds without a byte of an answer."""
MOST_SENT: Final = 65536
"""Bytes of an imagined body that are really sent; a child collects no more of one."""
MOST_ANSWER: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Instance:
    """A configuration that somebody runs."""

    file: str
    defines: Mapping[str, str]
    pid: int
    """0 where the configuration does not say it."""


def instance(path: str, defines: Mapping[str, str], color: bool) -> Instance:
    """The instance that a PidFile or a configuration stands for. Raises `Unclear` and `explain.Unusable`."""
    try:
        with open(path, "rb") as file:
            text = file.read(64).strip()
    except OSError as fault:
        raise Unclear(f"`{path}` cannot be read: {fault.strerror}") from None
    if text.isdigit():
        return by_pid(int(text), path)
    _, plan = loaded_plan(path, defines, color)
    if not plan.pid_file:
        return Instance(path, defines, 0)
    try:
        said = Path(plan.pid_file).read_bytes().strip()
    except OSError as fault:
        reason = f"{fault.strerror}: its PidFile `{plan.pid_file}` cannot be read"
        raise Unclear(f"`{path}` is not running ({reason}): type `evenflow serve {path}`") from None
    if not said.isdigit() or not Path(f"/proc/{int(said)}").exists():
        raise Unclear(f"`{path}` is not running (`{plan.pid_file}` is of a dead process): type `evenflow serve {path}`")
    return Instance(path, defines, int(said))


def by_pid(pid: int, path: str) -> Instance:
    """The configuration that a process serves, as it was typed when it was started."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1]
        folder = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        raise Unclear(f"no process {pid} is running, which `{path}` names, or it is not yours to look at") from None
    if "serve" not in words:
        raise Unclear(f"process {pid}, which `{path}` names, is not `evenflow serve`")
    defines: dict[str, str] = {}
    file = ""
    rest = iter(words[1:])
    serving = False
    for word in rest:
        if word.startswith("-D"):
            name, _, value = (word[2:] or next(rest, "")).partition("=")
            defines[name] = value
        elif word == "serve":
            serving = True
        elif word == "--children":
            next(rest, None)
        elif serving and not word.startswith("-"):
            file = word
    if not file:
        raise Unclear(f"process {pid} does not say which configuration it serves")
    return Instance(os.path.join(folder, file), defines, pid)


def answer(path: str, defines: Mapping[str, str], asked: Asked, color: bool = False) -> tuple[Any, tuple[str, ...]]:
    """The explanation by the running instance, and what was assumed. Raises `Unclear` and `explain.Unusable`."""
    if asked.client != SOMEBODY:
        raise Unclear("a running instance sees where the connection comes from: leave out --from")
    found = instance(path, defines, color)
    _, plan = loaded_plan(found.file, found.defines, color)
    one = question(replace(asked, fields=(*asked.fields, FIELD)), plan)
    table = one.facts.table
    assert isinstance(table, HostTable)
    host = table.select(host_field(one.data))
    if not host.explain_from:
        raise Unclear(
            f"the virtual host {host.server_name.decode('latin-1')} ({host.origin}) explains to nobody: write"
            " `EvenflowExplain from 127.0.0.1` into it and start anew"
        )
    if asked.method not in HARMLESS:
        exchange(question(replace(asked, method="GET", fields=(FIELD,), body_length=0), plan), found.file)
    said = exchange(one, found.file)
    said["request"]["url"] = one.url
    whose = f"process {found.pid}" if found.pid else "the running instance"
    notes = [note for note in one.notes if SOMEBODY not in note]
    return said, (*notes, f"{whose} was asked, which serves {found.file}")


def host_field(data: bytes) -> bytes:
    """The Host of a head."""
    for line in data.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"host":
            return value.strip()
    return b""


def exchange(one: Question, file: str) -> Any:
    """Send the request, read the explanation."""
    facts = one.facts
    address = (facts.local_address.decode(), facts.local_port)
    place = f"{address[0]}:{address[1]}"
    try:
        with socket.create_connection(address, PATIENCE) as plain:
            sock = secured(plain, facts.sni.decode("latin-1")) if facts.tls else plain
            sock.sendall(one.data + b"x" * min(one.imagined, MOST_SENT))
            response = http.client.HTTPResponse(sock)
            response.begin()
            body = response.read(MOST_ANSWER)
    except (OSError, http.client.HTTPException) as fault:
        raise Unclear(f"no answer from {place} ({fault}): is `{file}` running?") from None
    if response.status == 200 and response.getheader("Content-Type") == "application/json":
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        if isinstance(said, dict) and "error" in said:
            raise Unclear(f"the instance could not explain it: {said['error']}")
        if isinstance(said, dict) and said.get("scoreboard") == "live":
            return said
    raise Unclear(
        f"the instance at {place} answered with {response.status} and no explanation: it does not explain to this"
        f" machine's address. Write `EvenflowExplain from ADDRESS` into `{file}` and start anew"
    )


def secured(made: socket.socket, name: str) -> ssl.SSLSocket:
    """TLS without a look at the certificate: it is our own machine, and nothing secret is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(made, server_hostname=name or None)
