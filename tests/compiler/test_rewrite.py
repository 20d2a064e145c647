"""Compiling rules: flags, and what is refused."""

from __future__ import annotations

import pytest

from evenflow.plan import rewrite
from evenflow.plan.rewrite import Rule
from tests.compiler.said import codes, complaints
from tests.plan.cases import inside, plan_of


def rule(text: str) -> Rule:
    made = plan_of(inside(f"RewriteEngine On\n{text}")).hosts[0].rules[0]
    assert isinstance(made, Rule)
    return made


def test_flags_become_bits() -> None:
    made = rule("RewriteRule a b [P,L,NE,QSA,C]")
    assert made.flags == rewrite.PROXY | rewrite.LAST | rewrite.AS_IS | rewrite.QUERY_APPEND | rewrite.CHAIN
    made = rule("RewriteRule a b [NS,DPI,UNC,UnsafePrefixStat]")
    assert made.flags == (
        rewrite.NOT_IN_LOOKS | rewrite.DISCARD_PATH_INFO | rewrite.KEEP_SLASHES | rewrite.PREFIX_STAT
    )


@pytest.mark.parametrize(
    "flag, flags, status",
    [
        ("F", rewrite.STATUS, 403),
        ("G", rewrite.STATUS, 410),
        ("R", rewrite.REDIRECT, 302),
        ("R=permanent", rewrite.REDIRECT, 301),
        ("R=seeother", rewrite.REDIRECT, 303),
        ("R=308", rewrite.REDIRECT, 308),
        ("R=404", rewrite.STATUS, 404),
        ("R=other", rewrite.REDIRECT, 302),
    ],
)
def test_statuses(flag: str, flags: int, status: int) -> None:
    made = rule(f"RewriteRule a /b [{flag}]")
    assert (made.flags & ~rewrite.NOT_IN_LOOKS, made.status) == (flags, status)
    assert bool(made.flags & rewrite.NOT_IN_LOOKS) == flag.startswith("R")
    assert (made.substitution is None) == bool(flags & rewrite.STATUS)


def test_numbers_and_words() -> None:
    assert rule("RewriteRule a - [S=3]").skip == 3
    assert rule("RewriteRule a - [N]").rounds == 32000
    assert rule("RewriteRule a - [N=7]").rounds == 7
    assert rule("RewriteRule a - [N=]").rounds == 32000
    assert rule("RewriteRule a - [N=x]").rounds == 0
    handler = rule("RewriteRule a - [H=Balancer-Manager]").handler
    assert handler is not None and handler.literal == b"Balancer-Manager"
    assert rule("RewriteRule !a b").negated
    assert rule("RewriteRule A b [NC]").pattern.search(b"a")


def test_environment() -> None:
    changes = rule("RewriteRule a - [E=A:%{HTTP:X}:z,E=!B,E=C,E=%{HTTP:N}:1]").environment
    assert [change.text.source for change in changes] == [b"A:%{HTTP:X}:z", b"!B", b"C", b"%{HTTP:N}:1"]


def test_a_query_that_is_dropped() -> None:
    assert rule("RewriteRule a b?").flags == rewrite.QUERY_NONE
    assert rule("RewriteRule a b? [QSA]").flags == rewrite.QUERY_APPEND | rewrite.QUERY_LAST
    assert rule("RewriteRule a b [QSD]").flags == rewrite.QUERY_NONE | rewrite.QUERY_DISCARD
    assert rule("RewriteRule a b?c [QSD]").flags == rewrite.QUERY_DISCARD


@pytest.mark.parametrize(
    "pattern, kind, negated",
    [
        ("^a", rewrite.REGEX, False),
        ("!^a", rewrite.REGEX, True),
        ("=a", rewrite.EQUAL, False),
        ("!=a", rewrite.EQUAL, True),
        ("<a", rewrite.LESS, False),
        (">=a", rewrite.GREATER_EQUAL, False),
        ("-eq1", rewrite.INT_EQ, False),
        ("!-lt1", rewrite.INT_LT, True),
        ("-f", rewrite.IS_FILE, False),
        ("!-d", rewrite.IS_DIRECTORY, True),
        ("-h", rewrite.IS_LINK, False),
        ("-foo", rewrite.REGEX, False),
        ("=", rewrite.REGEX, False),
        ('=""', rewrite.EQUAL, False),
        (">=", rewrite.GREATER_EQUAL, False),
        ("-U", rewrite.LOOKS_URL, False),
        ("!-F", rewrite.LOOKS_FILE, True),
    ],
)
def test_kinds_of_condition(pattern: str, kind: int, negated: bool) -> None:
    (condition,) = rule(f"RewriteCond x {pattern}\nRewriteRule a b").conditions
    assert (condition.kind, condition.negated) == (kind, negated)


