"""Redirects and pages that name another address. (The rest: test_run.)"""

from __future__ import annotations

import dataclasses

import pytest

from evenflow.tools.doctor import addresses
from evenflow.tools.doctor.addresses import check_by_address, check_odd_paths, check_page, check_plain, check_redirects
from evenflow.tools.doctor.asking import Place
from tests.tools.doctor.answering import Answering, answer
from tests.tools.doctor.test_sessions import codes


def redirected(location: str) -> list[str]:
    with Answering(lambda head: answer(302, b"", f"Location: {location}")) as there:
        return codes(check_redirects(there.visit()))


def test_where_redirects_lead() -> None:
    assert redirected("https://wiki.example.com/") == ["redirect-scheme"]
    assert redirected("http://wiki.example.com:8090/") == ["redirect-elsewhere"]
    assert redirected("http://localhost:8090/") == ["redirect-elsewhere"]
    assert redirected("http://10.0.0.3:8080/") == ["redirect-elsewhere"]
    assert redirected("http://127.0.0.3/") == ["redirect-elsewhere"]
    assert redirected("https://sso.example.com/login") == []
    assert redirected("/again") == ["redirect-loop"]


def test_a_page_with_tls_that_names_itself_in_the_clear() -> None:
    page = b'<meta name="ajs-base-url" content="https://wiki.example.com"><script>"ws://wiki.example.com/synchrony"</script>'
    with Answering(lambda head: answer(200, page)) as there:
        visit = there.visit()
        plain = visit.site.place
        assert codes(check_page(visit)) == ["base-url"]
        asked = visit.site.ask
        visit.site.ask = lambda *words, **more: asked(*words, **more)  # type: ignore[method-assign]
        visit.meta.clear()
        tls = dataclasses.replace(plain, scheme="https", port=443)

        def as_tls(*words: object, **more: object) -> object:
            visit.site.place = plain
            try:
                return asked(*words, **more)  # type: ignore[arg-type]
            finally:
                visit.site.place = tls

        visit.site.place = tls
        visit.site.ask = as_tls  # type: ignore[method-assign, assignment]
        assert codes(check_page(visit)) == ["mixed-content"]
        assert isinstance(tls, Place)


def test_the_clear_port_beside_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, expected in (
        (answer(200, b"<html>another site"), ["plain-without-redirect"]),
        (answer(301, b"", "Location: https://wiki.example.com/"), []),
    ):
        with Answering(lambda head, said=said: said) as there:  # type: ignore[misc]
            visit = there.visit()
            visit.site.place = Place("https", "wiki.example.com", 443)
            plain = there.asker()
            monkeypatch.setattr(addresses, "Asker", lambda *words, plain=plain: plain)
            assert codes(check_plain(visit)) == expected


def test_another_site_for_who_asks_by_address() -> None:
    def by_name(head: bytes) -> bytes:
        return answer(200, b'{"state":"RUNNING"}') if b"Host: wiki.example.com\r\n" in head else answer(404)

    with Answering(by_name) as there:
        assert codes(check_by_address(there.visit())) == ["other-by-address"]
        assert b"Host: 127.0.0.1:" in there.heads[-1]
    with Answering(lambda head: answer(200, b'{"state":"RUNNING"}')) as there:
        assert codes(check_by_address(there.visit())) == []
    with Answering(lambda head: answer(404)) as there:
        assert codes(check_by_address(there.visit())) == []


def test_odd_paths_without_a_node_to_compare_with() -> None:
    with Answering(lambda head: answer(403 if b"%3F" in head else 404)) as there:
        assert codes(check_odd_paths(there.visit())) == ["path-mangled"]
    with Answering(lambda head: answer(404)) as there:
        assert codes(check_odd_paths(there.visit())) == []
