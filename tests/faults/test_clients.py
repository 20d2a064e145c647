"""Clients that read slowly, write slowly, or go away."""

from __future__ import annotations

import hashlib
import http.client
import random
import socket
import threading
import time
from typing import Final

import pytest

from tests.faults.conftest import Front, Start
from tests.faults.members import Member, Visit, member, wait_until
from tests.faults.processes import descriptors, resident

MIB: Final = 1 << 20
PATTERN: Final = random.Random(7).randbytes(MIB)
HELD_BYTES: Final = 24 * MIB
"""More than the kernel's socket buffers hold on the way; what goes beyond would be kept by the balancer."""


class Downloads:
    """Answers with `mib` MiB, counting what it could send."""

    def __init__(self, mib: int) -> None:
        self.mib = mib
        self.sent = 0

    def __call__(self, visit: Visit) -> bool:
        if visit.path == "/quick":
            visit.answer(b"quick")
            return True
        visit.link.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {self.mib * MIB}\r\n\r\n".encode())
        view = memoryview(PATTERN)
        for _ in range(self.mib):
            done = 0
            while done < MIB:
                size = visit.link.send(view[done:])
                done += size
                self.sent += size
        return True


class Uploads:
    """Reads what is sent, as fast as it comes, and says its digest; `hold` makes it wait first."""

    def __init__(self, hold: threading.Event | None = None) -> None:
        self.hold = hold
        self.received = 0
        self.complete: list[bool] = []

    def __call__(self, visit: Visit) -> bool:
        if visit.path == "/quick":
            visit.answer(b"quick")
            return True
        if self.hold is not None:
            self.hold.wait(20)
        size, digest = 0, hashlib.sha256()
        for piece in visit.body():
            size += len(piece)
            self.received += len(piece)
            digest.update(piece)
        self.complete.append(size == visit.length)
        if size == visit.length:
            visit.answer(digest.hexdigest().encode())
        return size == visit.length


def quick(front: Front) -> float:
    """Seconds that an ordinary request takes now."""
    begun = time.monotonic()
    assert front.ask("/quick") == (200, b"quick")
    return time.monotonic() - begun


def quiet(front: Front) -> tuple[int, int]:
    """Open files and memory of the serving processes after a first request, when its connection is gone."""
    quick(front)
    time.sleep(0.3)
    return descriptors(front.process.pid), resident(front.process.pid)


def stalled_at(counter: Downloads | Uploads, name: str) -> int:
    """The counter's value when it no longer moves."""
    deadline = time.monotonic() + 10
    value = -1
    while time.monotonic() < deadline:
        now: int = getattr(counter, name)
        if now == value and now > 0:
            return now
        value = now
        time.sleep(0.4)
    raise AssertionError(f"{name} never came to rest")


def test_a_slow_reader_holds_up_its_member_and_nobody_else(start_either: Start) -> None:
    downloads = Downloads(64)
    with member(downloads) as one:
        front = start_either(one.port)
        _, before = quiet(front)
        with front.dial() as link:
            link.sendall(b"GET /large HTTP/1.1\r\nHost: front\r\n\r\n")
            assert stalled_at(downloads, "sent") < HELD_BYTES
            assert resident(front.process.pid) - before < 4 * MIB
            assert quick(front) < 2.0
            answer = http.client.HTTPResponse(link)
            answer.begin()
            for _ in range(40):
                assert answer.read(4096)
                time.sleep(0.005)
            rest = answer.read()
            whole = PATTERN * 64
            assert rest == whole[40 * 4096 :]


def test_a_slow_member_holds_up_its_uploader_and_nobody_else(start: Start) -> None:
    hold = threading.Event()
    uploads = Uploads(hold)
    with member(uploads) as one:
        front = start(one.port)
        _, before = quiet(front)
        sent = 0

        def upload(link: socket.socket) -> None:
            nonlocal sent
            view = memoryview(PATTERN)
            for _ in range(64):
                done = 0
                while done < MIB:
                    size = link.send(view[done:])
                    done += size
                    sent += size

        with front.dial() as link:
            link.sendall(f"POST /upload HTTP/1.1\r\nHost: front\r\nContent-Length: {64 * MIB}\r\n\r\n".encode())
            uploader = threading.Thread(target=upload, args=(link,))
            uploader.start()
            rest = -1
            while sent != rest:
                rest = sent
                time.sleep(0.4)
            assert 0 < sent < HELD_BYTES
            assert resident(front.process.pid) - before < 4 * MIB
            assert quick(front) < 2.0
            hold.set()
            uploader.join()
            answer = http.client.HTTPResponse(link)
            answer.begin()
            assert answer.read().decode() == hashlib.sha256(PATTERN * 64).hexdigest()


