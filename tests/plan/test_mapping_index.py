"""A list of mappings with an index does what it does without one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenflow.origin import NOWHERE
from evenflow.plan.decide import decide
from evenflow.plan.mapping import Mapping, covered
from evenflow.plan.mapping_index import FEWEST, MappingIndex, index_of
from evenflow.plan.model import FORWARD
from tests.plan.cases import facts_of, head_of, inside, plan_of

PATHS = st.lists(st.sampled_from(("/", "/", "a", "b", "ab", ".")), max_size=8).map(
    lambda parts: ("/" + "".join(parts)).encode()
)


def mapping(prefix: bytes) -> Mapping:
    return Mapping(prefix, b"http://b1", False, NOWHERE)


def merged(path: bytes) -> bytes:
    while b"//" in path:
        path = path.replace(b"//", b"/")
    return path


@given(st.lists(PATHS, max_size=12), PATHS)
def test_nothing_that_covers_a_path_is_passed_over(prefixes: list[bytes], path: bytes) -> None:
    mappings = tuple(mapping(merged(prefix)) for prefix in prefixes)
    found = MappingIndex(mappings).worth(path)
    assert [one for one in mappings if covered(one, path)] == [one for one in found if covered(one, path)]


def test_what_has_no_plain_prefix_is_always_looked_at_and_the_order_stays() -> None:
    special = mapping(b"^/x")
    special.ordinary = False
    mappings = (mapping(b"/a/b"), special, mapping(b"/c"), mapping(b"/a"), mapping(b"/"), mapping(b"odd"))
    index = MappingIndex(mappings)
    assert index.worth(b"/a/b/c") == [mappings[place] for place in (0, 1, 3, 4, 5)]
    assert index.worth(b"//a") == [mappings[place] for place in (1, 3, 4, 5)]
    assert index.worth(b"/c") == [mappings[place] for place in (1, 2, 4, 5)]


def test_a_short_list_needs_none() -> None:
    assert index_of((mapping(b"/a"),) * (FEWEST - 1)) is None
    assert index_of((mapping(b"/a"),) * FEWEST) is not None


def test_the_first_in_the_file_wins_as_without_an_index() -> None:
    lines = [f"ProxyPass /app{number} http://b{number}" for number in range(40)]
    plan = plan_of(inside("\n".join(["ProxyPass /app7/not !", *lines, "ProxyPassMatch ^/m(.)$ http://m/$1"])))
    assert plan.hosts[0].mapping_index is not None
    for path, member in (("/app7/x", b"b7"), ("/app39", b"b39"), ("/app7//x", b"b7"), ("/m1", b"m")):
        for trace in (None, []):
            made = decide(plan, facts_of(plan), head_of("GET", path), trace)
            assert made.kind == FORWARD and made.member is not None and made.member.host_field == member
    assert decide(plan, facts_of(plan), head_of("GET", "/app7/not/x"), None).kind != FORWARD
    assert decide(plan, facts_of(plan), head_of("GET", "/apple"), None).kind != FORWARD
