"""`evenflow explain`: the published recipes' stories, the JSON, and what is wrong to type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evenflow.control.explanation import VERSION
from evenflow.tools.asking import Asked
from evenflow.tools.cli import main
from evenflow.tools.explain import answer, as_json, as_text
from tests.peers import CHECKOUT
from tests.tools.stories import GOLDEN, STORIES, told

CONFIG = """\
Listen 8080
<VirtualHost *:8080>
    ServerName a.example
    RewriteEngine On
    RewriteRule ^/never - [F]
    RewriteCond %{QUERY_STRING} moved
    RewriteRule ^/old/(.*) https://new.example/$1 [R=301,L,E=GONE:yes]
    ProxyPass / http://127.0.0.1:1/
</VirtualHost>
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a.conf"
    path.write_text(CONFIG)
    return str(path)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["explain", *words])
    return result.exit_code, result.output


@pytest.mark.parametrize("name", STORIES)
def test_the_story_of_a_published_recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change that is meant: `python -m tests.tools.stories`, and read the difference."""
    monkeypatch.chdir(CHECKOUT)
    assert told(name) == (GOLDEN / f"{name}.txt").read_text()


def test_every_golden_story_is_asked_for() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(STORIES)


def keys(value: Any) -> Any:
    """The names in an object, all the way down; lists by their first element."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [keys(value[0])] if value else []
    return type(value).__name__


PLACE = {"file": "str", "line": "int", "text": "str"}


def test_the_json_has_its_documented_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)
    asked = Asked("https://wiki.example.com:8443/synchrony/x?q", cookies=("SYNROUTE=.9",))
    said = json.loads(as_json(*answer("examples/datacenter-complete.conf", {}, asked)))
    assert said["version"] == VERSION == 1
    found = keys(said)
    assert found["request"] == {
        "method": "str", "target": "str", "version": "str", "fields": [["str"]], "from": "str", "to": "str",
        "tls": "bool", "server_name_indication": "str", "body_length": "int", "url": "str",
    }  # fmt: skip
    assert found["steps"] == [{"phase": "str", "place": PLACE, "saw": "str", "result": "str", "detail": "str"}]
    assert found["outcome"] == {
        "kind": "str", "place": PLACE, "virtual_host": "str", "status": "int", "reason": "str", "location": "NoneType",
        "balancer": "str", "member": "str", "url": "str", "through": "NoneType", "handler": "NoneType",
        "file": "NoneType", "address": "str", "resolved": "NoneType",
    }  # fmt: skip
    assert found["shadowed"] == [{"place": PLACE, "prefix": "str", "target": "str"}]
    assert found["sections"] == [{"place": PLACE, "saw": "str", "says": [PLACE]}]
    assert found["settings"] == [{"name": "str", "value": "str", "place": PLACE}]
    assert found["environment"] == [{"name": "str", "value": "str", "place": "NoneType"}]
    assert found["sticky"] == {
        "cookie": "str", "path": "str", "separator": "str", "place": PLACE, "found": "str", "value": "str",
        "route": "str", "member": "NoneType", "why": "str",
    }  # fmt: skip
    members = [
        {
            "name": "str", "route": "str", "place": PLACE, "loadfactor": "float", "lbset": "int", "status": "str",
            "in_error": "bool", "candidate": "bool", "chosen": "bool", "owed": ["int"], "busy": "int", "elected": "int",
        "through": "NoneType", "resolved": "NoneType",
        }
    ]  # fmt: skip
    assert found["choice"] == {
        "balancer": "str", "place": PLACE, "by": "str", "lbmethod": "str", "reason": "str", "failover": "int",
        "notes": ["str"], "services": [], "members": members,
    }  # fmt: skip
    field = {"name": "str", "value": "str", "by": "str", "place": PLACE, "places": []}
    assert found["to_member"] == {"head": "str", "fields": [field], "dropped": []}
    assert found["edits"] == [{"table": "str", "place": PLACE, "applies": "bool", "waits_for": "str"}]
    assert found["reverses"] == [{"place": PLACE, "from": ["str"], "to": "str"}]
    assert found["answer"] == {"member": "str", "head": "str"}
    assert found["timeouts"] == [{"name": "str", "seconds": "float", "place": "NoneType"}]
    assert (said["own"], said["asked"], said["scoreboard"]) == (None, [], "fresh")
    assert set(said) == {
        "version", "scoreboard", "request", "steps", "outcome", "shadowed", "sections", "settings", "environment",
        "sticky", "choice", "member_tls", "to_member", "edits", "filters", "reverses", "documents", "answer", "own",
        "timeouts",
        "asked", "document", "notes",
    }  # fmt: skip


