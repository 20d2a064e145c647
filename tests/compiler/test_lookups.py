"""Listeners, logs, certificates and addresses."""

from __future__ import annotations

import pytest

from evenflow.compiler.lookups import absolute
from evenflow.plan.vhosts import table_for
from tests.plan.cases import built, inside, plan_of


def test_a_listener_speaks_tls_if_its_first_host_does() -> None:
    plan = plan_of(
        "Listen 8000\nListen 127.0.0.1:8443\nListen 8444\n"
        "<VirtualHost *:8000>\n</VirtualHost>\n"
        "<VirtualHost 127.0.0.1:8443>\nSSLEngine on\nSSLCertificateFile a.crt\n</VirtualHost>\n"
        "<VirtualHost 192.0.2.1:8444>\nSSLEngine on\nSSLCertificateFile a.crt\n</VirtualHost>\n"
    )
    assert [(one.host, one.port, one.tls) for one in plan.listeners] == [
        ("", 8000, False),
        ("127.0.0.1", 8443, True),
        ("", 8444, True),
    ]
    assert [one.origin.line for one in plan.listeners] == [1, 2, 3]


def test_what_the_main_server_says_of_tls_holds_for_virtual_hosts_that_say_nothing_else() -> None:
    plan = plan_of(
        "Listen 8443\nListen 8080\nServerName wiki.example.com\n"
        "SSLEngine on\nSSLCertificateFile a.crt\nSSLCertificateKeyFile a.key\n"
        "<VirtualHost *:8443>\nServerName a\n</VirtualHost>\n"
        "<VirtualHost *:8443>\nServerName b\nSSLCertificateFile b.pem\nSSLCertificateKeyFile b.key\n</VirtualHost>\n"
        "<VirtualHost *:8080>\nServerName c\nSSLEngine off\n</VirtualHost>\n"
    )
    assert [host.tls for host in plan.hosts] == [True, True, False]
    assert [host.certificates for host in plan.hosts[:2]] == [
        (("/srv/evenflow/a.crt", "/srv/evenflow/a.key"),),
        (("/srv/evenflow/b.pem", "/srv/evenflow/b.key"),),
    ]
    assert [listener.tls for listener in plan.listeners] == [True, False]


def test_certificates_have_absolute_paths() -> None:
    plan = plan_of(
        inside("SSLEngine on\nSSLCertificateFile a.crt\nSSLCertificateFile /b.crt\nSSLCertificateKeyFile a.key")
    )
    assert plan.hosts[0].certificates == (("/srv/evenflow/a.crt", "/srv/evenflow/a.key"), ("/b.crt", None))
    assert plan.hosts[0].tls


def test_a_name_as_an_address_is_looked_up() -> None:
    plan = plan_of("Listen 8000\n<VirtualHost localhost:8000>\nServerName a.example\n</VirtualHost>")
    assert table_for(plan, b"127.0.0.1", 8000).first.server_name == b"a.example"


def test_a_name_that_nobody_knows_is_a_warning() -> None:
    found = built("Listen 8000\n<VirtualHost nobody.invalid:8000>\n</VirtualHost>")
    assert found.plan is not None
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["address-unknown"]


def test_logs_are_the_hosts_own_or_the_main_servers() -> None:
    text = """\
Listen 8000
LogFormat "%h" short
CustomLog logs/main short
<VirtualHost *:8000>
    ServerName a.example
</VirtualHost>
<VirtualHost *:8000>
    ServerName b.example
    LogFormat "%u" own
    CustomLog "|cat" own env=!quiet
    CustomLog /var/log/x "%r"
    CustomLog logs/short short
</VirtualHost>
"""
    first, second = plan_of(text).hosts
    assert [(log.target, log.format, log.env) for log in first.logs] == [("/srv/evenflow/logs/main", "%h", None)]
    assert [(log.target, log.format, log.env) for log in second.logs] == [
        ("|cat", "%u", (b"quiet", False)),
        ("/var/log/x", "%r", None),
        ("/srv/evenflow/logs/short", "%h", None),
    ]


@pytest.mark.parametrize("root, path, found", [("/r", "x", "/r/x"), ("/r/", "x/y", "/r/x/y"), ("/r", "/x", "/x")])
def test_paths_start_at_server_root(root: str, path: str, found: str) -> None:
    assert absolute(root, path) == found


def test_a_global_log_is_written_by_every_virtual_host() -> None:
    plan = plan_of(
        """\
        Listen 80
        CustomLog plain "%h"
        GlobalLog all "%v"
        <VirtualHost *:80>
        ServerName a
        </VirtualHost>
        <VirtualHost *:80>
        ServerName b
        CustomLog own "%h"
        </VirtualHost>
        """
    )
    logs = [[log.target.rpartition("/")[2] for log in host.logs] for host in plan.hosts]
    assert logs == [["all", "plain"], ["all", "own"]]
