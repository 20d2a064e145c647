"""Requests to replay: out of an access log, a list of URLs, or a configuration.

A log is read line by line with the pattern that its LogFormat makes; what the format does not tell is left out. Nothing
is decided here, and a line that cannot be read is a value of its own, never a guess.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, NamedTuple, cast

from evenflow.config.parser import Tree
from evenflow.config.syntax import Included, Node, Section
from evenflow.tools.asking import SCHEMES, Unclear, parts_of, split_authority

FORMATS: Final = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "vhost_common": '%v %h %l %u %t "%r" %>s %b',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
}
"""httpd's own nicknames, and Debian's."""

MOST_LINE: Final = 1 << 16


class Request(NamedTuple):
    """What is known of one request. Empty bytes where nothing is."""

    method: bytes
    path: bytes
    query: bytes | None
    host: bytes
    port: int
    """0 where nobody says it."""
    secure: bool | None
    """Whether it came by TLS; None where nobody says it."""
    client: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    version: bytes


class LogFormat:
    """A LogFormat as a pattern for its lines. Raises `Unclear` for one that does not tell what was asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: list[str] = []
        """What each group holds: `r`, `h`, `i:referer` ..."""
        self.pattern = re.compile(self._pattern(text).encode("utf-8", "surrogateescape"), re.DOTALL)
        names = self.names
        if "r" not in names and not ({"U", "m"} <= set(names)):
            raise Unclear(f"`{text}` does not say what was asked for: it needs `%r`, or `%m` and `%U`")
        self.places = {name: place + 1 for place, name in enumerate(names)}
        self.field_places = tuple(
            (name[2:].encode("latin-1", "replace"), place) for name, place in self.places.items() if name[:2] == "i:"
        )
        self.cookie_places = tuple(
            (name[2:].encode("latin-1", "replace"), place) for name, place in self.places.items() if name[:2] == "C:"
        )

    def _pattern(self, text: str) -> str:
        # What a line has to a word is taken whole (`++`), and of several values without an end of their own all but two
        # reach to what follows them first: a line that does not fit is known for it at once, whoever wrote it.
        out = [r"\A"]
        pos = 0
        free: list[int] = []
        text = text.replace('\\"', '"').replace("\\t", "\t")
        for found in TAG.finditer(text):
            out.append(re.escape(text[pos : found.start()]))
            pos = found.end()
            if found[0] == "%%":
                out.append("%")
                continue
            argument, letter = found[1] or "", found[2]
            name = letter
            if letter in ("i", "C"):
                name = f"{letter}:{argument.lower() if letter == 'i' else argument}"
            elif letter in ("h", "a"):
                name = "a"
            elif letter not in TOLD:
                name = ""
            quoted = text[pos : pos + 1] == '"' and text[found.start() - 1 : found.start()] == '"'
            ending = TAG.sub("", text[pos:])[:1].strip()
            beside = len(out) > 2 and not out[-1] and len(out) - 2 not in free
            if letter == "t" and not argument:
                piece = r"\[[^\]]*+\]"
            elif quoted:
                piece = r'(?:[^"\\]|\\.)*+'
            elif letter in WORDS:
                # `%U%q`: side by side the first takes it all.
                few = "*+" if beside or letter == "q" else "+" if letter == "U" and ending not in ("", '"') else "++"
                piece = rf"[^\s{re.escape(ending)}]{few}" if few != "+" else r"\S+"
            elif letter == "t" and not LONG_TIMES.search(argument):
                piece = r"\S++ " * argument.count(" ") + rf"[^\s{re.escape(ending)}]++"
            else:
                piece = ".*?" if text[pos:] else ".*"
                free.append(len(out))
            if name and name not in self.names:
                self.names.append(name)
                piece = f"({piece})"
            out.append(piece)
        out.append(re.escape(text[pos:]))
        for place in free[:-2]:
            out[place : place + 2] = ["(?>" + out[place] + out[place + 1] + ")", ""]
        out.append(r"\s*\Z")
        return "".join(out)

    def read(self, line: bytes) -> Request | None:
        """The request that a line tells of; None for a line that is not of this format, or tells of no request."""
        found = self.pattern.match(line)
        if found is None:
            return None
        places = self.places
        version = b"HTTP/1.1"
        at = places.get("r")
        if at is not None:
            words = plain(found[at]).split(b" ")
            if len(words) != 3 or not words[2].startswith(b"HTTP/"):
                return None
            method, target, version = words
        else:
            method = plain(found[places["m"]])
            query = plain(found[places["q"]]) if "q" in places else b""
            target = plain(found[places["U"]]) + query
        return self.request(found, method, target, version)

    def request(self, found: re.Match[bytes], method: bytes, target: bytes, version: bytes) -> Request:
        places = self.places
        path, question, rest = target.partition(b"?")
        fields = [
            (name, plain(found[place])) for name, place in self.field_places if name != b"host" and found[place] != b"-"
        ]
        cookies = [name + b"=" + plain(found[place]) for name, place in self.cookie_places if found[place] != b"-"]
        if cookies and not any(name == b"cookie" for name, _ in fields):
            fields.append((b"cookie", b"; ".join(cookies)))
        host = b""
        for name in ("i:host", "V", "v"):
            if name in places and found[places[name]] != b"-":
                host = plain(found[places[name]])
                break
        port = found[places["p"]] if "p" in places else b""
        client = found[places["a"]] if "a" in places else b""
        return Request(
            method,
            path,
            rest if question else None,
            host,
            int(port) if port.isdigit() else 0,
            None,
            b"" if client == b"-" else client,
            tuple(fields),
            version,
        )


