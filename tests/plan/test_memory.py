"""No request gets another one's answer: a child that remembers decides every request like one that does not.

Configurations are put together from fragments of the whole language, each of which looks at something else; then many
requests that differ in little are decided one after the other, while files and the clock change under them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evenflow.compiler.build import build
from evenflow.config.load import load
from evenflow.config.source import make_source
from evenflow.plan.decide import Decider, begin, decide, resume, run
from evenflow.plan.model import ASK, ConnectionFacts, Decision, Plan
from evenflow.plan.questions import ADDRESSES_OF, NAME_OF, PASSWORD, Answers, Question
from evenflow.plan.vhosts import table_for
from evenflow.wire.http1 import RequestHead
from tests.plan.cases import facts_of, head_of, inside, plan_of

EXPRESSIONS: Final = (
    "%{HTTP_HOST} == 'other.example'",
    "%{QUERY_STRING} =~ /x/",
    "%{REQUEST_URI} =~ m#^/a#",
    "%{REQUEST_METHOD} == 'POST'",
    "%{REQUEST_METHOD} -in {'GET', 'HEAD'}",
    "%{SERVER_PROTOCOL} == 'HTTP/1.0'",
    "%{THE_REQUEST} =~ /1.0/",
    "%{REMOTE_ADDR} == '10.0.0.1'",
    "%{CONN_REMOTE_ADDR} -ipmatch '10.0.0.0/8'",
    "%{REMOTE_PORT} -gt 5000",
    "%{REMOTE_USER} == 'u'",
    "%{AUTH_TYPE} == 'Basic'",
    "%{SERVER_PORT} == '8001'",
    "%{SERVER_NAME} == 'other.example'",
    "%{HTTPS} == 'on'",
    "%{IPV6} == 'on'",
    "%{TIME_SEC} -lt 30",
    "%{HTTP_USER_AGENT} =~ /Old/",
    "%{HTTP_COOKIE} =~ /a=1/",
    "%{REQUEST_FILENAME} =~ /flip/",
    "%{PATH_INFO} != ''",
    "%{IS_SUBREQ} == 'true'",
    "%{SSL_TLS_SNI} == 'www.example'",
    "%{SSL_CLIENT_VERIFY} == 'SUCCESS'",
    "req('X-A') == '1'",
    "req_novary('X-A') == '2'",
    "http('Host') =~ /other/",
    "reqenv('E') == '1'",
    "env('MATCH_PART') == 'a'",
    "-n reqenv('REDIRECT_E')",
    "-R '10.0.0.0/8'",
    "-f '{htdocs}/flip.txt'",
    "-s %{REQUEST_FILENAME}",
    "-F '{htdocs}/flip.txt'",
    "-U '/b'",
    "-A '%{QUERY_STRING}'",
    "file('{htdocs}/always.txt') =~ /2/",
    "filesize('{htdocs}/always.txt') -gt 5",
    "true",
)

CONDITIONS: Final = (
    "%{HTTP_HOST} other [NC]",
    "%{QUERY_STRING} x",
    "%{QUERY_STRING} !y [OR]",
    "%{HTTP:X-A} =1",
    "%{HTTP:Host} ^other",
    "%{HTTP_COOKIE} a=(.) [NV]",
    "%{HTTP_USER_AGENT} Old",
    "%{THE_REQUEST} q",
    "%{REMOTE_ADDR} ^10",
    "%{REMOTE_HOST} ^10",
    "%{REMOTE_PORT} >5",
    "%{SERVER_ADDR} ^127",
    "%{SERVER_PORT} 8001",
    "%{SERVER_PROTOCOL} 1.0",
    "%{REQUEST_SCHEME} https",
    "%{TIME_SEC} <30",
    "%{TIME} ^2026",
    "%{ENV:E} 1",
    "%{ENV:SCRIPT_URI} 8001",
    "%{ENV:MATCH_PART} a",
    "%{REMOTE_USER} u",
    "%{LA-U:REMOTE_USER} u",
    "%{LA-U:REQUEST_FILENAME} proxy",
    "%{LA-F:REQUEST_FILENAME} flip",
    "%{REQUEST_FILENAME} -f",
    "%{REQUEST_FILENAME} !-d",
    "%{REQUEST_FILENAME} -F",
    "{htdocs}/flip.txt -s",
    "/b%{REQUEST_URI} -U",
    "%{SCRIPT_USER} root",
    "%{PATH_INFO} .",
    "${table:%{HTTP_HOST}|none} one",
    "${table:k} two",
    "${upper:%{QUERY_STRING}} X",
    "%{SSL:SSL_TLS_SNI} www",
    "%{SSL:SSL_CLIENT_S_DN_CN} alice",
    "%{HTTPS} on",
    "%{IS_SUBREQ} true",
    *(f'expr "{expression}"' for expression in EXPRESSIONS if '"' not in expression),
)

RULES: Final = (
    "(.*) http://b2/$1 [P]",
    "^/?a(.*) http://b3/r$1 [P,QSA]",
    "^/?a(.*) http://b3/r$1?p=%1 [P]",
    "(.*) - [E=E:1]",
    "(.*) - [E=E:%1,E=F:%{REQUEST_URI}]",
    "(.*) - [F]",
    "^/?b - [G]",
    "(.*) /c$1 [R=307,L]",
    "(.*) https://%{HTTP_HOST}/$1 [R,NE]",
    "(.*) /moved$1? [R]",
    "^/?a(.*) /b$1 [PT]",
    "^/?a(.*) /b$1 [L]",
    "^/?a(.*) /b$1?z=1 [PT,QSD]",
    "^(.*)a(.*)$ /b$2",
    "^(.*)a(.*)$ b$2 [L]",
    "(.*) - [CO=c:%1:.example]",
    "(.*) - [CO=c:v:.example:10]",
    "(.*) - [H=balancer-manager]",
    "(.*) - [T=text/x-own]",
    "(.*) - [END]",
    "^/?a(.*)$ /d$1#x [L,NE]",
    "^(.*)e(.*)$ /dir$2 [L,UnsafeAllow3F]",
    "(.*) - [S=1]",
)

REQUIRES: Final = (
    "Require all granted",
    "Require all denied",
    "Require local",
    "Require ip 10.0.0.0/8",
    "Require not ip 10.0.0.2",
    "Require host client.example",
    "Require forward-dns named.example",
    "Require env E",
    "Require method GET POST",
    "Require valid-user",
    "Require user u",
    "Require group g",
    "Require ssl",
    *(f'Require expr "{expression}"' for expression in EXPRESSIONS),
)

# What only sections may say.
INSIDE: Final = (
    *(f"<RequireAny>\n{require}\nRequire ip 10.0.0.3\n</RequireAny>" for require in REQUIRES if " not " not in require),
    *(f"<RequireAll>\nRequire all granted\n{require}\n</RequireAll>" for require in REQUIRES),
    "<Limit POST>\nRequire ip 10.0.0.0/8\n</Limit>",
    "AllowMethods GET",
    "SSLRequireSSL",
    "<RequireAny>\nRequire ssl-verify-client\nRequire ip 10.0.0.3\n</RequireAny>",
    "Order deny,allow\nDeny from 10.0.0.2",
    "Order allow,deny\nAllow from env=E",
    "Order deny,allow\nDeny from client.example\nSatisfy any",
    "AuthBasicFake u secret",
    "AuthType Basic\nAuthName there\nAuthUserFile {htdocs}/users\nAuthGroupFile {htdocs}/groups\nRequire valid-user",
    'AuthType Basic\nAuthName "for %{HTTP_HOST}"\nAuthUserFile {htdocs}/users\nRequire user u v',
)

RULED: Final = tuple(
    f"RewriteEngine On\nRewriteCond {condition}\nRewriteRule {rule}"
    for number, condition in enumerate(CONDITIONS)
    for rule in (RULES if number < 20 else RULES[:3])
)

# What may stand in a server and in sections.
ANYWHERE: Final = (
    *(f"RewriteEngine On\nRewriteRule {rule}" for rule in RULES),
    "SetEnvIf X-A 1 E=1",
    "SetEnvIf Host other E=1",
    "SetEnvIf Remote_Addr ^10 E=1",
    "SetEnvIf Request_Protocol 1.0 E=1",
    "SetEnvIf Request_Method POST E=1",
    "SetEnvIf Request_URI ^/a E=1 F=$0",
    "SetEnvIf ^X- 1 E=1",
    "SetEnvIf E 1 F=2",
    "BrowserMatch Old E=1 nokeepalive",
    *(f'SetEnvIfExpr "{expression}" E=1' for expression in EXPRESSIONS),
    "SetEnv G 1",
    "SSLOptions +StdEnvVars +ExportCertData",
    "SSLUserName SSL_CLIENT_S_DN_CN",
    "UnsetEnv G",
    "UseCanonicalName On",
    "UseCanonicalPhysicalPort On",
    "ErrorDocument 403 /error",
    'ErrorDocument 403 "%{REMOTE_ADDR} may not"',
    "RedirectMatch ^/(a+)$ /b/$1",
    "Redirect 302 /a/r /b",
    "Redirect 410 /gone",
    "DirectoryIndex index.html /a",
    "DirectoryIndex flip.txt",
    "DirectorySlash Off",
    "FallbackResource /a/fallback",
    "AcceptPathInfo Off",
    "Options -FollowSymLinks",
    "SetHandler balancer-manager",
    "RequestHeader set X-A 2",
    'Header set X-B "expr=%{REMOTE_ADDR}"',
)

# What only a server may say.
SERVER: Final = (
    "ProxyPass /a http://b1/a",
    "ProxyPass /a/x !",
    "ProxyPass /b balancer://c/b",
    "ProxyPass / http://b1/",
    "ProxyPass /e http://b1/e nocanon",
    "ProxyPass /e http://b1/e mapping=encoded",
    "ProxyPass /s http://b1/s mapping=servlet",
    "ProxyPassMatch ^/(a.*)$ http://b1/m/$1",
    "ProxyPassMatch ^/(e.*)$ http://b1/m/$1 nocanon",
    "ProxyPassInterpolateEnv On\nProxyPass /i http://b1/${E}x interpolate",
    "ProxyPassInterpolateEnv On\nProxyPass /i${E} http://b1/i interpolate",
    "SetEnvIf X-A 1 no-proxy",
    "RemoteIPHeader X-For",
    "RemoteIPHeader X-For\nRemoteIPInternalProxy 10.0.0.0/8",
    "RequestHeader set X-A 1 early",
    "RequestHeader edit X-A 1 2 early",
    "RequestHeader set X-A expr=%{REMOTE_ADDR} early",
    "SSLStrictSNIVHostCheck On",
    "TraceEnable off",
    "AllowEncodedSlashes On",
    "AllowEncodedSlashes NoDecode",
    "MergeSlashes Off",
    "Alias /f {htdocs}/dir",
    "AliasMatch ^/g(.*) {htdocs}$1",
    "ScriptAlias /cgi {htdocs}/dir",
    "RewriteOptions AllowAnyURI",
    "RewriteEngine On",
    "HttpProtocolOptions RegisteredMethods",
    "<Proxy balancer://c>\nBalancerMember http://b4\nSetEnvIf X-A 2 E=2\n</Proxy>",
    "<Proxy http://b1/>\nRequire ip 10.0.0.0/8\n</Proxy>",
)

SECTIONS: Final = (
    "<Location /a>\n{text}\n</Location>",
    "<Location />\n{text}\n</Location>",
    "<Location /a/>\n{text}\n</Location>",
    "<Location /a>\nProxyPass http://b1/in\n{text}\n</Location>",
    "<LocationMatch ^/(?<part>[ab])>\n{text}\n</LocationMatch>",
    "<Directory {htdocs}>\n{text}\n</Directory>",
    "<Directory {htdocs}/dir>\n{text}\n</Directory>",
    "<Files *.txt>\n{text}\n</Files>",
    "<Proxy http://b1/*>\n{text}\n</Proxy>",
    *(f'<If "{expression}">\n{{text}}\n</If>' for expression in EXPRESSIONS),
    *(f'<Location /a>\n<If "{expression}">\n{{text}}\n</If>\n</Location>' for expression in EXPRESSIONS[:12]),
    '<If "false">\n</If>\n<Else>\n{text}\n</Else>',
)

AROUND: Final = """\
Listen 8000
Listen 8001
RewriteMap table txt:{{htdocs}}/table
RewriteMap upper int:toupper
<Proxy balancer://c>
    BalancerMember http://b4
