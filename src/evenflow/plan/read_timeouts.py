"""How long a client may take to send what it has begun: RequestReadTimeout, stage by stage."""

from __future__ import annotations


class Stage:
    """`first` seconds from the stage's first byte, 0.0 for no limit; every byte adds `per_byte` seconds, up to `most`
    (0.0 for no bound) in all."""

    __slots__ = ("first", "most", "per_byte")

    def __init__(self, first: float, most: float, per_byte: float) -> None:
        self.first = first
        self.most = most
        self.per_byte = per_byte


class ReadTimeouts:
    """The stages of one virtual host."""

    __slots__ = ("handshake", "header", "body")

    def __init__(self, handshake: Stage, header: Stage, body: Stage) -> None:
        self.handshake = handshake
        self.header = header
        self.body = body
