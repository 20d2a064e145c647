"""`<If>`, `<ElseIf>` and `<Else>`: what holds for requests of which an expression is true.

They are looked at after every other section has merged, chain by chain, those inside of others only after all the outer
ones (`ap_if_walk_sub`). The scope that a set of branches makes is kept, so that a request pays for its conditions only.
"""

from __future__ import annotations

from typing import Final

from evenflow.origin import Origin
from evenflow.plan import steps
from evenflow.plan.decision import Inquiry
from evenflow.plan.expr import Condition, holds
from evenflow.plan.model import Scope
from evenflow.plan.scope import Said, add, copy_scope

MOST_BRANCHED: Final = 4096
"""So many merged scopes are kept for a virtual host; with more they are made again."""


class Branch:
    """One section of a chain. `condition` is None for Else; `otherwise` is true for ElseIf and Else, which are for
    requests that nothing before them in the chain was for."""

    __slots__ = ("condition", "otherwise", "said", "origin")

    def __init__(self, condition: Condition | None, otherwise: bool, said: Said, origin: Origin) -> None:
        self.condition = condition
        self.otherwise = otherwise
        self.said = said
        self.origin = origin


def follow(inquiry: Inquiry) -> None:
    """Merge into the inquiry's scope what the branches say that are for this request."""
    scope = inquiry.scope
    while scope.branches:
        chosen = choose(inquiry, scope.branches)
        if not chosen:
            break
        scope = branched(inquiry, scope, chosen)
    inquiry.scope = scope


def choose(inquiry: Inquiry, branches: tuple[object, ...]) -> tuple[Branch, ...]:
    """Those that hold, in order."""
    chosen: list[Branch] = []
    held = False
    for branch in branches:
        assert isinstance(branch, Branch)
        if branch.otherwise and held:
            continue
        condition = branch.condition
        if condition is None:
            held = False
        else:
            held = holds(condition, inquiry)
            if inquiry.trace is not None:
                source = condition.source.encode("utf-8", "surrogateescape")
                inquiry.note(steps.EXPRESSION, branch.origin, source, b"true" if held else b"false")
            if not held:
                continue
        chosen.append(branch)
        if inquiry.trace is not None:
            inquiry.note(steps.SECTION, branch.origin, inquiry.path, b"met")
    return tuple(chosen)


def branched(inquiry: Inquiry, scope: Scope, chosen: tuple[Branch, ...]) -> Scope:
    """The scope with what these say; its branches are those that stand inside of them."""
    memo = inquiry.host.branched
    key = (scope, chosen)
    made = memo.get(key)
    if made is None:
        made = copy_scope(scope)
        made.branches = ()
        for branch in chosen:
            add(made, branch.said)
        if len(memo) >= MOST_BRANCHED:
            memo.clear()
        memo[key] = made
    return made
