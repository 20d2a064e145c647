"""The last points, and those of the generation before."""

from __future__ import annotations

from evenflow.control.console.rings import POINTS, Rings


def test_the_oldest_go() -> None:
    rings = Rings(["a", "b"])
    assert rings.series(0, 0) == []
    for number in range(POINTS + 3):
        rings.add([(number, 0.5, 0.0), (0.0, -1.0, number * 2)])
        if number == 1:
            assert rings.series(0, 0) == [0.0, 1.0]
    assert rings.series(0, 0) == [float(number) for number in range(3, POINTS + 3)]
    assert rings.series(1, 2)[-1] == (POINTS + 2) * 2.0
    assert set(rings.series(1, 1)) == {-1.0} and rings.written == POINTS + 3


def test_another_generation_goes_on_by_name() -> None:
    old = Rings(["a", "b"])
    for number in (1.0, 2.0, 3.0):
        old.add([(number, 0.0, 0.0), (number * 10, 0.0, 0.0)])
    new = Rings(["c", "b"])
    new.adopt(old)
    assert new.series(1, 0) == [10.0, 20.0, 30.0]
    assert new.series(0, 0) == [0.0, 0.0, 0.0]
    new.add([(7.0, 0.0, 0.0), (40.0, 0.0, 0.0)])
    assert new.series(1, 0)[-2:] == [30.0, 40.0] and old.written == 3
