"""The guards: who may see, who may change, and what is said to the others."""

from __future__ import annotations

import pytest

import evenflow
from tests.control.manager.managed import REFERER, Managed


def test_a_page() -> None:
    status, fields, page = Managed().ask()
    assert status == 200
    assert fields["Content-Type"] == "text/html; charset=ISO-8859-1"
    assert fields["Cache-Control"] == "no-store"
    assert f"evenflow/{evenflow.__version__}" in page
    assert "class='notice'" not in page


@pytest.mark.parametrize("method", ["PUT", "DELETE", "get", "PROPFIND"])
def test_other_methods(method: str) -> None:
    status, fields, page = Managed().ask(method)
    assert (status, fields["Allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert "405 Method Not Allowed" in page


def test_options() -> None:
    status, fields, page = Managed().ask("OPTIONS")
    assert (status, fields["Allow"], page) == (200, "GET, HEAD, POST, OPTIONS", "")


def test_head_is_answered_like_get() -> None:
    managed = Managed()
    assert managed.ask("HEAD")[1] == managed.ask()[1]


@pytest.mark.parametrize("referer", [b"", b"http://evil.example.com/", b"wiki.example.com"])
def test_without_a_page_of_ours_nothing_counts(referer: bytes) -> None:
    managed = Managed()
    plain = managed.ask()[2]
    assert managed.ask(query="xml=1", referer=referer)[1]["Content-Type"].startswith("text/html")
    assert managed.ask(query="b=confluence&nonce=secret", referer=referer)[2] == plain
    assert "Referer" in managed.post(referer, w_lf="9")
    assert managed.report()[0]["loadfactor"] == "1.00"


def test_a_get_changes_nothing() -> None:
    managed = Managed()
    managed.ask(query="b=confluence&w=http://127.0.0.1:8090&nonce=secret&w_lf=9&w_status_D=1")
    assert managed.report()[0]["loadfactor"] == "1.00"
    assert managed.report()[0]["status"] == "Init Ok "


@pytest.mark.parametrize("nonce", ["wrong", "", "secre", "secret2", "\xe9"])
def test_a_wrong_nonce_changes_nothing(nonce: str) -> None:
    managed = Managed()
    assert "the nonce is not the balancer" in managed.post(nonce=nonce, w_lf="9")
    assert managed.report()[0]["loadfactor"] == "1.00"


@pytest.mark.parametrize("nonce", ["", "None", "secret"])
def test_nonce_none_forbids_every_change(nonce: str) -> None:
    managed = Managed(nonce=b"")
    body = f"b=confluence&w=http://127.0.0.1:8090&nonce={nonce}&w_lf=9"
    assert "nothing was changed" in managed.ask("POST", "", body)[2]
    assert managed.report()[0]["loadfactor"] == "1.00"


def test_the_nonce_of_one_balancer_is_none_for_another() -> None:
    managed = Managed()
    assert "nonce" in managed.post(b="lone", w="http://127.0.0.1:8091", w_status_D="1")
    assert managed.report()[2]["status"] == "Init Ok "


def test_a_member_of_another_balancer_is_out_of_reach() -> None:
    managed = Managed()
    assert "there is no member" in managed.post(w="http://127.0.0.1:8091", w_status_D="1")
    assert managed.report()[2]["status"] == "Init Ok "


def test_a_balancer_that_is_not_there() -> None:
    assert "there is no balancer `nobody`" in Managed().post(b="nobody")


def test_names_of_balancers_know_no_case() -> None:
    managed = Managed()
    managed.post(b="CONFLUENCE", w_lf="9")
    assert managed.report()[0]["loadfactor"] == "9.00"


def test_adding_a_member_is_refused_in_words() -> None:
    managed = Managed()
    status, _, page = managed.ask("POST", "", "b=confluence&nonce=secret&b_nwrkr=http://new&b_wyes=1")
    assert status == 400
    assert "There is no room for another member: `growth` is 0." in page
    assert "a BalancerMember line into &lt;Proxy balancer://confluence&gt; and reload" in page
    assert managed.ask("POST", "", "b=confluence&nonce=secret&b_nwrkr=http://new")[0] == 200


def test_a_member_is_added_and_then_changed() -> None:
    managed = Managed(growth=1)
    assert "<td>3 [2 Used]</td>" in managed.ask()[2]
    assert "b_nwrkr" in managed.ask("POST", "", "b=confluence&nonce=secret")[2]
    wrong = managed.ask("POST", "", "b=confluence&nonce=wrong&b_nwrkr=http://new&b_wyes=1")
    assert wrong[0] == 200 and len(managed.report()) == 3
    status, _, page = managed.ask("POST", "", "b=confluence&nonce=secret&b_nwrkr=http://NEW:80/wiki&b_wyes=1")
    assert status == 200 and "<td>3 [3 Used]</td>" in page
    assert "b_nwrkr" not in page
    added = managed.report()[2]
    assert (added["name"], added["hostname"], added["port"]) == ("http://new/wiki", "new", "80")
    assert (added["status"], added["loadfactor"], added["route"]) == ("Init Dis ", "1.00", "")
    managed.post(w="http://new/wiki", w_status_D="0", w_wr="n3", w_lf="2")
    added = managed.report()[2]
    assert (added["status"], added["loadfactor"], added["route"]) == ("Init Ok ", "2.00", "n3")
    assert managed.ask("POST", "", "b=confluence&nonce=secret&b_nwrkr=http://other&b_wyes=1")[0] == 400


def test_the_page_after_a_change_shows_it() -> None:
    managed = Managed()
    page = managed.ask("POST", "", "b=confluence&w=http://127.0.0.1:8090&nonce=secret&w_status_D=1", REFERER)[2]
    assert "Init Dis " in page
    assert "Edit worker settings for http://127.0.0.1:8090" in page
