"""From the balancer's configuration to whom to visit: the public address, the nodes, and their Synchronies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evenflow.config.checks.mappings import paths_and_mappings
from evenflow.config.checks.view import host_and_port
from evenflow.config.load import load
from evenflow.tools.audit.front import from_configuration


@dataclass(frozen=True, slots=True)
class Target:
    """The public URL, the nodes' URLs, their Synchronies' in the same order, and the paths that the balancer keeps for
    itself.
    """

    site: str
    nodes: tuple[str, ...] = ()
    synchronies: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def from_file(path: str, defines: Mapping[str, str]) -> Target:
    """Raises ValueError with what to type."""
    loaded = load(path, defines)
    if loaded.settings is None:
        raise ValueError(f"`{path}` cannot be used: type `evenflow check {path}`")
    front, why = from_configuration(loaded, ())
    if front is None or front.balancer is None:
        raise ValueError(f"{why}; type the public address in place of the file")
    nodes = tuple(_url(member.url) for member in front.balancer.members)
    led = front.balancer.synchrony
    synchronies = tuple(_url(member.url) for member in led.members) if led is not None else ()
    own = dict.fromkeys(path for path, mapping in paths_and_mappings(front.balancer.server) if mapping.target == "!")
    return Target(front.url, nodes, synchronies, tuple(own))


def _url(member: str) -> str:
    """A member's address as HTTP."""
    host, port = host_and_port(member)
    scheme = "https" if member.lower().startswith(("https", "wss")) else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
