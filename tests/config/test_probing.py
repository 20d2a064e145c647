"""Parameters of probes: what each takes, httpd's sentence for a wrong value."""

from __future__ import annotations

import pytest

from evenflow.config.settings import UNSET
from tests.config.cases import load_text
from tests.config.probes import load_member, said_of


def parameters(words: str, *before: str) -> dict[str, object]:
    """What a member says of its probes."""
    loaded = load_member(words, *before)
    assert loaded.settings is not None, loaded.errors
    (block,) = loaded.settings.main.blocks
    assert block.proxy.members
    said = block.proxy.members[0].parameters
    names = ("hcmethod", "hcinterval", "hcpasses", "hcfails", "hcuri", "hcexpr")
    return {name: getattr(said, name) for name in names if getattr(said, name) is not UNSET}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("hcmethod=tcp", {"hcmethod": "TCP"}),
        ("hcmethod=Get11", {"hcmethod": "GET11"}),
        ("hcmethod=NONE", {"hcmethod": "NONE"}),
        ("hcinterval=5", {"hcinterval": 5.0}),
        ("hcinterval=100ms", {"hcinterval": 0.1}),
        ("hcpasses=3 hcfails=2", {"hcpasses": 3, "hcfails": 2}),
        ("hcpasses=x", {"hcpasses": 0}),
        ("hcuri=/x hcuri=", {"hcuri": ""}),
    ],
)
def test_what_is_read(words: str, said: dict[str, object]) -> None:
    assert parameters(words) == said


# httpd's sentences are those of `apache2 -t` with the same words.
@pytest.mark.parametrize(
    ("words", "headline", "says"),
    [
        ("hcmethod=CPING", "evenflow does not send CPING", "Health check method CPING not (yet) implemented"),
        ("hcmethod=POST", "`hcmethod` must be one of", "Unknown method"),
        ("hcinterval=99ms", "at least 100 ms", "Interval must be a positive value greater than 100ms"),
        ("hcinterval=", "at least 100 ms", "Interval must be a positive value greater than 100ms"),
        ("hcinterval=x", "must be a number", "Unparse-able hcinterval setting"),
        ("hcpasses=-1", "at least 0", "Passes must be a positive value"),
        ("hcfails=-1", "at least 0", "Fails must be a positive value"),
        ("hcuri=/" + 63 * "a", "at most 63", "Health check uri length must be < 64 characters"),
        ("hcexpr=none", "no ProxyHCExpr", "Unknown health check condition expr: none"),
        ("hctemplate=none", "no ProxyHCTemplate", "Unknown ProxyHCTemplate name: none"),
        ("hcfoo=1", "has no parameter `hcfoo`", "unknown Worker parameter"),
    ],
)
def test_what_is_wrong(words: str, headline: str, says: str) -> None:
    said = said_of(load_member(words))
    assert headline in said and f"BalancerMember {says}" in said


def test_a_template_says_everything_where_it_stands() -> None:
    template = "ProxyHCTemplate T hcmethod=GET hcuri=/h hcfails=3"
    all_of_it = {"hcmethod": "GET", "hcinterval": 30.0, "hcpasses": 1, "hcfails": 3, "hcuri": "/h", "hcexpr": None}
    assert parameters("hcpasses=7 hctemplate=t", template) == all_of_it
    assert parameters("hctemplate=t hcpasses=7", template) == {**all_of_it, "hcpasses": 7}


def test_the_last_of_one_name_counts_and_a_template_may_take_over_another() -> None:
    lines = ("ProxyHCTemplate t hcuri=/1", "ProxyHCTemplate T hcuri=/2", "ProxyHCTemplate u hctemplate=t hcpasses=2")
    said = parameters("hctemplate=u", *lines)
    assert (said["hcuri"], said["hcpasses"]) == ("/2", 2)


def test_names_are_their_servers_own_and_stand_above() -> None:
    lines = ("ProxyHCTemplate t hcmethod=GET", "<VirtualHost *:80>", "<Proxy balancer://c>")
    member = "BalancerMember http://m hctemplate=t"
    said = said_of(load_text("\n".join(["Listen 80", *lines, member, "</Proxy>", "</VirtualHost>"])))
    assert "Unknown ProxyHCTemplate name: t" in said and "each virtual host has templates of its own" in said
