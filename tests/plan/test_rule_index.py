"""A list of rules with an index does what it does without one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.compiler.regex import compile_regex
from evenflow.origin import NOWHERE
from evenflow.plan import rule_index
from evenflow.plan.decide import begin, decide
from evenflow.plan.decision import Step
from evenflow.plan.rewrite import CHAIN, Rule
from evenflow.plan.rule_index import FEWEST, RuleIndex, index_of
from tests.plan.cases import facts_of, head_of, inside, plan_of


def rule(pattern: str, negated: bool = False, flags: int = 0) -> Rule:
    return Rule(compile_regex(pattern), negated, None, flags, NOWHERE)


def test_rules_that_cannot_match_are_passed_over() -> None:
    rules = (
        rule("^/a/"),
        rule(r"\.html$"),
        rule("^/b/(.*)$"),
        rule("^/a/x"),
        rule("^/c", negated=True),
        rule("^/d", flags=CHAIN),
        rule("^/(?:e|a)/"),
        rule("^/a?"),
    )
    plan = plan_of(inside("RewriteEngine On"))
    inquiry = begin(plan, facts_of(plan), head_of("GET", "/"), None)
    index = RuleIndex(rules)
    assert index.worth(b"/a/x.html", inquiry) == [0, 1, 3, 4, 5, 6, 7]
    assert index.worth(b"/b/", inquiry) == [1, 2, 4, 5, 7]
    assert index.worth(b"/", inquiry) == [1, 4, 5, 7]
    assert index.worth(b"", inquiry) == [1, 4, 5]


def test_a_first_condition_may_say_that_a_rule_cannot_act() -> None:
    lines = [
        "RewriteCond %{HTTP_HOST} ^a\\.example$ [NC]",
        "RewriteRule ^/(.*) http://b1/0 [P]",
        "RewriteCond %{HTTP_HOST} ^www\\.example$ [NC]",
        "RewriteRule . http://b1/1 [P]",
        "RewriteCond %{REQUEST_URI} ^/x",
        "RewriteRule !^/a http://b1/2 [P]",
        "RewriteCond %{REQUEST_URI} ^/x [OR]",
        "RewriteCond %{HTTP_HOST} ^www",
        "RewriteRule . http://b1/3 [P]",
        "RewriteCond %{REQUEST_URI} !^/x",
        "RewriteRule . http://b1/4 [P]",
        "RewriteCond %{QUERY_STRING} ^/x",
        "RewriteRule . http://b1/5 [P]",
        "RewriteCond %{REQUEST_URI} ^/x",
        "RewriteRule . - [C]",
        "RewriteRule . http://b1/7 [P]",
    ]
    plan = plan_of(inside("RewriteEngine On\n" + "\n".join(lines)))
    inquiry = begin(plan, facts_of(plan), head_of("GET", "/y", host="WWW.example"), None)
    rules = plan.hosts[0].rules
    assert len(rules) == FEWEST
    inquiry.path = b"/y"
    assert RuleIndex(rules).worth(b"/y", inquiry) == [1, 3, 4, 5, 6, 7]


def test_a_short_list_has_no_index_and_another_one_keeps_its_own() -> None:
    assert index_of((rule("^/a"),)) is None
    rules = tuple([rule("^/a")] * FEWEST)
    index = index_of(rules)
    assert index is not None and index is index_of(rules)
    assert index_of((*rules,)) is not index


def test_so_many_indexes_are_kept() -> None:
    kept = [tuple([rule("^/a")] * FEWEST) for _ in range(3)]
    most = rule_index.MOST_INDEXES
    for number in range(most + 5):
        index_of((*kept[number % 3], rule("^/b")))
    assert len(rule_index.indexes) <= most


PATTERNS = st.sampled_from(
    ["^/a", "^/a/(.*)$", "^/b", "^/(?:a|b)/x", "^/a?b", ".", "x$", "^", "^/c(.*)$", "(?i)^/A", "^/a|b", "!^/a", "!x",
     "^b/"]
)  # fmt: skip
SUBSTITUTIONS = st.sampled_from(["-", "-", "/a/$1", "/b/x", "/c/x$1", "/b", "/$1x", "http://b1/$1"])
FLAGS = st.lists(
    st.sampled_from(["C", "S=1", "S=2", "N=4", "L", "END", "PT", "NE", "F", "NS", "E=V:%{ENV:V}1", "E=W:$1%1", "R"]),
    max_size=3,
    unique_by=lambda flag: flag[0],
)
CONDITIONS = st.sampled_from(
    ["", "", "", "RewriteCond %{REQUEST_URI} ^/a", "RewriteCond %{ENV:V} ^1+$ [OR]\nRewriteCond $1 (x)",
     "RewriteCond %{HTTP_HOST} !^www", "RewriteCond %{HTTP_HOST} ^WWW\\. [NC]", "RewriteCond %{REQUEST_URI} ^/B [NC]",
     "RewriteCond %{REQUEST_URI} ^/(?:a|b)/ [OR]\nRewriteCond %{REQUEST_URI} ^/c", "RewriteCond %{HTTP_HOST} ^other"]
)  # fmt: skip
RULES = st.builds(
    lambda condition, pattern, substitution, flags: (
        f"{condition}\nRewriteRule {pattern} {substitution}" + (f" [{','.join(flags)}]" if flags else "")
    ),
    CONDITIONS,
    PATTERNS,
    SUBSTITUTIONS,
    FLAGS,
)
PATHS = st.sampled_from(["/", "/a", "/a/x", "/b", "/b/x", "/ab", "/A", "/c/x", "/x", "/q", "/a/a/x"])


@settings(max_examples=200, deadline=None)
@given(st.lists(RULES, min_size=FEWEST, max_size=14), st.booleans(), PATHS)
def test_every_list_ends_as_it_does_without_an_index(rules: list[str], in_section: bool, path: str) -> None:
    text = "RewriteEngine On\n" + "\n".join(rules)
    if in_section:
        text = f"<Location /a>\n{text}\n</Location>"
    plan = plan_of(inside(text))
    facts = facts_of(plan)
    head = head_of("GET", path)
    with_index = decide(plan, facts, head)
    trace: list[Step] = []
    without = decide(plan, facts, head, trace)
    for field in ("kind", "status", "location", "reason", "path", "query", "keep_query", "scheme", "env", "handler",
                  "file", "uri", "filename", "vary", "cookies", "member", "origin"):  # fmt: skip
        assert getattr(with_index, field) == getattr(without, field), field
