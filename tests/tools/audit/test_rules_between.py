"""What must be alike, and what must not."""

from __future__ import annotations

from evenflow.config.render import render_one
from evenflow.tools.audit.audit import as_json, as_text
from tests.tools.audit.nodes import OTHER_XML, XML, Place, check_fault, codes


def test_two_nodes_of_one_route(place: Place) -> None:
    check_fault(place, 'jvmRoute="2"', 'jvmRoute="1"', OTHER_XML, {"jvm-route-twice"}, "a route of its own")


def test_nodes_that_differ_are_told_with_both_places(place: Place) -> None:
    place.change(OTHER_XML, 'acceptCount="10"', 'acceptCount="100"')
    place.change("node2/bin/setenv.sh", "fallback=true", "fallback=TRUE")
    audited = place.audit()
    shown = [render_one(one.diagnostic, audited.sources) for one in audited.findings]
    assert codes(audited) == {"nodes-differ"} and len(shown) == 2
    assert "`acceptCount` is `100` on `node2`, and `10` on `node1`" in shown[0]
    assert f"{place.folder}/{OTHER_XML}:6" in shown[0] and f"{place.folder}/{XML}:6" in shown[0]
    assert "^^^^^^^^^^^^^^^^^" in shown[0]


def test_keys_are_compared_and_never_shown(place: Place) -> None:
    for number in (1, 2):
        line = f'CATALINA_OPTS="-Djwt.private.key=secret{number} ${{CATALINA_OPTS}}"\n\nexport'
        place.change(f"node{number}/bin/setenv.sh", "\nexport", line)
    audited = place.audit()
    assert codes(audited) == {"synchrony-keys-differ"}
    assert "secret" not in as_text(audited, False) + as_json(audited)
