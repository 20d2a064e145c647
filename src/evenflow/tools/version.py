"""What runs here: the version, the interpreter, the event loop, and whether the hot rooms are compiled.

Nothing of it is imported: the answer is in the names of the files that would be.
"""

from __future__ import annotations

import platform
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final

import evenflow

HOT_ROOMS: Final = ("wire", "slotmem", "plan", "balancer", "proxy", "serve")


def describe() -> str:
    """The lines of `evenflow --version`."""
    return "\n".join(
        [
            f"evenflow {evenflow.__version__}",
            f"{platform.python_implementation()} {platform.python_version()}",
            f"event loop {event_loop()}",
            f"hot rooms {hot_rooms()}",
        ]
    )


def event_loop() -> str:
    try:
        return f"uvloop {metadata.version('uvloop')}"
    except metadata.PackageNotFoundError:
        return f"asyncio of Python {platform.python_version()} (uvloop is not installed)"


def hot_rooms() -> str:
    """`compiled` or `interpreted`, with the rooms that it is true of."""
    top = Path(evenflow.__file__).parent
    rooms: dict[str, list[str]] = {}
    for room in HOT_ROOMS:
        compiled, modules = compiled_of(top / room)
        word = "interpreted" if not compiled else "compiled" if compiled == modules else "partly compiled"
        rooms.setdefault(word, []).append(room)
    return "; ".join(f"{word} ({', '.join(names)})" for word, names in rooms.items())


def compiled_of(room: Path) -> tuple[int, int]:
    """How many of a room's modules are loaded from compiled files, and how many there are."""
    names = {path.name.partition(".")[0] for path in room.glob("*.py")} - {"__init__"}
    compiled = {path.name.partition(".")[0] for suffix in EXTENSION_SUFFIXES for path in room.glob(f"*{suffix}")}
    return len(compiled & (names | compiled)), len(names | compiled)
