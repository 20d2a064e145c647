"""EvenflowTrace: which collector is told of requests, of how many, and whose traces go on here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from evenflow.config.arguments import key_value, raw
from evenflow.config.contexts import SERVER
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives.authz import read_network
from evenflow.config.directives.balancing import percent
from evenflow.config.scope import Draft
from evenflow.config.settings import TraceLine
from evenflow.config.syntax import Section, Statement, Word

PORTS = {"http": 80, "https": 443}
PATH = "/v1/traces"
"""Where a collector takes traces, unless the URL says another path."""
MOST_NAME = 255


def trace(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`Off`, or a collector's URL and what else is said."""
    words = list(statement.words)
    if len(words) == 1 and words[0].text.lower() == "off":
        draft.put("evenflow", "trace", None)
        return
    if not words:
        raise Wrong(
            "argument-count",
            f"`{statement.name}` needs the URL of a collector, or `Off`",
            help=f"write for instance `{statement.name} http://127.0.0.1:4318`",
        )
    secure, host, port, path = collector(words[0])
    share, service, trusted = 1.0, "evenflow", []
    for word in words[1:]:
        key, part = key_value(word) or ("", word)
        if key == "sample":
            share = percent("sample", part, 0)
        elif key == "service" and 0 < len(part.text) <= MOST_NAME:
            service = part.text
        elif key == "trust":
            trusted.append(trusted_word(part))
        else:
            raise Wrong(
                "unknown-parameter",
                f"`{statement.name}` does not understand `{word.text}`",
                word.span,
                help="it has `sample=SHARE%`, `trust=ADDRESS` or `trust=all`, and `service=NAME`",
            )
    line = TraceLine(secure, host, port, path, share, service, tuple(trusted), statement.origin)
    draft.put("evenflow", "trace", line)


def collector(word: Word) -> tuple[bool, str, int, str]:
    """Whether by TLS, host, port and path of a URL."""
    try:
        url = urlsplit(word.text)
        port = (url.port or PORTS[url.scheme]) if url.scheme in PORTS else 0
    except ValueError:
        url, port = urlsplit(""), 0
    if not port or not url.hostname or "@" in url.netloc or url.query or url.fragment or not word.text.isprintable():
        raise Wrong(
            "url-malformed",
            f"`{word.text}` is not the URL of a collector: it needs `http://` or `https://`, and a host",
            word.span,
            help="write for instance `http://127.0.0.1:4318`: its OTLP port for HTTP",
        )
    return url.scheme == "https", url.hostname, port, url.path if url.path not in ("", "/") else PATH


def trusted_word(word: Word) -> str:
    """An address or network, or `all`."""
    text = word.text.lower()
    if text != "all" and read_network(text) is None:
        raise Wrong(
            "address-malformed",
            f"`{word.text}` is neither `all` nor an address: write `10.0.0.1`, `10.0.0.0/8` or `2001:db8::/32`",
            word.span,
        )
    return text


DIRECTIVES = (
    Directive(
        "EvenflowTrace",
        SERVER,
        raw,
        trace,
        "Tell a collector of OpenTelemetry of each request, or of a share of them, by OTLP over HTTP.",
        syntax="URL [sample=SHARE%] [trust=ADDRESS|all ...] [service=NAME]|Off",
        default="Off",
    ),
)
