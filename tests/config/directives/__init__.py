"""Tests of the directives, one file per module."""
