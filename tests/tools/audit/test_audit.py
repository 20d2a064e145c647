"""Each fault of a node, put in on purpose, is named; the healthy pair has none."""

from __future__ import annotations

import json
import re

import pytest

from evenflow.tools.audit.audit import Unusable, as_json, as_text, audit
from tests.peers import CHECKOUT
from tests.tools.audit.nodes import XML, Place, codes, in_the_clear


def test_nothing_is_found_where_nothing_is_wrong(place: Place) -> None:
    audited = place.audit()
    assert codes(audited) == set() and not audited.problems
    assert audited.front is not None and audited.front.url == "https://wiki.example.com:8443"
    assert as_text(audited, False) == "node1, node2 behind https://wiki.example.com:8443: nothing found\n"


def test_a_site_in_the_clear_with_routes_in_the_session(place: Place) -> None:
    in_the_clear(place)
    assert codes(place.audit()) == set()


def test_the_public_address_alone(place: Place) -> None:
    place.change(XML, 'proxyName="wiki.example.com"', 'proxyName="old.example.com"')
    audited = audit([str(place.folder / XML)], None, "https://wiki.example.com:8443", {})
    assert codes(audited) == {"connector-proxy-name"}
    assert codes(audit([str(place.folder / XML)], None, None, {})) == set()


@pytest.mark.parametrize(
    ("balancer", "url", "says"),
    [
        ("ProxyPass /a http://127.0.0.1:1/\n", None, "nothing in"),
        ("Oops\n", None, "evenflow check"),
        (None, "wiki.example.com", "type one like https://"),
        ("ProxyPass / http://127.0.0.1:8090/\n", None, "write `ServerName`, or type --url"),
    ],
)
def test_what_cannot_be_used_says_what_to_type(place: Place, balancer: str | None, url: str | None, says: str) -> None:
    if balancer is not None:
        place.write("other.conf", f"Listen 8080\n{balancer}" if "/a" not in balancer else "Listen 8080\n")
    file = str(place.folder / "other.conf") if balancer is not None else None
    with pytest.raises(Unusable, match=re.escape(says)):
        audit([str(place.folder / "node1")], file, url, {})


def test_json_names_node_place_and_hint(place: Place) -> None:
    place.change(XML, 'proxyName="wiki.example.com"', 'proxyName="old.example.com"')
    said = json.loads(as_json(place.audit()))
    found = {one["code"]: one for one in said["findings"]}
    assert said["front"] == "https://wiki.example.com:8443" and said["nodes"] == ["node1", "node2"]
    assert found["connector-proxy-name"]["node"] == "node1" and found["connector-proxy-name"]["mended"] is True
    assert found["connector-proxy-name"]["place"]["line"] == 8 and found["connector-proxy-name"]["hint"] is False


def test_every_code_is_in_the_guide_and_only_those() -> None:
    room = CHECKOUT / "src" / "evenflow" / "tools" / "audit"
    code = re.compile(r'(?:warning|wrong_attribute|wrong_property)\(\s*"([a-z-]+)"')
    found = {name for file in room.glob("rules_*.py") for name in code.findall(file.read_text())}
    guide = (CHECKOUT / "docs" / "guide" / "audit.md").read_text()
    assert found == set(re.findall(r"^\| `([a-z-]+)` \|", guide, re.M))
