"""What a balancer does beyond httpd's, where nothing is said."""

from __future__ import annotations

from evenflow.plan.balancing import AS_HTTPD, HashBy


def test_nothing_is_hashed_but_the_client() -> None:
    assert AS_HTTPD.hash_by == HashBy("client", b"", 1.25)
