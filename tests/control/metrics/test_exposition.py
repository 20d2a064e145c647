"""What is written is what Prometheus's own parser reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from evenflow.control.metrics.exposition import COUNTER, GAUGE, HISTOGRAM, Family, number, write

NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(NAMES, NAMES)
def test_any_label_and_help_come_back(value: str, help: str) -> None:
    family = Family("a_total", COUNTER, "help " + help)
    family.add({"one": value, "two": "x"}, 3)
    (read,) = text_string_to_metric_families(write([family]).decode())
    assert [(one.name, one.labels, one.value) for one in read.samples] == [("a_total", {"one": value, "two": "x"}, 3.0)]


def test_a_help_of_several_lines_is_one() -> None:
    family = Family("a", GAUGE, "one\ntwo\\n")
    family.add({}, 1)
    assert write([family]).startswith(b"# HELP a one\\ntwo\\\\n\n# TYPE a gauge\na 1\n")


def test_a_histogram_is_cumulative() -> None:
    family = Family("t_seconds", HISTOGRAM, "Times.")
    family.add_histogram({"m": "a"}, (0.5, 1.0), (2, 0, 3), 9.25)
    (read,) = text_string_to_metric_families(write([family]).decode())
    assert read.type == "histogram"
    assert [(one.name, one.labels.get("le"), one.value) for one in read.samples] == [
        ("t_seconds_bucket", "0.5", 2.0), ("t_seconds_bucket", "1", 2.0), ("t_seconds_bucket", "+Inf", 5.0),
        ("t_seconds_sum", None, 9.25), ("t_seconds_count", None, 5.0),
    ]  # fmt: skip


def test_a_family_without_samples_is_left_out() -> None:
    assert write([Family("a", GAUGE, "A.")]) == b"\n"


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (2.0, "2"), (0.25, "0.25"), (float("inf"), "+Inf")])
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text
