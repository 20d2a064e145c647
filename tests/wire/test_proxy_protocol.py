"""The PROXY preamble."""

from __future__ import annotations

import pytest

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.proxy_protocol import MOST_BINARY, MOST_LINE, SIGNATURE, read_preamble
from fuzz.proxy_protocol import V4, V6, binary


@pytest.mark.parametrize(
    "data, address, port",
    [
        (b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", b"192.0.2.1", 56324),
        (b"PROXY TCP6 2001:DB8:0::1 ::1 0 443\r\n", b"2001:db8::1", 0),
        (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 443\r\n", b"192.0.2.1", 1),
        (b"PROXY TCP4 192.0.2.1 - 5\r\n", b"192.0.2.1", 5),
        (b"PROXY TCP4 192.0.2.1 x 5".ljust(MOST_LINE - 2) + b"\r\n", b"192.0.2.1", 5),
        (binary(0x21, 0x11, V4), b"7.7.7.7", 1000),
        (binary(0x21, 0x21, V6), b"2001:db8::7", 1000),
        (binary(0x21, 0x11, V4 + b"\x20\x00\x05\x01\0\0\0\0"), b"7.7.7.7", 1000),
        (binary(0x21, 0x11, V4.ljust(MOST_BINARY - 16, b"x")), b"7.7.7.7", 1000),
        (binary(0x20, 0x11, V4), b"", 0),
        (binary(0x20, 0x00, b""), b"", 0),
    ],
)
def test_preambles(data: bytes, address: bytes, port: int) -> None:
    for behind in (b"", b"GET / HTTP/1.1\r\n", b"\0" * 50):
        found = read_preamble(data + behind)
        assert found is not None
        assert (found.size, found.address, found.port) == (len(data), address, port)
    assert all(read_preamble(data[:cut]) is None for cut in range(len(data)))


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"\r\n\r\nG",
        b"proxy TCP4",
        b"PROXY\tTCP4",
        b"PROXY UNKNOWN\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY TCP6 192.0.2.1 ::1 1 2\r\n",
        b"PROXY TCP4 192.0.2 x 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 x 65536 2\r\n",
        b"PROXY TCP4 192.0.2.1 x 1x 2\r\n",
        b"PROXY TCP4 192.0.2.1 x -1 2\r\n",
        b"PROXY TCP4 192.0.2.1 x\r\n",
        b"PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 x 5".ljust(MOST_LINE - 1) + b"\r\n",
        b"PROXY TCP4 \xff x 1 2\r\n",
        SIGNATURE + b"\x11\x11\0\x0c" + V4,
        binary(0x22, 0x11, V4),
        binary(0x21, 0x00, b""),
        binary(0x21, 0x12, V4),
        binary(0x21, 0x31, b"x" * 216),
        binary(0x21, 0x11, V4[:11]),
        binary(0x21, 0x21, V4),
        binary(0x21, 0x11, V4.ljust(MOST_BINARY, b"x")),
    ],
)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(ProtocolFault):
        read_preamble(data)
