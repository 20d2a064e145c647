"""EvenflowTrace in the plan, and the library that it needs."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from evenflow.compiler.build import build
from evenflow.plan.access import contains
from evenflow.plan.tracing import Tracing
from tests.config.cases import load_text


def built(*lines: str) -> tuple[Any, list[tuple[str, str]]]:
    loaded = load_text("\n".join(["Listen 1", *lines, ""]))
    assert loaded.settings is not None, loaded.errors
    made = build(loaded.settings)
    return made.plan, [(one.code, one.help) for one in made.diagnostics]


def test_nothing_is_told_unless_it_is_said() -> None:
    assert built()[0].tracing is None
    assert built("EvenflowTrace http://a", "EvenflowTrace Off")[0].tracing is None


def test_everything_said() -> None:
    plan, said = built("EvenflowTrace https://Otel.example/in sample=12.5% trust=10.0.0.0/8 trust=::1 service=wiki")
    assert said == []
    tracing = plan.tracing
    assert isinstance(tracing, Tracing)
    assert (tracing.secure, tracing.host, tracing.port, tracing.path) == (True, "otel.example", 443, "/in")
    assert (tracing.share, tracing.service, tracing.trusts_all) == (0.125, "wiki", False)
    assert [contains(tracing.trusted, one) for one in (b"10.2.3.4", b"::1", b"192.0.2.1")] == [True, True, False]
    assert tracing.origin.line == 2


def test_the_usual_path_and_everybody() -> None:
    tracing = built("EvenflowTrace http://[::1]:4318/ trust=all")[0].tracing
    assert (tracing.host, tracing.port, tracing.path, tracing.trusts_all) == ("::1", 4318, "/v1/traces", True)


def test_without_the_library_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if "opentelemetry" in name else find(name))
    plan, said = built("EvenflowTrace http://a")
    assert plan is None
    assert said == [("extra-missing", "type `pip install 'evenflow[otel]'`, or remove the line")]
