"""A file's bytes as they are, piece by piece; `packing.PackedFile` is the same for those that are compressed."""

from __future__ import annotations

from typing import BinaryIO


class FileBody:
    """`size` bytes were announced, from where the file stands. It owns the file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.left = size

    def read(self, size: int) -> bytes:
        """The next piece, of at most `size` bytes; b"" at the end."""
        piece = self.file.read(min(size, self.left))
        self.left -= len(piece)
        return piece

    def cut(self) -> bool:
        """Whether the file became shorter than was announced."""
        return self.left > 0

    def close(self) -> None:
        self.file.close()
