"""What a visit knows, and addresses as they are typed."""

from __future__ import annotations

import pytest

from evenflow.tools.doctor.asking import Place
from evenflow.tools.doctor.visit import FAIL, HINT, found, looks_like_confluence, place_of, unknown
from tests.tools.doctor.answering import Answering, answer


def test_addresses() -> None:
    assert place_of("https://wiki.example.com/confluence/") == (Place("https", "wiki.example.com", 443), "/confluence")
    assert place_of("http://[::1]:8090")[0].authority == "[::1]:8090"
    for wrong in ("wiki", "ftp://wiki", "http://wiki:x", "http://"):
        with pytest.raises(ValueError, match="is no address"):
            place_of(wrong)


def test_only_what_is_sure_fails() -> None:
    assert found("affinity-lost", "affinity", "why").verdict == FAIL
    assert found("no-route-cookie", "affinity", "why").verdict == HINT
    assert unknown("x", "why").fault is None


def test_confluence_is_known_by_its_pages_and_fields() -> None:
    page = b'<meta name="ajs-version-number" content="9"><meta name="ajs-base-url" content="http://a">'
    field = "X-Confluence-Request-Time: 1"
    for said, known in ((answer(200, page), True), (answer(404, b"", field), True), (answer(200), False)):
        with Answering(lambda head, said=said: said) as there:  # type: ignore[misc]
            visit = there.visit()
            got = visit.site.ask("/")
            assert looks_like_confluence(got) is known
            visit.learn(got)
    with Answering(lambda head: answer(200, page)) as there:
        visit = there.visit()
        visit.learn(visit.site.ask("/"))
        assert visit.meta["ajs-base-url"] == "http://a"
