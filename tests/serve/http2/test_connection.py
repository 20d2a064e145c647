"""HTTP/2 over loopback: a real client in front, members played by the test behind."""

from __future__ import annotations

import select
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

from evenflow.plan.http2 import Http2
from tests.proxy.story import World
from tests.serve.http2.client import Client
from tests.serve.served import OK, Member, Peer, Served, request, until
from tests.serve.test_tls import make_certificate

CLEAR = Http2(clear=True)
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def member() -> Member:
    return Member()


def serving(tmp_path: Path, member: Member, http2: Http2 = CLEAR, **more: Any) -> Served:
    more.setdefault("host", {})
    more["host"]["http2"] = http2
    return Served(tmp_path, member, **more)


# --- requests and answers -----------------------------------------------------------------------------------------


def test_one_request(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask(b"GET", b"/x?y=1", [(b"x-one", b"1"), (b"cookie", b"a=1"), (b"cookie", b"b=2")])
        peer = member.accept()
        head = peer.head()
        assert head.startswith(b"GET /x?y=1 HTTP/1.1\r\nHost: ")
        assert b"\r\nX-One: 1\r\n" in head
        assert b"\r\nCookie: a=1; b=2\r\n" in head
        assert b"\r\nX-Forwarded-Host: www.example\r\n" in head
        peer.send(b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-Two: 2\r\nConnection: x-three\r\nX-Three: 3\r\n\r\nok")
        answer = client.answer(asked)
        assert (answer.status, answer.body) == (200, b"ok")
        assert answer.get(b"x-two") == b"2"
        assert {name for name, _ in answer.fields} <= {b":status", b"date", b"server", b"content-length", b"x-two"}


def test_streams_answer_in_any_order(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        first, second, third = client.ask(path=b"/1"), client.ask(path=b"/2"), client.ask(path=b"/own")
        peers = {}
        for _ in range(2):
            peer = member.accept()
            peers[peer.head()[5:6]] = peer
        assert client.answer(third).status == 404
        peers[b"2"].send(OK)
        assert client.answer(second).body == b"ok"
        peers[b"1"].send(CHUNKS + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        answer = client.answer(first)
        assert answer.body == b"abcde"
        assert answer.get(b"transfer-encoding") is None


def test_a_body_with_its_length_and_one_without(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask(b"POST", b"/", [(b"content-length", b"5")], b"hello")
        peer = member.accept()
        assert b"\r\nContent-Length: 5\r\n" in peer.head()
        assert peer.read(5) == b"hello"
        peer.send(OK)
        assert client.answer(asked).status == 200
        asked = client.ask(b"POST", b"/", body=b"x" * 20000, ends=False)
        assert b"\r\nTransfer-Encoding: chunked\r\n" in peer.head()
        client.send(asked, b"y" * 7, ends=True)
        body = peer.read_until(b"0\r\n\r\n")
        assert body.count(b"x") == 20000 and body.count(b"y") == 7
        peer.send(OK)
        assert client.answer(asked).status == 200


@pytest.mark.parametrize("trailers", [False, True])
def test_what_follows_a_body_is_dropped(tmp_path: Path, member: Member, trailers: bool) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask(b"POST", b"/", body=b"abc", ends=False)
        if trailers:
            client.h2.send_headers(asked, [(b"x-late", b"1")], end_stream=True)
        else:
            client.h2.end_stream(asked)
        client.flush()
        peer = member.accept()
        assert b"\r\nContent-Length: 3\r\n" in peer.head()
        assert peer.read(3) == b"abc"
        assert peer.silent()
        peer.send(OK)
        assert client.answer(asked).status == 200


def test_answers_without_a_body(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask(b"HEAD")
        peer = member.accept()
        assert peer.head().startswith(b"HEAD / ")
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n")
        answer = client.answer(asked)
        assert (answer.status, answer.get(b"content-length"), answer.body) == (200, b"77", b"")
        for status in (204, 304):
            asked = client.ask()
            peer.head()
            peer.send(b"HTTP/1.1 %d Nothing\r\n\r\n" % status)
            answer = client.answer(asked)
            assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("hints", [False, True])
def test_interim_answers(tmp_path: Path, member: Member, hints: bool) -> None:
    with serving(tmp_path, member, Http2(clear=True, early_hints=hints)) as served:
        client = Client(served.client())
        asked = client.ask(b"POST", b"/", [(b"expect", b"100-continue"), (b"content-length", b"3")], ends=False)
        peer = member.accept()
        assert b"\r\nExpect: 100-continue\r\n" in peer.head()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x.css>\r\n\r\n")
        answer = client.answers[asked]
        while not answer.interim:
            assert client.read()
        client.send(asked, b"abc", ends=True)
        assert peer.read(3) == b"abc"
        peer.send(OK)
        client.answer(asked)
        early = [(103, [(b"link", b"</x.css>")])] if hints else []
        assert answer.interim == [(100, []), *early]
        assert answer.status == 200


def test_a_whole_answer_before_the_whole_request(tmp_path: Path, member: Member) -> None:
    """RFC 9113 section 8.1: the rest is not wanted."""
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask(b"POST", b"/", [(b"content-length", b"100000")], b"x" * 20000, ends=False)
        peer = member.accept()
        peer.head()
        peer.send(OK)
        answer = client.answer(asked)
        assert answer.body == b"ok"
        while answer.reset is None:
            assert client.read()
        assert answer.reset == ErrorCodes.NO_ERROR
        assert client.answer(client.ask(path=b"/own")).status == 404


# --- both sides wait for each other -------------------------------------------------------------------------------


def test_a_client_that_takes_nothing_stops_the_member(tmp_path: Path, member: Member) -> None:
    size = 12_000_000
    with serving(tmp_path, member) as served:
        client = Client(served.client(), takes=False)
        asked = client.ask()
        peer = member.accept()
        peer.head()
        peer.socket.setblocking(False)
        left = memoryview(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        other = client.ask(path=b"/own")
        assert client.answer(other).status == 404
        before = served.memory()
        quiet = time.monotonic()
        while time.monotonic() < quiet + 0.5:
            try:
                left = left[peer.socket.send(left) :]
                quiet = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        assert len(left) > size // 2
        assert served.memory() - before < 4_000_000
        answer = client.answers[asked]
        client.takes = True
        client.h2.increment_flow_control_window(size, None)
        client.h2.increment_flow_control_window(size, asked)
        client.flush()
        while not answer.ended:
            both = [client.peer.socket], [peer.socket] if len(left) else []
            readable, writable, _ = select.select(*both, [], 10)
            assert readable or writable
            if writable:
                left = left[peer.socket.send(left) :]
            if readable:
                assert client.read()
        assert len(answer.body) == size


def test_a_member_that_takes_nothing_stops_the_client(tmp_path: Path) -> None:
    slow = Member(rcvbuf=4096)
    with serving(tmp_path, slow) as served:
        client = Client(served.client())
        asked = client.ask(b"POST", b"/", [(b"content-length", b"50000000")], ends=False)
        peer = slow.accept()
        peer.head()
        sent = 0
        while sent < 50_000_000:
            room = min(client.h2.local_flow_control_window(asked), 16384)
            if room:
                client.send(asked, b"x" * room)
                sent += room
                continue
            client.peer.socket.settimeout(1.0)
            try:
                assert client.read()
            except TimeoutError:
                break
        assert sent < 10_000_000
        assert client.answer(client.ask(path=b"/own")).status == 404
        client.peer.socket.settimeout(10)
        got = 0
        while got < 1_000_000:
            got += len(peer.socket.recv(65536))
        while not client.h2.local_flow_control_window(asked):
            assert client.read()
        client.h2.reset_stream(asked)
        client.flush()


def test_streams_take_turns(tmp_path: Path, member: Member) -> None:
    size = 3_000_000
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = [client.ask() for _ in range(3)]
        peers = [member.accept() for _ in asked]
        import threading

        def speak(peer: Peer) -> None:
            peer.head()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

        threads = [threading.Thread(target=speak, args=(peer,)) for peer in peers]
        for thread in threads:
            thread.start()
        for number in asked:
            assert len(client.answer(number).body) == size
        for thread in threads:
            thread.join()


def test_the_longest_data_frame(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member, Http2(clear=True, max_data_frame=100)) as served:
        client = Client(served.client())
        asked = client.ask()
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)
        assert client.answer(asked).body == b"x" * 1000
        sizes = [len(event.data) for event in client.events if hasattr(event, "data") and hasattr(event, "stream_id")]
        assert max(sizes) == 100


def test_a_head_that_is_too_long_for_the_client(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member, Http2(clear=True, max_header_block=1000)) as served:
        client = Client(served.client())
        asked = client.ask()
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + b"x" * 2000 + b"\r\n\r\n")
        assert client.answer(asked).reset is not None
        assert client.answer(client.ask(path=b"/own")).status == 404


# --- the member fails, the client goes ----------------------------------------------------------------------------


def test_an_answer_that_breaks_off_resets_its_stream_only(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask()
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        client.head(asked)
        peer.close()
        answer = client.answer(asked)
        assert answer.reset == ErrorCodes.INTERNAL_ERROR
        assert answer.body == b"abc"
        assert client.answer(client.ask(path=b"/own")).status == 404


def test_a_client_that_resets_its_stream_lets_the_member_go(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask()
        peer = member.accept()
        peer.head()
        client.h2.reset_stream(asked)
        client.flush()
        peer.expect_end()
        assert client.answer(client.ask(path=b"/own")).status == 404


def test_a_client_that_goes_lets_all_members_go(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        for _ in range(3):
            client.ask()
        peers = [member.accept() for _ in range(3)]
        for peer in peers:
            peer.head()
        client.peer.close()
        for peer in peers:
            peer.expect_end()


def test_a_client_that_begins_no_more_has_its_answers(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        client.ask()
        peer = member.accept()
        peer.head()
        client.peer.send(frames(GoAwayFrame(0, last_stream_id=0, error_code=0)))
        peer.send(CHUNKS + b"3\r\nabc\r\n0\r\n\r\n")
        assert b"abc" in client.peer.read_to_end()


def test_a_body_and_a_reset_at_once(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = greeted(served)
        number = client.ask(b"POST", b"/own", ends=False)
        client.h2.send_data(number, b"abc", end_stream=True)
        data = client.h2.data_to_send()
        client.peer.send(data + frames(RstStreamFrame(number, error_code=8)))
        asked = client.h2.get_next_available_stream_id()
        assert asked > number
        assert client.answer(client.ask(path=b"/own")).status == 404


# --- what is malformed, and what is too much ----------------------------------------------------------------------

PSEUDO = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"www.example"), (b":path", b"/")]


@pytest.mark.parametrize("length", [b"2", b"4"])
def test_a_length_that_is_not_the_bodys(tmp_path: Path, member: Member, length: bytes) -> None:
    """The library ends the connection for it; no member ever sees such a request whole."""
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        client.ask(b"POST", b"/", [(b"content-length", length)], b"abc")
        assert client.until_end() == ErrorCodes.PROTOCOL_ERROR
        assert member.unasked() or member.accept().head().find(b"\r\n\r\nabc") < 0


def test_a_body_that_is_cut_short_by_trailers(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        asked = client.ask(b"POST", b"/", [(b"content-length", b"20000")], b"x" * 17000, ends=False)
        peer = member.accept()
        peer.head()
        client.h2.send_headers(asked, [(b"x-late", b"1")], end_stream=True)
        client.flush()
        assert client.answer(asked).reset == ErrorCodes.PROTOCOL_ERROR
        assert len(peer.read_to_end()) == 17000
        assert client.answer(client.ask(path=b"/own")).status == 404


def test_a_malformed_request_is_reset_and_too_many_end_the_connection(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member, Http2(clear=True, max_errors=3)) as served:
        client = Client(served.client())
        for _ in range(2):
            asked = client.ask(b"GET", b"/", [(b"transfer-encoding", b"chunked")])
            assert client.answer(asked).reset == ErrorCodes.PROTOCOL_ERROR
        assert client.answer(client.ask(path=b"/own")).status == 404
        client.ask(b"GET", b"/", [(b"X-Upper", b"1")])
        assert client.until_end() == ErrorCodes.PROTOCOL_ERROR
        assert member.unasked()
        served.logged("request refused", "lower case")


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (b"/" + b"x" * 9000, [], 414),
        (b"/", [(b"x", b"y" * 9000)], 431),
        (b"/", [(b"x-%d" % number, b"y") for number in range(110)], 431),
    ],
)
def test_what_is_too_long_is_answered(
    tmp_path: Path, member: Member, path: bytes, fields: list[tuple[bytes, bytes]], status: int
) -> None:
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        assert client.answer(client.ask(b"GET", path, fields)).status == status
        assert client.answer(client.ask(path=b"/own")).status == 404
        assert member.unasked()


def test_fields_without_end_end_the_connection(tmp_path: Path, member: Member) -> None:
    """Small on the wire, huge in memory: references to one long entry of the compression's table."""
    with serving(tmp_path, member) as served:
        client = Client(served.client())
        client.ask(b"GET", b"/", [(b"x", b"y" * 4000)] * 400)
        assert client.until_end() == ErrorCodes.ENHANCE_YOUR_CALM
        assert member.unasked()


def test_more_streams_than_allowed_end_the_connection(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member, Http2(clear=True, max_streams=2)) as served:
        client = Client(served.client())
        while client.h2.remote_settings.max_concurrent_streams != 2:
            assert client.read()
        client.h2.remote_settings._settings[SettingCodes.MAX_CONCURRENT_STREAMS][0] = 100
        for _ in range(3):
            client.ask(b"GET", b"/", ends=False)
        assert client.until_end() is not None


def frames(*made: Any) -> bytes:
    return b"".join(frame.serialize() for frame in made)


def greeted(served: Served) -> Client:
    """A client whose settings have been acknowledged."""
    client = Client(served.client())
    assert client.answer(client.ask(path=b"/own")).status == 404
    return client


def flood(client: Client, data: bytes, times: int) -> int | None:
    """Send the same again and again; the code of the farewell."""
    try:
        for _ in range(times):
            client.peer.send(data)
    except ConnectionError:
        pass
    return client.until_end()


@pytest.mark.parametrize("what", ["ping", "settings", "empty data"])
def test_floods_end(tmp_path: Path, member: Member, what: str) -> None:
    with serving(tmp_path, member) as served:
        client = greeted(served)
        number = client.ask(b"POST", b"/own", ends=False)
        made = {"ping": PingFrame(0, b"12345678"), "settings": SettingsFrame(0), "empty data": DataFrame(number, b"")}
        client.take = lambda data: None  # type: ignore[method-assign]
        flood(client, frames(*[made[what]] * 100), 30)
        assert until(lambda: Client(served.client()), "another client")


def test_rapid_resets_end(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = greeted(served)
        try:
            for _ in range(3000):
                number = client.ask(b"GET", b"/own", ends=False)
                client.h2.reset_stream(number)
                client.flush()
        except ConnectionError:
            pass
        assert client.until_end() == ErrorCodes.ENHANCE_YOUR_CALM


def test_continuations_without_end(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = greeted(served)
        head = HeadersFrame(3, Encoder().encode(PSEUDO))
        flood(client, frames(head, *[ContinuationFrame(3, b"") for _ in range(200)]), 1)
        assert member.unasked()


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\1\0\0\0\0\0\0x",
        b"\0\0\5\6\0\0\0\0\0abcde",
        b"\xff\xff\xff\0\0\0\0\0\1",
        b"\0\0\3\1\4\0\0\0\3\xff\xff\xff",
        b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n",
        b"\0\0\4\x08\0\0\0\0\0\0\0\0\0",
    ],
    ids=["data on nothing", "short ping", "huge frame", "bad compression", "HTTP/1.1", "no window"],
)
def test_broken_frames_end_the_connection(tmp_path: Path, member: Member, data: bytes) -> None:
    with serving(tmp_path, member) as served:
        client = greeted(served)
        client.peer.send(data)
        assert client.until_end() not in (None, 0)
        assert member.unasked()
        assert greeted(served)


# --- time ---------------------------------------------------------------------------------------------------------


def test_an_idle_connection_is_told_goodbye(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member, host={"keep_alive_timeout": 0.3}) as served:
        client = greeted(served)
        assert client.until_end() == ErrorCodes.NO_ERROR


def test_a_client_that_says_nothing(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member, host={"timeout": 0.3}) as served:
        client = Client(served.client())
        assert client.until_end() == ErrorCodes.NO_ERROR


@pytest.mark.parametrize(("timeout", "of_stream"), [(0.4, 0.0), (60.0, 0.4)])
def test_a_body_that_never_comes(tmp_path: Path, member: Member, timeout: float, of_stream: float) -> None:
    http2 = Http2(clear=True, stream_timeout=of_stream)
    with serving(tmp_path, member, http2, host={"timeout": timeout}) as served:
        client = Client(served.client())
        asked = client.ask(b"POST", b"/", [(b"content-length", b"30000")], b"x" * 20000, ends=False)
        peer = member.accept()
        peer.head()
        assert client.answer(asked).status == 408
        peer.socket.settimeout(10)
        peer.read_to_end()


def test_draining_finishes_what_was_asked(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = greeted(served)
        asked = client.ask()
        peer = member.accept()
        peer.head()
        served.drain()
        while client.goaway is None:
            assert client.read()
        assert (client.goaway, client.last) == (ErrorCodes.NO_ERROR, asked)
        peer.send(OK)
        assert client.answer(asked).body == b"ok"
        client.until_end()
        served.wait()


# --- TLS ----------------------------------------------------------------------------------------------------------


def trusting(*protocols: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


def secured(tmp_path: Path, member: Member, http2: Http2) -> Served:
    pair = make_certificate(tmp_path, "a.example")

    def arrange(world: World) -> None:
        world.host.certificates = (pair,)

    return Served(tmp_path, member, tls=True, host={"http2": http2}, arrange=arrange)


def test_agreed_on_in_the_handshake(tmp_path: Path, member: Member) -> None:
    with secured(tmp_path, member, Http2(secure=True)) as served:
        made = served.client(context=trusting("h2", "http/1.1"))
        assert made.socket.selected_alpn_protocol() == "h2"
        client = Client(made)
        asked = client.ask(b"POST", b"/", [(b"content-length", b"60000")], b"x" * 10000, ends=False)
        peer = member.accept()
        assert b"\r\nX-Forwarded-Host: www.example\r\n" in peer.head()
        for _ in range(5):
            client.send(asked, b"x" * 10000)
        client.h2.end_stream(asked)
        client.flush()
        peer.read(60000)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"y" * 1000000)
        assert len(client.answer(asked).body) == 1000000


@pytest.mark.parametrize(
    ("http2", "offered", "chosen"),
    [
        (Http2(secure=True), ("http/1.1", "h2"), "h2"),
        (Http2(secure=True, preferred=False), ("h2", "http/1.1"), "http/1.1"),
        (Http2(clear=True), ("h2", "http/1.1"), "http/1.1"),
        (Http2(secure=True), (), None),
    ],
)
def test_what_is_chosen(
    tmp_path: Path, member: Member, http2: Http2, offered: tuple[str, ...], chosen: str | None
) -> None:
    with secured(tmp_path, member, http2) as served:
        made = served.client(context=trusting(*offered))
        assert made.socket.selected_alpn_protocol() == chosen
        if chosen == "h2":
            assert client_status(Client(made)) == 404
        else:
            made.send(request("GET", "/own"))
            assert made.answer()[0] == 404


def client_status(client: Client) -> int:
    return client.answer(client.ask(path=b"/own")).status


@pytest.mark.parametrize("asks", [True, False])
def test_ciphers_that_are_not_good_enough(tmp_path: Path, member: Member, asks: bool) -> None:
    context = trusting("h2")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA")
    with secured(tmp_path, member, Http2(secure=True, modern_tls=asks)) as served:
        client = Client(served.client(context=context))
        if asks:
            assert client.until_end() == ErrorCodes.INADEQUATE_SECURITY
        else:
            assert client_status(client) == 404


def test_a_connection_that_is_cut_in_the_middle_of_a_frame(tmp_path: Path, member: Member) -> None:
    with serving(tmp_path, member) as served:
        client = greeted(served)
        client.peer.send(b"\0\0\4\x08\0")
        client.peer.socket.shutdown(socket.SHUT_WR)
        client.until_end()
