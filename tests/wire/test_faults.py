"""The wire room's one exception carries what its catcher needs."""

from __future__ import annotations

import pytest

from evenflow.wire.faults import ProtocolFault


def test_a_fault_knows_its_sentence_and_the_status() -> None:
    with pytest.raises(ProtocolFault) as caught:
        raise ProtocolFault("two Host fields", 400)
    assert caught.value.message == "two Host fields"
    assert caught.value.status == 400
    assert str(caught.value) == "two Host fields"


def test_a_fault_is_not_caught_with_python_s_own_kinds_of_wrong() -> None:
    assert not issubclass(ProtocolFault, (ValueError, LookupError, OSError))
