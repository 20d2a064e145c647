"""From settings to a plan: what a virtual host takes over, and what stops it."""

from __future__ import annotations

import pytest

import evenflow
from tests.compiler.said import codes
from tests.plan.cases import built, inside, plan_of

TEXT = """\
Listen 8000
ServerName main.example:8000
Timeout 30
KeepAliveTimeout 3
ProxyPreserveHost On
ProxyVia On
Header set X main
RewriteEngine On
RewriteRule ^/main - [F]
DocumentRoot main
<VirtualHost *:8000>
    ServerName A.example
    ServerAlias B.example *.C.example
    ServerAdmin me@a.example
    KeepAlive Off
    MaxKeepAliveRequests 7
    LimitRequestLine 100
    ProxyTimeout 9
    Header set X own
    DocumentRoot /srv/own
</VirtualHost>
<VirtualHost *:8000>
    Timeout 5
</VirtualHost>
"""


def test_a_virtual_host_takes_over_what_it_does_not_say() -> None:
    first, second = plan_of(TEXT).hosts
    assert (first.timeout, first.proxy_timeout, first.keep_alive_timeout) == (30.0, 9.0, 3.0)
    assert (second.timeout, second.proxy_timeout) == (5.0, 5.0)
    assert (first.base.preserve_host, first.base.via) == (True, b"on")
    assert len(first.base.onsuccess_edits) == 2
    assert (first.keep_alive, first.max_keep_alive_requests, first.limit_request_line) == (False, 7, 100)
    assert (second.keep_alive, second.max_keep_alive_requests, second.limit_request_line) == (True, 100, 8190)
    assert (first.document_root, second.document_root) == (b"/srv/own", b"/srv/evenflow/main")


def test_names() -> None:
    plan = plan_of(TEXT)
    first, second = plan.hosts
    assert (first.server_name, first.aliases, first.wildcards) == (b"A.example", (b"b.example",), (b"*.c.example",))
    assert first.server_admin == b"me@a.example"
    assert (second.server_name, second.server_port) == (b"main.example", 0)
    assert plan.main is not None
    assert (plan.main.server_name, plan.main.server_port) == (b"main.example", 8000)
    assert [host.index for host in (first, second, plan.main)] == [0, 1, 2]


def test_rules_are_not_taken_over_but_the_engine_is() -> None:
    plan = plan_of(TEXT)
    assert plan.main is not None
    assert len(plan.main.rules) == 1
    assert [(host.rules, host.base.rewrite_on) for host in plan.hosts] == [((), True), ((), True)]


def test_what_concerns_the_process() -> None:
    plan = plan_of(
        "Listen 8000\nUser www-data\nGroup www-data\nPidFile run/x.pid\n"
        "ErrorLog logs/error\nLogLevel info\nListenBacklog 99\n"
    )
    assert (plan.user, plan.group, plan.listen_backlog, plan.log_level) == ("www-data", "www-data", 99, "info")
    assert (plan.pid_file, plan.error_log) == ("/srv/evenflow/run/x.pid", "/srv/evenflow/logs/error")
    assert plan.server_root == "/srv/evenflow"


def test_logs_that_are_no_files_stay_as_they_are() -> None:
    assert plan_of('Listen 8000\nErrorLog "|cat"').error_log == "|cat"
    assert plan_of("Listen 8000\nErrorLog syslog:local7").error_log == "syslog:local7"


@pytest.mark.parametrize(
    "text, code",
    [
        ("SSLEngine on", "certificate-missing"),
        ('<If "%{NOPE} == 1">\nHeader set X a\n</If>', "variable-unknown"),
        ('<Location /a>\n<If "true">\n<If "\'a\'">\n</If>\n</If>\n</Location>', "expression-malformed"),
        ("<Proxy *>\n<Files b>\nRequire all denied\n</Files>\n</Proxy>", "section-never-runs"),
        ('CustomLog logs/x common "expr=%{NOPE}"', "variable-unknown"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_without_a_listener_there_is_no_plan() -> None:
    found = built("ServerName a.example")
    assert found.plan is None
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["listen-missing"]


def test_everything_that_is_wrong_is_said_in_one_run() -> None:
    found = built(inside("RewriteRule ( b\nHeader set X %n\nProxyPass / http://u@b1/"))
    assert found.plan is None
    assert {diagnostic.code for diagnostic in found.diagnostics} == {
        "pattern-malformed",
        "format-unknown",
        "url-malformed",
    }


def test_what_server_says() -> None:
    said = [plan_of(inside("") + f"\nServerTokens {word}\n").server_token for word in ("Prod", "Major", "Minor", "Min")]
    version = evenflow.__version__
    major, minor, *_ = version.split(".")
    assert [text.decode() for text in said] == [
        "evenflow",
        f"evenflow/{major}",
        f"evenflow/{major}.{minor}",
        f"evenflow/{version}",
    ]
    assert plan_of(inside("")).server_token == b"evenflow"
    assert plan_of(inside("") + "\nServerTokens OS\n").server_token.startswith(b"evenflow/" + version.encode() + b" (")
