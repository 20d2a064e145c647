"""Members that a service names: SRV records in the place of BalancerMember lines (EvenflowMembersFrom).

How a balancer's members follow the DNS is the watchdog's affair; here is what the line says. Durations are float
seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evenflow.origin import Origin


@dataclass(frozen=True, slots=True)
class Service:
    """One EvenflowMembersFrom."""

    name: str
    """What is asked for: `_http._tcp.wiki.example.com`."""
    scheme: str
    """Of its members' URLs."""
    most: int
    """So many rows are kept for its targets, those that leave included."""
    drain: float
    """A target that is named no more keeps its sessions for so long."""
    route: str
    """A route, in which `%{label}`, `%{target}` and `%{port}` stand for the target's; "" for none."""
    routes: Mapping[str, str]
    """Routes of single targets, by their name or their first label, lower case."""
    origin: Origin

    def route_of(self, host: str, port: int) -> str:
        """The route of one target."""
        label = host.partition(".")[0]
        known = self.routes.get(host) or self.routes.get(label)
        if known is not None:
            return known
        return self.route.replace("%{label}", label).replace("%{target}", host).replace("%{port}", str(port))
