"""Tests of what experience says."""