@pytest.mark.parametrize(
    "text, code, words",
    [
        ("RewriteRule a( b", "pattern-malformed", "`a(`"),
        (r"RewriteRule a\j b", "pattern-malformed", "character"),
        ("RewriteRule a - [H=server-info]", "handler-unknown", "`server-info`"),
        ('RewriteCond expr "tru"\nRewriteRule a b', "expression-malformed", "tru"),
        ("RewriteCond a [z-\nRewriteRule a b", "pattern-malformed", "[z-"),
        ("RewriteRule a ajp://b1/ [P]", "scheme-not-supported", "ajp"),
        ("RewriteRule a http://b1:x/ [P]", "url-malformed", "port"),
        ("RewriteRule a http://u@b1/ [P]", "url-malformed", "user name"),
    ],
)
def test_what_is_refused(text: str, code: str, words: str) -> None:
    found = complaints(f"RewriteEngine On\n{text}")
    assert [(diagnostic.severity, diagnostic.code) for diagnostic in found] == [("error", code)]
    assert words in found[0].headline
    assert found[0].span is not None


def test_what_is_only_odd_is_a_warning() -> None:
    assert codes("RewriteRule a %{NOPE}") == ["variable-unknown"]
    assert codes("RewriteRule a ${map:key}") == ["map-undefined"]
    assert codes("RewriteRule a - [CO=a:b]") == ["cookie-incomplete"]
    assert codes("RewriteRule a - [R=102]") == ["status-not-final"]
    assert codes("RewriteCond x -f [NC]\nRewriteRule a -") == ["flag-ignored"]
    assert codes("RewriteCond x =f [NC]\nRewriteRule a -") == []


def test_fields_that_a_condition_looks_at() -> None:
    text = "%{HTTP_USER_AGENT}%{HTTP:X-y}${m:%{HTTP:Z}}%{HTTP_HOST}"
    (condition,) = rule(f"RewriteCond {text} a\nRewriteRule a b").conditions
    assert condition.fields == ((b"user-agent", b"User-Agent"), (b"x-y", b"X-y"), (b"z", b"Z"))
    (condition,) = rule("RewriteCond %{HTTP_USER_AGENT} a [NV]\nRewriteRule a b").conditions
    assert condition.fields == ()


INHERITANCE = """\
Listen 8000
RewriteEngine On
%s
RewriteMap m int:tolower
RewriteRule ^/main -
<VirtualHost *:8000>
%s
</VirtualHost>
"""


@pytest.mark.parametrize(
    "main, host, rules",
    [
        ("", "RewriteRule ^/own -", ["^/own"]),
        ("", "RewriteOptions Inherit\nRewriteRule ^/own -", ["^/own", "^/main"]),
        ("", "RewriteOptions InheritBefore\nRewriteRule ^/own -", ["^/main", "^/own"]),
        ("RewriteOptions InheritDown", "RewriteRule ^/own -", ["^/own", "^/main"]),
        ("RewriteOptions InheritDownBefore", "RewriteRule ^/own -", ["^/main", "^/own"]),
        ("RewriteOptions InheritDown", "RewriteOptions IgnoreInherit\nRewriteRule ^/own -", ["^/own"]),
        ("RewriteOptions InheritDown", "", []),
        ("RewriteOptions InheritDown", "<Location /x>\nRewriteEngine On\n</Location>", ["^/main"]),
    ],
)
def test_who_inherits_rules(main: str, host: str, rules: list[str]) -> None:
    found = plan_of(INHERITANCE % (main, host)).hosts[0].rules
    assert [one.origin.text.split()[1] for one in found if isinstance(one, Rule)] == rules


def test_maps_are_inherited_with_rules() -> None:
    use = "RewriteRule ^/(.*) /${m:$1}"
    assert codes(INHERITANCE % ("", use), whole=True) == ["map-undefined"]
    assert codes(INHERITANCE % ("", f"RewriteOptions Inherit\n{use}"), whole=True) == []
    # Sections of a virtual host without any directive of the module's own see the main server's.
    assert codes(INHERITANCE % (f"<Location />\n{use}\n</Location>", ""), whole=True) == []


def test_a_path_that_is_a_directory_of_the_machine_is_pointed_out() -> None:
    assert codes("RewriteRule a /usr/share/x") == ["file-outside-document-root"]
    assert codes("RewriteRule a /usr/$1") == ["file-outside-document-root"]
    for harmless in ("/usr/x [PT]", "/nothing-there/x", "/srv/evenflow/htdocs/x", "/us$1", "http://b1/usr/ [P]", "-"):
        assert codes(f"RewriteRule a {harmless}") == []
