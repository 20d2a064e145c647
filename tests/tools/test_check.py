"""What `check` finds, and the two ways it tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenflow.tools import check
from tests.peers import CHECKOUT
from tests.serve.test_tls import make_certificate

EXAMPLES = sorted((CHECKOUT / "examples").glob("*.conf"))


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A file with two errors, far apart."""
    file = tmp_path / "wrong.conf"
    file.write_text("Listen 8080\nProxyPas / http://127.0.0.1:1/\nServerName a\nProxyTimeout soon\n")
    return file


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: path.name)
def test_an_example_has_no_errors(tmp_path: Path, file: Path) -> None:
    copy = tmp_path / file.name
    copy.write_text(file.read_text())
    (tmp_path / "certificates").mkdir()
    make_certificate(tmp_path / "certificates", "wiki.example.com")
    found = check.examine(str(copy), {})
    assert found.errors == 0, check.problems(found, False)


def test_every_problem_is_found_in_one_run(wrong: Path) -> None:
    found = check.examine(str(wrong), {})
    assert found.errors == 2
    text = check.as_text(found, False)
    assert f"{wrong}:2" in text and f"{wrong}:4" in text
    assert "ProxyPass" in text
    assert text.endswith(f"{wrong}: 2 errors\n")
    assert "\x1b" not in text


def test_json_carries_the_same(wrong: Path) -> None:
    said = json.loads(check.as_json(check.examine(str(wrong), {})))
    assert (said["file"], said["errors"], said["warnings"]) == (str(wrong), 2, 0)
    first, second = said["diagnostics"]
    assert (first["severity"], first["place"]["file"], first["place"]["line"]) == ("error", str(wrong), 2)
    assert second["place"]["line"] == 4
    assert first["headline"] and first["help"]


def test_a_file_without_problems_says_so(tmp_path: Path) -> None:
    file = tmp_path / "good.conf"
    file.write_text("Listen 8080\nServerName wiki.example.com\nProxyPass / http://127.0.0.1:1/\n")
    assert check.as_text(check.examine(str(file), {}), False) == f"{file}: no problems\n"


def test_defines_reach_the_file(tmp_path: Path) -> None:
    file = tmp_path / "defined.conf"
    file.write_text("Listen 8080\n<IfDefine BROKEN>\nProxyTimeout soon\n</IfDefine>\n")
    assert check.examine(str(file), {}).errors == 0
    assert check.examine(str(file), {"BROKEN": ""}).errors == 1


def test_a_file_that_is_not_there_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    found = check.examine(str(tmp_path / "nowhere.conf"), {})
    assert found.errors == 1
    assert "nowhere.conf" in check.problems(found, False)


def test_what_serve_would_stop_at_is_found_too(tmp_path: Path) -> None:
    file = tmp_path / "ahead.conf"
    file.write_text(
        "Listen 8080\nListen 8443\nServerName wiki.example.com\n"
        'CustomLog access.log "%h %Y"\n'
        "<VirtualHost *:8443>\n"
        "SSLEngine on\n"
        f"SSLCertificateFile {tmp_path}/nowhere.pem\n"
        "</VirtualHost>\n"
        "ProxyPass / http://127.0.0.1:1/\n"
    )
    found = check.examine(str(file), {})
    assert [(diagnostic.code, diagnostic.span and diagnostic.span.line) for diagnostic in found.diagnostics] == [
        ("certificate-unusable", 5),
        ("log-format-unknown", 4),
    ]
    text = check.problems(found, False)
    assert f"`SSLCertificateFile {tmp_path}/nowhere.pem` cannot be read: No such file or directory" in text
    assert "there is no `%Y` in log formats" in text
    assert not (tmp_path / "access.log").exists()


@pytest.mark.parametrize(
    ("errors", "warnings", "words"), [(1, 0, "1 error"), (0, 2, "2 warnings"), (2, 1, "2 errors, 1 warning")]
)
def test_counting_in_words(errors: int, warnings: int, words: str) -> None:
    from evenflow.config.diagnostics import ERROR, WARNING, Diagnostic
    from evenflow.config.load import load

    told = [Diagnostic("c", ERROR, "h")] * errors + [Diagnostic("c", WARNING, "h")] * warnings
    loaded = load(str(CHECKOUT / "examples" / "datacenter.conf"), {})
    assert check.counted(check.Found("x", loaded, tuple(told))) == words


def test_advice_is_given_by_check_and_silenced_by_the_file(tmp_path: Path) -> None:
    file = tmp_path / "x.conf"
    file.write_text("Listen 8080\nProxyPass / http://127.0.0.1:1/\n")
    assert check.examine(str(file), {}).diagnostics == ()
    (found,) = check.examine(str(file), {}, advice=True).diagnostics
    assert found.code == "redirects-leak"
    file.write_text("Listen 8080\n# evenflow: allow redirects-leak\nProxyPass / http://127.0.0.1:1/\n")
    assert check.examine(str(file), {}, advice=True).diagnostics == ()


def test_json_says_where_and_what_to_type(tmp_path: Path) -> None:
    file = tmp_path / "typo.conf"
    file.write_text("  Liste 80\n")
    (one,) = json.loads(check.as_json(check.examine(str(file), {})))["diagnostics"]
    assert (one["severity"], one["code"]) == ("error", "unknown-directive")
    assert one["headline"] == "`Liste` is not a directive of httpd"
    assert one["place"] == {"file": str(file), "line": 1, "column": 3, "width": 5}
    assert one["labels"] == [{**one["place"], "text": "", "primary": True}]
    assert one["help"] == "did you mean `Listen`?"


def test_json_of_what_has_no_place(tmp_path: Path) -> None:
    said = json.loads(check.as_json(check.examine(str(tmp_path / "none.conf"), {})))
    assert [(one["place"], one["labels"]) for one in said["diagnostics"]] == [(None, [])]


def test_json_of_undecodable_bytes_is_text(tmp_path: Path) -> None:
    """A lone surrogate is no text that another program could read."""
    file = tmp_path / "odd.conf"
    file.write_bytes(b"Xyz\x1b[31mzy \xff\n")
    (one,) = json.loads(check.as_json(check.examine(str(file), {})))["diagnostics"]
    assert "\ufffd" in one["headline"]
    str(one).encode("utf-8")


def test_the_manager_s_page_is_hinted_at_where_it_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "wiki.conf"
    file.write_text(
        "Listen 127.0.0.1:8080\nServerName wiki.example\n<Location /m>\nSetHandler balancer-manager\nRequire local\n"
        "</Location>\n"
    )
    assert "no problems" in check.as_text(check.examine(str(file), {}), False)
    monkeypatch.setattr(check.console, "NEEDS", ("evenflow_has_no_such_module",))
    found = check.examine(str(file), {})
    assert "pip install 'evenflow[manager]'" in check.as_text(found, False) and found.diagnostics == ()
    assert len(json.loads(check.as_json(found))["hints"]) == 1
