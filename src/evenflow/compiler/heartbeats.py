"""mod_heartmonitor's and mod_lbmethod_heartbeat's directives, to `plan.heartbeats`."""

from __future__ import annotations

import ipaddress
import os

from evenflow.compiler.findings import Findings
from evenflow.config.settings import UNSET, Block
from evenflow.plan.heartbeats import Heartbeats
from evenflow.plan.model import Balancer

STORAGE = "hb.dat"
RUNTIME_DIR = "logs"
"""httpd's own, below ServerRoot; packages of it have others."""
MOST = 10


def compile_heartbeats(
    main: Block, root: str, balancers: tuple[Balancer, ...], findings: Findings
) -> Heartbeats | None:
    """Where readiness is learnt; None where nobody balances by it and nobody listens."""
    said = main.heartbeat
    folder = os.path.join(root, main.core.runtime_dir or RUNTIME_DIR)
    using = [one for one in balancers if one.lbmethod == "heartbeat"]
    if said.listen is UNSET:
        if not using:
            return None
        origin = using[0].origin if said.storage is UNSET else said.storage[1]
        path = STORAGE if said.storage is UNSET else said.storage[0]
        return Heartbeats(origin, os.path.join(folder, path))
    host, port, origin = said.listen
    for member in [member for one in using for member in one.members if not is_address(member.host)]:
        findings.warning(
            "heartbeat-by-name",
            f"`{member.name.decode('latin-1')}` is never heard: a heartbeat is known by the address that it comes from",
            member.origin,
            notes=(f"`HeartbeatListen` stands in line {origin.line} of {origin.file}",),
            help="name the member by its IPv4 address, or let another program write `HeartbeatStorage`",
        )
    most = MOST if said.most is UNSET else said.most
    if most:
        return Heartbeats(origin, "", host, port, most)
    # Only with 0 httpd writes down what it hears.
    path = os.path.join(folder, STORAGE if said.storage is UNSET else said.storage[0])
    return Heartbeats(origin, path, host, port)


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
