"""Which virtual host may be asked over a handshake that was made for another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.fronts import Front
from evenflow.plan.model import VirtualHost
from evenflow.plan.vhosts import may_share

FRONT = Front((("a.crt", None),))


def host(front: Front, policy: str) -> VirtualHost:
    made = VirtualHost(0, b"a.example", NOWHERE)
    made.tls = True
    made.front = front
    made.sni_policy = policy
    return made


@pytest.mark.parametrize(
    ("other", "policies"),
    [
        (FRONT, "secure authonly insecure"),
        (replace(FRONT, certificates=(("b.crt", None),)), "authonly insecure"),
        (replace(FRONT, protocols=frozenset(("TLSv1.3",))), "authonly insecure"),
        (replace(FRONT, verify="require"), "insecure"),
    ],
)
def test_policies(other: Front, policies: str) -> None:
    for policy in ("strict", "secure", "authonly", "insecure"):
        assert may_share(host(FRONT, policy), host(other, policy)) is (policy in policies.split()), policy


def test_what_must_be_known_before_a_handshake() -> None:
    assert FRONT.opening == replace(FRONT, certificates=(("b.crt", None),), ca_file="x").opening
    assert FRONT.opening != replace(FRONT, verify="optional").opening
    assert FRONT.opening != replace(FRONT, protocols=frozenset(("TLSv1.3",))).opening
