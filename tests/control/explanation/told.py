"""Stories that the tests of explanations ask for."""

from __future__ import annotations

from typing import Any

from evenflow.control.explanation import explain
from evenflow.plan.model import Plan
from tests.plan.cases import facts_of, inside

STICKY = inside(
    """\
    <Proxy balancer://c>
        BalancerMember http://127.0.0.1:1 route=a
        BalancerMember http://127.0.0.1:2 route=b redirect=a
        BalancerMember http://127.0.0.1:3 route=h status=+H
        ProxySet stickysession=SID|sid
    </Proxy>
    RequestHeader set X-Kind page
    RequestHeader unset X-Secret
    RequestHeader append X-Seen evenflow
    Header always set X-A 1
    Header set X-B "%{BALANCER_WORKER_ROUTE}e" env=BALANCER_ROUTE_CHANGED
    ProxyPassMatch
    ProxyPass /own http://127.0.0.1:4/ timeout=9 connectiontimeout=2 upgrade=websocket
    ProxyPass / balancer://c/
    """.replace("    ProxyPassMatch\n", "")
)


def head(*fields: str, target: str = "/x", method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: www.example", *fields, "", ""]).encode("latin-1")


def told(plan: Plan, data: bytes, **more: Any) -> Any:
    """The explanation of these bytes."""
    return explain(plan, facts_of(plan), data, **more)


def sources(said: Any) -> dict[str, tuple[str, int]]:
    return {
        one["name"]: (one["by"].partition(":")[0], one["place"]["line"] if one["place"] else 0)
        for one in said["to_member"]["fields"]
    }
