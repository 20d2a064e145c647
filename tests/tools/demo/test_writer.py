"""A writer who loses nodes under way, and one whom nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from evenflow.tools.demo.cluster import Cluster, Node, Shared
from evenflow.tools.demo.documents import text_of
from evenflow.tools.demo.journal import Journal
from evenflow.tools.demo.writer import Writer
from tests.peers import free_port


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[Cluster, Node, Path]]:
    """One Synchrony node that can be killed and started again, and the journal."""
    node = Node("synchrony", "1", "127.0.0.1", free_port())
    journal = tmp_path / "wiki.sqlite"
    with Cluster([node], Shared(str(journal), str(tmp_path), "evenflow")) as cluster:
        yield cluster, node, journal


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def with_writer(node: Node, story: Callable[[Writer], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        writer = Writer(node.host, node.port, "1")
        staying = asyncio.create_task(writer.stay())
        try:
            await story(writer)
        finally:
            staying.cancel()
            with suppress(asyncio.CancelledError):
                await staying

    asyncio.run(asyncio.wait_for(all_of_it(), 60))


def kept(journal: Path) -> str:
    opened = Journal(journal)
    try:
        return text_of(opened, "1")
    finally:
        opened.close()


def test_what_is_written_while_nobody_is_there_arrives_later(nodes: tuple[Cluster, Node, Path]) -> None:
    cluster, node, journal = nodes

    async def story(writer: Writer) -> None:
        await until(lambda: writer.settled)
        writer.write("before ")
        await until(lambda: writer.settled)
        await asyncio.to_thread(cluster.kill, "1")
        await until(lambda: not writer.settled)
        writer.write("meanwhile ")
        assert kept(journal) == "before "
        await asyncio.to_thread(cluster.revive, "1")
        await until(lambda: len(writer.nodes) == 2 and writer.settled)
        writer.write("after")
        await until(lambda: writer.settled)
        assert writer.text == "before meanwhile after" == kept(journal)

    with_writer(node, story)


def test_nothing_is_settled_that_nobody_has_confirmed() -> None:
    async def story(writer: Writer) -> None:
        writer.write("words")
        await asyncio.sleep(0)
        assert not writer.settled and writer.text == "words" and writer.nodes == []

    with_writer(Node("synchrony", "1", "127.0.0.1", free_port()), story)
