"""Limits, found without sending what they limit: at nginx, which has one."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

from evenflow.tools.doctor.asking import Asker, Manners, Place
from evenflow.tools.doctor.bodies import (
    check_body_limit,
    check_encodings,
    check_error_bodies,
    check_field_limit,
    check_markup,
)
from evenflow.tools.doctor.visit import UNKNOWN, Node, Visit
from tests.control.processes import until
from tests.peers import can_bind, free_port, require_peer
from tests.tools.doctor.answering import Answering, answer
from tests.tools.doctor.test_sessions import codes

NGINX = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
server {{ listen 127.0.0.1:{port}; client_max_body_size 30m; large_client_header_buffers 4 3k;
location / {{ return 200 ok; }} location /rest {{ proxy_pass http://127.0.0.1:9; }} }} }}
"""


def test_nginxs_limits_are_found_without_a_body(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, port=port))
    words = [str(require_peer("nginx")), "-c", str(tmp_path / "nginx.conf")]
    nginx = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        until(lambda: not can_bind("127.0.0.1", port))
        manners = Manners(rate=1000.0)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        visit = Visit(Asker(Place("http", "127.0.0.1", port), manners, trust), "", [])
        (body,) = check_body_limit(visit)
        (fields,) = check_field_limit(visit)
    finally:
        nginx.terminate()
        nginx.wait(10)
    assert body.fault is not None and body.fault.code == "body-limit" and "413" in body.evidence
    megabytes = int(body.evidence.split("about ")[1].split()[0])
    assert 26 <= megabytes <= 33 and manners.asked < 30
    assert fields.fault is not None and fields.fault.code == "field-limit" and "4000 bytes" in fields.evidence


def test_a_server_that_waits_for_the_body_has_no_limit() -> None:
    with Answering(lambda head: b"HTTP/1.1 100 Continue\r\n\r\n") as there:
        assert codes(check_body_limit(there.visit())) == []
    assert b"Expect: 100-continue\r\nContent-Length: 100000000\r\n" in there.heads[0]


def test_a_page_of_confluence_was_not_put_there_by_the_balancer() -> None:
    own = [b'<html><meta name="ajs-build-number" content="1">', b"<html><title>404 Not Found</title>"]
    for page, expected in zip(own, ([], ["error-bodies-replaced"]), strict=True):
        with (
            Answering(lambda head, page=page: answer(404, page)) as there,  # type: ignore[misc]
            Answering(lambda head: answer(404, b"{}", "Content-Type: application/json")) as node,
        ):
            visit = there.visit()
            visit.nodes = [Node("n", node.asker())]
            assert codes(check_error_bodies(visit)) == expected


def test_error_bodies_without_a_node_to_compare_with() -> None:
    page = b"<html><title>404 Not Found</title></html>"
    for said, expected in (
        (answer(404, page, "Content-Type: text/html"), ["error-bodies-replaced"]),
        (answer(404, b"{}", "Content-Type: application/json"), []),
        (answer(200), [UNKNOWN]),
    ):
        with Answering(lambda head, said=said: said) as there:  # type: ignore[misc]
            assert codes(check_error_bodies(there.visit())) == expected


def test_an_outage_in_html_is_the_balancers_unless_the_node_says_the_same() -> None:
    html = answer(503, b"<html>Service Unavailable", "Content-Type: text/html")
    with Answering(lambda head: html) as there:
        visit = there.visit()
        assert codes(check_error_bodies(visit)) == ["outage-in-html"]
        visit.nodes = [Node("n", there.asker())]
        assert codes(check_error_bodies(visit)) == []
    with Answering(lambda head: answer(503, b"{}", "Content-Type: application/json")) as there:
        assert codes(check_error_bodies(there.visit())) == []


def test_a_firewall_is_known_by_what_it_lets_through() -> None:
    said = answer(200, b"[]", "Content-Type: application/json")
    for say, expected in (
        (lambda head: answer(403, b"<html>blocked") if b"<script>" in head else said, ["firewall-refuses"]),
        (lambda head: answer(401, b"{}", "Content-Type: application/json"), []),
        (lambda head: answer(403, b"<html>nobody"), []),
    ):
        with Answering(say) as there:
            assert codes(check_markup(there.visit())) == expected


def test_an_encoding_that_does_not_decode() -> None:
    with Answering(lambda head: answer(200, b"plain", "Content-Encoding: gzip")) as there:
        assert codes(check_encodings(there.visit())) == ["encoding-broken"]
