"""EvenflowTrace, to `plan.tracing`."""

from __future__ import annotations

import importlib.util

from evenflow.compiler.findings import Findings
from evenflow.compiler.networks import compile_network
from evenflow.config.settings import TraceLine
from evenflow.plan.tracing import Tracing


def compile_tracing(line: TraceLine | None, findings: Findings) -> Tracing | None:
    """None where nothing is told."""
    if line is None:
        return None
    if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.proto") is None:
        findings.error(
            "extra-missing",
            "`EvenflowTrace` needs the library `opentelemetry-proto`, which is not installed",
            line.origin,
            help="type `pip install 'evenflow[otel]'`, or remove the line",
        )
        return None
    networks = tuple(compile_network(text) for text in line.trusted if text != "all")
    return Tracing(
        line.origin, line.secure, line.host, line.port, line.path, line.share, line.service,
        "all" in line.trusted, networks,
    )  # fmt: skip
