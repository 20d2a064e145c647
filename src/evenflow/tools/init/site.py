"""What whoever types `evenflow init` says: the public address, the nodes, the certificate. Wrong words are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*")
PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
SYNCHRONY_PORT: Final = 8091
MANAGER_PORT: Final = 8081


class Unusable(Exception):
    """A word that cannot stand in a configuration; the text says why and what to type."""


@dataclass(frozen=True, slots=True)
class Node:
    """One of the application's; `host` as it stands in a URL."""

    host: str
    port: int

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Site:
    """`path` is the application's context path, "" for none; `certificate` and `key` are files, "" for no TLS."""

    name: str
    port: int
    manager_port: int
    path: str
    nodes: tuple[Node, ...]
    synchrony: tuple[Node, ...] = ()
    certificate: str = ""
    key: str = ""
    robots: str = ""
    """The file that asks search engines to stay away; "" for none."""
    direct: bool = False
    """Editors may not take the way through Confluence."""

    @property
    def tls(self) -> bool:
        return bool(self.certificate)

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def root(self) -> str:
        """The public address without a path."""
        return f"{self.scheme}://{self.name}" + ("" if self.port == (443 if self.tls else 80) else f":{self.port}")


def read_name(text: str) -> str:
    """A host's name, or an address, as browsers write it. Raises Unusable."""
    if NAME.fullmatch(text) is None:
        raise Unusable(f"`{text}` is not a host's name: write for instance `--name wiki.example.com`")
    return text.lower()


def read_path(text: str) -> str:
    """A context path, "" for `/`. Raises Unusable."""
    path = text.rstrip("/")
    if PATH.fullmatch(path) is None:
        raise Unusable(f"`{text}` is not a path: write for instance `--path /confluence`")
    return path


def read_file(text: str) -> str:
    """A file's name that can stand in quotes. Raises Unusable."""
    if not text or any(one in text for one in '"\\$%\n\r'):
        raise Unusable(f"`{text}` cannot stand in a configuration: give the file another name")
    return text


def read_node(text: str, port: int) -> Node:
    """`HOST`, `HOST:PORT`, `[IPv6]:PORT`; `port` where none is said. Raises Unusable."""
    host, said = text, ""
    if text.startswith("["):
        host, _, said = text.partition("]")
        host += "]"
        said = said.removeprefix(":")
    elif text.count(":") == 1:
        host, _, said = text.partition(":")
    elif ":" in text:
        host = f"[{text}]"
    if host.startswith("["):
        try:
            IPv6Address(host[1:-1])
        except ValueError:
            host = ""
    elif NAME.fullmatch(host) is None:
        host = ""
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0 if said else port
    if not host or not 0 < number < 65536:
        raise Unusable(f"`{text}` is not a node: write `10.0.0.1`, `10.0.0.1:{port}` or `node1.example.com:{port}`")
    return Node(host, number)
