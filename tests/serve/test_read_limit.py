"""RequestReadTimeout on one connection."""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan.model import VirtualHost
from evenflow.plan.read_timeouts import ReadTimeouts, Stage
from evenflow.serve.read_limit import ReadLimit

NEVER = float("inf")


def host_with(handshake: Stage, header: Stage, body: Stage) -> VirtualHost:
    host = VirtualHost(0, b"wiki", NOWHERE)
    host.read_timeouts = ReadTimeouts(handshake, header, body)
    return host


HOST = host_with(Stage(5.0, 0.0, 0.0), Stage(20.0, 40.0, 0.5), Stage(10.0, 0.0, 0.1))


def test_a_stage_begins_with_its_first_time() -> None:
    limit = ReadLimit()
    assert limit.until == NEVER
    limit.begin_handshake(HOST, 100.0)
    assert limit.until == 105.0


def test_bytes_put_it_off_up_to_a_bound() -> None:
    limit = ReadLimit()
    limit.begin_head(HOST, 10, 100.0)
    assert limit.until == 125.0
    limit.put_off(10)
    assert limit.until == 130.0
    limit.put_off(1000)
    assert limit.until == 140.0


def test_without_a_bound_bytes_always_put_it_off() -> None:
    limit = ReadLimit()
    limit.begin_body(HOST, 0, 100.0)
    limit.put_off(10000)
    assert limit.until == 1110.0


def test_no_byte_puts_off_a_stage_that_gives_none_for_them() -> None:
    limit = ReadLimit()
    limit.begin_handshake(HOST, 100.0)
    limit.put_off(10000)
    assert limit.until == 105.0


def test_what_has_come_is_waited_for_no_longer() -> None:
    limit = ReadLimit()
    limit.begin_head(HOST, 1, 100.0)
    limit.end()
    limit.put_off(10)
    assert limit.until == NEVER


def test_a_stage_without_a_limit_ends_the_one_before() -> None:
    limit = ReadLimit()
    limit.begin_head(HOST, 1, 100.0)
    limit.begin_body(host_with(Stage(0.0, 0.0, 0.0), Stage(0.0, 0.0, 0.0), Stage(0.0, 0.0, 0.0)), 1, 101.0)
    assert limit.until == NEVER


def test_a_host_that_says_nothing_has_none() -> None:
    limit = ReadLimit()
    host = VirtualHost(0, b"wiki", NOWHERE)
    limit.begin_handshake(host, 100.0)
    limit.begin_head(host, 1, 100.0)
    limit.begin_body(host, 1, 100.0)
    assert limit.until == NEVER
