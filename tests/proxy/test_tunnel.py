"""A tunnel keeps its member busy until it is closed, once."""

from __future__ import annotations

from evenflow.balancer.choose import begin
from evenflow.proxy.tunnel import Tunnel
from tests.proxy.story import World


def test_the_member_is_busy_until_the_end() -> None:
    world = World({"a": {}}, {}, {}, {}, {})
    slot = world.routes.slots[0]
    begin(slot)
    begin(slot)
    tunnel = Tunnel(slot, 60.0)
    tunnel.sent += 5
    tunnel.received += 7
    assert slot.busy == 2
    tunnel.close()
    tunnel.close()
    assert (slot.busy, slot.sent, slot.received) == (1, 5, 7)
    assert tunnel.timeout == 60.0


def test_it_is_over_when_both_sides_have_ended() -> None:
    tunnel = Tunnel(World({"a": {}}, {}, {}, {}, {}).routes.slots[0], 60.0)
    assert not tunnel.over()
    tunnel.client_ended = True
    assert not tunnel.over()
    tunnel.backend_ended = True
    assert tunnel.over()
