"""What a line says of a service's targets."""

from __future__ import annotations

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.services import Service


def service(route: str = "%{label}", **routes: str) -> Service:
    said = {name.replace("_", "."): value for name, value in routes.items()}
    return Service("_http._tcp.wiki.example", "http", 16, 300.0, route, said, NOWHERE)


@pytest.mark.parametrize(
    ("said", "route"),
    [
        (service(), "wiki-0"),
        (service("%{target}"), "wiki-0.wiki.example"),
        (service("n%{port}.%{label}"), "n8090.wiki-0"),
        (service(""), ""),
        (service("%{label}", **{"wiki-0": "n1"}), "n1"),
        (service("%{label}", wiki_0="n1"), "wiki-0"),
        (service("", **{"wiki-0": "n1", "wiki-0_wiki_example": "n2"}), "n2"),
    ],
)
def test_a_targets_route(said: Service, route: str) -> None:
    assert said.route_of("wiki-0.wiki.example", 8090) == route
