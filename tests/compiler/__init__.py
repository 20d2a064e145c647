"""Tests of the way from settings to a plan."""
