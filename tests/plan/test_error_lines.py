"""Texts of ErrorLogFormat come into the plan as they are merged."""

from __future__ import annotations

from evenflow.plan.error_lines import ErrorLines
from tests.plan.cases import plan_of


def test_a_virtual_host_takes_over_what_it_does_not_say() -> None:
    plan = plan_of(
        'ErrorLogFormat "%t %M"\nErrorLogFormat connection "C"\nErrorLogFormat request "R1"\n'
        'ErrorLogFormat request "R2"\nListen 80\n<VirtualHost *:80>\nErrorLogFormat "%l %M"\n'
        'ErrorLogFormat request "own"\n</VirtualHost>\n<VirtualHost *:80>\n</VirtualHost>\n'
    )
    own, other = [host.error_lines for host in plan.hosts[:2]]
    assert isinstance(own, ErrorLines) and isinstance(other, ErrorLines)
    assert (own.main, own.request, own.connection) == ("%l %M", ("own",), ("C",))
    assert (other.main, other.request, other.connection) == ("%t %M", ("R1", "R2"), ("C",))


def test_nobody_says_anything() -> None:
    plan = plan_of("Listen 80\n")
    assert plan.main is not None and plan.main.error_lines is None
