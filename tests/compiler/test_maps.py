"""RewriteMap lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.maps import compile_map, compile_maps
from evenflow.config.settings import MapLine
from evenflow.origin import NOWHERE
from evenflow.plan.maps import ProgramMap, TextMap


def line(source: str, owner: str = "", name: str = "m") -> MapLine:
    return MapLine(name, source, owner, NOWHERE)


def test_texts_and_programs_are_below_server_root(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a b\n")
    root = str(tmp_path)
    for source, at_random in (("txt:t", False), ("t", False), ("RND:t", True), (f"txt:{tmp_path}/t", False)):
        made = compile_map(line(source), root)
        assert isinstance(made, TextMap)
        assert (made.path, made.at_random, made.find(b"a")) == (f"{tmp_path}/t".encode(), at_random, b"b")
    made = compile_map(line('prg:t "one two" three', "nobody:nogroup"), root)
    assert isinstance(made, ProgramMap)
    assert (made.words, made.user, made.group) == ((f"{tmp_path}/t", "one two", "three"), "nobody", "nogroup")


@pytest.mark.parametrize(
    "source, code, words",
    [
        ("dbm:x", "map-not-supported", "`dbm:`"),
        ("dbm=sdbm:x", "map-not-supported", "`dbm:`"),
        ("dbd:SELECT x", "map-not-supported", "`dbd:`"),
        ("fastdbd:SELECT x", "map-not-supported", "`fastdbd:`"),
        ("int:rot13", "value-not-allowed", "`rot13`"),
        ("txt:nowhere", "file-missing", "nowhere"),
        ("prg:nowhere -x", "file-missing", "nowhere"),
        ("prg:", "value-missing", "no program"),
    ],
)
def test_what_is_refused(source: str, code: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_map(line(source), "/srv/evenflow")
    assert caught.value.code == code
    assert words in str(caught.value)


def test_a_later_map_of_the_same_name_counts() -> None:
    findings = Findings()
    maps = compile_maps((line("int:tolower"), line("int:toupper"), line("int:x", name="n")), "/", findings)
    assert maps["m"].find(b"aB") == b"AB"
    assert [one.code for one in findings.diagnostics] == ["value-not-allowed"]
    assert list(maps) == ["m"]
