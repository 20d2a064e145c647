"""Files, compressed on their way. What an HTTP client sees of it stands in tests/parity/cases/compression.md."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

from tests.serve.served import Peer, Served, request

ACCEPT = "Accept-Encoding: gzip"


def serve(folder: Path, **scope: Any) -> Served:
    return Served(
        folder,
        scope={"output_codings": (b"gzip",), **scope},
        # Unpacking takes its time on a busy machine.
        host={"document_root": str(folder).encode(), "keep_alive_timeout": 60.0},
    )


def read_chunks(client: Peer) -> bytes:
    body = b""
    while True:
        size = int(client.read_until(b"\r\n"), 16)
        body += client.read(size)
        assert client.read(2) == b"\r\n"
        if not size:
            return body


def put(folder: Path, name: str, data: bytes) -> None:
    (folder / "own").mkdir(exist_ok=True)
    (folder / "own" / name).write_bytes(data)


def test_a_small_file_is_compressed_whole(tmp_path: Path) -> None:
    put(tmp_path, "small.bin", b"a" * 3000)
    with serve(tmp_path) as served:
        client = served.client()
        client.send(request("GET", "/own/small.bin", ACCEPT) + request("HEAD", "/own/small.bin", ACCEPT))
        status, head, body = client.answer()
        assert (status, gzip.decompress(body)) == (200, b"a" * 3000)
        assert b"\r\nContent-Encoding: gzip\r\n" in head
        assert b"\r\nVary: Accept-Encoding\r\n" in head
        assert b'-gzip"\r\n' in head
        assert b"\r\nContent-Length: %d\r\n" % len(body) in client.head()
        client.send(request("GET", "/own/small.bin"))
        assert client.answer()[2] == b"a" * 3000


def test_a_large_file_goes_in_chunks_and_in_little_memory(tmp_path: Path) -> None:
    data = os.urandom(1_000_000) * 30
    put(tmp_path, "large.bin", data)
    with serve(tmp_path) as served:
        client = served.client(rcvbuf=65536)
        before = served.memory()
        client.send(request("HEAD", "/own/large.bin", ACCEPT) + request("GET", "/own/large.bin", ACCEPT))
        assert b"\r\nContent-Length:" not in client.head()
        head = client.head()
        assert b"\r\nTransfer-Encoding: chunked\r\n" in head
        assert b"\r\nContent-Length:" not in head
        assert gzip.decompress(read_chunks(client)) == data
        assert served.memory() - before < 15_000_000
        client.send(request("GET", "/own/large.bin", ACCEPT))
        client.head()
        client.reset()


def test_a_client_without_chunks_hears_the_end_as_the_end_of_the_connection(tmp_path: Path) -> None:
    data = os.urandom(200_000)
    put(tmp_path, "large.bin", data)
    with serve(tmp_path) as served:
        client = served.client()
        client.send(request("GET", "/own/large.bin", ACCEPT, "Connection: keep-alive", version="1.0"))
        head = client.head()
        assert b"\r\nTransfer-Encoding:" not in head
        assert gzip.decompress(client.read_to_end()) == data
