"""Reasons are given for directives that httpd has, and that we have no row for."""

from __future__ import annotations

import pytest

from evenflow.config.known import KNOWN
from evenflow.config.reasons import REASONS, SCHEMES
from evenflow.config.registry import DIRECTIVES


@pytest.mark.parametrize("name", REASONS)
def test_it_is_known_and_refused(name: str) -> None:
    assert name in KNOWN and not KNOWN[name].ignorable
    assert name not in DIRECTIVES
    assert all(REASONS[name])


def test_schemes_say_what_to_use() -> None:
    assert all(use for _, use in SCHEMES.values())
