"""`evenflow diff`: what changes, what does not, and that nobody is given another request's way."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from evenflow.tools.cli import main
from evenflow.tools.diff import Judge, Options, as_json, as_text, compare, difference
from evenflow.tools.replay import Request
from tests.plan.cases import plan_of

OLD = """\
Listen 8080
LogFormat "%V %a \\"%r\\" \\"%{Cookie}i\\"" short
<VirtualHost *:8080>
    ServerName a.example
    RewriteEngine On
    RewriteCond %{HTTP_COOKIE} beta
    RewriteRule ^/(.*) http://127.0.0.1:3/$1 [P]
    RewriteCond %{QUERY_STRING} old
    RewriteRule ^/q http://127.0.0.1:4/q [P]
    <Location /inner>
        Require ip 10.0.0.0/8
    </Location>
    <Proxy balancer://c>
        BalancerMember http://127.0.0.1:1 route=1
        BalancerMember http://127.0.0.1:2 route=2
    </Proxy>
    ProxyPass /app balancer://c/app
    ProxyPass / http://127.0.0.1:5/
</VirtualHost>
<VirtualHost *:8080>
    ServerName b.example
    ProxyPass / http://127.0.0.1:6/
</VirtualHost>
"""
NEW = (
    OLD.replace("route=2", "route=two")
    .replace(
        "RewriteCond %{HTTP_COOKIE} beta\n    RewriteRule ^/(.*) http://127.0.0.1:3/$1 [P]", "RewriteRule ^/gone - [G]"
    )
    .replace("10.0.0.0/8", "10.1.0.0/16")
    .replace("    ServerName b.example", "    ServerName b.example\n    ProxyPreserveHost On")
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    for name, text in (("old.conf", OLD), ("new.conf", NEW)):
        (tmp_path / name).write_text(text)
    return str(tmp_path / "old.conf"), str(tmp_path / "new.conf")


def one(path: str, host: str = "a.example", client: str = "", **fields: str) -> Request:
    target, question, query = path.partition("?")
    pairs = tuple((name.encode(), value.encode()) for name, value in fields.items())
    return Request(
        b"GET", target.encode(), query.encode() if question else None, host.encode(), 0, None, client.encode(), pairs,
        b"HTTP/1.1",
    )  # fmt: skip


def change(request: Request) -> str:
    found = compare(Judge(plan_of(OLD), None), Judge(plan_of(NEW), None), [request])
    return next(iter(found.kinds), "")


@pytest.mark.parametrize(
    "request_, kind",
    [
        (one("/x"), ""),
        (one("/x?y", client="10.2.0.1"), ""),
        (one("/x", cookie="beta=1"), "another backend"),
        (one("/q?old"), ""),
        (one("/gone"), "was proxied, is answered with 410"),
        (one("/app/x"), "the same backend, configured otherwise"),
        (one("/inner", client="10.2.0.1"), "was proxied, is answered with 403"),
        (one("/inner", client="10.1.0.1"), ""),
        (one("/inner", client="11.1.0.1"), ""),
        (one("/x", "b.example"), "the same way, other settings"),
        (one("/%zz"), ""),
        (one("/\x01"), ""),
    ],
)
def test_what_counts_as_a_change(request_: Request, kind: str) -> None:
    assert change(request_) == kind


def test_no_name_is_asked_of_the_dns() -> None:
    plan = plan_of(
        "Listen 80\nServerName a.example\n<Location /x>\nRequire host b.example\n</Location>\nProxyPass / http://127.0.0.1:1/\n"
    )
    assert Judge(plan, None).way(one("/x", client="192.0.2.1")).where == "403"


def test_nobody_is_given_the_way_of_another_request() -> None:
    """What a judge remembers, against judges that remember nothing."""
    random.seed(4)
    requests = [
        one(
            random.choice(["/x", "/q", "/inner", "/app/x", "/gone"]) + random.choice(["", "?old", "?new"]),
            random.choice(["a.example", "b.example"]),
            random.choice(["10.1.0.1", "10.2.0.1", "11.0.0.1"]),
            **random.choice([{}, {"cookie": "beta=1"}, {"cookie": "alpha=1"}]),
        )
        for _ in range(300)
    ]
    plan = plan_of(OLD)
    judge = Judge(plan, None)
    for request in requests:
        mine, fresh = judge.way(request), Judge(plan, None).way(request)
        assert (mine.whole, mine.origin.line) == (fresh.whole, fresh.origin.line), request
    assert judge.decided < len(requests)


def test_a_log_in_a_format_of_the_configuration(files: tuple[str, str], tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        'a.example 10.2.0.1 "GET /x HTTP/1.1" "-"\n'
        'a.example 10.2.0.1 "GET /x HTTP/1.1" "beta=1"\n'
        'a.example 10.2.0.1 "GET /y HTTP/1.1" "beta=2"\n'
        "what is that?\n"
        'a.example 10.2.0.1 "GET /inner HTTP/1.1" "-"\n'
    )
    options = Options(*files, replay=str(log), log_format="short")
    found = difference(options, {})
    assert (found.requests, found.changed, found.unread, found.unread_lines) == (4, 3, 1, [(4, "what is that?")])
    text = as_text(found, options)
    assert text.startswith(f"{files[0]} -> {files[1]}: 4 requests, 3 change, 1 do not\n1 line could not be read")
    assert "        2  another backend\n        1  was proxied, is answered with 403\n" in text
    first, second = found.ordered()
    assert (first.count, first.example.path, first.old.origin.line, first.new.origin.line) == (2, b"/x", 7, 17)
    assert "\n  new          http://127.0.0.1:5/x\n" in text
    assert f"{files[0]}:7 | RewriteRule ^/(.*) http://127.0.0.1:3/$1 [P]\n" in text
    assert (second.old.whole, second.new.whole) == ("http://127.0.0.1:5/inner", "403")


def test_settings_and_members_that_differ_are_named(files: tuple[str, str], tmp_path: Path) -> None:
    urls = tmp_path / "urls"
    urls.write_text("# comment\nhttp://b.example/x\n\nPOST http://a.example/app\n/x\n")
    options = Options(*files, urls=str(urls))
    found = difference(options, {})
    assert (found.requests, found.changed) == (3, 2)
    text = as_text(found, options)
    assert "ProxyPreserveHost: Off -> On\n" in text
    assert "member http://127.0.0.1:2 route: 2 -> two\n" in text


def test_without_requests_the_configurations_make_their_own(files: tuple[str, str]) -> None:
    found = difference(Options(*files), {})
    assert set(found.kinds) == {
        "was proxied, is answered with 410",
        "the same backend, configured otherwise",
        "the same way, other settings",
    }
    assert difference(Options(files[0], files[0]), {}).changed == 0


def test_json(files: tuple[str, str], tmp_path: Path) -> None:
    urls = tmp_path / "urls"
    urls.write_text("/gone\n")
    options = Options(*files, urls=str(urls))
    said = json.loads(as_json(difference(options, {}), options))
    assert (said["version"], said["requests"], said["changed"], said["unread"]) == (1, 1, 1, 0)
    assert said["kinds"] == {"was proxied, is answered with 410": 1}
    (group,) = said["groups"]
    assert group["example"] == {"method": "GET", "host": "a.example", "target": "/gone", "client": None, "fields": []}
    assert (group["old"]["way"], group["new"]["way"]) == ("http://127.0.0.1:5/gone", "410")
    assert (group["old"]["place"]["line"], group["new"]["place"]["line"]) == (18, 6)


@pytest.mark.parametrize(
    "words, status, told",
    [
        (("{old}", "{old}"), 0, "0 change"),
        (("{old}", "{new}"), 1, "is answered with 410"),
        (("{old}", "{old}.not"), 2, "cannot be read"),
        (("{old}", "{new}", "--replay", "{old}.log"), 2, "cannot be read"),
        (("{old}", "{new}", "--replay", "a", "--urls", "b"), 2, "type one of them"),
        (("{old}", "{new}", "--replay", "{old}", "--log-format", "nobody"), 2, "no LogFormat is called `nobody`"),
        (("{old}", "{new}", "--to", "here"), 2, "--to takes ADDRESS:PORT"),
        (("{old}",), 2, "Missing argument"),
    ],
)
def test_the_exit_status_is_that_of_diff(
    files: tuple[str, str], words: tuple[str, ...], status: int, told: str
) -> None:
    result = CliRunner().invoke(main, ["diff", *[word.format(old=files[0], new=files[1]) for word in words]])
    assert result.exit_code == status, result.output
    assert told in result.output
    assert "Traceback" not in result.output
