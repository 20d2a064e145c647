"""What `evenflow demo --check` asks of the editor, in front of the configuration that `evenflow init` makes.

The checks are like those of `checks`. Writers without a browser stand in for people; the last check kills a node while
they write, by the same switch as the button on the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from evenflow.tools.demo.checks import Check, Front, expect
from evenflow.tools.demo.switch import FIELD, PATH
from evenflow.tools.demo.writer import Writer

SECONDS: Final = 30.0
"""How long one story may take."""
LOOK_SECONDS: Final = 0.02
WORDS: Final = 40
"""So many words each of them writes."""


def sign_in(front: Front) -> str:
    edit = "/pages/editpage.action?pageId=check"
    with front.connection() as ask:
        stranger = ask("GET", edit)
        where = stranger.fields.get("Location", "")
        expect(
            stranger.status == 302 and "/login.action?os_destination=" in where,
            f"without a session the editor was answered with {stranger.status}, not with a redirect to the log-in",
        )
        cookies = cookies_of(stranger.fields.get_all("Set-Cookie", []))
        sent = ask("POST", "/dologin.action", b"os_username=Ada", Cookie=cookies, Accept="application/json")
        expect(sent.status == 200, f"the log-in was answered with {sent.status}, not 200")
        seen = [ask("POST", "/json/startheartbeatactivity.action", b"", Cookie=cookies) for _ in range(6)]
    expect(
        all(answer.status == 200 and answer.json() == sent.json() for answer in seen),
        f"the session was lost on the way: {' '.join(str(answer.status) for answer in seen)}",
    )
    return f"who signs in stays on Confluence node {sent.json()['node']}, where the session is"


def cookies_of(set_cookies: Sequence[str]) -> str:
    return "; ".join(one.partition(";")[0] for one in set_cookies)


def two_writers(front: Front) -> str:
    async def story() -> str:
        async with writing(front, "two", "websocket", "websocket") as (ada, bob):
            await type_at_once(ada, bob)
            await same_everywhere(front, "two", ada, bob)
            places = f"on Synchrony nodes {ada.nodes[-1]} and {bob.nodes[-1]}"
            return f"two who write at once, {places}, end with the same page"

    return asyncio.run(asyncio.wait_for(story(), SECONDS))


def polling_writer(front: Front) -> str:
    async def story() -> str:
        async with writing(front, "polled", "polling", "websocket") as (ada, bob):
            await type_at_once(ada, bob)
            await same_everywhere(front, "polled", ada, bob)
            return "one who has no WebSocket writes by polling through /synchrony-proxy, and loses nothing"

    return asyncio.run(asyncio.wait_for(story(), SECONDS))


def node_dies(front: Front) -> str:
    async def story() -> str:
        async with writing(front, "dies", "websocket", "websocket", "polling") as (ada, bob, eve):
            await until(lambda: ada.settled and bob.settled and eve.settled)
            typing = asyncio.create_task(type_at_once(ada, bob, eve))
            await until(lambda: len(ada.text.split()) > WORDS)
            doomed = ada.nodes[-1]
            await asyncio.to_thread(throw, front, doomed, "stop")
            try:
                await typing
                await same_everywhere(front, "dies", ada, bob, eve)
            finally:
                await asyncio.to_thread(throw, front, doomed, "start")
            expect(ada.nodes[-1] != doomed, f"a writer is still on node {doomed}, which was killed")
            return f"node {doomed} is killed while three write: all go on at node {ada.nodes[-1]}, and no word is lost"

    return asyncio.run(asyncio.wait_for(story(), SECONDS))


@asynccontextmanager
async def writing(front: Front, page: str, *ways: str) -> AsyncIterator[list[Writer]]:
    """A writer for each way, connected while inside."""
    writers = [Writer(front.host, front.port, page, way) for way in ways]
    tasks = [asyncio.create_task(writer.stay()) for writer in writers]
    try:
        yield writers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def type_at_once(*writers: Writer) -> None:
    """Each writes its words, all at the same time and a key at a time."""
    for number in range(WORDS):
        for place, writer in enumerate(writers):
            for key in word(place, number):
                writer.write(key)
        await asyncio.sleep(LOOK_SECONDS)


async def same_everywhere(front: Front, page: str, *writers: Writer) -> None:
    """Wait until all have the same text and it is in SQLite; then every key that was pressed has to be there."""

    async def kept() -> str:
        answer = await asyncio.to_thread(front.get, f"/rest/api/content/{page}")
        return str(answer.json()["body"]["storage"]["value"])

    await until(lambda: all(writer.settled for writer in writers))
    await until(lambda: len({writer.text for writer in writers}) == 1)
    text = writers[0].text
    expect(await kept() == text, "what SQLite has of the page is not what the writers see")
    written = "".join(word(place, number) for place in range(len(writers)) for number in range(WORDS))
    expect(sorted(text) == sorted(written), f"of {len(written)} keys {len(text)} are on the page")


def word(place: int, number: int) -> str:
    """What the writer at this place writes: letters of its own, so that nothing can stand for something else."""
    return f"{chr(ord('a') + place)}{number} "


async def until(holds: Callable[[], bool]) -> None:
    """The story's own time limit ends it where that never happens."""
    while not holds():
        await asyncio.sleep(LOOK_SECONDS)


def throw(front: Front, node: str, act: str) -> None:
    """Press the button."""
    with front.connection() as ask:
        answer = ask("POST", f"{PATH}nodes/{node}/{act}", b"", **{FIELD: "check"})
    expect(answer.status == 200, f"the switch answered with {answer.status}: {answer.body!r}")


CHECKS: Final[tuple[Check, ...]] = (sign_in, two_writers, polling_writer, node_dies)
