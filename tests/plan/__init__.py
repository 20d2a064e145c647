"""Tests of the plan: decisions as a user meets them, and each phase for itself."""
