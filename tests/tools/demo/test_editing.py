"""Two Confluence nodes and what people need to edit together: log-in, the editor and its files, the page's text."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text

from evenflow.tools.demo import packages
from evenflow.tools.demo.cluster import Cluster, Node, Shared
from evenflow.tools.demo.documents import TEXT, to_text
from evenflow.tools.demo.journal import Journal
from tests.peers import free_port

EDIT = "/pages/editpage.action?pageId=1"


class Wiki:
    """Two nodes of one wiki, and the folder where everything is kept."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def ask(self, node: str, method: str, path: str, body: str = "", **fields: str) -> tuple[int, Any, str]:
        link = http.client.HTTPConnection(f"127.0.0.{node}", self.port, timeout=10)
        try:
            link.request(method, path, body, fields)
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            link.close()

    def signed_in(self, node: str, user: str = "Ada") -> str:
        """The cookie of somebody who has signed in there."""
        _, fields, _ = self.ask(node, "POST", "/dologin.action", f"os_username={user}")
        return str(fields["Set-Cookie"]).partition(";")[0]


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    folder = tmp_path_factory.mktemp("wiki")
    made = folder / "npm" / "node_modules"
    (made / "yjs").mkdir(parents=True)
    (made / "yjs" / "observable.js").write_text("export const made = 1\n")
    (folder / "npm" / "secret.js").write_text("not a module\n")
    (folder / "npm" / packages.INSTALLED).write_bytes(packages.wanted("package-lock.json"))
    port = free_port("127.0.0.1", "127.0.0.2")
    nodes = [Node("confluence", name, f"127.0.0.{name}", port) for name in ("1", "2")]
    shared = Shared(str(folder / "wiki.sqlite"), str(folder / "npm"), "evenflow")
    with Cluster(nodes, shared):
        yield Wiki(folder, port)


def test_a_stranger_is_led_to_the_log_in_and_back(wiki: Wiki) -> None:
    status, fields, _ = wiki.ask("1", "GET", EDIT)
    assert status == 302
    status, fields, text = wiki.ask("1", "GET", fields["Location"])
    assert status == 200 and f'value="{EDIT}"' in text
    status, fields, _ = wiki.ask("1", "POST", "/dologin.action", "os_username=Ada&os_destination=%2Fpages%2Fx")
    assert (status, fields["Location"]) == (303, "/pages/x")


@pytest.mark.parametrize("destination", ["//evil.example/", "https://evil.example/", "/%5Cevil.example", ""])
def test_the_log_in_leads_nowhere_else(wiki: Wiki, destination: str) -> None:
    _, fields, _ = wiki.ask("1", "POST", "/dologin.action", f"os_username=Ada&os_destination={destination}")
    assert fields["Location"] == EDIT


def test_a_session_is_known_on_its_node_alone(wiki: Wiki) -> None:
    cookie = wiki.signed_in("1")
    status, _, text = wiki.ask("1", "POST", "/json/startheartbeatactivity.action", Cookie=cookie)
    assert (status, json.loads(text)) == (200, {"node": "1", "user": "Ada"})
    status, _, text = wiki.ask("2", "POST", "/json/startheartbeatactivity.action", Cookie=cookie)
    assert (status, json.loads(text)) == (401, {"node": "2", "user": ""})
    assert wiki.ask("1", "GET", EDIT, Cookie=cookie)[0] == 200
    assert wiki.ask("2", "GET", EDIT, Cookie=cookie)[0] == 302


def test_nobody_signs_in_without_a_name(wiki: Wiki) -> None:
    assert wiki.ask("1", "POST", "/dologin.action", "os_username=+", Accept="application/json")[0] == 400
    _, fields, _ = wiki.ask("1", "POST", "/dologin.action", "os_username=")
    assert fields["Location"].startswith("/login.action?os_destination=")


def test_a_name_cannot_become_part_of_the_page(wiki: Wiki) -> None:
    cookie = wiki.signed_in("1", "%3C%2Fscript%3E%3Ci%3E%22%27%24node")
    _, _, text = wiki.ask("1", "GET", EDIT, Cookie=cookie)
    assert "<i>" not in text and "&lt;i&gt;" in text


def test_the_page_s_text_is_what_the_journal_has(wiki: Wiki) -> None:
    page: Doc[Any] = Doc()
    page.get(TEXT, type=Text).insert(0, "Kept <b>")
    journal = Journal(wiki.folder / "wiki.sqlite")
    journal.write("9", "/pages/7", {"update": to_text(page.get_update())}, lasting=True)
    journal.close()
    for node in ("1", "2"):
        _, _, text = wiki.ask(node, "GET", "/rest/api/content/7")
        assert json.loads(text)["body"]["storage"]["value"] == "Kept <b>"
        assert "Kept &lt;b&gt;" in wiki.ask(node, "GET", "/pages/viewpage.action?pageId=7")[2]


def test_modules_are_found_by_the_names_that_packages_use(wiki: Wiki) -> None:
    for name in ("yjs/observable", "yjs/observable.js"):
        status, fields, text = wiki.ask("1", "GET", f"/s/npm/{name}")
        assert (status, fields["Content-Type"], text) == (200, "text/javascript", "export const made = 1\n")


@pytest.mark.parametrize("path", ["/s/npm/../secret.js", "/s/npm/yjs", "/s/npm/", "/s/editor/editor.html", "/s/x/y.js"])
def test_nothing_else_is_given_out(wiki: Wiki, path: str) -> None:
    assert wiki.ask("1", "GET", path)[0] == 404


def test_every_file_that_the_editor_names_is_there(wiki: Wiki) -> None:
    _, _, text = wiki.ask("1", "GET", EDIT, Cookie=wiki.signed_in("1"))
    named = [part.partition('"')[0] for part in text.split("/s/editor/")[1:]]
    assert named
    for name in named:
        assert wiki.ask("1", "GET", f"/s/editor/{name}")[0] == 200, name


def test_without_yjs_the_page_says_what_to_type(wiki: Wiki) -> None:
    installed = wiki.folder / "npm" / packages.INSTALLED
    said = installed.read_bytes()
    installed.unlink()
    try:
        assert "npm" in wiki.ask("1", "GET", EDIT, Cookie=wiki.signed_in("1"))[2]
    finally:
        installed.write_bytes(said)
