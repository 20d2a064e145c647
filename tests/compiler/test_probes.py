"""Members' probes in the plan."""

from __future__ import annotations

from evenflow.compiler.build import build
from evenflow.plan.probes import Probe
from tests.config.cases import load_text
from tests.config.probes import load_member


def probe(words: str, *before: str) -> tuple[Probe | None, list[str]]:
    """The member's probe, and what is said about it."""
    loaded = load_member(words, *before)
    assert loaded.settings is not None, loaded.errors
    built = build(loaded.settings)
    said = [f"{one.code}: {one.headline}" for one in built.diagnostics]
    return (None if built.plan is None else built.plan.balancers[0].members[0].probe), said


def test_no_probe() -> None:
    assert probe("") == (None, [])
    assert probe("hcmethod=NONE hcuri=/x") == (None, [])
    assert probe("hcinterval=3") == (None, [])


def test_everything_said() -> None:
    made, _ = probe("hcmethod=HEAD11 hcinterval=2min hcpasses=3 hcfails=4 hcuri=/health")
    assert made is not None
    assert (made.method, made.version, made.interval, made.passes, made.fails) == (b"HEAD", 11, 120.0, 3, 4)
    assert (made.uri, made.target, made.condition) == (b"/health", b"/health", None)


def test_nothing_said_but_the_method() -> None:
    made, _ = probe("hcmethod=options hcpasses=0")
    assert made is not None
    assert (made.method, made.version, made.interval, made.passes, made.fails) == (b"OPTIONS", 10, 30.0, 1, 1)
    assert (made.uri, made.target) == (b"", b"*")


def test_a_condition() -> None:
    made, said = probe("hcmethod=GET hcexpr=ok", "ProxyHCExpr ok {%{REQUEST_STATUS} =~ /^[234]/}")
    assert made is not None and made.condition is not None and not said
    assert made.condition.source == "%{REQUEST_STATUS} =~ /^[234]/"


def test_a_condition_that_is_none() -> None:
    made, said = probe("hcmethod=GET hcexpr=ok", "ProxyHCExpr ok {foo bar}")
    assert made is None and len(said) == 1


def test_a_member_of_no_balancer_is_not_probed() -> None:
    loaded = load_text("Listen 80\nProxyPass /x http://m/ hcmethod=GET\n")
    assert loaded.settings is not None
    built = build(loaded.settings)
    assert [one.headline for one in built.diagnostics] == [
        "`hcmethod` has no effect here: only members of balancers are probed"
    ]
    assert built.plan is not None and built.plan.members[0].probe is None
