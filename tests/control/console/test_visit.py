"""Who asks, and what is the console's to answer."""

from __future__ import annotations

import pytest

from evenflow.control.console import visit
from evenflow.control.console.visit import Visit

EVE = Visit("192.0.2.7", "ev\u00e9 \"x\"\r\n", 2, "/manager", "wiki.example", "wiki.example:8080")


def test_what_a_child_says_is_heard() -> None:
    said = visit.write("secret", EVE)
    assert said.isascii() and b"\n" not in said and b"\r" not in said
    assert visit.read("secret", said) == EVE
    assert EVE.who.endswith("(192.0.2.7)")


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b"null", b'["secret"]', b"\xff", b"[" * 100000])
def test_what_no_child_says_is_nobody(said: bytes) -> None:
    assert visit.read("secret", said) is None


def test_another_key_is_nobody() -> None:
    assert visit.read("other", visit.write("secret", EVE)) is None


@pytest.mark.parametrize(
    ("method", "query", "accept", "taken"),
    [
        (b"GET", b"", b"text/html,application/xhtml+xml", True),
        (b"HEAD", b"", b"text/html", True),
        (b"GET", b"", b"*/*", False),
        (b"GET", b"", b"", False),
        (b"GET", b"xml=1", b"text/html", False),
        (b"GET", b"b=wiki&w=http://a&nonce=x", b"text/html", False),
        (b"GET", b"show=classic", b"text/html", False),
        (b"GET", b"show=events", b"text/event-stream", True),
        (b"POST", b"", b"*/*", True),
        (b"POST", b"show=change", b"text/html", True),
        (b"OPTIONS", b"", b"text/html", False),
        (b"PUT", b"show=change", b"text/html", False),
    ],
)
def test_people_get_the_page_and_scripts_get_httpds(method: bytes, query: bytes, accept: bytes, taken: bool) -> None:
    assert visit.takes(method, query, accept) is taken
