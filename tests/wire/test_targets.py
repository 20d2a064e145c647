"""Paths of requests: one form to match, one to forward, and no guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.targets import SAFE, canonical, escape, normalise, split_host


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (b"/", b"/"),
        (b"/spaces/list.action", b"/spaces/list.action"),
        (b"/a//b///c", b"/a/b/c"),
        (b"//", b"/"),
        (b"/a/./b", b"/a/b"),
        (b"/a/../b", b"/b"),
        (b"/a/b/..", b"/a/"),
        (b"/a/b/.", b"/a/b/"),
        (b"/a/..", b"/"),
        (b"/a/", b"/a/"),
        (b"/.hidden/..b/c..", b"/.hidden/..b/c.."),
        (b"/%7Euser", b"/~user"),
        (b"/a/%2e%2E/b", b"/b"),
        (b"/a%20b", b"/a b"),
        (b"/%25", b"/%"),
        (b"/%2541", b"/%41"),
        (b"/a%3Fb", b"/a?b"),
        (b"/a%3bjsessionid=1", b"/a;jsessionid=1"),
        (b"/\xc3\xa9%C3%A9", b"/\xc3\xa9\xc3\xa9"),
    ],
)
def test_the_form_that_is_matched(path: bytes, form: bytes) -> None:
    assert normalise(path) == form


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"", 400),
        (b"a/b", 400),
        (b"*", 400),
        (b"/a b", 400),
        (b"/a\tb", 400),
        (b"/a\x00b", 400),
        (b"/a\x7fb", 400),
        (b"/a#b", 400),
        (b"/..", 400),
        (b"/a/../..", 400),
        (b"/%2e%2e/etc", 400),
        (b"/%", 400),
        (b"/%4", 400),
        (b"/%zz", 400),
        (b"/%-1", 400),
        (b"/a%2Fb", 404),
        (b"/a%2fb", 404),
        (b"/a%00b", 404),
    ],
)
def test_what_is_refused(path: bytes, status: int) -> None:
    with pytest.raises(ProtocolFault) as caught:
        normalise(path)
    assert caught.value.status == status


@given(st.binary(max_size=60))
def test_a_path_has_a_form_or_a_fault_and_the_form_climbs_nowhere(rest: bytes) -> None:
    try:
        form = normalise(b"/" + rest)
    except ProtocolFault as fault:
        assert fault.status in (400, 404)
        return
    assert form.startswith(b"/")
    assert b".." not in form.split(b"/")
    assert b"\0" not in form


@pytest.mark.parametrize(
    ("path", "forwarded", "shown"),
    [
        (b"/plain/path-1.html", b"/plain/path-1.html", b"/plain/path-1.html"),
        (b"/a b?c%d", b"/a%20b%3Fc%25d", b"/a%20b%3fc%25d"),
        (b"/\xc3\xa9", b"/%C3%A9", b"/%c3%a9"),
        (b"/a;b=c:@&,!*'()+$~", b"/a;b=c:@&,!*'()+$~", b"/a;b=c:@&,!*'()+$~"),
    ],
)
def test_forwarded_in_upper_case_and_shown_in_lower(path: bytes, forwarded: bytes, shown: bytes) -> None:
    assert canonical(path) == forwarded
    assert escape(path) == shown


@given(st.binary(max_size=60))
def test_what_is_forwarded_is_safe_and_means_the_same(path: bytes) -> None:
    written = canonical(path)
    assert not written.translate(None, SAFE + b"%")
    pieces = written.split(b"%")
    assert b"".join([pieces[0], *[bytes.fromhex(piece[:2].decode()) + piece[2:] for piece in pieces[1:]]]) == path


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [
        (b"wiki.example.com", b"wiki.example.com", 0),
        (b"Wiki.Example.COM:8080", b"wiki.example.com", 8080),
        (b"wiki.example.com.", b"wiki.example.com", 0),
        (b"wiki.example.com.:443", b"wiki.example.com", 443),
        (b"wiki:", b"wiki", 0),
        (b"[::1]", b"[::1]", 0),
        (b"[2001:DB8::1]:8443", b"[2001:db8::1]", 8443),
        (b"127.0.0.1:80", b"127.0.0.1", 80),
    ],
)
def test_a_host_taken_apart(host: bytes, name: bytes, port: int) -> None:
    assert split_host(host) == (name, port)
