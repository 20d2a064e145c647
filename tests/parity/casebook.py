"""Reads the cases: Markdown files in which a configuration, scripted members and requests stand beside prose.

The little language is described in README.md in this folder. This file turns its text into values and refuses what it
does not understand, with file and line; it starts nothing, sends nothing and compares nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

MEMBERS = ("b1", "b2", "b3", "b4", "t1", "t2", "t3", "t4", "t5")
HOST_FIELD = b"Host: www.example"

Ending = Literal["answer", "closed", "headless"]


class CaseError(Exception):
    """A case file says something that this language does not have."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a reader is told to expect of one request; None means that the case does not say."""

    status: int | None
    members: tuple[str, ...]
    line: str | None = None
    ending: Ending = "answer"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a message: a field that is there as written (`A: 1`), there at all, or absent; the whole body."""

    where: Literal["client", "member"]
    what: Literal["field", "absent", "body", "fresh", "kept"]
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes on the wire, and what to expect of it."""

    line_number: int
    title: str
    method: str
    payload: bytes
    expected: Expected | None
    evenflow: Expected | None = None
    differs: str | None = None
    looks: tuple[Look, ...] = ()
    evenflow_looks: tuple[Look, ...] = ()
    same_connection: bool = False
    pipelined: bool = False
    tls: str | None = None
    certificate: str | None = None
    shows: str | None = None
    agrees: bool = False
    """The client may be asked for its certificate after the handshake."""
    speaks: str | None = None
    http2: str | None = None
    tunnel: bytes | None = None
    tunnel_early: bool = False
    tunnel_idle: float | None = None
    takes: float | None = None
    dribbled: bool = False
    framed_anyhow: bool = False
    """How the body is framed does not count: httpd gives a length where all of it was there at the first read."""
    half_closed: bool = False
    leaves: float | None = None
    wait: float = 0.0


# What a scripted member does, step by step.
@dataclass(frozen=True, slots=True)
class Send:
    data: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes of an answer's body: left out when the request was HEAD."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Act:
    what: Literal["close", "reset", "body", "unread", "tunnel"]


Step = Send | Body | Wait | Act


