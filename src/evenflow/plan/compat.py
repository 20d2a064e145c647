"""Order, Allow, Deny and Satisfy, as mod_access_compat: what was there before Require.

A section that says any of them replaces all of what earlier ones said.
"""

from __future__ import annotations

from typing import Final

from evenflow.origin import Origin
from evenflow.plan import steps
from evenflow.plan.access import DENIED, GRANTED, WAITS, Methods, Network, client_name, contains, in_domain
from evenflow.plan.decision import CLIENT, Inquiry

EVERYBODY: Final = 1
NETWORK: Final = 2
DOMAIN: Final = 3
VARIABLE: Final = 4
NO_VARIABLE: Final = 5

ALLOW_DENY: Final = b"allow,deny"
"""Denied unless allowed, and denied again where both match."""
DENY_ALLOW: Final = b"deny,allow"
MUTUAL_FAILURE: Final = b"mutual-failure"


class Rule:
    """One word behind `from`."""

    __slots__ = ("kind", "word", "network", "methods", "origin")

    def __init__(
        self, kind: int, word: bytes, network: Network | None, methods: Methods | None, origin: Origin
    ) -> None:
        self.kind = kind
        self.word = word
        self.network = network
        self.methods = methods
        self.origin = origin


class Order:
    """What one section says."""

    __slots__ = ("orders", "satisfies", "allows", "denies", "origin")

    def __init__(
        self,
        orders: tuple[tuple[bytes, Methods | None], ...],
        satisfies: tuple[tuple[bytes, Methods | None], ...],
        allows: tuple[Rule, ...],
        denies: tuple[Rule, ...],
        origin: Origin,
    ) -> None:
        self.orders = orders
        """In file order; the last that is for the method counts, `deny,allow` where none is."""
        self.satisfies = satisfies
        self.allows = allows
        self.denies = denies
        self.origin = origin

    def any_is_enough(self, method: bytes) -> bool:
        """Satisfy Any"""
        return last_for(self.satisfies, method, b"all") == b"any"


def last_for(said: tuple[tuple[bytes, Methods | None], ...], method: bytes, otherwise: bytes) -> bytes:
    """The last word that is for this method."""
    for word, methods in reversed(said):
        if methods is None or methods.hold(method):
            return word
    return otherwise


def outcome_of(order: Order, inquiry: Inquiry) -> int:
    """GRANTED, DENIED, or WAITS for the client's name (check_dir_access)."""
    sequence = last_for(order.orders, inquiry.head.method, DENY_ALLOW)
    first, second = (order.allows, order.denies) if sequence != DENY_ALLOW else (order.denies, order.allows)
    one = meets(first, inquiry)
    two = meets(second, inquiry) if one is not None else None
    if one is None or two is None:
        return WAITS
    admitted = (one and not two) if sequence != DENY_ALLOW else (two or not one)
    if inquiry.trace is not None:
        inquiry.note(steps.ACCESS, order.origin, inquiry.address, b"granted" if admitted else b"denied")
    return GRANTED if admitted else DENIED


def meets(rules: tuple[Rule, ...], inquiry: Inquiry) -> bool | None:
    """Whether one of them is for this client; None while its name must be asked for."""
    for rule in rules:
        if rule.methods is not None and not rule.methods.hold(inquiry.head.method):
            continue
        if rule.kind == EVERYBODY:
            return True
        if rule.kind == VARIABLE or rule.kind == NO_VARIABLE:
            if (rule.word in inquiry.env) is (rule.kind == VARIABLE):
                return True
        elif rule.kind == NETWORK:
            inquiry.asked |= CLIENT
            if rule.network is not None and contains((rule.network,), inquiry.address):
                return True
        else:
            name = client_name(inquiry)
            if name is None:
                return None
            if in_domain(rule.word, name):
                return True
    return False
