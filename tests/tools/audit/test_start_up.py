"""setenv.sh and confluence.cfg.xml: which property counts."""

from __future__ import annotations

import pytest

from evenflow.config.source import make_source
from evenflow.tools.audit.server_xml import Unreadable
from evenflow.tools.audit.start_up import read_start_up, read_stored


def values(text: str, name: str = "setenv.sh") -> dict[str, str]:
    return {key: one.value for key, one in read_start_up(make_source(name, text)).items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('CATALINA_OPTS="-Da=1 ${CATALINA_OPTS}"\nCATALINA_OPTS="-Da=2 ${CATALINA_OPTS}"', {"a": "1"}),
        ('CATALINA_OPTS="${CATALINA_OPTS} -Da=1"\nCATALINA_OPTS="${CATALINA_OPTS} -Da=2"', {"a": "2"}),
        ('JAVA_OPTS="-Da=1"\nexport JAVA_OPTS="$JAVA_OPTS -Da=2"', {"a": "2"}),
        ("set CATALINA_OPTS=-Da=1 %CATALINA_OPTS%\r\nset CATALINA_OPTS=-Da=2 %CATALINA_OPTS%", {"a": "1"}),
        ("# -Da=1\nrem -Db=1\n:: -Dc=1\n -Dd=1", {"d": "1"}),
        ("-Da='x y' -Db=\"z w\" x-Dc=1", {"a": "x y", "b": "z w"}),
    ],
)
def test_the_last_on_javas_line_counts(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


def test_a_place_covers_the_whole_switch() -> None:
    one = read_start_up(make_source("setenv.sh", '\nX="-Da.b=c"'))["a.b"]
    assert (one.span.line, one.span.column, one.span.width) == (2, 4, 7)
    assert one.certain and not read_start_up(make_source("s", "-Da=$B"))["a"].certain


def test_what_confluence_has_stored() -> None:
    property = '<property name="synchrony.proxy.enabled">true</property>'
    text = f"<confluence-configuration>\n {property}\n</confluence-configuration>"
    found = read_stored(make_source("confluence.cfg.xml", text))
    assert found["synchrony.proxy.enabled"].value == "true" and found["synchrony.proxy.enabled"].span.line == 2
    with pytest.raises(Unreadable, match=r"confluence\.cfg\.xml"):
        read_stored(make_source("confluence.cfg.xml", "<a/>"))
