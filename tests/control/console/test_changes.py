"""Forms sent to the application, by browsers without scripts, by the page's script, and by pages of others."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import urlencode

import pytest

from evenflow.slotmem.layout import DISABLED, DRAINING
from tests.control.console.looked import EVE, Answer, Looked

NODE = {"b": "b0", "nonce": "secret", "m": "m0", "w": "http://127.0.0.1:8090"}
JSON = {"Accept": "application/json"}


def post(looked: Looked, fields: dict[str, str] | None = None, **said: str) -> Answer:
    return looked.send("POST", "show=change", urlencode({**NODE, **said}).encode(), EVE, fields or {})


def test_without_a_script_the_browser_is_led_back() -> None:
    looked = Looked()
    answer = post(looked, act="drain")
    assert answer.status == 303
    (change,) = looked.ledger.all()
    assert answer.fields["location"] == f"?&done={change.id}"
    page = looked.get(answer.fields["location"][1:]).text
    notice = re.search(r'<div class="notice notices".*?</div>', page, re.S)
    assert notice and "drains" in notice[0] and 'value="undo"' in notice[0]
    led = post(looked, act="enable", back="member").fields["location"]
    assert led.startswith("?show=member&b=b0&m=m0&done=")
    assert "drains no more" in looked.get(led[1:]).text
    assert post(looked, act="drain", back="//evil.example").fields["location"].startswith("?&done=")


def test_the_forms_of_the_page_do_what_they_say() -> None:
    """What a browser would send is read from the page itself."""
    looked = Looked(growth=1)
    for query, act, member in (("", "drain", 0), ("show=member&b=b0&m=m0", "enable", 0)):
        page = looked.get(query).text
        forms = [one for one in re.findall(r"<form.*?</form>", page, re.S) if f'value="{act}"' in one]
        body = {"act": act}
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', forms[member]):
            body[name] = html.unescape(value)
        assert looked.send("POST", "show=change", urlencode(body).encode(), EVE, {}).status == 303
    assert [one.words for one in looked.ledger.all()] == ["drains", "drains no more"]
    added = looked.get("show=balancer&b=b0").text
    assert 'value="add"' in added and "room for 1" in added
    assert 'value="add"' not in looked.get("show=balancer&b=b1").text


def test_without_a_script_a_page_asks_first() -> None:
    looked = Looked()
    asked = post(looked, act="disable")
    assert asked.status == 200 and "Are you sure?" in asked.text
    assert not looked.scoreboard.member(0, 0).status & DISABLED
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    assert fields["sure"] == "1"
    post(looked, **{name: html.unescape(value) for name, value in fields.items()})
    assert looked.scoreboard.member(0, 0).status & DISABLED


def test_the_script_hears_what_happened() -> None:
    looked = Looked()
    told = json.loads(post(looked, JSON, act="drain").body)
    assert told["ok"] and told["said"] == "http://127.0.0.1:8090: drains"
    assert told["undo"] == {"b": "b0", "nonce": "secret", "change": looked.ledger.all()[0].id}
    assert json.loads(post(looked, JSON, act="undo", **told["undo"]).body)["ok"]
    assert not looked.scoreboard.member(0, 0).status & DRAINING
    assert "get nothing more" in json.loads(post(looked, JSON, act="disable").body)["ask"]
    refused = post(looked, JSON, act="rm")
    assert refused.status == 200 and json.loads(refused.body)["ok"] is False
    assert post(looked, act="rm").status == 400


@pytest.mark.parametrize(
    "fields",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.example.com"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("query", ["show=change", "", "show=x"])
def test_pages_of_others_change_nothing_though_they_know_the_nonce(fields: dict[str, str], query: str) -> None:
    looked = Looked()
    httpds = {"b": "confluence", "w": NODE["w"], "nonce": "secret", "w_status_N": "1"}
    body = {**NODE, "act": "drain"} if query else httpds
    said = {**fields, "Referer": "http://wiki.example.com/balancer-manager"}
    answer = looked.send("POST", query, urlencode(body).encode(), EVE, said)
    assert answer.status == 403 and "comes from another site" in answer.text
    assert looked.scoreboard.member(0, 0).status == 0


def test_a_form_of_httpds_page_stands_in_the_list() -> None:
    looked = Looked()
    body = b"b=confluence&w=http://127.0.0.1:8090&nonce=secret&w_status_D=1"
    looked.send("POST", "", body, EVE, {"Referer": "http://wiki.example.com/balancer-manager"})
    (change,) = looked.ledger.all()
    assert (change.who, change.how, change.words) == ("eve (192.0.2.7)", "httpd's form", "disabled")


def test_changes_are_listed_where_they_belong() -> None:
    looked = Looked()
    post(looked, act="drain")
    post(looked, act="balancer", b_tmo="4")
    assert looked.get().text.count('value="undo"') == 2
    assert looked.get("show=changes").text.count('value="undo"') == 2
    assert looked.get("show=member&b=b0&m=m0").text.count('value="undo"') == 1
    assert looked.get("show=member&b=b0&m=m1").text.count('value="undo"') == 0
    assert looked.get("show=balancer&b=b1").text.count('value="undo"') == 0
    post(looked, act="undo", change=looked.ledger.all()[0].id)
    assert "taken back" in looked.get().text


def test_what_is_not_there_is_said() -> None:
    looked = Looked()
    for query in ("show=member&b=b0&m=m9", "show=member&b=b9&m=m0", "show=balancer&b=x", "show=balancer"):
        assert looked.get(query).status == 404
    assert looked.send("POST", "show=events", b"", EVE, {}).status == 404


def test_what_was_not_taken_is_said() -> None:
    looked = Looked()
    answer = post(looked, act="member", w_lf="1000")
    assert answer.status == 200 and "a load factor is a number from 1 to 100" in html.unescape(answer.text)


def test_an_addition_can_be_taken_back_while_the_member_stays() -> None:
    looked = Looked(growth=1)
    told = json.loads(post(looked, JSON, act="add", url="http://new").body)
    assert told["undo"] == {"b": "b0", "nonce": "secret", "change": looked.ledger.all()[0].id}
    new = {"m": "m3", "w": "http://new"}

    def buttons() -> tuple[int, int]:
        page = looked.get("show=member&b=b0&m=m3").text
        return page.count('value="undo"'), page.count('value="remove"')

    assert buttons() == (1, 1)
    post(looked, act="enable", **new)
    assert buttons() == (2, 1)
    assert post(looked, act="remove", back="balancer", **new).fields["location"].startswith("?show=balancer&b=b0&done=")
    slot = looked.scoreboard.member(3, 0)
    assert slot.goes > 0.0 and buttons() == (2, 0)
    # Page, httpd's page and its XML show it while it goes, and none of them once it is gone.
    shown = [looked.get().text, looked.ask()[2], looked.ask(query="xml=1")[2]]
    assert all("http://new" in one for one in shown)
    looked.scoreboard.clear_member(3)
    slot.url = b""
    slot.goes = 0.0
    looked.witness.write_unsaid()
    shown = [looked.get().text.partition('id="changes"')[0], looked.ask()[2], looked.ask(query="xml=1")[2]]
    assert not any("http://new" in one for one in shown)
    assert "removed: nobody uses it any more" in looked.get().text
    assert looked.get("show=balancer&b=b0").text.count('value="undo"') == 0
    # Only the last addition of several leads to it.
    post(looked, act="add", url="http://new")
    assert looked.get("show=balancer&b=b0").text.count('value="undo"') == 1