def test_the_way_of_an_error_document_is_a_second_part(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    lines = ["Listen 8080", "ErrorDocument 403 /err/403", "ProxyPass /err http://127.0.0.1:1/err"]
    file.write_text("\n".join([*lines, "<Location /shut>", "Require all denied", "</Location>"]))
    said, notes = answer(str(file), {}, Asked("http://a.example:8080/shut"))
    assert said["document"]["place"]["line"] == 2 and said["document"]["status"] == 403
    text = as_text(said, notes)
    assert "\nin the place of the page of 403: GET /err/403\n" in text
    assert "mapping        /err/403 -> http://127.0.0.1:1/err/403\n" in text
    last = "               and in the place of its page GET /err/403: forwarded to http://127.0.0.1:1/err/403\n"
    assert text.index("\n=              answered with 403") < text.index(last)


def test_the_handshake_with_a_member_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    lines = ["Listen 8080", "SSLProxyEngine On", "ProxyPreserveHost On", "ProxyPass / https://127.0.0.1:1/"]
    file.write_text("\n".join(lines))
    text = as_text(*answer(str(file), {}, Asked("http://a.example:8080/x")))
    assert "asks for `a.example`: the client's Host, as ProxyPreserveHost is On\n" in text
    assert "the certificate must be for `a.example` (SSLProxyCheckPeerName On)\n" in text
    file.write_text("\n".join([lines[0], lines[3]]))
    text = as_text(*answer(str(file), {}, Asked("http://a.example:8080/x")))
    assert "SSLProxyEngine is Off: 500" in text and "HTTP/1.1 500 " in text
    assert "answered with 500: https://127.0.0.1:1/: SSLProxyEngine is off\n" in text


def test_the_papers_name_every_key_of_the_json() -> None:
    paper = (CHECKOUT / "docs" / "explain.md").read_text()
    for key in ("version", "scoreboard", "request", "steps", "outcome", "shadowed", "sections", "settings",
                "environment", "sticky", "choice", "member_tls", "to_member", "edits", "filters", "reverses",
                "documents", "answer", "own", "timeouts", "asked", "document", "notes"):  # fmt: skip
        assert f"| `{key}` |" in paper, key


def test_a_redirect_is_shown_as_the_client_gets_it(file: str) -> None:
    said, notes = answer(file, {}, Asked("http://a.example:8080/old/x?moved"))
    assert said["outcome"]["kind"] == "redirect"
    assert said["outcome"]["place"]["line"] == 7
    assert "Location: https://new.example/x?moved\r\n" in said["own"]
    assert said["environment"][0] == {"name": "GONE", "value": "yes", "place": said["outcome"]["place"]}
    text = as_text(said, notes)
    assert "redirected with 301 to https://new.example/x?moved\n" in text
    assert "saw `moved`: holds" in text


def test_rules_that_do_not_match_are_counted_or_shown(file: str) -> None:
    said, notes = answer(file, {}, Asked("http://a.example:8080/x"))
    assert "2 rules did not match" in as_text(said, notes)
    assert "RewriteRule ^/never" not in as_text(said, notes)
    assert "RewriteRule ^/never" in as_text(said, notes, every=True)


def test_programs_of_maps_are_not_started(file: str) -> None:
    path = Path(file)
    path.write_text(CONFIG.replace("RewriteEngine On", "RewriteEngine On\nRewriteMap m prg:/bin/false"))
    _, notes = answer(file, {}, Asked("http://a.example:8080/x"))
    assert any("RewriteMap" in note for note in notes)


def test_where_the_children_look_for_files_is_told(file: str) -> None:
    path = Path(file)
    path.write_text("ChrootDir /usr\n" + path.read_text())
    _, notes = answer(file, {}, Asked("http://a.example:8080/x"))
    assert "files are those outside: the children look for them in `ChrootDir /usr`" in notes


def test_a_terminal_does_not_obey_what_is_shown(file: str) -> None:
    said, notes = answer(file, {}, Asked("http://a.example:8080/%1b%5b31mred?\x1b[31m"))
    assert "\x1b" not in as_text(said, notes)
    assert "\x1b" in as_text(said, notes, color=True)


def test_the_command_prints_text_and_json(file: str) -> None:
    status, text = run(file, "http://a.example:8080/x")
    assert status == 0 and "forwarded to http://127.0.0.1:1/x" in text
    status, text = run(file, "/x", "--format", "json", "-H", "A: b", "--cookie", "c=d", "--from", "10.0.0.1")
    said = json.loads(text)
    assert status == 0 and said["request"]["fields"] == [["Host", "a.example"], ["A", "b"], ["Cookie", "c=d"]]
    assert said["request"]["from"] == "10.0.0.1"


@pytest.mark.parametrize(
    "words, told",
    [
        ((), "type `evenflow explain FILE URL`"),
        (("/x",), "type `evenflow explain FILE URL`"),
        (("{file}", "x"), "type `http://HOST/PATH`"),
        (("{file}", "https://a.example:8080/"), "type `http://a.example:8080/`"),
        (("{file}", "/", "-H", "nothing"), "-H takes `Name: value`"),
        (("{file}", "/", "--cookie", "nothing"), "--cookie takes NAME=VALUE"),
        (("{file}", "/", "--from", "me"), "--from takes an IP address"),
        (("{file}", "/", "--to", "8080"), "--to takes ADDRESS:PORT"),
        (("{file}", "/", "-X", "GET IT"), "type for instance `-X POST`"),
        (("{nowhere}", "/"), "cannot be read"),
    ],
)
def test_wrong_input_says_what_to_type(file: str, words: tuple[str, ...], told: str) -> None:
    status, text = run(*[word.format(file=file, nowhere=file + ".not") for word in words])
    assert status == 2
    assert told in text
    assert "Traceback" not in text


def test_a_service_is_named_where_nobody_can_ask_for_its_targets(tmp_path: Path) -> None:
    file = tmp_path / "wiki.conf"
    file.write_text(
        "Listen 8080\n<Proxy balancer://c>\nEvenflowMembersFrom srv://_http._tcp.wiki.example\n</Proxy>\n"
        "ProxyPass / balancer://c/\n"
    )
    said, lines = answer(str(file), {}, Asked("http://localhost:8080/x"))
    assert said["choice"]["services"] == ["_http._tcp.wiki.example"]
    assert "the DNS says (`_http._tcp.wiki.example`)" in as_text(said, lines, color=False)
