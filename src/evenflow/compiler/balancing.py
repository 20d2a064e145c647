"""What a balancer does beyond httpd's, from its parameters to the plan."""

from __future__ import annotations

from dataclasses import replace

from evenflow.compiler.findings import Findings
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, BalancerParameters
from evenflow.origin import Origin
from evenflow.plan.balancing import AS_HTTPD, Balancing, Ejection, HashBy, Retries


def compile_balancing(said: BalancerParameters, origin: Origin, findings: Findings) -> Balancing:
    """`origin` is where the balancer is declared."""
    hash_by = HashBy()
    if said.hash_by is not UNSET:
        kind, name, load = said.hash_by
        hash_by = HashBy(kind, to_bytes(name.lower() if kind == "header" else name), load)
        if said.lbmethod != "hash":
            findings.warning(
                "hash-not-used",
                "`EvenflowHash` has no effect: the balancer does not hash",
                origin,
                help="write `ProxySet lbmethod=hash`, or remove the line",
            )
    retries: Retries | None = Retries()
    if said.retries is not UNSET:
        retries = None if said.retries is None else Retries(*said.retries)
    ejection = None
    if said.ejection is not UNSET and said.ejection is not None:
        line = said.ejection
        ejection = Ejection(line.errors, line.latency, line.requests, line.interval, line.seconds, line.most)
    made = Balancing(hash_by, retries, ejection, *(said.slow_start or ()))
    if said.sessions is not UNSET:
        idle, cookie = said.sessions
        made = replace(made, session_idle=idle, session_cookie=to_bytes(cookie))
    return AS_HTTPD if made == AS_HTTPD else made
