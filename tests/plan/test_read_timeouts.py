"""The limits of a plan."""

from __future__ import annotations

from evenflow.plan.read_timeouts import ReadTimeouts
from tests.plan.cases import inside, plan_of

LOADED = "LoadModule proxy_module modules/mod_proxy.so\n"


def test_a_host_has_those_of_its_own_and_of_the_server() -> None:
    plan = plan_of("RequestReadTimeout header=7\n" + inside("RequestReadTimeout body=3"))
    limits = plan.hosts[0].read_timeouts
    assert isinstance(limits, ReadTimeouts)
    assert (limits.header.first, limits.body.first) == (7.0, 3.0)


def test_without_the_module_there_are_none() -> None:
    assert plan_of(LOADED + inside("")).hosts[0].read_timeouts is None
    loads = LOADED + "LoadModule reqtimeout_module modules/mod_reqtimeout.so\n"
    assert plan_of(loads + inside("")).hosts[0].read_timeouts is not None
