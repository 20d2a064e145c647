"""What people say on pages, in SQLite: every node of the demo writes into the same file and reads what others wrote.

It stands where Hazelcast and the database stand in the real thing. Lines are numbered in the order in which they were
written; lasting ones are the pages' content and stay, the others pass. It does not know what a line means.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PASSING_SECONDS: Final = 60.0
"""So long a line that does not last is kept: by then every node has read it."""
BUSY_SECONDS: Final = 10.0
TABLE: Final = """
CREATE TABLE IF NOT EXISTS line (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    node TEXT NOT NULL,
    channel TEXT NOT NULL,
    lasting INTEGER NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS line_channel ON line (channel, number);
"""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was said through one node; `data` is JSON."""

    number: int
    node: str
    channel: str
    data: Any


class Journal:
    """The file, as one process has it open."""

    def __init__(self, file: Path) -> None:
        self._base = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
        # What is committed outlives a process that is killed; only a fall of the whole machine could take it.
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.executescript(TABLE)
        self._seen = -1

    def write(self, node: str, channel: str, data: Any, *, lasting: bool) -> None:
        """Say something; when this returns it is in the file."""
        now = time.time()
        said = (now, node, channel, lasting, json.dumps(data))
        self._base.execute("INSERT INTO line (time, node, channel, lasting, data) VALUES (?, ?, ?, ?, ?)", said)
        if not lasting:
            self._base.execute("DELETE FROM line WHERE NOT lasting AND time < ?", (now - PASSING_SECONDS,))

    def has_news(self) -> bool:
        """Whether another process has written since this was asked last; costs next to nothing."""
        before, self._seen = self._seen, self._base.execute("PRAGMA data_version").fetchone()[0]
        return self._seen != before

    def last(self) -> int:
        """The number of the newest line, 0 for none."""
        return int(self._base.execute("SELECT COALESCE(MAX(number), 0) FROM line").fetchone()[0])

    def after(self, number: int) -> list[Line]:
        """Everything that was said later, oldest first."""
        return self._lines("number > ?", number)

    def lasting(self, channel: str) -> list[Line]:
        """The content of one channel, oldest first."""
        return self._lines("lasting AND channel = ?", channel)

    def close(self) -> None:
        self._base.close()

    def _lines(self, which: str, value: object) -> list[Line]:
        asked = f"SELECT number, node, channel, data FROM line WHERE {which} ORDER BY number"
        rows = self._base.execute(asked, (value,))
        return [Line(number, node, channel, json.loads(data)) for number, node, channel, data in rows]
