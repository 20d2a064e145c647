"""Members' `hc...` parameters, to `plan.probes`."""

from __future__ import annotations

from evenflow.compiler.expr import compile_condition
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import MemberParameters, ProbeExpression
from evenflow.origin import Origin
from evenflow.plan.expr import Condition
from evenflow.plan.probes import Probe


def compile_probe(said: MemberParameters, origin: Origin, findings: Findings) -> Probe | None:
    """The probe of a balancer's member; None where it has none (`hcmethod` is NONE, or not said)."""
    method = said.hcmethod or "NONE"
    if method == "NONE":
        return None
    condition = compile_expression(said.hcexpr, findings) if said.hcexpr else None
    return Probe(
        to_bytes(method.removesuffix("11")),
        11 if method.endswith("11") else 10,
        said.hcinterval or 30.0,
        1 if not said.hcpasses else said.hcpasses,
        1 if not said.hcfails else said.hcfails,
        to_bytes(said.hcuri or ""),
        condition,
        origin,
    )


def compile_expression(one: ProbeExpression, findings: Findings) -> Condition | None:
    """The condition that an expression's text means; what is wrong with it is told."""
    try:
        return compile_condition(one.text, one.origin)
    except Refused as refused:
        refused.report(findings, one.origin)
        return None


def warn_of_plain(said: MemberParameters, origin: Origin, findings: Findings) -> None:
    """httpd takes the parameters for members of no balancer too, and probes none of them."""
    if said.hcmethod and said.hcmethod != "NONE":
        findings.warning(
            "parameter-ignored",
            "`hcmethod` has no effect here: only members of balancers are probed",
            origin,
            help="put the member into a balancer, or remove the parameter",
        )
