"""The whole demo on ports of a test's own: nodes, switch, and a front with what `evenflow init` makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from evenflow.tools.demo import front as fronts
from evenflow.tools.demo import show
from evenflow.tools.demo.checks import Front
from evenflow.tools.demo.cluster import Cluster, Node
from evenflow.tools.demo.documents import text_of
from evenflow.tools.demo.journal import Journal
from evenflow.tools.demo.switch import Switch
from tests.nodes.fronts import environment
from tests.peers import CHECKOUT, free_port, require_peer

BOTH = ("127.0.0.1", "127.0.0.2")


@dataclass(frozen=True, slots=True)
class Stage:
    """A demo that runs. `manager` is its page's address."""

    folder: Path
    front: Front
    cluster: Cluster
    manager: str

    def kept(self, page: str) -> str:
        """A page's text, as SQLite has it."""
        journal = Journal(self.folder / "wiki.sqlite")
        try:
            return text_of(journal, page)
        finally:
            journal.close()


def nodes() -> list[Node]:
    """Two Confluence nodes and their two Synchrony nodes, on free ports."""
    kinds = [("confluence", free_port(*BOTH)), ("synchrony", free_port(*BOTH))]
    return [Node(kind, name, f"127.0.0.{name}", port) for kind, port in kinds for name in ("1", "2")]


@contextmanager
def staged(
    folder: Path, before: str = "evenflow", behind: Sequence[Node] = (), ports: tuple[int, int] | None = None
) -> Iterator[Stage]:
    """Start it; `before` is who serves: "evenflow" or "httpd". Free ports where no others are said."""
    if before == "httpd":
        require_peer("apache2")
    folder.chmod(0o755)
    behind = behind or nodes()
    port, inner = ports or (free_port(), free_port())
    file = folder / "wiki.conf"
    file.write_text(fronts.made(behind, port, inner))
    manager = f"http://127.0.0.1:{inner}/balancer-manager"
    with pytest.MonkeyPatch.context() as patch, Switch() as switch:
        patch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
        patch.setenv("XDG_CACHE_HOME", str(CHECKOUT / "build" / "cache"))
        with Cluster(behind, show.what_is_shared(folder, before, manager)) as cluster:
            switch.cluster = cluster
            front = Front(*show.serve(file, cluster, folder, before, switch))
            yield Stage(folder, front, cluster, manager)
