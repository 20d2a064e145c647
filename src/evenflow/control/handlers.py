"""The local handlers that `SetHandler` may name, bound to what they look at.

A handler takes (method, path, query, referer, server name, body, virtual host) and answers (status, fields, body).
It reads and writes slots and never touches a child's objects. Beside them stands the one that explains requests; no
SetHandler can name it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import evenflow
from evenflow.control import manager, metrics, status
from evenflow.plan.decide import Decider
from evenflow.plan.model import ConnectionFacts, Plan, VirtualHost
from evenflow.serve.answers import EXPLAINER
from evenflow.slotmem.scoreboard import Scoreboard


def local_handlers(plan: Plan, scoreboard: Scoreboard) -> dict[str, Callable[..., Any]]:
    """By the name that `SetHandler` gives."""

    def balancer_manager(
        method: bytes, path: bytes, query: bytes, referer: bytes, server_name: bytes, body: bytes, host: VirtualHost
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        return manager.answer(method, path, query, referer, server_name, body, host, plan, scoreboard)

    def server_status(
        method: bytes, path: bytes, query: bytes, referer: bytes, server_name: bytes, body: bytes, host: VirtualHost
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        return status.answer(method, query, host, plan, scoreboard, f"evenflow/{evenflow.__version__}")

    def show_metrics(
        method: bytes, path: bytes, query: bytes, referer: bytes, server_name: bytes, body: bytes, host: VirtualHost
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        return metrics.answer(method, plan, scoreboard)

    def explain(facts: ConnectionFacts, head: bytes, decider: Decider, whole: bool) -> bytes:
        from evenflow.control import explanation

        return explanation.for_client(plan, scoreboard, facts, head, decider, whole)

    return {
        "balancer-manager": balancer_manager,
        "server-status": server_status,
        "evenflow-metrics": show_metrics,
        EXPLAINER: explain,
    }
