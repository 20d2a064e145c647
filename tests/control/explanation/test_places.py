"""Who knows no more than the plan names no place."""

from __future__ import annotations

from evenflow.control.explanation import Places
from evenflow.origin import NOWHERE
from tests.control.explanation.told import STICKY, head, told
from tests.plan.cases import plan_of


def test_without_the_text_there_are_the_places_of_the_plan() -> None:
    places = Places()
    assert (places.inside(NOWHERE), places.said(("Timeout",), [NOWHERE]), places.parameter("c", "timeout")) == (
        [], NOWHERE, NOWHERE
    )  # fmt: skip
    said = told(plan_of(STICKY), head(target="/own/x"))
    assert all(one["place"] is None for one in said["settings"])
    assert {one["place"]["line"] for one in said["timeouts"] if one["place"]} == {said["outcome"]["place"]["line"]}
