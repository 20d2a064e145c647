"""Basic credentials."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from evenflow.plan.authn import credentials, escape_quotes
from evenflow.plan.decide import decide
from tests.plan.cases import facts_of, head_of, inside, plan_of


def field(text: bytes, scheme: bytes = b"Basic ") -> bytes:
    return scheme + base64.b64encode(text)


@pytest.mark.parametrize(
    "value, given",
    [
        (field(b"alice:secret"), (b"alice", b"secret")),
        (field(b"alice:secret", b"bAsIc \t "), (b"alice", b"secret")),
        (field(b"alice:a:b"), (b"alice", b"a:b")),
        (field(b"alice"), (b"alice", b"")),
        (field(b"alice:secret\0more"), (b"alice", b"secret")),
        (field(b":"), (b"", b"")),
        (b"Basic YWxp Y2U6c2VjcmV0", (b"ali", b"")),
        (b"Basic YWxpY2U6c2VjcmV0, Basic YQ==", (b"alice", b"secret")),
        (b"Basic YWxpY2U6c2VjcmV0Y", (b"alice", b"secret")),
        (b"Basic", (b"", b"")),
        (b"Basic =", (b"", b"")),
        (field(b"alice:secret", b"Bearer "), None),
        (field(b"alice:secret", b"Basic"), None),
        (b"", None),
        (None, None),
    ],
)
def test_credentials(value: bytes | None, given: tuple[bytes, bytes] | None) -> None:
    assert credentials(value) == given


def test_quotes_in_a_realm() -> None:
    assert escape_quotes(b'a "b" \\"c') == b'a \\"b\\" \\"c'


def test_nothing_of_a_request_ends_the_realm_s_field() -> None:
    text = (
        '<Location />\nAuthType Basic\nAuthName "%{REQUEST_URI}"\nAuthUserFile users\nRequire valid-user\n</Location>'
    )
    plan = plan_of(inside(text))
    made = decide(plan, facts_of(plan), head_of("GET", "/%0d%0aSet-Cookie:%20a=b"))
    assert made.status == 401
    assert made.fields == ((b"WWW-Authenticate", b'Basic realm="/  Set-Cookie: a=b"'),)


def test_a_look_ahead_leaves_the_credentials_alone(tmp_path: Path) -> None:
    """AuthBasicFake of another place is not for the member of this one."""
    text = """
        ProxyPass /a http://b1/a
        ProxyPass /b http://b2/b
        RewriteEngine On
        RewriteCond /b -U
        RewriteRule ^/a - [E=LOOKED:1]
        <Location /b>
            AuthBasicFake other secret
        </Location>
        """
    plan = plan_of(inside(text), str(tmp_path))
    own = field(b"alice:own").decode()
    for path, credentials_sent in (("/a", own), ("/b", field(b"other:secret").decode())):
        head = head_of("GET", path, (f"Authorization: {own}",))
        decide(plan, facts_of(plan), head)
        assert head.get(b"authorization") == credentials_sent.encode()
