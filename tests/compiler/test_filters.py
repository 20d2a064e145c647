"""Filters, compiled."""

from __future__ import annotations

from evenflow.plan.decide import decide
from evenflow.plan.filters import BROTLI, GZIP, SUBSTITUTE, ByType, Smart, compression_of
from evenflow.plan.model import Scope
from tests.compiler.said import codes
from tests.plan.cases import facts_of, head_of, inside, plan_of

TEXT = """\
DeflateCompressionLevel 1
AddOutputFilterByType DEFLATE text/html
<Location /a>
SetOutputFilter BROTLI_COMPRESS;DEFLATE
AddOutputFilterByType DEFLATE text/plain
</Location>
<Location /a/b>
SetOutputFilter NONE
</Location>
ProxyPass / http://b1/
"""


def scope(path: str) -> Scope:
    plan = plan_of(inside(TEXT))
    return decide(plan, facts_of(plan), head_of("GET", path)).scope


def test_places() -> None:
    assert scope("/x").output_filters == ()
    assert scope("/a/x").output_filters == (BROTLI, GZIP)
    assert scope("/a/b/x").output_filters == ()


def test_types_are_added() -> None:
    types = [one.types for one in scope("/a/b").typed_filters if isinstance(one, ByType)]
    assert types == [{b"text/html"}, {b"text/plain"}]


def test_numbers() -> None:
    assert compression_of(scope("/x")).deflate_level == 1


def test_chains_are_put_together_and_begin_anew() -> None:
    text = (
        'FilterProvider A DEFLATE "true"\nFilterProvider A BROTLI_COMPRESS "false"\nFilterChain A deflate\n'
        "<Location /more>\nFilterChain +b @A -b\n</Location>\n<Location /anew>\nFilterChain =A\n</Location>\n"
        '<Location /none>\nFilterChain !\n</Location>\nFilterDeclare B\nProxyPass / http://b1/\n'
    )
    plan = plan_of(inside(text))

    def chain(path: str) -> tuple[bytes | None, ...]:
        return decide(plan, facts_of(plan), head_of("GET", path)).scope.filter_chain

    assert chain("/") == (b"A", b"deflate")
    assert chain("/more") == (b"A", b"deflate", b"A")
    assert chain("/anew") == (b"A", b"deflate", None, b"A")
    assert chain("/none") == (b"A", b"deflate", None)
    smart = decide(plan, facts_of(plan), head_of("GET", "/")).scope.smart_filters[0]
    assert isinstance(smart, Smart)
    assert [coding for coding, _ in smart.providers] == [BROTLI, GZIP]


def test_a_chain_names_what_there_is() -> None:
    assert codes("FilterChain nobody\nProxyPass / http://b1/\n") == ["filter-not-declared"]
    assert codes("FilterChain DEFLATE\nProxyPass / http://b1/\n") == ["filter-not-declared"]
    assert codes("FilterDeclare DEFLATE\nFilterChain DEFLATE -nobody\nProxyPass / http://b1/\n") == []


def test_what_providers_say_holds_everywhere_and_what_filters_say_for_them() -> None:
    text = (
        'FilterProvider A DEFLATE "true"\nFilterProtocol A "proxy=transform;cache=no"\n<Location /elsewhere>\n'
        'FilterProvider B SUBSTITUTE "true"\nFilterProtocol B substitute CHANGE=yes,proxy=no,change=no\n</Location>\n'
        "ProxyPass / http://b1/\n"
    )
    plan = plan_of(inside(text))
    found = decide(plan, facts_of(plan), head_of("GET", "/")).scope
    assert found.filter_words == {SUBSTITUTE: {"proxy=no"}}
    (smart,) = found.smart_filters
    assert isinstance(smart, Smart) and smart.words == {"proxy=transform", "cache=no"}
