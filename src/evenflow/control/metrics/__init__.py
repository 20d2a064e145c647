"""evenflow-metrics: what is counted and measured, for Prometheus."""

from evenflow.control.metrics.handler import answer

__all__ = ["answer"]
