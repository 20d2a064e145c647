"""The little language of the cases: what it means, and that it takes nothing that it does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from .casebook import Act, Body, CaseError, Expected, LogLine, Look, Send, Wait, read_book, steps, unescape

pytestmark = pytest.mark.once

ADDRESSES = {"front": "20000", "b1": "127.0.0.1:20001"}


def book(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "book.md"
    path.write_text(text, "utf-8")
    return path


def case_of(tmp_path: Path, requests: str, config: str = "ProxyPass / http://{b1}/") -> str:
    return f"# Book\n\n## One case\n\n```apache\n{config}\n```\n\n```requests\n{requests}\n```\n"


def test_a_request_with_fields_and_a_body(tmp_path: Path) -> None:
    text = case_of(tmp_path, "POST /x  -> 502 b1 POST /x\n    X-A: 1\n    | he\n    | llo\n    < X-B: 2\n    >! X-C")
    [case] = read_book(book(tmp_path, text), tmp_path, ADDRESSES)
    [request] = case.requests
    assert case.config == "ProxyPass / http://127.0.0.1:20001/\n"
    assert request.payload == b"POST /x HTTP/1.1\r\nHost: www.example\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello"
    assert request.expected == Expected(502, ("b1",), "POST /x")
    assert request.looks == (Look("client", "field", "X-B: 2"), Look("member", "absent", "X-C"))


def test_chunks_and_a_host_of_its_own(tmp_path: Path) -> None:
    text = case_of(tmp_path, "POST /x HTTP/1.0\n    Host: a\n    chunked\n    | he\n    | llo")
    [case] = read_book(book(tmp_path, text), tmp_path, ADDRESSES)
    assert case.requests[0].payload == (
        b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )


def test_raw_lines(tmp_path: Path) -> None:
    text = case_of(tmp_path, "raw -> 400\n    = GET / HTTP/1.1\n    =  X: a\\x00\\n\\\n    =")
    [case] = read_book(book(tmp_path, text), tmp_path, ADDRESSES)
    assert case.requests[0].payload == b"GET / HTTP/1.1\r\n X: a\x00\n\r\n"
    assert case.requests[0].expected == Expected(400, ())


def test_a_sequence(tmp_path: Path) -> None:
    text = case_of(tmp_path, "4 x GET /  -> b1 503 502:b2 b1,b2")
    [case] = read_book(book(tmp_path, text), tmp_path, ADDRESSES)
    assert [request.expected for request in case.requests] == [
        Expected(200, ("b1",)), Expected(503, ()), Expected(502, ("b2",)), Expected(200, ("b1", "b2"))
    ]


def test_an_example_with_its_addresses_exchanged(tmp_path: Path) -> None:
    (tmp_path / "some.conf").write_text("Listen 8080\nProxyPass / http://10.0.0.1/\n")
    text = "## A\n```apache some.conf\n8080 = {front}\n10.0.0.1 = {b1}\n```\n```requests\nGET /\n```\n"
    [case] = read_book(book(tmp_path, text), tmp_path, ADDRESSES)
    assert case.config == "Listen 20000\nProxyPass / http://127.0.0.1:20001/\n"


@pytest.mark.parametrize(
    ("requests", "complaint"),
    [
        ("GET", "is not `[N x] METHOD"),
        ("GET /\n    what is this", "is not a field, a body"),
        ("GET / -> perhaps", "is not a status"),
        ("2 x GET / -> b1", "2 requests, but 1 answers"),
        ("GET / -> b1\n    differs something", "belong together"),
        ("raw -> 400\n    X-A: 1", "consists of `=` lines"),
    ],
)
def test_what_the_language_does_not_have_is_refused(tmp_path: Path, requests: str, complaint: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_book(book(tmp_path, case_of(tmp_path, requests)), tmp_path, ADDRESSES)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("## A\n```apache\nX\n```\n", "needs an `apache` block and"),
        ("## A\n```apache\nX\n", "never closed"),
        ("```apache\nX\n```\n", "before the first"),
        ("## A\n```nginx\nX\n```\n", "no block `nginx`"),
        ("## A\n```apache\nX\n```\n```member b9\n```\n```requests\nGET /\n```\n", "names of b1"),
    ],
)
def test_a_case_that_is_not_whole_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_book(book(tmp_path, text), tmp_path, ADDRESSES)
    assert complaint in str(caught.value)


def test_a_script_gets_the_length_that_it_does_not_say() -> None:
    assert steps(("HTTP/1.1 200 OK", "X: 1", "", "he", "!wait 0.5", "llo")) == [
        Send(b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 5\r\n\r\n"), Body(b"he"), Wait(0.5), Body(b"llo")
    ]


def test_a_script_that_breaks_off_gets_none() -> None:
    assert steps(("HTTP/1.1 200 OK", "", "he", "!close")) == [
        Send(b"HTTP/1.1 200 OK\r\n\r\n"), Body(b"he"), Act("close")
    ]


def test_a_script_with_an_interim_head_and_chunks() -> None:
    assert steps(("HTTP/1.1 103 Soon", "", "HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "he")) == [
        Send(b"HTTP/1.1 103 Soon\r\n\r\n"),
        Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Body(b"2\r\nhe\r\n"),
        Body(b"0\r\n\r\n"),
    ]


def test_escapes_are_bytes() -> None:
    assert unescape(r"a\r\n\x00\xff\\x41\s") == b"a\r\n\x00\xff\\x41 "


def test_a_log_and_where_it_differs(tmp_path: Path) -> None:
    text = case_of(tmp_path, "GET /") + "\n```log logs/a.log\nboth {b1}\ndiffers some-row\ntheirs\nours\n```\n"
    [case] = read_book(book(tmp_path, text), tmp_path, ADDRESSES)
    [told] = case.logs
    assert told.path == "logs/a.log"
    assert told.lines == (
        LogLine("both 127.0.0.1:20001", "both 127.0.0.1:20001"), LogLine("theirs", "ours", "some-row")
    )


def test_a_difference_of_a_log_has_two_lines(tmp_path: Path) -> None:
    text = case_of(tmp_path, "GET /") + "\n```log logs/a.log\ndiffers some-row\ntheirs\n```\n"
    with pytest.raises(CaseError, match="stand two lines"):
        read_book(book(tmp_path, text), tmp_path, ADDRESSES)
