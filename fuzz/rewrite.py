"""Fuzz target: RewriteRule and RewriteCond lines, from text to a rule that has run.

Each input is the text of a virtual host. It must load or be refused with diagnostics that have a place; never with an
exception. What loads is run over some requests: with a trace and without must give the same, what comes out must stand
on a wire, and nobody may be asked who is not named.
"""

from __future__ import annotations

import random
from typing import Final

from evenflow.compiler.build import build
from evenflow.config.load import load
from evenflow.config.source import make_source
from evenflow.plan.decide import decide
from evenflow.plan.decision import Step
from evenflow.plan.model import FORWARD, REDIRECT, ConnectionFacts, Decision, Plan
from evenflow.plan.vhosts import table_for
from evenflow.wire.http1 import RequestHead
from fuzz import mutation

NAME: Final = "fuzz.conf"
AROUND: Final = "Listen 8000\n<VirtualHost *:8000>\nServerName www.example\nRewriteEngine On\n%s\n</VirtualHost>\n"

CORPUS: Final = (
    b"RewriteRule ^/a/(.*) http://b1/$1 [P,QSA]",
    b'RewriteCond %{HTTP:Upgrade} =websocket [NC,OR]\nRewriteCond "%{QUERY_STRING} x" "!^(a|b)?$"\n'
    b"RewriteRule (.*)x(.*) /$2%1${low:$1|d} [R=301,NE,L]",
    b"RewriteMap low int:tolower\nRewriteRule ^/(.*)$ /${low:${low:$1}|%{ENV:X}} [PT,E=X:$1,E=!Y,CO=a:b:c:5:/]",
    b"<Location /a>\nRewriteOptions Inherit\nRewriteBase /b\nRewriteRule . - [F]\n</Location>\nRewriteRule a b [C]",
    b'RewriteCond expr "%{REQUEST_URI} =~ m#^/(.)#"\nRewriteRule ^ - [S=2]\nRewriteRule ^/a - [N=3]\n'
    b"RewriteRule b c [B=/+]",
    b"RewriteCond /x%{REQUEST_URI} -U\nRewriteCond %{LA-U:REQUEST_FILENAME} !-f\nRewriteRule \\\\?$ ?a [QSD,END]",
    b"RewriteCond %{TIME_SEC} -ge0\nRewriteCond $1 >a\nRewriteRule !^/(x) //y? [T=text/x,H=balancer-manager,QSL]",
)
WORDS: Final = (
    *(b"RewriteRule ", b"RewriteCond ", b"RewriteMap m ", b"RewriteOptions ", b"RewriteBase ", b"RewriteEngine Off\n"),
    *(b"[P]", b"[L,R=", b",QSA", b",NC", b",B", b",BNP", b",E=", b",CO=;", b",N", b",S=9", b",PT", b",END", b",UNC"),
    *(b",NV", b"$0", b"%9", b"%{", b"${", b"}", b"|", b"\\", b"!", b"-f", b"-U", b"-eq", b">=", b'""', b"(", b")"),
    *(b"[", b"?", b"+", b"%{REQUEST_URI}", b"%{LA-F:", b"%{HTTP:", b"%{ENV:", b"%{SSL:", b"\n", b"\t", b"'", b'"'),
    *(b"http://", b"balancer://", b"int:escape", b"txt:/etc/hostname", b"{1,65536}", b"(?i)"),
    *(b"\\p{L}", b"\xc3\xa9", b"\xff", b"\x00"),
)
REQUESTS: Final = (
    (b"GET", b"/a/b%20c?x=1"),
    (b"POST", b"/%3f%25//A?"),
    (b"HEAD", b"/x" * 30),
    (b"OPTIONS", b"*"),
)


def plan_of(text: str) -> Plan | None:
    """The plan; None where the text is refused, and then every diagnostic of an error says where."""
    source = make_source(NAME, AROUND % text)
    loaded = load(NAME, environment={}, server_root="/srv/fuzz", read=lambda path: source)
    if loaded.settings is None:
        assert any(one.severity == "error" for one in loaded.diagnostics)
        return None
    built = build(loaded.settings)
    assert (built.plan is None) == any(one.severity == "error" for one in built.diagnostics)
    return built.plan


def outcome(plan: Plan, method: bytes, target: bytes, trace: list[Step] | None) -> tuple[object, ...]:
    """What is decided, in comparable values."""
    head = RequestHead()
    head.parse(method + b" " + target + b" HTTP/1.1\r\nHost: www.example\r\nX-A: a?b\r\n\r\n")
    facts = ConnectionFacts(b"127.0.0.1", 1024, b"127.0.0.1", 8000, False, b"", table_for(plan, b"127.0.0.1", 8000))
    made = decide(plan, facts, head, trace)
    check_decision(plan, made)
    return made.kind, made.status, made.location, made.path, made.query, made.filename, made.handler, made.cookies


def check_decision(plan: Plan, made: Decision) -> None:
    """It can be acted on."""
    for text in (made.location, made.path, made.content_type, *made.cookies, *([made.query] if made.query else [])):
        assert not any(byte in text for byte in b"\r\n\0"), text
    if made.kind == FORWARD:
        assert (made.member in plan.members) or (made.balancer in plan.balancers)
    if made.kind == REDIRECT:
        assert 300 <= made.status <= 399 and made.location
    else:
        assert made.status == 0 or 200 <= made.status <= 599


def check(data: bytes, rng: random.Random) -> int:
    """Show one text to the compiler and run what comes of it; AssertionError where something is wrong with it."""
    text = data.decode("utf-8", "surrogateescape")
    plan = plan_of(text)
    if plan is None:
        return -1
    method, target = rng.choice(REQUESTS)
    # Twice: what is drawn at random and what time it is stand in none of the words.
    assert "TIME" in text or outcome(plan, method, target, None) == outcome(plan, method, target, [])
    return len(data)


if __name__ == "__main__":
    mutation.main("rewrite", check, CORPUS, WORDS)
