"""What one front did with one case: the observation, its complaints against the case, and its text for comparison.

The text leaves out what must differ between two servers (the date, the product's name, the wording of an error page)
and nothing else, so that a plain comparison of two texts is the verdict.
"""

from __future__ import annotations

import email.utils
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import brotli

from .casebook import Expected, Look, Request, unescape
from .client import Answer, Reply
from .members import Received

PAGE = "text/html; charset=iso-8859-1"
"""The Content-Type of every page that httpd writes itself."""

OWN_SERVER = {"httpd": "Apache", "evenflow": "evenflow"}
"""How the Server field begins that a front writes itself."""


@dataclass(slots=True)
class Seen:
    """One request, what came back and what members received."""

    front: str
    request: Request
    reply: Reply
    received: list[Received]

    def is_opening(self) -> bool:
        """Whether it asks for a tunnel over a stream."""
        return self.request.http2 is not None and self.request.tunnel is not None

    def is_page(self) -> bool:
        """Did the front write this body itself, in words of its own?"""
        answer = self.reply.answer
        if answer is None or any(look.what == "body" and look.where == "client" for look in self.request.looks):
            return False
        return any(value.lower() == PAGE for value in answer.values("content-type"))


def has_length(seen: Seen) -> bool:
    """Is this no page of the front's own, or one that says its length and has it?"""
    answer = seen.reply.answer
    if answer is None or not seen.is_page() or seen.request.method == "HEAD":
        return True
    return answer.framing == "length" and answer.complete and answer.body != b""


def complaints(seen: Seen, expected: Expected | None, looks: Sequence[Look] | None = None) -> list[str]:
    """What the case says of this request and is not so; `looks` stand for the case's own when they are given."""
    found: list[str] = []
    reply, request = seen.reply, seen.request
    if expected is not None:
        ending = expected.ending
        if reply.ending != ending:
            found.append(f"expected {ending}, got {reply.ending}")
        if expected.status is not None and reply.answer is not None and reply.answer.status != expected.status:
            found.append(f"expected status {expected.status}, got {reply.answer.status}")
        members = tuple(received.member for received in seen.received)
        if members != expected.members:
            found.append(f"expected to reach {expected.members or 'no member'}, reached {members or 'no member'}")
        elif expected.line is not None:
            line = seen.received[-1].line.decode("latin-1").rpartition(" ")[0] if seen.received else ""
            if line != expected.line:
                found.append(f"expected the member to see `{expected.line}`, it saw `{line}`")
    if request.certificate is not None and reply.certificate != request.certificate:
        found.append(f"expected the certificate of {request.certificate}, got {reply.certificate}")
    if request.takes is not None and abs(reply.seconds - request.takes) > 0.9:
        found.append(f"expected to take {request.takes} seconds, took {reply.seconds:.1f}")
    for look in request.looks if looks is None else looks:
        if not _holds(seen, look):
            found.append(f"`{'<' if look.where == 'client' else '>'} {look.what} {look.text}` does not hold")
    return found


def _holds(seen: Seen, look: Look) -> bool:
    if look.where == "client":
        answer = seen.reply.answer
        if answer is None:
            return False
        lines = [f"{name}: {value}".rstrip() for name, value in answer.fields]
        body = unpacked(answer)
    else:
        if not seen.received:
            return False
        lines = [line.decode("latin-1").rstrip() for line in seen.received[-1].fields]
        body = seen.received[-1].body
        if look.what in ("fresh", "kept"):
            return seen.received[-1].first == (look.what == "fresh")
    if look.what == "body":
        return body == unescape(look.text)
    if ":" in look.text:
        there = unescape(look.text).decode("latin-1") in lines
    else:
        there = any(line.partition(":")[0].lower() == look.text.lower() for line in lines)
    return there != (look.what == "absent")


