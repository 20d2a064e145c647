"""What a client sends never begins a line of ours: not towards a member, not in an answer, whatever the configuration
does with it; and no request makes us raise.

Fragments that put bytes of the request into fields, URLs, cookies and pages stand together with those of the memory
tests, and requests are made of what has meant something to somebody's parser.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evenflow.control.explanation import explain
from tests.plan.cases import facts_of
from tests.plan.test_memory import AROUND, PEERS, World, fragment, plan_for

RULES: Final = (
    "^/?(.*) - [E=E:$1]",
    "^/?(.*) - [CO=n:$1:.example:10:/$1]",
    "^/?(.*) - [CO=;n$1;v$1;.example]",
    "^/?(.*) - [T=text/$1]",
    "^/?(.*) - [H=$1]",
    "^/?x(.*) http://b2/y?$1 [P,UnsafeAllow3F]",
    "^/?x(.*) http://b2/y$1 [P,NE,UnsafeAllow3F]",
    "^/?x(.*) /z?$1 [R,NE]",
    "^/?x(.*) http://other/$1 [R,NE,B]",
    "^/?x(.*) /z?$1 [PT]",
    "^/?x http://b2/y?${unescaped:%{QUERY_STRING}} [P]",
    "^/?x /z?${unescaped:%{QUERY_STRING}} [R,NE]",
    "^/?x http://b2/${unescaped:%{QUERY_STRING}} [P,NE]",
    "^(.*)$ http://b2$1 [P]",
)

FRAGMENTS: Final = (
    *(f"RewriteEngine On\nRewriteRule {rule}" for rule in RULES),
    'Header always set X-U "expr=%{REQUEST_URI}"',
    'Header set X-U "expr=%{unescape:%{QUERY_STRING}}"',
    'Header always set X-E "%{E}e %{MATCH_PART}e"',
    "Header echo ^X-",
    'RequestHeader set X-U "expr=%{REQUEST_URI}"',
    'RequestHeader set X-E "%{E}e"',
    'RequestHeader append Cookie "expr=%{unescape:%{QUERY_STRING}}"',
    'RequestHeader set Host "expr=%{REQUEST_URI}" early',
    'RequestHeader set X-For "%{E}e" early',
    "RequestHeader unset Host early",
    "RequestHeader set Content-Length 5 early",
    "RequestHeader set Transfer-Encoding chunked early",
    "RedirectMatch ^/x(.*) /z?$1",
    "RedirectMatch ^/x(.*) http://o/#$1",
    '<LocationMatch ^/x(?<part>.*)>\nRedirect 302 "/y%{env:MATCH_PART}"\n</LocationMatch>',
    "<LocationMatch ^/x(?<part>.*)>\n</LocationMatch>\nProxyPassInterpolateEnv On\n"
    "ProxyPass /x http://b1/${MATCH_PART} interpolate nocanon",
    "<LocationMatch ^/x(?<part>.*)>\n</LocationMatch>\nProxyPassInterpolateEnv On\n"
    "ProxyPassMatch ^/x http://b1/y?${MATCH_PART} interpolate nocanon",
    "SetEnvIf X-A (.*) E=$1",
    'SetEnvIfExpr "%{REQUEST_URI} =~ /(.*)/" E=$1',
    'ErrorDocument 403 "because of %{escape:%{REQUEST_URI}}"',
    "ErrorDocument 404 /a",
    '<Location />\nAuthType Basic\nAuthName "%{REQUEST_URI} %{QUERY_STRING}"\nAuthUserFile {htdocs}/users\n'
    "Require valid-user\n</Location>",
    "DirectoryIndexRedirect On\nAliasMatch ^/x.*/(.*)$ {htdocs}/dir/$1",
    "AliasMatch ^/x/?(.*)$ {htdocs}/$1",
    "FallbackResource /a",
    "ProxyVia Full",
    "ProxyPreserveHost On",
    "AcceptPathInfo On",
)

PIECES: Final = (
    "/", "x", "a", "/x/", "%0d%0aEvil:%201", "%0aEvil:%201", "%0dEvil:1", "?", "%3f", "%3fx%0d%0aEvil:1", "%23", "%2f",
    "..", "%2e%2e", "%00", "<b>", '"', "\\", "%ff", "\xe9", "%25", "%250d%250aEvil:1", "dir/", "flip.txt", "e", ";",
    "$1", "%{HTTP_HOST}", "${table:k}", "%20", "%09", "&", "=", "//", "%7f", "(", "[", "link",
)  # fmt: skip

NAMES: Final = (
    "X-A", "X-For", "Cookie", "Authorization", "User-Agent", "Range", "If-Modified-Since", "If-None-Match", "Expect",
    "Max-Forwards", "Accept-Encoding", "TE", "Connection", "Upgrade", "X-Forwarded-For", "Via", "Evenflow-Explain",
)  # fmt: skip

VALUES: Final = (
    "1", "", "\xff\xfe", "%0d%0aEvil: 1", "<b>", "a, b", "10.0.0.1, x", "::1", '"', "\\", "Basic dTpzZWNyZXQ=",
    "bytes=0-5", "bytes=-9999999999999999999999", "Thu, 99 Xxx 9999 99:99:99 GMT", "100-continue", "-1",
    "99999999999999999999", "gzip;q=abc, br", "trailers, x",
)  # fmt: skip

BODIES: Final = (
    ("Content-Length: 5", "hello"),
    ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(Path(tmp_path_factory.mktemp("hostile")))


def virtual_host(drawn: Random) -> str:
    found = [fragment(drawn) if drawn.random() < 0.3 else drawn.choice(FRAGMENTS) for _ in range(drawn.randint(1, 4))]
    if drawn.random() < 0.6:
        found.append("ProxyPass / http://b1/")
    return "\n".join(found)


def request(drawn: Random) -> bytes:
    """A whole request."""
    target = "/" + "".join(drawn.choice(PIECES) for _ in range(drawn.randint(0, 6)))
    lines = [f"{drawn.choice(NAMES)}: {drawn.choice(VALUES)}" for _ in range(drawn.randint(0, 3))]
    method = drawn.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "TRACE", "DELETE"))
    body = ""
    if method == "POST":
        size, body = drawn.choice(BODIES)
        lines.append(size)
    return ("\r\n".join([f"{method} {target} HTTP/1.1", "Host: www.example", *lines, "", ""]) + body).encode("latin-1")


def heads_of(said: Any) -> list[str]:
    """What would be written: to a member, and to the client."""
    found = [said["own"], said["to_member"]["head"] if said["to_member"] else None]
    found.append(said["answer"]["head"] if said["answer"] else None)
    return [head for head in found if head]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=True))
def test_nothing_that_a_client_sends_begins_a_line(world: World, drawn: Random) -> None:
    text = AROUND.format(first=virtual_host(drawn), second="")
    plan = plan_for(text.replace("RewriteMap upper", "RewriteMap unescaped int:unescape\nRewriteMap upper", 1), world)
    assume(plan is not None)
    assert plan is not None
    for _ in range(15):
        data = request(drawn)
        said = explain(plan, facts_of(plan, drawn.choice(PEERS)), data)
        for head in heads_of(said):
            lines = head.partition("\r\n\r\n")[0].replace("\r", "\n").split("\n")
            begun = [line for line in lines if line.lower().startswith("evil")]
            assert not begun, f"{data!r} makes {lines}\n{text}"
