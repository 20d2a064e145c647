"""Redirects and pages that name another address. (The rest: test_run.)"""

from __future__ import annotations

import dataclasses

from evenflow.tools.doctor.addresses import check_odd_paths, check_page, check_redirects
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


def test_odd_paths_without_a_node_to_compare_with() -> None:
    with Answering(lambda head: answer(403 if b"%3F" in head else 404)) as there:
        assert codes(check_odd_paths(there.visit())) == ["path-mangled"]
    with Answering(lambda head: answer(404)) as there:
        assert codes(check_odd_paths(there.visit())) == []
