"""Drafts become blocks."""

from __future__ import annotations

import pytest

from evenflow.config.contexts import LOCATION, SERVER, VHOST
from evenflow.config.scope import Draft, add, put
from evenflow.config.settings import UNSET
from evenflow.origin import NOWHERE


def draft(kind: str, outer: Draft | None) -> Draft:
    place = {"server": SERVER, "virtualhost": VHOST}.get(kind, LOCATION)
    return Draft(kind, "prefix", "/", NOWHERE, place, kind, outer, [])


def test_fields_are_said_and_added_to() -> None:
    one = draft("server", None)
    assert one.get("core", "timeout") is UNSET
    one.put("core", "timeout", 3.0)
    one.put("core", "timeout", 4.0)
    one.add("core", "server_aliases", "a", "b")
    one.add("core", "server_aliases", "c")
    inner = draft("location", one)
    inner.put("proxy", "preserve_host", True)
    one.blocks.append(inner)
    block = one.finish()
    assert (block.core.timeout, block.core.server_aliases) == (4.0, ("a", "b", "c"))
    assert block.blocks[0].proxy.preserve_host is True
    assert block.proxy.preserve_host is UNSET


def test_a_section_knows_its_server() -> None:
    main = draft("server", None)
    host = draft("virtualhost", main)
    location = draft("location", host)
    assert (location.server, location.main, main.server, main.main) == (host, main, main, main)


@pytest.mark.parametrize("make", [put, add])
def test_a_row_that_names_no_field_is_found_at_once(make: object) -> None:
    assert callable(make)
    with pytest.raises(KeyError):
        make("core", "nonsense")
    with pytest.raises(KeyError):
        draft("server", None).put("core", "nonsense", 1)
