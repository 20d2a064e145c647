"""A case as `check` tells it: the checks, the advice, and what its comments silence."""

from __future__ import annotations

import datetime

from evenflow.config.advice import advise
from evenflow.config.diagnostics import Diagnostic
from evenflow.config.load import load
from evenflow.config.render import render
from evenflow.config.silence import silence
from evenflow.config.source import make_source
from evenflow.tools.certificates import check_shown
from evenflow.tools.enclosed import check_enclosed
from tests.config.cases import NAME, Case


def told(case: Case, root: str = "/") -> tuple[list[Diagnostic], str]:
    """Everything that is said, as values and as text; certificates are in `root`."""
    loaded = load(NAME, environment={}, server_root=root, read=lambda path: make_source(path, case.text))
    assert loaded.settings is not None, render(loaded.diagnostics, loaded.sources)
    shown = check_shown(loaded, datetime.datetime.now(datetime.UTC))
    kept, comments = silence(loaded, [*loaded.diagnostics, *advise(loaded), *shown, *check_enclosed(loaded)])
    found = [*kept, *comments]
    return found, render(found, loaded.sources)


def check_advice(case: Case, root: str = "/") -> None:
    """Everything announced is said, and nothing else."""
    found, text = told(case, root)
    said = sorted((one.span.line if one.span else 0, one.code) for one in found)
    assert said == sorted((one.line, one.code) for one in case.expected), f"{case.place}\n{text}"
    for one in case.expected:
        assert any(one.text in diagnostic.headline for diagnostic in found), f"{case.place}\n{text}"
    assert all(diagnostic.help for diagnostic in found), "a finding says what to type"