</Proxy>
<Proxy http://b2>
</Proxy>
<VirtualHost *:8000 *:8001>
    ServerName www.example
    DocumentRoot {{htdocs}}
    ProxyPass /unused2 http://b2/
    ProxyPass /unused3 http://b3/
{first}
</VirtualHost>
<VirtualHost *:8000 *:8001>
    ServerName other.example
    ServerPath /b
    DocumentRoot {{htdocs}}
    ProxyPass /unused2 http://b2/
    ProxyPass /unused3 http://b3/
{second}
</VirtualHost>
"""

TARGETS: Final = (
    "/", "/a", "/a/x", "/a/x.txt", "/a/", "/aa", "/b", "/b/x", "/e/a%2fb", "/e/%61", "/a%23b", "/a%3Fb", "/s/..;x/a",
    "/i1", "/i", "/f/index.html", "/f", "/dir", "/dir/", "/flip.txt", "/flip.txt/more", "/always.txt", "/link", "/gone",
    "//a", "/a//x", "/cgi/x", "/none", "/error", "/ga", "*",
)  # fmt: skip

FIELDS: Final = (
    "X-A: 1", "X-A: 2", "Cookie: a=1", "Cookie: a=2", "User-Agent: Old", "X-For: 10.0.0.1", "X-For: 192.0.2.9",
    "Authorization: Basic dTpzZWNyZXQ=", "Authorization: Basic djpzZWNyZXQ=", "Authorization: Basic dTp3cm9uZw==",
    "Upgrade: websocket", "E: 1",
)  # fmt: skip

PEERS: Final = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "127.0.0.1", "192.0.2.1", "2001:db8::1")


def fragment(drawn: Random) -> str:
    """One piece of a virtual host."""
    which = drawn.random()
    if which < 0.2:
        return drawn.choice(SERVER)
    if which < 0.5:
        return drawn.choice(drawn.choice((ANYWHERE, RULED)))
    return drawn.choice(SECTIONS).replace("{text}", drawn.choice(drawn.choice((ANYWHERE, RULED, INSIDE))))


def virtual_host(drawn: Random) -> str:
    """A few fragments; in front of a member mostly, since little that ends at a file is ever remembered."""
    found = [fragment(drawn) for _ in range(drawn.choice((1, 1, 1, 2, 2, 3)))]
    if drawn.random() < 0.7:
        found.append("ProxyPass / http://b1/")
    return "\n".join(found)


def request(drawn: Random, path: str) -> Callable[[], RequestHead]:
    """A request for this path; made anew each time, since some lines change it."""
    method = drawn.choice(("GET",) * 8 + ("POST", "HEAD", "TRACE", "OPTIONS", "BOGUS"))
    query = drawn.choice(("", "", "?x", "?y=1", "?"))
    fields = tuple(drawn.sample(FIELDS, drawn.choice((0, 0, 1, 1, 2))))
    host = drawn.choice(("www.example",) * 4 + ("other.example", "www.example:8001", ""))
    if path == "*":
        method, query = "OPTIONS", ""
    return lambda: head_of(method, path + query, fields, "1.1" if host else "1.0", host or "-")


class World:
    """The files and the clock that configurations look at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.htdocs = root / "htdocs"
        (self.htdocs / "dir").mkdir(parents=True)
        (self.htdocs / "dir" / "index.html").write_text("index\n")
        (self.htdocs / "users").write_text(
            "u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nv:$2y$05$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\n"
        )
        (self.htdocs / "groups").write_text("g: u\n")
        (self.htdocs / "link").symlink_to("always.txt")
        self.turn = 0
        self.now = 1795000000.0
        self.change()

    def change(self) -> None:
        """Everything that may be another at the next request is another."""
        self.turn += 1
        self.now += 31
        flip = self.htdocs / "flip.txt"
        if self.turn % 2:
            flip.write_text("there\n")
        else:
            flip.unlink()
        (self.htdocs / "always.txt").write_text("12345678\n" if self.turn % 2 else "1\n")
        (self.htdocs / "table").write_text("k two\n" if self.turn % 2 else "k three\nwww.example one\n")
        link = self.htdocs / "a"
        if self.turn % 2:
            link.symlink_to("dir")
        else:
            link.unlink()

    @contextlib.contextmanager
    def clock(self) -> Iterator[None]:
        real = time.localtime
        patch = pytest.MonkeyPatch()
        patch.setattr(time, "localtime", lambda *at: real(*at) if at else real(self.now))
        patch.setattr(time, "time", lambda: self.now)
        try:
            yield
        finally:
            patch.undo()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("memory"))


