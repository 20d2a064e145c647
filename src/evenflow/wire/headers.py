"""The fields of one message: an ordered list of (name, value), found without regard to case.

Order and spelling are kept as they came. This file knows no field by name and no framing: what a field means is for its
reader.
"""

from __future__ import annotations

from collections.abc import Iterator


class Headers:
    """Fields in the order of the message. Names are compared in lower case; an empty value is a value."""

    __slots__ = ("items",)

    def __init__(self, items: list[tuple[bytes, bytes]] | None = None) -> None:
        self.items: list[tuple[bytes, bytes]] = [] if items is None else items

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, bytes) and self.get(name) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.items == other.items

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self.items!r})"

    def copy(self) -> Headers:
        return Headers(list(self.items))

    def get(self, name: bytes) -> bytes | None:
        """The first value of the field, or None."""
        wanted = name.lower()
        for key, value in self.items:
            if key.lower() == wanted:
                return value
        return None

    def get_all(self, name: bytes) -> list[bytes]:
        """Every value of the field, in order."""
        wanted = name.lower()
        return [value for key, value in self.items if key.lower() == wanted]

    def set(self, name: bytes, value: bytes) -> None:
        """Give the field this one value: in the place of its first line, or at the end; its other lines go."""
        wanted = name.lower()
        kept: list[tuple[bytes, bytes]] = []
        placed = False
        for item in self.items:
            if item[0].lower() != wanted:
                kept.append(item)
            elif not placed:
                kept.append((name, value))
                placed = True
        if not placed:
            kept.append((name, value))
        self.items = kept

    def add(self, name: bytes, value: bytes) -> None:
        """One more line at the end."""
        self.items.append((name, value))

    def remove(self, name: bytes) -> bool:
        """Drop every line of the field; whether there was one."""
        wanted = name.lower()
        kept = [item for item in self.items if item[0].lower() != wanted]
        if len(kept) == len(self.items):
            return False
        self.items = kept
        return True

    def append(self, name: bytes, value: bytes) -> None:
        """Put the value behind the field's first line with `, `; a field that is not there is added."""
        wanted = name.lower()
        for index in range(len(self.items)):
            key, old = self.items[index]
            if key.lower() == wanted:
                self.items[index] = (key, old + b", " + value)
                return
        self.items.append((name, value))

    def merge(self, name: bytes, value: bytes) -> None:
        """Like `append`, unless the value stands already among the comma-separated elements of the field's first line.
        """
        old = self.get(name)
        if old is not None:
            for element in old.split(b","):
                if element.strip(b" \t") == value:
                    return
        self.append(name, value)