TAG: Final = re.compile(r"%%|%[!0-9,]*[<>]?(?:\{([^}]*)\})?(\^[A-Za-z]{2}|[A-Za-z])")
TOLD: Final = frozenset("rmUqvVp")
"""Letters whose value is wanted, beside the client, fields and cookies."""
LONG_TIMES: Final = re.compile(r"%[EO]?[cnextXr+]| $")
"""Times with blanks that their format does not show."""
WORDS: Final = frozenset("halmUqvVpsbBOIDTHkLPSX")
"""Letters whose value holds no blank."""

ESCAPED: Final = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
LETTERS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f"}


def plain(text: bytes) -> bytes:
    r"""A logged value without httpd's escapes (`\"`, `\\`, `\xHH`)."""
    if b"\\" not in text:
        return text
    return ESCAPED.sub(
        lambda found: bytes((int(found[1][1:], 16),)) if len(found[1]) == 3 else LETTERS.get(found[1], found[1]), text
    )


def format_named(name: str | None, known: Iterable[tuple[str, str]], first_lines: list[bytes]) -> LogFormat:
    """The format that is meant: a nickname of the configurations or of httpd, a format's text, or (None) whichever of
    httpd's fits the first lines. Raises `Unclear`.
    """
    nicknames = {**FORMATS, **dict(known)}
    if name is None:
        candidates = [LogFormat(text) for text in FORMATS.values()]
        fits = [sum(one.read(line) is not None for line in first_lines) for one in candidates]
        best = max(range(len(candidates)), key=lambda place: (fits[place], len(candidates[place].names)))
        if first_lines and not fits[best]:
            raise Unclear(
                "the log's lines are of none of the usual formats: type `--log-format` and the text of its LogFormat"
            )
        return candidates[best]
    if "%" in name:
        return LogFormat(name)
    if name not in nicknames:
        names = ", ".join(f"`{one}`" for one in nicknames)
        raise Unclear(f"no LogFormat is called `{name}`: type one of {names}, or the format's text")
    return LogFormat(nicknames[name])


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """A log, unpacked where it ends in .gz; `-` is standard input. Raises `Unclear` where it cannot be read."""
    if path == "-":
        yield sys.stdin.buffer
        return
    opening = gzip.open if path.endswith(".gz") else open
    try:
        with opening(path, "rb") as file:
            yield cast(BinaryIO, file)
    except OSError as fault:
        raise Unclear(f"`{path}` cannot be read: {fault.strerror or fault}") from None


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Its lines, without line ends; one that is too long to be a line is cut."""
    while line := file.readline(MOST_LINE):
        yield line.rstrip(b"\r\n")


def request_of_url(text: str, number: int) -> Request:
    """A line `[METHOD] URL` of a list. Raises `Unclear`."""
    words = text.split()
    if len(words) > 2:
        raise Unclear(f"line {number}: `{text.strip()}` is not `[METHOD] URL`")
    method = words[0] if len(words) == 2 else "GET"
    scheme, authority, target = parts_of(words[-1])
    path, question, query = target.encode("latin-1").partition(b"?")
    port = 0
    if authority:
        port = split_authority(authority, words[-1])[1] or SCHEMES[scheme]
    secure = scheme in ("https", "wss") if scheme else None
    return Request(
        method.encode(), path, query if question else None, authority.encode(), port, secure, b"", (), b"HTTP/1.1"
    )


# --- a configuration's own paths ------------------------------------------------------------------------------------

PREFIXES: Final = frozenset(("proxypass", "alias", "scriptalias", "redirect", "redirectpermanent", "redirecttemp"))
PATTERNS: Final = frozenset(("rewriterule", "proxypassmatch", "aliasmatch", "redirectmatch", "scriptaliasmatch"))
META: Final = re.compile(r"\\(.)|[][.*+?^$(){}|]")
WEBSOCKET: Final = ((b"connection", b"Upgrade"), (b"upgrade", b"websocket"))


def paths_of(tree: Tree) -> list[str]:
    """Paths that some line of the configuration is about: its own, one below it, and one beside it."""
    found: dict[str, None] = {"/": None, "/somewhere/else": None}
    for prefix in _prefixes(tree.nodes):
        for path in (prefix, prefix.rstrip("/") + "/below/it", prefix.rstrip("/") + "beside"):
            if path.startswith("/"):
                found[path] = None
    return list(found)


def _prefixes(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Included):
            yield from _prefixes(node.children)
            continue
        name = node.name.lower()
        words = [word.text for word in node.words]
        if isinstance(node, Section):
            if not node.taken:
                continue
            if name == "locationmatch" or (name == "location" and words[:1] == ["~"]):
                yield literal_of(words[-1])
            elif name == "location" and words:
                yield literal_of(words[0].replace("*", ".*"))
            yield from _prefixes(node.children)
        elif name in PREFIXES:
            yield from (word for word in words[:2] if word.startswith("/"))
        elif name in PATTERNS:
            yield from (literal_of(word) for word in words[:2] if not word.startswith(("http", "balancer")))
        elif name == "rewritecond" and len(words) > 1 and "REQUEST_URI" in words[0]:
            yield literal_of(words[1])


def literal_of(pattern: str) -> str:
    """The text that a regular expression begins with, as a path."""
    text = pattern.lstrip("!").lstrip("^")
    out = []
    pos = 0
    while pos < len(text):
        found = META.match(text, pos)
        if found is None:
            out.append(text[pos])
            pos += 1
        elif found[1] and not found[1].isalnum():
            out.append(found[1])
            pos = found.end()
        else:
            break
    prefix = "".join(out)
    return prefix if prefix.startswith("/") else "/" + prefix