def text(seen: Seen) -> list[str]:
    """The observation as lines, without what must differ."""
    reply = seen.reply
    lines = [f"# {seen.request.title}", f"ending: {reply.ending}"]
    if reply.certificate is not None:
        lines.append(f"certificate: {reply.certificate}")
    for answer in reply.interim:
        lines += _answer_lines(answer, seen, False)
    if reply.answer is not None:
        lines += _answer_lines(reply.answer, seen, seen.is_page())
    if reply.headless:
        lines.append(f"bytes without a head: {reply.headless!r}")
    if reply.tunnel is not None:
        lines.append(f"tunnel: {reply.tunnel!r}")
    lines.append(f"afterwards: {reply.after}")
    for received in seen.received:
        lines.append(f"{received.member} received: {received.line.decode('latin-1')}")
        fields = [keyed(field) for field in received.fields] if seen.is_opening() else received.fields
        lines += [f"{received.member} field: {field.decode('latin-1')}" for field in fields]
        lines.append(f"{received.member} body: {_body(received.body)}{'' if received.complete else ' (cut short)'}")
        if received.tunnel:
            lines.append(f"{received.member} tunnel: {received.tunnel!r}")
    return lines


def keyed(field: bytes) -> bytes:
    """A field that a member received, without the key that a front has made for a stream, which has none."""
    return b"Sec-WebSocket-Key: (its own)" if KEY.fullmatch(field) else field


def _answer_lines(answer: Answer, seen: Seen, page: bool) -> list[str]:
    """Status line, fields by name (same names stay in order), framing and body."""
    lines = [f"answer: {answer.version} {answer.status} {answer.reason}"]
    fields = []
    for name, value in answer.fields:
        key = name.lower()
        if page and key in ("content-length", "transfer-encoding", "expires"):
            # httpd frames its own pages now with a length, now in chunks, now by closing; see `has_length`
            continue
        if key == "date" and _is_time(value, seen.reply.at):
            value = "(now)"
        elif key == "server" and value.startswith(OWN_SERVER[seen.front]):
            value = "(own)"
        elif key == "expires" and (age := _max_age(answer)) >= 0 and _is_time(value, seen.reply.at + age):
            value = f"(in {age} s)"
        elif key == "allow":
            # httpd writes the methods in the order of a table that it hashes anew at each start
            value = ",".join(sorted(word.strip() for word in value.split(",")))
        elif key == "content-type":
            value = value.replace("charset=ISO-8859-1", "charset=iso-8859-1")
        fields.append(f"field: {name}: {value}")
    lines += sorted(fields, key=lambda line: line.split(":")[1].lower())
    body = "(a page)" if page and answer.body else _body(unpacked(answer))
    unpacks = any(etag.endswith('-gunzip"') for etag in answer.values("etag"))
    anyhow = seen.request.framed_anyhow and answer.framing != "none"
    if anyhow or unpacks or answer.values("content-encoding"):
        # what httpd compresses or unpacks has a length where all of it was there at the first read
        lines.append("framing: (a changed body's)")
        lines = [line for line in lines if line.partition(":")[2].partition(":")[0].strip().lower() not in FRAMING]
    else:
        lines.append("framing: (a page's)" if page else f"framing: {answer.framing}")
    lines.append(f"body: {body}{'' if answer.complete else ' (cut short)'}")
    lines += [f"trailer: {trailer}" for trailer in answer.trailers]
    return lines


def _max_age(answer: Answer) -> int:
    """What Cache-Control says, -1 for nothing."""
    found = re.search(r"max-age=(\d+)", ",".join(answer.values("cache-control")))
    return int(found[1]) if found else -1


KEY = re.compile(rb"Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==")
FRAMING = ("content-length", "transfer-encoding")


def unpacked(answer: Answer) -> bytes:
    """The body without the coding that Content-Encoding names; as it came where it does not hold."""
    coding = ",".join(answer.values("content-encoding")).lower()
    try:
        if coding == "gzip":
            return zlib.decompress(answer.body, 31)
        if coding == "br":
            return bytes(brotli.decompress(answer.body))
    except (zlib.error, brotli.error):
        pass
    return answer.body


def _body(body: bytes) -> str:
    return repr(body) if len(body) <= 400 else f"{len(body)} bytes, sha256 {hashlib.sha256(body).hexdigest()[:16]}"


def _is_time(value: str, at: float) -> bool:
    """A date in the one format that servers write, within a minute of that time."""
    try:
        said = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return False
    return value == email.utils.format_datetime(said, usegmt=True) and abs(said.timestamp() - at) < 60
