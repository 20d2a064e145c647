"""The table of variables; their values are in the Markdown cases."""

from __future__ import annotations

import re
import time

import pytest

from evenflow.plan.decision import CLIENT, FIELDS, NOTHING, QUERY, TIME, Inquiry
from evenflow.plan.variables import BY_NAME, ENVIRONMENT, FIELD, HEADER_OF, ROWS
from tests.plan.cases import facts_of, head_of, inside, plan_of


def inquiry() -> Inquiry:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    return Inquiry(plan, facts_of(plan), head_of("GET", "/p?q"), plan.hosts[0], None)


def test_no_name_stands_twice() -> None:
    assert len(BY_NAME) == len(ROWS)
    assert all(name == name.upper() for name in BY_NAME)
    assert set(HEADER_OF) <= set(BY_NAME)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_gives_bytes(row: object) -> None:
    found = BY_NAME[row.name]  # type: ignore[attr-defined]
    assert type(found.read(inquiry(), HEADER_OF.get(found.name, b""))) is bytes


@pytest.mark.parametrize(
    "name, depends",
    [
        ("REQUEST_URI", NOTHING),
        ("HTTP_HOST", NOTHING),
        ("HTTPS", NOTHING),
        ("REQUEST_METHOD", NOTHING),
        ("HTTP_COOKIE", FIELDS),
        ("THE_REQUEST", FIELDS | QUERY),
        ("QUERY_STRING", QUERY),
        ("REMOTE_ADDR", CLIENT),
        ("SERVER_ADDR", CLIENT),
        ("TIME_HOUR", TIME),
    ],
)
def test_what_a_value_depends_on(name: str, depends: int) -> None:
    assert BY_NAME[name].depends == depends


def test_times_are_local_and_in_digits() -> None:
    one = inquiry()
    widths = {
        "TIME": 14,
        "TIME_YEAR": 4,
        "TIME_MON": 2,
        "TIME_DAY": 2,
        "TIME_HOUR": 2,
        "TIME_MIN": 2,
        "TIME_SEC": 2,
        "TIME_WDAY": 1,
    }
    for name, width in widths.items():
        assert re.fullmatch(rb"\d{%d}" % width, BY_NAME[name].read(one, b""))
    assert BY_NAME["TIME_WDAY"].read(one, b"").decode() == time.strftime("%w")


def test_the_environment_is_the_requests_and_then_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENFLOW_TEST", "process")
    one = inquiry()
    assert ENVIRONMENT.read(one, b"EVENFLOW_TEST") == b"process"
    one.env[b"EVENFLOW_TEST"] = b""
    assert ENVIRONMENT.read(one, b"EVENFLOW_TEST") == b""
    assert ENVIRONMENT.read(one, b"EVENFLOW_NONE") == b""


def test_a_field_that_is_not_there_is_empty() -> None:
    assert FIELD.read(inquiry(), b"nope") == b""