def answer_to(question: object) -> object:
    """What those who are asked would say."""
    assert isinstance(question, Question)
    if question.kind == PASSWORD:
        return question.password == b"secret"
    if question.kind == NAME_OF:
        return b"client.example" if question.subject == b"10.0.0.2" else b""
    assert question.kind == ADDRESSES_OF
    return (b"10.0.0.1",)


def finished(decision: Decision) -> Decision:
    """The decision when every question is answered."""
    while decision.kind == ASK:
        decision = resume(decision, answer_to(decision.question))
    return decision


SAME: Final = (
    "kind", "status", "location", "reason", "balancer", "member", "path", "query", "keep_query", "scheme", "env",
    "scope", "host", "handler", "file", "path_info", "proxy_error", "origin", "uri", "filename", "address", "user",
    "auth_type", "fields", "vary", "cookies", "content_type",
)  # fmt: skip


def seen(decision: Decision, head: RequestHead) -> dict[str, object]:
    """All that serving looks at, and the request's fields as they were left."""
    return {**{name: getattr(decision, name) for name in SAME}, "head": list(head.pairs())}


def plan_for(text: str, world: World) -> Plan | None:
    """The plan of a configuration; None where the fragments do not go together."""
    source = make_source("memory.conf", text.replace("{htdocs}", str(world.htdocs)))
    loaded = load("memory.conf", environment={}, server_root=str(world.root), read=lambda path: source)
    if loaded.settings is None:
        return None
    return build(loaded.settings).plan


