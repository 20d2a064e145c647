"""EvenflowReservedPorts: ports at which somebody must listen."""

from __future__ import annotations

from evenflow.compiler.findings import Findings
from evenflow.config.settings import Block, ReservedPorts
from evenflow.plan.model import Plan


def reserve_ports(main: Block, plan: Plan, findings: Findings) -> None:
    """Write them into the plan, whose listeners are known."""
    said = main.evenflow.reserved_ports
    if not isinstance(said, ReservedPorts):
        return
    heard = {listener.port for listener in plan.listeners}
    for port in said.ports:
        if port not in heard:
            findings.error(
                "port-without-listen",
                f"nothing listens on port {port}, which is to be reserved",
                said.origin,
                help=f"write `Listen 127.0.0.1:{port}` and a `<VirtualHost>` for it",
            )
    if heard and heard <= set(said.ports):
        findings.error(
            "every-port-reserved",
            "every port is reserved, so none is bounded",
            said.origin,
            help="reserve the port of a `Listen` of its own, for those who operate it",
        )
    plan.reserved_ports = frozenset(said.ports)
    plan.most_reserved = said.connections
