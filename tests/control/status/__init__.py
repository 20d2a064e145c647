"""Tests of server-status."""