class Handshake:
    """What a handshake tells: some clients have a certificate."""

    def __init__(self, peer: str) -> None:
        name = {"10.0.0.1": b"alice", "10.0.0.2": b"bob"}.get(peer, b"")
        self.values = {b"SSL_CLIENT_VERIFY": b"SUCCESS" if name else b"NONE", b"SSL_CLIENT_S_DN_CN": name}

    def get(self, name: bytes) -> bytes:
        return self.values.get(name, b"")


def connections(plan: Plan) -> list[ConnectionFacts]:
    """By client, port, TLS, the name in the handshake, and whether somebody spoke for the client."""
    made: list[ConnectionFacts] = []
    kinds = (("", None), ("-", None), ("10.0.0.1", None), ("", ""), ("", "www.example"), ("", "other.example"))
    for peer in PEERS:
        for port in (8000, 8001):
            for spoken, name in kinds:
                facts = facts_of(plan, peer, "127.0.0.1", port, name, name is not None)
                facts.remote_port = 1000 + len(made) * 100
                facts.tls_facts = Handshake(peer) if name is not None else None
                facts.spoken_for = spoken != ""
                facts.proxied_address = spoken.encode().strip(b"-")
                made.append(facts)
    return made


def decided(plan: Plan, facts: ConnectionFacts, head: RequestHead, answers: Answers) -> Decision:
    """As `decide`, with what is known already of names and passwords: a look ahead waits for nobody."""
    inquiry = begin(plan, facts, head, None)
    inquiry.answers = answers
    return finished(run(inquiry))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=True))
