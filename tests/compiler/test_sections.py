"""What a section says, compiled; how sections merge is tested with the plan."""

from __future__ import annotations

from evenflow.compiler.sections import rules_of
from evenflow.plan.locations import Section
from evenflow.plan.mapping import Mapping
from tests.compiler.said import complaints
from tests.plan.cases import inside, plan_of


def sections(text: str, kind: str) -> list[Section]:
    found = getattr(plan_of(inside(text)).hosts[0], kind)
    return [section for section in found if isinstance(section, Section)]


def test_what_is_not_said_is_not_known() -> None:
    (section,) = sections("<Location /a>\nRequire all granted\n</Location>", "locations")
    said = section.said
    assert said.get("requires") is not None
    silent = ("preserve_host", "error_override", "handler", "places", "rewrite_on")
    assert [said.get(name) for name in silent] == [None] * 5


def test_an_engine_without_rules_replaces_rules() -> None:
    (section,) = sections("<Location /a>\nRewriteEngine Off\n</Location>", "locations")
    places = section.said.get("places")
    assert isinstance(places, tuple)
    assert ([place.rules for place in places], section.said.get("rewrite_on")) == ([()], False)


def test_rules_know_their_location() -> None:
    (section,) = sections("<Location /a>\nRewriteEngine On\nRewriteRule a b\n</Location>", "locations")
    assert len(rules_of((section,))) == 1
    places = section.said.get("places")
    assert isinstance(places, tuple)
    assert [place.directory for place in places] == [b"/a/"]


def test_a_proxy_section_of_a_balancer_is_in_lower_case() -> None:
    (section,) = sections("<Proxy Balancer://C/X>\nRequire all denied\n</Proxy>", "proxies")
    assert section.meets(b"balancer://c/X/y")
    assert not section.meets(b"balancer://d")


def test_directories_come_by_depth_and_files_last() -> None:
    text = """\
        <Files x>
        </Files>
        <Directory /a/b/c>
        </Directory>
        <DirectoryMatch ^/r>
        </DirectoryMatch>
        <Directory rel>
        </Directory>
        <Directory />
        </Directory>
        """
    assert [section.prefix for section in sections(text, "directories")] == [
        b"/",
        b"/a/b/c",
        b"/srv/evenflow/rel",
        b"^/r",
        b"x",
    ]


def test_slashes_of_a_mapping_are_merged() -> None:
    (mapping,) = plan_of(inside("ProxyPass //a///b HTTP://B1/X")).hosts[0].mappings
    assert isinstance(mapping, Mapping)
    assert (mapping.prefix, mapping.target) == (b"/a/b", b"http://b1/X")


def test_handlers() -> None:
    inner, none = sections(
        "<Location /a>\nSetHandler balancer-manager\n</Location>\n<Location /b>\nSetHandler None\n</Location>",
        "locations",
    )
    assert inner.said.get("handler") == "balancer-manager"
    assert none.said.get("handler") == ""


def test_a_pattern_that_is_none_is_an_error_at_the_section() -> None:
    (found,) = complaints('<LocationMatch "a(">\n</LocationMatch>')
    assert (found.code, found.severity) == ("pattern-malformed", "error")
