"""The table of methods: complete, and stable for those who store a place in it."""

from __future__ import annotations

import pytest

from evenflow.balancer.methods import METHODS, NAMES, Method, method
from evenflow.balancer.turn import Turn
from evenflow.config.parameters import LBMETHODS, OUR_LBMETHODS
from evenflow.origin import NOWHERE
from evenflow.plan.model import Balancer
from tests.balancer.cluster import Cluster, member


def test_the_table_keeps_its_order() -> None:
    assert NAMES[:7] == ("byrequests", "bybusyness", "bytraffic", "leastconn", "peakewma", "hash", "heartbeat")


def test_the_language_has_the_same_names() -> None:
    assert sorted(LBMETHODS + OUR_LBMETHODS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_method_takes_a_lone_member_and_is_found_by_its_name(name: str) -> None:
    assert method(name).name == name
    cluster = Cluster(member(), lbmethod=name)
    cluster.slots[0].ready = 1
    assert cluster.requests(3) == "1 1 1"


def test_an_unknown_name_is_none() -> None:
    with pytest.raises(ValueError):
        method("roundrobin")


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_every_method_answers_none_for_nobody(row: Method) -> None:
    assert row.pick_for(Turn(Balancer(b"c", (), 0, NOWHERE)))([]) is None
