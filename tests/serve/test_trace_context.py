"""W3C Trace Context: what is a parent and what is none, in the words of the specification's own cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.serve.trace_context import Context, new_span, new_trace, read_parent, within

TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = b"00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("value", "sampled"),
    [
        (b"00-%b-%b-01", True),
        (b"00-%b-%b-00", False),
        # Other flags say nothing to us.
        (b"00-%b-%b-03", True),
        (b"00-%b-%b-fe", False),
        # A later version begins in the same way, and may go on.
        (b"01-%b-%b-01", True),
        (b"cc-%b-%b-01-what-the-future-will-be-like", True),
        (b"cc-%b-%b-00-", False),
    ],
)
def test_a_parent(value: bytes, sampled: bool) -> None:
    found = read_parent(value % (TRACE, SPAN))
    assert found is not None
    assert (found.trace, found.span, found.sampled) == (TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "value",
    [
        b"", b"00", b"ff-%b-%b-01", b"00-%b-%b-01-more", b"00-%b-%b-01-", b"cc-%b-%b-01.more", b"0-%b-%b-01",
        b"00-%b-%b-1", b"00-%b-%b", b" 00-%b-%b-01", b"00-%b-%b-01 ", b"00-%b-%b-0G", b"00-%b-%b-0A", b"0x-%b-%b-01",
        b"00_%b_%b_01",
        # Two fields, joined.
        b"00-%b-%b-01, 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ],
)  # fmt: skip
def test_what_is_none(value: bytes) -> None:
    assert read_parent(value % (TRACE, SPAN) if b"%b" in value else value) is None


@pytest.mark.parametrize(
    ("trace", "span"),
    [(b"0" * 32, SPAN), (TRACE, b"0" * 16), (TRACE.upper(), SPAN), (TRACE, SPAN.upper()), (TRACE[1:], SPAN)],
)
def test_ids_that_are_none(trace: bytes, span: bytes) -> None:
    assert read_parent(b"00-%b-%b-01" % (trace, span)) is None


def test_no_field_is_no_parent() -> None:
    assert read_parent(None) is None


@given(st.booleans())
def test_what_we_say_is_read_again(sampled: bool) -> None:
    made = Context(new_trace(), new_span(), sampled)
    found = read_parent(made.spelled())
    assert found is not None
    assert (found.trace, found.span, found.sampled) == (made.trace, made.span, sampled)


def test_a_share_of_all_traces() -> None:
    traces = [new_trace() for _ in range(4000)]
    assert len(set(traces)) == len(traces)
    assert abs(sum(within(trace, 0.25) for trace in traces) / 4000 - 0.25) < 0.05
    assert all(within(trace, 1.0) for trace in traces) and not any(within(trace, 0.0) for trace in traces)
    # Who has a larger share has all those of a smaller one.
    assert all(within(trace, 0.5) for trace in traces if within(trace, 0.25))
