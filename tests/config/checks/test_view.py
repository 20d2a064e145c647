"""What the checks can be certain of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.config.checks.view import (
    Prefixes,
    covers,
    host_and_port,
    is_catch_all,
    literal_start,
    rule_that_takes,
    servers,
    takes,
)
from evenflow.config.settings import RuleLine
from tests.config.cases import load_text


@pytest.mark.parametrize(
    ("prefix", "path", "answer"),
    [
        ("/", "/x", True),
        ("/app", "/app", True),
        ("/app", "/app/x", True),
        ("/app", "/apple", False),
        ("/app", "/app/", True),
        ("/app/", "/app", False),
        ("/app/", "/app/x", True),
        ("//app", "/app//x", True),
        ("/app/x", "/app", False),
    ],
)
def test_prefixes_end_at_segments(prefix: str, path: str, answer: bool) -> None:
    assert covers(prefix, path) is answer


def rule_of(text: str) -> RuleLine:
    loaded = load_text("RewriteEngine On\n" + text)
    assert loaded.settings is not None
    rules = loaded.settings.main.rewrite.rules
    assert rules
    return rules[-1]


@pytest.mark.parametrize(
    ("text", "path", "answer"),
    [
        ("RewriteRule ^/a - [F]", "/a", True),
        ("RewriteRule ^/A - [F,NC]", "/a", True),
        ("RewriteRule ^/A - [F]", "/a", False),
        ("RewriteRule !^/a - [F]", "/a", False),
        ("RewriteCond %{REQUEST_URI} !^/a\nRewriteRule ^/ - [F]", "/a", False),
        ("RewriteCond %{HTTP_HOST} x\nRewriteRule ^/ - [F]", "/a", None),
        ("RewriteCond %{HTTP_HOST} x\nRewriteCond %{REQUEST_URI} ^/b\nRewriteRule ^/ - [F]", "/a", False),
        ("RewriteCond %{HTTP_HOST} x [OR]\nRewriteCond %{REQUEST_URI} ^/a\nRewriteRule ^/ - [F]", "/a", True),
        ("RewriteCond %{HTTP_HOST} x [OR]\nRewriteCond %{REQUEST_URI} ^/b\nRewriteRule ^/ - [F]", "/a", None),
        ("RewriteCond %{REQUEST_URI} =/a\nRewriteRule ^/ - [F]", "/a", None),
        ("RewriteRule (?C1)( - [F]", "/a", None),
    ],
)
def test_a_rule_takes_a_path_or_nobody_knows(text: str, path: str, answer: bool | None) -> None:
    assert takes(rule_of(text), path) is answer


def test_a_rule_in_doubt_hides_those_behind_it() -> None:
    sure = rule_of("RewriteRule ^/(.*) http://127.0.0.1/$1 [P]")
    doubt = rule_of("RewriteCond %{HTTP_HOST} x\nRewriteRule ^/ /y [L]")
    idle = rule_of("RewriteCond %{HTTP_HOST} x\nRewriteRule ^/ - [E=a:b]")
    assert rule_that_takes((sure,), "/a") is sure
    assert rule_that_takes((idle, sure), "/a") is sure
    assert rule_that_takes((doubt, sure), "/a") is None


@pytest.mark.parametrize("pattern", ["^/(.*)", "^/(.*)$", "/(.*)", "^/?(.*)$", "(.*)", "^(.*)$", ".*", "^/"])
def test_patterns_that_take_everything(pattern: str) -> None:
    assert is_catch_all(rule_of(f"RewriteRule {pattern} http://127.0.0.1/$1 [P]"))


@pytest.mark.parametrize("pattern", ["^/a(.*)", "^/(.+)/x", "^/([a-z]*)", "^$"])
def test_patterns_that_do_not(pattern: str) -> None:
    assert not is_catch_all(rule_of(f"RewriteRule {pattern} http://127.0.0.1/$1 [P]"))


@pytest.mark.parametrize(
    ("pattern", "start"),
    [
        ("^/synchrony/(.*)/x", "/synchrony/"),
        ("/synchrony", ""),
        ("^/a|^/b", ""),
        ("^/ab?c", "/a"),
        ("^/a$", "/a"),
        ("^.*", ""),
    ],
)
def test_what_every_match_begins_with(pattern: str, start: str) -> None:
    assert literal_start(pattern) == start


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://A:8090/x", ("a", 8090)),
        ("ws://a", ("a", 80)),
        ("https://a/", ("a", 443)),
        ("http://[::1]:1", ("::1", 1)),
        ("http://a:x", ("http://a:x", 0)),
    ],
)
def test_where_a_url_leads(url: str, answer: tuple[str, int]) -> None:
    assert host_and_port(url) == answer


def test_a_virtual_host_inherits() -> None:
    loaded = load_text(
        "RewriteEngine On\nRewriteRule ^/m - [F]\nProxyPass /m http://127.0.0.1/m\nHeader set A b\n"
        "<Proxy balancer://c>\nBalancerMember http://127.0.0.1\n"
        "ProxySet stickysession=JSESSIONID|jsessionid\n</Proxy>\n"
        "<VirtualHost *:80>\nRewriteRule ^/v - [F]\nProxyPass /v http://127.0.0.2/v\n"
        "ProxyPass /c balancer://c/ timeout=3\n</VirtualHost>\n"
    )
    main, host = servers(loaded)
    assert [rule.pattern for rule in main.rules] == ["^/m"]
    assert [rule.pattern for rule in host.rules] == ["^/v"]
    assert [mapping.path for mapping in host.mappings] == ["/m", "/v", "/c"]
    assert len(host.edits) == 1
    assert host.balancers["c"].sticky is not None
    assert host.balancers["c"].sticky[0] == "JSESSIONID"
    assert host.balancers["c"].hosts == {("127.0.0.1", 80)}


PATHS = st.text(alphabet="/ab", max_size=6)


@given(st.lists(PATHS, max_size=8), PATHS)
def test_prefixes_find_whoever_covers_a_path(prefixes: list[str], path: str) -> None:
    known: Prefixes[str] = Prefixes()
    for prefix in prefixes:
        known.put(prefix, prefix)
    expected = [(place, prefix) for place, prefix in enumerate(prefixes) if covers(prefix, path)]
    assert known.taking(path) == expected
