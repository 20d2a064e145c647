"""Fuzz target: the PROXY preamble.

Each input goes to our reader and to a slow one that knows the format another way. They must agree on refusing it, on
where the preamble ends and on whom it names. A preamble that is cut anywhere must be incomplete, never refused or
shorter; and what stands behind it must not matter.
"""

from __future__ import annotations

import random
import re
import socket
import struct
from typing import Final

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.proxy_protocol import MOST_BINARY, MOST_LINE, SIGNATURE, read_preamble
from fuzz import mutation

V4: Final = bytes([7, 7, 7, 7, 8, 8, 8, 8]) + struct.pack(">HH", 1000, 80)
V6: Final = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack(">HH", 1000, 80)


def binary(command: int, family: int, payload: bytes) -> bytes:
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(payload)) + payload


CORPUS: Final = (
    b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET / HTTP/1.1\r\n",
    b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n",
    b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 65535\r\n",
    b"PROXY UNKNOWN\r\n",
    binary(0x21, 0x11, V4) + b"GET / HTTP/1.1\r\n",
    binary(0x21, 0x21, V6),
    binary(0x21, 0x11, V4 + b"\x03\x00\x04abcd\x04\x00\x00"),
    binary(0x20, 0x00, b""),
    binary(0x20, 0x11, V4),
    b"GET / HTTP/1.1\r\n",
)

WORDS: Final = (
    b"PROXY", b"TCP4 ", b"TCP6 ", b"UNKNOWN", b" 192.0.2.1", b" ::1", b" 65536", b" 0", b"\r\n", b"\n", b" ", b"%eth0",
    SIGNATURE, b"\x20", b"\x21", b"\x11", b"\x12", b"\x00\x0c", b"\x00\x24", b"\xff\xff", b"x" * 200,
)  # fmt: skip

LINE: Final = re.compile(rb"PROXY +(TCP4|TCP6) +([^ ]+) +[^ ]+ +([0-9]{1,5})(?: .*)?", re.DOTALL)

Reading = tuple[int, bytes, int]
"""Its size, the address's packed bytes (b"" for none), the port."""


def read_slowly(data: bytes) -> Reading | None:
    """The reference; None for what is refused or incomplete."""
    if data.startswith(b"P"):
        head, end, _ = data[:MOST_LINE].partition(b"\r\n")
        match = LINE.fullmatch(head)
        if not end or match is None or int(match[3]) > 65535:
            return None
        packed = pack(match[2], match[1] == b"TCP6")
        return None if packed is None else (len(head) + 2, packed, int(match[3]))
    if not data.startswith(SIGNATURE) or len(data) < 16:
        return None
    command, family, size = struct.unpack(">BBH", data[12:16])
    if len(data) < 16 + size or 16 + size > MOST_BINARY:
        return None
    if command == 0x20:
        return 16 + size, b"", 0
    width = {0x11: 4, 0x21: 16}.get(family, 0) if command == 0x21 else 0
    if not width or size < 2 * width + 4:
        return None
    packed = data[16 : 16 + width]
    (port,) = struct.unpack_from(">H", data, 16 + 2 * width)
    return 16 + size, packed[12:] if packed.startswith(b"\0" * 10 + b"\xff\xff") else packed, port


def pack(text: bytes, six: bool) -> bytes | None:
    try:
        packed = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, text.decode("ascii"))
    except (OSError, ValueError):
        return None
    return packed[12:] if packed.startswith(b"\0" * 10 + b"\xff\xff") else packed


def check(data: bytes, rng: random.Random) -> int:
    """Raises AssertionError for what is wrong; the preamble's size, or -1 where there is none."""
    expected = read_slowly(data)
    try:
        found = read_preamble(data)
    except ProtocolFault:
        assert expected is None, f"refused, and the reference reads {expected}"
        return -1
    if found is None:
        assert expected is None, f"incomplete, and the reference reads {expected}"
        return -1
    packed = pack(found.address, b":" in found.address) if found.address else b""
    assert (found.size, packed, found.port) == expected, f"{(found.size, packed, found.port)}, not {expected}"
    cut = rng.randrange(found.size)
    assert read_preamble(data[:cut]) is None, f"cut at {cut} it is whole"
    again = read_preamble(data[: found.size] + bytes(rng.randrange(256) for _ in range(8)))
    assert again is not None and (again.size, again.address) == (found.size, found.address), "what follows matters"
    return found.size


if __name__ == "__main__":
    mutation.main("proxy_protocol", check, CORPUS, WORDS)