def test_a_slow_writer_is_heard_to_the_end(start_either: Start) -> None:
    uploads = Uploads()
    with member(uploads) as one:
        front = start_either(one.port)
        body = b"0123456789"
        with front.dial() as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"POST /slow HTTP/1.1\r\nHost: front\r\nContent-Length: 10\r\n\r\n" + body:
                link.sendall(bytes([byte]))
                time.sleep(0.003)
            answer = http.client.HTTPResponse(link)
            answer.begin()
            assert answer.read().decode() == hashlib.sha256(body).hexdigest()
        assert uploads.complete == [True]


def test_many_slow_writers_do_not_keep_others_waiting(start: Start) -> None:
    uploads = Uploads()
    with member(uploads) as one:
        front = start(one.port)
        links = [front.dial() for _ in range(50)]
        try:
            for link in links:
                link.sendall(b"POST /slow HTTP/1.1\r\nHost: front\r\nContent-")
            assert max(quick(front) for _ in range(5)) < 1.0
            for link in links:
                link.sendall(b"Length: 4\r\n\r\nbo")
            assert max(quick(front) for _ in range(5)) < 1.0
            for link in links:
                link.sendall(b"dy")
            for link in links:
                answer = http.client.HTTPResponse(link)
                answer.begin()
                assert answer.read().decode() == hashlib.sha256(b"body").hexdigest()
        finally:
            for link in links:
                link.close()


def test_a_client_gone_in_mid_download_frees_its_member(start_either: Start) -> None:
    downloads = Downloads(256)
    with member(downloads) as one:
        front = start_either(one.port)
        files, _ = quiet(front)
        link = front.dial()
        link.sendall(b"GET /large HTTP/1.1\r\nHost: front\r\n\r\n")
        assert len(link.recv(1000)) > 0
        link.close()
        assert wait_until(lambda: len(one.ended) == 1), "the member is still sending to nobody"
        assert downloads.sent < 256 * MIB
        assert wait_until(lambda: descriptors(front.process.pid) <= files + 1), "the connections stayed open"
        quick(front)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_gone_in_mid_upload_is_no_whole_request(start: Start, how: str) -> None:
    uploads = Uploads()
    with member(uploads) as one:
        front = start(one.port)
        files, _ = quiet(front)
        link = front.dial()
        link.sendall(b"POST /upload HTTP/1.1\r\nHost: front\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 500_000)
        assert wait_until(lambda: uploads.received == 500_000)
        if how == "reset":
            Visit("", "", {}, link, b"").reset()
        link.close()
        assert wait_until(lambda: uploads.complete == [False] or one.ended != []), "the member still waits for the rest"
        assert True not in uploads.complete
        assert wait_until(lambda: descriptors(front.process.pid) <= files + 1), "the connections stayed open"
        quick(front)


def test_clients_gone_while_the_member_thinks_leave_nothing_open(start: Start) -> None:
    def thinks(visit: Visit) -> bool:
        if visit.path != "/quick":
            time.sleep(1)
        visit.answer(b"quick")
        return True

    with member(thinks) as one:
        front = start(one.port)
        files, _ = quiet(front)
        links = [front.dial() for _ in range(20)]
        for link in links:
            link.sendall(b"GET /think HTTP/1.1\r\nHost: front\r\n\r\n")
        assert wait_until(lambda: visits(one) == 20)
        for link in links:
            link.close()
        # Kept connections to the member may stay, one for each of the twenty; the clients' may not.
        assert wait_until(lambda: descriptors(front.process.pid) <= files + 20), "the clients' connections stayed open"
        quick(front)


def visits(one: Member) -> int:
    return sum(path == "/think" for _, path in one.visits)


def test_clients_that_say_half_a_word_and_go_leave_nothing_open(start: Start) -> None:
    with member(Uploads()) as one:
        front = start(one.port)
        files, _ = quiet(front)
        links = [front.dial() for _ in range(50)]
        for link in links:
            # Not silence: the kernel may keep a connection to itself until its first byte (TCP_DEFER_ACCEPT).
            link.sendall(b"GE")
        assert wait_until(lambda: descriptors(front.process.pid) >= files + 50)
        for link in links:
            link.close()
        assert wait_until(lambda: descriptors(front.process.pid) <= files), "the connections stayed open"