def test_memory_changes_no_answer(world: World, drawn: Random) -> None:
    text = AROUND.format(first=virtual_host(drawn), second=virtual_host(drawn))
    plan = plan_for(text, world)
    assume(plan is not None)
    assert plan is not None
    decider = Decider(plan)
    ends = drawn.sample(connections(plan), 5)
    paths = drawn.sample(TARGETS, 3)
    with world.clock():
        for _ in range(40):
            if drawn.random() < 0.06:
                world.change()
            facts, made = drawn.choice(ends), request(drawn, drawn.choice(paths))
            decided(plan, facts, made(), decider.answers)
            head = made()
            wanted = seen(decided(plan, facts, head, decider.answers), head)
            head = made()
            found = seen(finished(decider.decide(facts, head)), head)
            for name in wanted:
                asked = f"{head.data!r} from {facts.client!r} to {facts.local_port}, {facts.tls} {facts.sni!r}"
                assert found[name] == wanted[name], f"{name}: {asked}\n{text}"


def pairs(text: str, *asked: tuple[ConnectionFacts | None, RequestHead]) -> list[tuple[Decision, Decision]]:
    """(as decided, as remembered) for each request."""
    plan = plan_of(text)
    decider = Decider(plan)
    made = []
    for facts, head in asked:
        facts = facts_of(plan) if facts is None else facts
        facts.table = table_for(plan, facts.local_address, facts.local_port)
        again = RequestHead()
        again.parse(bytes(head.data))
        made.append((decide(plan, facts, head), decider.decide(facts, again)))
    return made


