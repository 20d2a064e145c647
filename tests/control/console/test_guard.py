"""Where a change may come from."""

from __future__ import annotations

import pytest

from evenflow.control.console.guard import refusal


@pytest.mark.parametrize(
    ("fields", "authority", "refused"),
    [
        ({}, "wiki.example", False),
        ({"sec-fetch-site": "same-origin"}, "wiki.example", False),
        ({"sec-fetch-site": "none"}, "wiki.example", False),
        ({"sec-fetch-site": "cross-site"}, "wiki.example", True),
        ({"sec-fetch-site": "same-site", "origin": "http://wiki.example"}, "wiki.example", True),
        ({"sec-fetch-site": "same-origin", "origin": "https://front.example"}, "inner:8080", False),
        ({"origin": "http://wiki.example:8080"}, "wiki.example:8080", False),
        ({"origin": "https://wiki.example"}, "wiki.example", False),
        ({"origin": "https://wiki.example"}, "wiki.example:443", False),
        ({"origin": "http://WIKI.example"}, "wiki.EXAMPLE:80", False),
        ({"origin": "http://[::1]:8080"}, "[::1]:8080", False),
        ({"origin": "http://wiki.example:8081"}, "wiki.example:8080", True),
        ({"origin": "http://evil.example"}, "wiki.example", True),
        ({"origin": "http://wiki.example.evil.example"}, "wiki.example", True),
        ({"origin": "null"}, "wiki.example", True),
        ({"origin": ""}, "", True),
        ({"origin": "http://a:b"}, "a:b", True),
    ],
)
def test_no_other_site_changes_anything(fields: dict[str, str], authority: str, refused: bool) -> None:
    assert bool(refusal(fields, authority)) is refused
