"""Tests of evenflow-metrics."""
