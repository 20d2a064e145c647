"""Files, led through filters on their way. What an HTTP client sees of it stands in tests/parity/cases/compression.md
and substitute.md."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

from evenflow.origin import NOWHERE
from evenflow.plan.filters import INFLATE, SUBSTITUTE
from evenflow.plan.naming import ENCODING, Naming
from evenflow.plan.substitute import Part, Substitution
from tests.serve.served import Peer, Served, request

ACCEPT = "Accept-Encoding: gzip"


def serve(folder: Path, **scope: Any) -> Served:
    return Served(
        folder,
        scope={"output_filters": (b"gzip",), **scope},
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


def changing(folder: Path, *names: bytes, **scope: Any) -> Served:
    lines = (Part((Substitution(b"hello", None, (b"goodbye",), NOWHERE),), None),)
    return serve(folder, **{"output_filters": names, "substitutes": lines, **scope})


def test_a_file_in_gzip_is_unpacked(tmp_path: Path) -> None:
    packed = Naming(ENCODING, b"gz", b"gzip")
    put(tmp_path, "page.txt.gz", gzip.compress(b"hello\n" * 50))
    with changing(tmp_path, INFLATE, SUBSTITUTE, names=(packed,)) as served:
        client = served.client()
        client.send(request("GET", "/own/page.txt.gz", "Range: bytes=0-2"))
        status, head, body = client.answer()
        assert (status, body) == (200, b"goodbye\n" * 50)
        assert b'-gunzip"\r\n' in head and b"Content-Encoding" not in head and b"Content-Range" not in head
    with changing(tmp_path, names=(packed,)) as served:
        client = served.client()
        client.send(request("GET", "/own/page.txt.gz", "Range: bytes=0-2"))
        status, head, body = client.answer()
        assert (status, len(body)) == (206, 3) and b"\r\nContent-Encoding: gzip\r\n" in head


def test_texts_of_files_are_replaced(tmp_path: Path) -> None:
    put(tmp_path, "small.txt", b"hello")
    put(tmp_path, "large.txt", b"hello\n" * 50000)
    with changing(tmp_path, SUBSTITUTE) as served:
        client = served.client()
        client.send(request("GET", "/own/small.txt"))
        assert client.answer()[2] == b"goodbye"
        client.send(request("HEAD", "/own/small.txt"))
        assert b"Content-Length" not in client.head()
        client.send(request("GET", "/own/large.txt"))
        assert b"\r\nTransfer-Encoding: chunked\r\n" in client.head()
        assert read_chunks(client) == b"goodbye\n" * 50000


def test_a_file_with_a_line_that_is_too_long(tmp_path: Path) -> None:
    put(tmp_path, "small.txt", b"a" * 2000)
    put(tmp_path, "large.txt", b"hello\n" * 50000 + b"a" * 2000)
    with changing(tmp_path, SUBSTITUTE, substitute_length=1000) as served:
        client = served.client()
        client.send(request("GET", "/own/small.txt"))
        assert client.answer()[0] == 500
        client = served.client()
        client.send(request("GET", "/own/large.txt"))
        assert client.head().startswith(b"HTTP/1.1 200 ")
        assert not client.read_to_end().endswith(b"\r\n0\r\n\r\n"), "the answer is cut"


def test_what_is_no_gzip_is_no_answer(tmp_path: Path) -> None:
    put(tmp_path, "page.txt.gz", b"this is no gzip")
    with changing(tmp_path, INFLATE, names=(Naming(ENCODING, b"gz", b"gzip"),)) as served:
        client = served.client()
        client.send(request("GET", "/own/page.txt.gz"))
        assert client.answer()[0] == 500
