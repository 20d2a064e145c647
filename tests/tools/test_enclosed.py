"""What ChrootDir takes from the children."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.config.load import load
from evenflow.config.source import make_source
from evenflow.tools.enclosed import check_enclosed


def told(text: str) -> list[str]:
    loaded = load("wiki.conf", environment={}, server_root="/srv", read=lambda path: make_source(path, text))
    assert loaded.settings is not None
    return [found.help.split("`")[1] for found in check_enclosed(loaded)]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("DocumentRoot /www", "/www"),
        ("DocumentRoot www", "/srv/www"),
        ("Alias /x /www/x", "/www/x"),
        ("<Location /x>\nAuthUserFile users\nAuthGroupFile /srv/users\n</Location>", "/srv/users"),
        ("RewriteMap m txt:map", "/srv/map"),
        ("RewriteMap m rnd:map", "/srv/map"),
        ("SSLProxyCACertificatePath /etc/ssl/certs", "/etc/ssl/certs"),
        ("<VirtualHost *:80>\nSSLCARevocationPath lists\n</VirtualHost>", "/srv/lists"),
        ('ProxyPass / "unix:/run/wiki.sock|http://wiki/"', "/run/wiki.sock"),
        ("BalancerMember balancer://c unix:/run/wiki.sock|http://wiki/", "/run/wiki.sock"),
        ("HeartbeatStorage beats/hb.dat", "/srv/logs/beats"),
        ("DefaultRuntimeDir /run/wiki\nHeartbeatStorage hb.dat", "/run/wiki"),
        ("HostnameLookups Double", "/etc/resolv.conf"),
        ("SSLUseStapling On", "/etc/resolv.conf"),
        ("EvenflowTrace http://collector:4318/v1/traces", "/etc/resolv.conf"),
        ("<Location /x>\nRequire host example.com\n</Location>", "/etc/resolv.conf"),
        (
            "<Location /x>\n<RequireAll>\nRequire all granted\nRequire not host example.com\n</RequireAll>\n"
            "</Location>",
            "/etc/resolv.conf",
        ),
    ],
)
def test_it_is_looked_for_inside(tmp_path: Path, line: str, path: str) -> None:
    text = f"Listen 80\nChrootDir {tmp_path}\n{line}"
    assert told(text) == [f"{tmp_path}{path}"]
    (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path[1:]).touch()
    assert told(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "RewriteMap m int:tolower",
        "SSLProxyCACertificateFile ca.pem",
        "HostnameLookups Off",
        "EvenflowTrace http://127.0.0.1:4318/v1/traces",
        "ProxyPass / http://wiki/",
        "<Location /x>\nRequire ip 10.0.0.1\n</Location>",
        "<IfDefine NOT_SAID>\nDocumentRoot /www\n</IfDefine>",
    ],
)
def test_what_is_not(tmp_path: Path, line: str) -> None:
    assert told(f"Listen 80\nChrootDir {tmp_path}\n{line}") == []


def test_without_one_nothing_is() -> None:
    assert told("Listen 80\nDocumentRoot /nowhere") == []
