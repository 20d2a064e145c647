"""The limits that a child's clients meet: how often each of them turned somebody away or made him wait.

A number for each in the child's row, which only rises; what the dead and the retired met is counted on.
"""

from __future__ import annotations

from typing import Final

from evenflow.slotmem.children import ChildSlot
from evenflow.slotmem.layout import LIMITED, LIMITS_KEPT
from evenflow.slotmem.scoreboard import Scoreboard

LIMITS: Final = (
    ("connections", "accepting stopped for 50 ms: EvenflowMaxConnections"),
    ("reserved", "accepting stopped for 50 ms: EvenflowReservedPorts"),
    ("descriptors", "accepting stopped: few descriptors were left"),
    ("address", "connections closed: EvenflowMaxConnectionsPerAddress"),
    ("queue", "requests that waited in vain for a connection to a member (max, acquire)"),
    ("retry_budget", "failed attempts that were not followed by another: EvenflowRetryBudget"),
    ("slow_handshake", "clients cut: the handshake took too long"),
    ("slow_head", "clients cut: the request's head took too long"),
    ("slow_body", "clients cut: the request's body took too long"),
    ("slow_reader", "clients cut: they did not take the answer"),
)
"""(name, what happened so often). Their places are the constants below."""
(
    BY_CONNECTIONS,
    BY_RESERVED,
    BY_DESCRIPTORS,
    BY_ADDRESS,
    BY_QUEUE,
    BY_RETRY_BUDGET,
    BY_SLOW_HANDSHAKE,
    BY_SLOW_HEAD,
    BY_SLOW_BODY,
    BY_SLOW_READER,
) = range(len(LIMITS))
assert len(LIMITS) <= LIMITS_KEPT


def write_down(row: ChildSlot, met: list[int]) -> None:
    """The child's: how often it met each so far."""
    for place, count in enumerate(met):
        row.counts[LIMITED + place] = count


def limits_met(scoreboard: Scoreboard) -> dict[str, int]:
    """How often each was met since the program began, by name."""
    rows = [*(scoreboard.child(index) for index in range(scoreboard.children)), scoreboard.past()]
    return {name: sum(row.counts[LIMITED + place] for row in rows) for place, (name, _) in enumerate(LIMITS)}
