"""Fuzz target: log formats, the lines that they make, and reading such lines back.

Each input is a LogFormat, an empty line, and a request. The format is refused by its own fault or makes one line, in
which nothing that a client sent begins another. In httpd's own formats the line is read back as the request that it was
made of. As a line of a log the input is read too, by the input as a format: nothing is raised.
"""

from __future__ import annotations

import random
from typing import Final

from evenflow.origin import NOWHERE
from evenflow.plan.model import FORWARD, ConnectionFacts, Decision, Scope, VirtualHost
from evenflow.serve.log_format import FormatFault
from evenflow.serve.log_reading import compile_format
from evenflow.serve.log_record import LogRecord
from evenflow.tools import replay
from evenflow.tools.asking import Unclear
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.http1 import RequestHead
from fuzz import mutation

REQUEST: Final = (
    b'\n\nGET /a%20b?c=%22 HTTP/1.1\r\nHost: a.example\r\nReferer: x y"z\r\nUser-Agent: u\\v\r\nCookie: k=v\r\n\r\n'
)
CORPUS: Final = (
    *(text.encode() + REQUEST for text in replay.FORMATS.values()),
    b"%m %U%q %H %{Host}i %{k}C %D %{us}T %{%Y-%m-%d}t %{msec_frac}t %I %O %S %B %X %k" + REQUEST,
    b"%!200,304{Referer}i %<s %>s %{c}a %{local}p %{X}n %{V}e %{Server}o %{SSL_PROTOCOL}x %P %{tid}P %^FB %%" + REQUEST,
    b'\\t\\n\\"%h %v %V %A %f %R %L %u' + b"\n\nPOST http://b.example:81/?%ff HTTP/1.0\r\nX: \xff\x01\r\n\r\n",
)
WORDS: Final = (
    *(b"%", b"%{", b"}", b"%>", b"%<", b"%!404", b"%200,", b"%h", b'"%r"', b"%U", b"%q", b"%m", b"%{Referer}i", b"%t"),
    *(b"%{begin:%T}t", b"%{sec}t", b"%{ms}T", b"%{remote}p", b"%^ti", b"\\n", b"\\", b'"', b" ", b"[", b"%{}i", b"%{x"),
    *(b"\n\n", b"GET ", b" HTTP/1.1\r\n", b"\r\n", b"Host: ", b"\\x0a", b"\\\\", b'\\"', b"Cookie: ", b"\xc3\xa9"),
)


def record_of(head: RequestHead) -> LogRecord:
    made = LogRecord()
    made.decision = Decision(FORWARD, VirtualHost(0, b"a.example", NOWHERE), Scope(), NOWHERE)
    made.decision.path = head.path
    made.head = head
    made.facts = ConnectionFacts(b"192.0.2.1", 54506, b"127.0.0.1", 80, False, b"", None)
    made.status = 200
    made.started = 1795262690.371
    made.duration = 1.25
    made.sent_head = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
    made.env = {b"V": head.target}
    return made


def check(data: bytes, rng: random.Random) -> int:
    """Write and read; accepted if the format makes a line."""
    text, _, request = data.partition(b"\n\n")
    read_as_format(text.decode("utf-8", "surrogateescape"), (data, request, b"", b" ".join(data.split(b"%"))))
    head = RequestHead()
    try:
        head.parse(request)
    except ProtocolFault:
        return -1
    record = record_of(head)
    read_back(record, rng.choice(("common", "combined", "vhost_common", "vhost_combined")))
    try:
        made = compile_format(text.decode("utf-8", "surrogateescape"))
    except FormatFault as fault:
        assert fault.specifier and str(fault)
        return -1
    line = made.line(record)
    # Line ends of its own are the format's; a client has none to give.
    ends = text.count(b"\n") + text.count(b"\\n") + 1
    assert line.endswith(b"\n") and line.count(b"\n") <= ends, line
    return len(data)


def read_back(record: LogRecord, name: str) -> None:
    """What replay makes of the line is the request."""
    head = record.head
    line = compile_format(replay.FORMATS[name]).line(record)
    read = replay.LogFormat(replay.FORMATS[name]).read(line.rstrip(b"\n"))
    if b" " in head.target or head.method.lower() == b"-":
        return
    assert read is not None, line
    path, question, query = head.target.partition(b"?")
    assert (read.method, read.path, read.query) == (head.method, path, query if question else None), (line, read)
    assert read.client == b"192.0.2.1"


def read_as_format(text: str, lines: tuple[bytes, ...]) -> None:
    try:
        made = replay.LogFormat(text)
    except Unclear:
        return
    for line in lines:
        made.read(line)


if __name__ == "__main__":
    mutation.main("log_lines", check, CORPUS, WORDS)
