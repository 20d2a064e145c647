"""Collection is off while something large is made, and on again behind it."""

from __future__ import annotations

import gc

import pytest

from evenflow.config.garbage import kept


def test_collection_comes_back() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError), kept():
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled()


def test_who_turned_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with kept():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