def test_who_has_a_preamble_leaves_nothing_for_those_who_have_none() -> None:
    # Connections of RemoteIPProxyProtocolExceptions have none, on the same port.
    spoken = facts_of(plan_of(inside("")), remote="192.0.2.7")
    spoken.spoken_for = True
    text = inside("RemoteIPHeader X-For\nRemoteIPInternalProxy 192.0.2.1\nProxyPass / http://b1/")
    made = pairs(text, (spoken, head_of("GET", "/")), (None, head_of("GET", "/", ("X-For: 10.0.0.9",))))
    assert [one.address for _, one in made] == [b"", b"10.0.0.9"]


def test_requests_without_a_name_have_each_their_path_s_virtual_host() -> None:
    text = """
        Listen 8000
        <VirtualHost *:8000>
            ServerName a.example
            SetEnvIf X-A 1 FIRST=1
            ProxyPass / http://b1/
        </VirtualHost>
        <VirtualHost *:8000>
            ServerName b.example
            ServerPath /b
            SetEnvIf X-A 1 SECOND=1
            ProxyPass / http://b2/
        </VirtualHost>
        """
    asked = [(None, head_of("GET", path, ("X-A: 1",), "1.0")) for path in ("/", "/b", "/")]
    made = pairs(text, *asked)
    assert [one.env for _, one in made] == [{b"FIRST": b"1"}, {b"SECOND": b"1"}, {b"FIRST": b"1"}]


def test_a_path_that_begins_anew_at_a_number_sign_has_no_query() -> None:
    text = inside("""
        ProxyPass /a http://b1/a
        ProxyPass /b http://b2/b
        <Location /a>
            RewriteEngine On
            RewriteRule ^.*/a(.*)$ /b$1
        </Location>
        """)
    made = pairs(text, (None, head_of("GET", "/a/%23x")), (None, head_of("GET", "/a/%23x?secret")))
    assert [(one.keep_query, one.query) for one, _ in made] == [(one.keep_query, one.query) for _, one in made]


def test_who_names_nobody_in_the_handshake_gets_no_answer_of_those_who_name_the_first() -> None:
    hosts = "".join(
        f"<VirtualHost *:8000>\nServerName {name}.example\nSSLStrictSNIVHostCheck On\nProxyPass / http://b1/\n</VirtualHost>\n"
        for name in "ab"
    )
    plan = plan_of("Listen 8000\n" + hosts)
    asked = [facts_of(plan, sni=name, tls=True) for name in ("", "a.example", "", "a.example")]
    made = pairs("Listen 8000\n" + hosts, *((facts, head_of("GET", "/", host="a.example")) for facts in asked))
    assert [one.status for one, _ in made] == [403, 0, 403, 0]
    assert [one.status for _, one in made] == [403, 0, 403, 0]
