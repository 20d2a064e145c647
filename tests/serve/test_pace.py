"""How fast an answer may go."""

from __future__ import annotations

from evenflow.serve.pace import Pace, pace_of


def test_a_portion_at_a_time() -> None:
    pace = Pace(1000, 0, 0.0)
    assert pace.allowance(0.0) == 200
    pace.spend(200)
    assert pace.allowance(0.0) == 0
    assert pace.allowance(0.1) == 100
    assert pace.allowance(9.0) == 200


def test_the_burst_goes_first() -> None:
    pace = Pace(1000, 5000, 0.0)
    assert pace.allowance(0.0) == 5200
    pace.spend(5100)
    assert pace.allowance(0.05) == 150


def test_what_variables_say() -> None:
    assert pace_of({}, 0.0) is None
    assert pace_of({b"rate-limit": b"no"}, 0.0) is None
    assert pace_of({b"rate-limit": b"-5"}, 0.0) is None
    made = pace_of({b"rate-limit": b"10 KiB", b"rate-initial-burst": b"1"}, 0.0)
    assert made is not None
    assert (made.rate, made.allowance(0.0)) == (10240, 2048 + 1024)
