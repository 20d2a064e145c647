"""Pages that several people write at once: Yjs documents on the server's side, by pycrdt.

A channel `/pages/N` carries updates of page N, which last; `/presence/N` carries who is there, which passes. Whoever
subscribes says which state they have and gets what they lack, and in turn sends what we lack: so a word that was
written while nobody listened is never lost. Updates may come twice and in any order: that is what Yjs is for.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
from typing import TYPE_CHECKING, Any, Final

from evenflow.tools.demo.journal import Journal

if TYPE_CHECKING:
    from pycrdt import Doc

PAGES: Final = "/pages/"
PRESENCE: Final = "/presence/"
TEXT: Final = "text"
"""The name of the text within a page's document; the browser's side uses the same."""


class Refused(Exception):
    """What a client sent is no update of a page."""


def available() -> bool:
    """Whether pycrdt is installed: the extra `demo`."""
    return importlib.util.find_spec("pycrdt") is not None


def text_of(journal: Journal, page: str) -> str:
    """A page's text as it stands in the journal."""
    return read(document(journal, PAGES + page))


def document(journal: Journal, channel: str) -> Doc[Any]:
    """A page's document with everything that the journal has of it."""
    from pycrdt import Doc

    made: Doc[Any] = Doc()
    for line in journal.lasting(channel):
        made.apply_update(unpacked(line.data))
    return made


def read(page: Doc[Any]) -> str:
    """The text of a page's document."""
    from pycrdt import Text

    return str(page.get(TEXT, type=Text))


def unpacked(data: object) -> bytes:
    """The update that a message carries. Raises `Refused`."""
    said = data.get("update") if isinstance(data, dict) else None
    return from_text(said)


def from_text(said: object) -> bytes:
    """Bytes as they stand in JSON. Raises `Refused`."""
    try:
        return base64.b64decode(said if isinstance(said, str) else "", validate=True)
    except binascii.Error as fault:
        raise Refused("not base64") from fault


def to_text(content: bytes) -> str:
    return base64.b64encode(content).decode()


class Documents:
    """The pages of one Synchrony node, and what it says to the other nodes and hears from them."""

    def __init__(self, node: str, journal: Journal) -> None:
        self.node = node
        self._journal = journal
        self._heard = journal.last()
        self._pages: dict[str, Doc[Any]] = {}

    def publish(self, channel: str, data: Any) -> None:
        """Take what a client says; when this returns it cannot be lost. Raises `Refused`."""
        if channel.startswith(PAGES):
            self._apply(channel, unpacked(data))
            self._journal.write(self.node, channel, data, lasting=True)
        elif channel.startswith(PRESENCE):
            self._journal.write(self.node, channel, data, lasting=False)

    def joined(self, channel: str, ext: object) -> dict[str, str]:
        """What a client lacks that subscribes with the state `ext["vector"]`, and the state that we have.

        Nothing where it asks for none. Raises `Refused`.
        """
        if not channel.startswith(PAGES) or not isinstance(ext, dict) or "vector" not in ext:
            return {}
        page = self._page(channel)
        # Another node may have written a moment ago.
        for line in self._journal.lasting(channel):
            if line.number > self._heard:
                page.apply_update(unpacked(line.data))
        try:
            lacking = page.get_update(from_text(ext["vector"]))
        except ValueError as fault:
            raise Refused("no state of a Yjs document") from fault
        return {"update": to_text(lacking), "vector": to_text(page.get_state())}

    def heard(self) -> list[tuple[str, Any]]:
        """What was said through other nodes since the last time, by channel; the pages here follow."""
        if not self._journal.has_news():
            return []
        lines = self._journal.after(self._heard)
        for line in lines:
            self._heard = line.number
            if line.channel in self._pages:
                self._pages[line.channel].apply_update(unpacked(line.data))
        return [(line.channel, line.data) for line in lines if line.node != self.node]

    def _page(self, channel: str) -> Doc[Any]:
        if channel not in self._pages:
            self._pages[channel] = document(self._journal, channel)
        return self._pages[channel]

    def _apply(self, channel: str, update: bytes) -> None:
        try:
            self._page(channel).apply_update(update)
        except ValueError as fault:
            raise Refused("no update of a Yjs document") from fault