@dataclass(frozen=True, slots=True)
class Script:
    """What the named members do with a request; `path` None is every path."""

    members: tuple[str, ...]
    path: str | None
    text: tuple[str, ...]
    line_number: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log, masked as `logged.py` says; the two differ where `differs` names a row of differences.md."""

    httpd: str
    evenflow: str
    differs: str | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """What both fronts write into a log; without lines the two are compared alone."""

    path: str
    lines: tuple[LogLine, ...]
    line_number: int


@dataclass(frozen=True, slots=True)
class Case:
    """One configuration with its members and requests."""

    book: str
    title: str
    line_number: int
    config: str
    whole: bool
    files: tuple[tuple[str, str], ...] = ()
    scripts: tuple[Script, ...] = ()
    requests: tuple[Request, ...] = ()
    logs: tuple[Logged, ...] = ()
    refused: str | None = None

    @property
    def name(self) -> str:
        """The case's name in the test's output."""
        return f"{self.book}::{re.sub(r'[^a-z0-9]+', '-', self.title.lower()).strip('-')}"


@dataclass(slots=True)
class _Block:
    kind: str
    words: tuple[str, ...]
    line_number: int
    lines: list[str]


def read_book(path: Path, examples: Path, addresses: Mapping[str, str]) -> list[Case]:
    """Read every case of one Markdown file; a heading of level two opens a case.

    `addresses` says what stands for `{front}`, `{b1}` and the others; `{a*9}` is nine times `a`; other braces stay.
    """
    cases: list[Case] = []
    blocks: list[_Block] = []
    title, opened = "", 0
    for item in _blocks(path, addresses):
        if isinstance(item, _Block):
            blocks.append(item)
            continue
        if blocks:
            cases.append(_case(path, title, opened, blocks, examples))
        opened, title = item
        blocks = []
    if blocks:
        cases.append(_case(path, title, opened, blocks, examples))
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise CaseError(f"{path.name}: two cases are called `{name}`")
    return cases


def _blocks(path: Path, addresses: Mapping[str, str]) -> Iterator[tuple[int, str] | _Block]:
    """Yield the headings of level two as (line, title), and the fenced blocks."""
    block: _Block | None = None
    fence = ""
    text = path.read_text("utf-8")
    for name, address in addresses.items():
        text = text.replace("{" + name + "}", address)
    text = re.sub(r"\{(\w)\*(\d+)\}", lambda found: found[1] * int(found[2]), text)
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if line.rstrip() == fence:
                yield block
                block = None
            else:
                block.lines.append(line)
        elif found := re.match(r"(`{3,})(\S+)(.*)$", line):
            fence = found[1]
            block = _Block(found[2], tuple(found[3].split()), number, [])
        elif line.startswith("## "):
            yield number, line[3:].strip()
    if block is not None:
        raise CaseError(f"{path.name}:{block.line_number}: the block `{block.kind}` is never closed")


def _case(path: Path, title: str, opened: int, blocks: list[_Block], examples: Path) -> Case:
    if not title:
        raise CaseError(f"{path.name}:{blocks[0].line_number}: a block stands before the first `##` heading")
    case = Case(path.stem, title, opened, "", False)
    for block in blocks:
        where = f"{path.name}:{block.line_number}"
        text = "\n".join(block.lines) + "\n"
        match block.kind:
            case "apache":
                if case.config:
                    raise CaseError(f"{where}: a case has one `apache` block")
                case = _configured(case, block, text, examples, where)
            case "file":
                case = replace(case, files=(*case.files, (block.words[0], text)))
            case "member":
                members = tuple(word for word in block.words if not word.startswith("/"))
                paths = [word for word in block.words if word.startswith("/")]
                if not members or set(members) - set(MEMBERS) or len(paths) > 1:
                    raise CaseError(f"{where}: `member` takes names of {', '.join(MEMBERS)} and at most one path")
                script = Script(members, paths[0] if paths else None, tuple(block.lines), block.line_number)
                case = replace(case, scripts=(*case.scripts, script))
            case "requests":
                case = replace(case, requests=(*case.requests, *_requests(path, block)))
            case "log":
                case = replace(case, logs=(*case.logs, _logged(block, where)))
            case "refused":
                case = replace(case, refused=text.strip())
            case _:
                raise CaseError(f"{where}: there is no block `{block.kind}`")
    if not case.config or not (case.requests or case.refused):
        raise CaseError(f"{path.name}:{opened}: `{title}` needs an `apache` block and a `requests` or `refused` block")
    if "SUBSTITUTE" in case.config:
        case = replace(case, requests=tuple(replace(request, framed_anyhow=True) for request in case.requests))
    return case


def _configured(case: Case, block: _Block, text: str, examples: Path, where: str) -> Case:
    """The configuration of the block itself, or of an example file with its addresses exchanged."""
    if not block.words:
        return replace(case, config=text, whole=re.search(r"^\s*Listen\s", text, re.M | re.I) is not None)
    config = (examples / block.words[0]).read_text("utf-8")
    for line in block.lines:
        old, arrow, new = line.partition(" = ")
        if not arrow or old not in config:
            raise CaseError(f"{where}: `{line}` is not `TEXT OF THE FILE = NEW TEXT`")
        config = config.replace(old, new)
    return replace(case, config=config, whole=True)


def _logged(block: _Block, where: str) -> Logged:
    """The lines of a log; behind `differs ID` stand httpd's line and evenflow's."""
    if len(block.words) != 1:
        raise CaseError(f"{where}: `log` takes the path of a log below ServerRoot")
    lines: list[LogLine] = []
    rest = list(block.lines)
    while rest:
        line = rest.pop(0)
        if found := re.match(r"differs ([a-z0-9-]+)$", line):
            if len(rest) < 2:
                raise CaseError(f"{where}: behind `{line}` stand two lines, httpd's and evenflow's")
            lines.append(LogLine(rest.pop(0), rest.pop(0), found[1]))
        else:
            lines.append(LogLine(line, line))
    return Logged(block.words[0], tuple(lines), block.line_number)


# ---- requests

_OUTCOME = re.compile(r"(?:(\d{3}|closed|headless):)?((?:[bt]\d)(?:,[bt]\d)*)$|(\d{3}|closed|headless)$")
_HEAD = re.compile(r"(?:(\d+) x )?(raw\b.*?|[A-Za-z]+ \S+(?: HTTP/\S+)?)(?:\s+-> (.*))?$")
_SIZED = re.compile(r"\((\d+) bytes\)$")
_FIELD = re.compile(r"[^\s:|<>=]+:")


def _requests(path: Path, block: _Block) -> list[Request]:
    requests: list[Request] = []
    group: list[tuple[int, str]] = []
    for number, line in enumerate(block.lines, block.line_number + 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" ") and group:
            requests.extend(_request(path, group))
            group = []
        group.append((number, line))
    if group:
        requests.extend(_request(path, group))
    return requests


def _request(path: Path, group: list[tuple[int, str]]) -> list[Request]:
    """One request line with its indented lines; as many requests as `N x` says."""
    number, first = group[0]
    where = f"{path.name}:{number}"
    found = _HEAD.match(first.rstrip())
    if found is None:
        raise CaseError(f"{where}: `{first}` is not `[N x] METHOD TARGET [HTTP/VERSION] [-> EXPECTED]`")
    times = int(found[1] or 1)
    line = found[2]
    expected = _expected(found[3], times, where) if found[3] else [None] * times
    ours: list[Expected | None] = [None] * times
    fields: list[bytes] = []
    bodies: list[bytes] = []
    raw: list[bytes] = []
    looks: list[Look] = []
    own_looks: list[Look] = []
    host, chunked = True, False
    request = Request(number, first.strip(), line.split()[0], b"", None)
    for at, indented in group[1:]:
        text = indented.strip()
        word, _, rest = text.partition(" ")
        here = f"{path.name}:{at}"
        match word:
            case "=":
                raw.append(_wire(rest))
            case "|":
                bodies.append(_sized(rest))
            case "<" | ">" | "<!" | ">!" | "<|" | ">|":
                looks.append(_look(word, rest))
            case "tls":
                request = replace(request, tls=rest)
            case "shows":
                request = replace(request, shows=rest)
            case "agrees":
                request = replace(request, agrees=True)
            case "speaks":
                request = replace(request, speaks=rest)
            case "h2" | "h2c" if not rest or (word == "h2c" and rest == "upgrade"):
                request = replace(request, http2=rest or word)
            case "certificate":
                request = replace(request, certificate=rest)
            case "tunnel":
                request = replace(request, tunnel=unescape(rest))
            case "tunnel-early":
                request = replace(request, tunnel=unescape(rest), tunnel_early=True)
            case "tunnel-idle":
                request = replace(request, tunnel=b"", tunnel_idle=float(rest))
            case "takes":
                request = replace(request, takes=float(rest))
            case "leaves":
                request = replace(request, leaves=float(rest))
            case "wait":
                request = replace(request, wait=float(rest))
            case "differs":
                request = replace(request, differs=rest)
            case "evenflow" if rest[:1] in ("<", ">"):
                own_looks.append(_look(*rest.split(" ", 1)))
            case "evenflow":
                ours = list(_expected(rest.removeprefix("-> "), times, here))
            case _ if text == "no Host":
                host = False
            case "fresh" | "kept" if text == f"{word} connection":
                looks.append(Look("member", word, text))
            case _ if text == "dribbled":
                request = replace(request, dribbled=True)
            case _ if text == "half-closed":
                request = replace(request, half_closed=True)
            case _ if text == "chunked":
                chunked = True
            case _ if text == "same connection":
                request = replace(request, same_connection=True)
            case _ if text == "pipelined":
                request = replace(request, same_connection=True, pipelined=True)
            case _ if _FIELD.match(text):
                fields.append(unescape(text))
            case _:
                raise CaseError(f"{here}: `{text}` is not a field, a body (`|`), a look (`<`, `>`) or a word of ours")
    if line.startswith("raw"):
        if fields or bodies or not raw:
            raise CaseError(f"{where}: a raw request consists of `=` lines alone")
        payload = b"".join(raw)
        method = payload.split(b" ")[0].decode("latin-1")
    else:
        payload = _payload(line, fields, bodies, host, chunked)
        method = line.split()[0]
    if (request.differs is None) != (ours[0] is None) or (own_looks and ours[0] is None):
        raise CaseError(f"{where}: `differs` and `evenflow ->` belong together")
    request = replace(request, payload=payload, method=method, looks=tuple(looks), evenflow_looks=tuple(own_looks))
    return [replace(request, expected=theirs, evenflow=own) for theirs, own in zip(expected, ours, strict=True)]


def _expected(text: str, times: int, where: str) -> list[Expected | None]:
    """`b1`, `200 b1 GET /x`, `503`, `502:b1`, `closed`; for `N x`, N such words."""
    words = text.split()
    line: str | None = None
    if times == 1 and len(words) > 1:
        # `200 b1 GET /x`, `b1 GET /x` and `502 b1`: one answer said in several words
        if _OUTCOME.match(f"{words[0]}:{words[1]}"):
            words[0:2] = [f"{words[0]}:{words[1]}"]
        line = " ".join(words[1:]) or None
        words = words[:1]
    if len(words) != times:
        raise CaseError(f"{where}: {times} requests, but {len(words)} answers expected")
    outcomes: list[Expected | None] = []
    for word in words:
        found = _OUTCOME.match(word)
        if found is None:
            raise CaseError(f"{where}: `{word}` is not a status, a member, `closed` or `STATUS:MEMBER`")
        status = found[1] or found[3] or "200"
        members = tuple(found[2].split(",")) if found[2] else ()
        if status == "closed" or status == "headless":
            outcomes.append(Expected(None, members, line, "closed" if status == "closed" else "headless"))
        else:
            outcomes.append(Expected(int(status), members, line))
    return outcomes


def _look(word: str, rest: str) -> Look:
    where: Literal["client", "member"] = "client" if word[0] == "<" else "member"
    if word[1:] == "|":
        return Look(where, "body", rest)
    return Look(where, "absent" if word[1:] == "!" else "field", rest)


def _payload(line: str, fields: list[bytes], bodies: list[bytes], host: bool, chunked: bool) -> bytes:
    """Head and body of an ordinary request: Host and the framing are added where the case does not write them."""
    if " HTTP/" not in line:
        line += " HTTP/1.1"
    names = [text.partition(b":")[0].lower() for text in fields]
    head = [line.encode("latin-1")]
    if host and b"host" not in names:
        head.append(HOST_FIELD)
    head += fields
    if chunked:
        head.append(b"Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in bodies) + b"0\r\n\r\n"
    else:
        body = b"".join(bodies)
        if bodies and not {b"content-length", b"transfer-encoding"} & set(names):
            head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(head) + b"\r\n\r\n" + body


# ---- members

_STATUS = re.compile(rb"HTTP/\S+ (\d{3})")


def steps(lines: tuple[str, ...]) -> list[Step]:
    """What a `member` block makes the member do, in order."""
    done: list[Step] = []
    head: list[bytes] = []
    body: list[bytes] = []
    pending: list[Step] = []
    in_body = False

    def finish() -> None:
        """Write the head that was collected, with a length if it has none, and the steps that followed it."""
        nonlocal in_body
        if head:
            done.append(Send(b"\r\n".join([*head, *_length(head, body, pending)]) + b"\r\n\r\n"))
        done.extend(pending)
        if _is_chunked(head) and not _breaks_off(pending):
            done.append(Body(b"0\r\n\r\n"))
        head.clear()
        body.clear()
        pending.clear()
        in_body = False

    for line in lines:
        if line.startswith("!"):
            word, _, rest = line[1:].partition(" ")
            step: Step
            match word:
                case "wait":
                    step = Wait(float(rest))
                case "raw":
                    step = Send(unescape(rest))
                case "close":
                    step = Act("close")
                case "reset":
                    step = Act("reset")
                case "body":
                    step = Act("body")
                case "unread":
                    step = Act("unread")
                case "tunnel":
                    step = Act("tunnel")
                case _:
                    raise CaseError(f"a member cannot `!{word}`")
            (pending if in_body else done).append(step)
        elif in_body:
            piece = _sized(line)
            body.append(piece)
            pending.append(Body(b"%x\r\n%s\r\n" % (len(piece), piece) if _is_chunked(head) else piece))
        elif line:
            head.append(unescape(line))
        elif head:
            found = _STATUS.match(head[0])
            in_body = True
            if found and found[1].startswith(b"1") and found[1] != b"101":
                finish()
    finish()
    return done


def _length(head: list[bytes], body: list[bytes], pending: list[Step]) -> list[bytes]:
    """Content-Length, unless the head says how it is framed, has no body, or the script closes the connection."""
    names = {line.partition(b":")[0].strip().lower() for line in head}
    found = _STATUS.match(head[0])
    bodiless = found is not None and (found[1].startswith(b"1") or found[1] in (b"204", b"304"))
    if bodiless or names & {b"content-length", b"transfer-encoding"} or _breaks_off(pending):
        return []
    return [b"Content-Length: %d" % sum(map(len, body))]


def _breaks_off(pending: list[Step]) -> bool:
    return any(isinstance(step, Act) and step.what in ("close", "reset", "tunnel") for step in pending)


def _is_chunked(head: list[bytes]) -> bool:
    return any(line.lower().replace(b" ", b"") == b"transfer-encoding:chunked" for line in head)


# ---- bytes

_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\", "s": " "}


def unescape(text: str) -> bytes:
    r"""The bytes of a written text: `\r \n \t \s \\ \xHH` stand for themselves, anything above ASCII is UTF-8."""
    def one(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if code[0] == "x" else _ESCAPES[code]

    pieces = re.split(r"(\\(?:x[0-9a-fA-F]{2}|[rnts\\]))", text)
    return b"".join(
        re.sub(r"\\(x[0-9a-fA-F]{2}|[rnts\\])", one, piece).encode("latin-1" if piece[:1] == "\\" else "utf-8")
        for piece in pieces
    )


def _wire(text: str) -> bytes:
    """A raw line: CRLF follows unless it ends in a backslash."""
    return unescape(text[:-1]) if text.endswith("\\") and not text.endswith("\\\\") else unescape(text) + b"\r\n"


def _sized(text: str) -> bytes:
    """`(N bytes)` is a body of that size with a pattern that shows a lost or doubled piece; other text is itself."""
    found = _SIZED.match(text)
    return pattern(int(found[1])) if found else unescape(text)


def pattern(size: int) -> bytes:
    """`size` bytes, no run of which repeats within 100 kB."""
    pieces = b"".join(b"%07d." % number for number in range(size // 8 + 1))
    return pieces[:size]
