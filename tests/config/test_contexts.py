"""Places, and what is said of them."""

from __future__ import annotations

import pytest

from evenflow.config.contexts import (
    ANYWHERE,
    DIRECTORY,
    INSIDE,
    LOCATION,
    PROXY,
    SERVER,
    SERVERS,
    VHOST,
    Context,
    refusal,
    where_allowed,
)


@pytest.mark.parametrize(
    ("contexts", "place", "section", "sentence"),
    [
        (INSIDE, SERVER, "", "Require not allowed here"),
        (INSIDE, VHOST, "VirtualHost", "Require not allowed in <VirtualHost> context"),
        (SERVER, VHOST, "VirtualHost", "Require cannot occur within <VirtualHost> section"),
        (SERVER, LOCATION, "Location", "Require not allowed in <Location> context"),
        (SERVERS, PROXY, "Proxy", "Require not allowed in <Proxy> context"),
        (SERVERS | LOCATION | PROXY, DIRECTORY, "Directory", "Require cannot occur within <Directory> section"),
    ],
)
def test_httpds_sentences(contexts: Context, place: Context, section: str, sentence: str) -> None:
    assert refusal("Require", contexts, place, section) == sentence


def test_a_section_is_named_with_its_bracket_where_httpd_does() -> None:
    assert refusal("<Files", SERVERS | PROXY, LOCATION, "Location") == "<Files> cannot occur within <Location> section"
    assert refusal("<Location", SERVERS, LOCATION, "Location") == "<Location not allowed in <Location> context"


def test_places_in_words() -> None:
    assert where_allowed(SERVER) == "the main server"
    assert where_allowed(SERVERS) == "the main server or `<VirtualHost>`"
    assert where_allowed(SERVERS | LOCATION) == "the main server, `<VirtualHost>` or `<Location>`"
    assert where_allowed(ANYWHERE).count("`") == 12
