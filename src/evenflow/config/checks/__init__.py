"""What a configuration says well and means badly: one file per topic, one function per check.

A check looks at the settings or at the tree and yields warnings. It changes nothing and looks nothing up.
"""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.checks import dead_rules, manager, mappings, patterns, reach, rules, shared_members, sticky
from evenflow.config.checks.view import Places, servers
from evenflow.config.diagnostics import Diagnostic
from evenflow.config.loaded import Loaded

CHECKS = (
    mappings.check_shadowed,
    mappings.check_sections_shadowed,
    mappings.check_exclusions,
    mappings.check_slashes,
    manager.check_shadowed,
    manager.check_open,
    sticky.check_routes,
    sticky.check_cookie,
    sticky.check_split,
    rules.check_question_mark,
    rules.check_websockets,
    dead_rules.check_behind_the_end,
    dead_rules.check_patterns,
    dead_rules.check_mapped_locations,
    shared_members.check_parameters,
    shared_members.check_balancers,
    shared_members.check_inherited,
    reach.check_members,
    reach.check_listeners,
    reach.check_names,
)
"""Each takes a server and the places to point at."""


def run_checks(loaded: Loaded) -> Iterator[Diagnostic]:
    """Every check's warnings for every server; what two servers share is said once. Needs settings."""
    places = Places(loaded)
    said: set[Diagnostic] = set()
    yield from patterns.check_backtracking(loaded)
    for server in servers(loaded):
        for check in CHECKS:
            for diagnostic in check(server, places):
                if diagnostic not in said:
                    said.add(diagnostic)
                    yield diagnostic
