"""Names of members and services, asked for before it is served: `evenflow check --names`.

It asks as the watchdog will: the hosts file first, then the name servers that the configuration or resolv.conf names.
What does not resolve is a warning: others serve meanwhile, and tomorrow it may be there.
"""

from __future__ import annotations

import asyncio
from typing import Final

from evenflow.compiler.findings import Findings
from evenflow.config.diagnostics import Diagnostic
from evenflow.plan.model import Plan
from evenflow.serve.dns_questions import Dns, NoAnswer
from evenflow.serve.hosts_file import HOSTS, SWITCH, HostsFile, Switch
from evenflow.serve.names import find, named

AT_ONCE: Final = 16
"""Names that are asked for at the same time."""


def check_names(plan: Plan, hosts: str = HOSTS, switch: str = SWITCH) -> tuple[Diagnostic, ...]:
    """A warning for each name that leads nowhere now; the files are the system's unless others are named."""
    return asyncio.run(ask_all(plan, HostsFile(hosts), Switch(switch)))


async def ask_all(plan: Plan, hosts: HostsFile, switch: Switch) -> tuple[Diagnostic, ...]:
    findings = Findings()
    dns = Dns(plan.name_servers)
    hosts.changed()
    switch.look()
    turns = asyncio.Semaphore(AT_ONCE)

    async def why_not(host: str) -> str:
        async with turns:
            try:
                await find(host, dns, hosts, switch)
            except NoAnswer as none:
                return none.cause
            return ""

    async def why_nobody(service: str) -> str:
        async with turns:
            try:
                await dns.targets(service)
            except NoAnswer as none:
                return none.cause
            return ""

    members = {member.dial_host: member for member in reversed(named(plan.members))}
    services = {member.service.name: member.service for member in plan.members if member.service is not None}
    causes = await asyncio.gather(*[why_not(host) for host in members])
    for (host, member), cause in zip(members.items(), causes, strict=True):
        if cause:
            findings.warning(
                "name-unresolved",
                f"the name `{host}` does not resolve now: {cause}",
                member.origin,
                notes=("its members are in error until it does; the others serve",),
                help="mend the name, or write it into the hosts file or the DNS",
            )
    causes = await asyncio.gather(*[why_nobody(name) for name in services])
    for (name, service), cause in zip(services.items(), causes, strict=True):
        if cause:
            findings.warning(
                "name-unresolved",
                f"the service `{name}` names no members now: {cause}",
                service.origin,
                notes=("without others the balancer answers 503 until it does",),
                help=f"look at what `dig SRV {name}` says",
            )
    return tuple(findings.diagnostics)
