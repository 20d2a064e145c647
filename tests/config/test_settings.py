"""The fields say how they merge."""

from __future__ import annotations

import dataclasses

import pytest

from evenflow.config.scope import MODULES
from evenflow.config.settings import UNSET


@pytest.mark.parametrize("kind", MODULES.values())
def test_every_field_is_unset_and_names_its_merge(kind: type) -> None:
    for field in dataclasses.fields(kind):
        assert field.default is UNSET
        assert field.metadata["merge"] in ("override", "append")


def test_unset_is_false_and_says_its_name() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
