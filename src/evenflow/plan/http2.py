"""How a virtual host speaks HTTP/2 to clients."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Http2:
    """Sizes in bytes, durations in seconds; 0 stands for no limit. Numbers are httpd's defaults."""

    secure: bool = False
    """`h2`: over TLS, agreed on in the handshake."""
    preferred: bool = True
    """There the client gets it where it would speak HTTP/1.1 too."""
    clear: bool = False
    """`h2c`: in clear text."""
    direct: bool = True
    """There a connection may begin in HTTP/2."""
    max_streams: int = 100
    window: int = 65535
    modern_tls: bool = True
    max_data_frame: int = 0
    max_header_block: int = 0
    max_errors: int = 8
    stream_timeout: float = 0.0
    """0.0: the connection's own."""
    websockets: bool = False
    early_hints: bool = False


ORDINARY = Http2()


def variables_of(stream: int, connection: bytes) -> dict[bytes, bytes]:
    """What requests of a stream have in their environment; nothing is ever pushed."""
    return {
        b"HTTP2": b"on",
        b"H2PUSH": b"off",
        b"H2_PUSH": b"off",
        b"H2_PUSHED": b"",
        b"H2_PUSHED_ON": b"",
        b"H2_STREAM_ID": b"%d" % stream,
        b"H2_STREAM_TAG": connection + b"-%d" % stream,
    }
