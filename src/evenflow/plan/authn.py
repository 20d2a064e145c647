"""Who is the user: AuthType Basic with password files, as mod_auth_basic and mod_authn_file.

A password is compared here only where that costs nothing ({SHA}); every other hash is a question, asked once for the
same user, password and hash and remembered by a digest. `inquiry.user` is set as soon as a name was given, as httpd
does, so that logs name who failed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from evenflow.plan import denials, fake_basic, steps, userfiles
from evenflow.plan.decision import FIELDS, FILES, Inquiry, answer, wait, written
from evenflow.plan.edits import unwrapped
from evenflow.plan.model import Decision, Scope
from evenflow.plan.questions import PASSWORD, Answers
from evenflow.plan.tls import options_of

ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def type_of(scope: Scope, inquiry: Inquiry) -> bytes:
    """AuthType; b"" for none."""
    if not scope.auth_type:
        return b""
    found = written(scope.auth_type, inquiry)
    return b"" if found.lower() == b"none" else found


def authenticate(inquiry: Inquiry, scope: Scope) -> Decision | None:
    """Find out who the user is and set `inquiry.user`; a Decision where that fails."""
    inquiry.asked |= FIELDS
    field = inquiry.head.get(b"authorization")
    given = credentials(field)
    shown = fake_basic.field_of(inquiry, scope, options_of(scope)) if scope.tls_options else None
    if fake_basic.is_typed(given, inquiry) and field != shown:
        return answer(inquiry, 403, denials.TYPED_SUBJECT)
    if shown is not None:
        field, given = shown, credentials(shown)
    kind = type_of(scope, inquiry)
    if not kind:
        return answer(inquiry, 500, "a user is required, and no AuthType says how to ask for one (AH00027)")
    if kind.lower() != b"basic":
        return answer(inquiry, 500, "nobody knows this AuthType (AH01796)")
    if not scope.auth_name:
        return answer(inquiry, 500, "AuthType Basic needs an AuthName (AH01615)")
    inquiry.auth_type = kind
    if given is None:
        return challenge(inquiry, scope, "no credentials" if field is None else denials.WRONG_SCHEME)
    user, password = given
    inquiry.user = user
    realm = realm_of(inquiry, scope)
    stored: bytes | None = None
    inquiry.asked |= FILES
    for source in scope.user_sources:
        path = source or scope.user_file
        if not path:
            return answer(inquiry, 500, "AuthType Basic needs an AuthUserFile (AH01619)")
        path = userfiles.below(inquiry.plan.server_root, path)
        try:
            stored = userfiles.digest(path, user, realm) if scope.digests else userfiles.password_hash(path, user)
        except OSError as fault:
            return answer(inquiry, 500, f"AuthUserFile cannot be read: {fault.strerror} (AH01620)")
        if stored is not None:
            break
    if stored is None:
        if not scope.authoritative:
            return answer(inquiry, 500, "an unknown user, and AuthBasicAuthoritative leaves him to nobody (AH01796)")
        note(inquiry, scope, b"denied")
        return challenge(inquiry, scope, denials.NO_SUCH_USER)
    right = (
        is_digest(user, realm, password, stored)
        if scope.digests
        else is_right(inquiry, user, password, stored)
    )
    if right is None:
        return wait(inquiry)
    note(inquiry, scope, b"granted" if right else b"denied")
    if not right:
        return challenge(inquiry, scope, denials.WRONG_PASSWORD)
    if shown is not None:
        inquiry.head.replace(b"Authorization", shown)
    return None


def note(inquiry: Inquiry, scope: Scope, result: bytes) -> None:
    if inquiry.trace is not None:
        inquiry.note(steps.ACCESS, scope.auth_origin, inquiry.user or b"", result)


def credentials(field: bytes | None) -> tuple[bytes, bytes] | None:
    """User and password of an Authorization field; None where it is not Basic.

    As lenient as httpd: decoding stops at the first byte that is not Base64, the text at the first NUL.
    """
    if field is None:
        return None
    scheme, _, rest = field.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    rest = rest.lstrip(b" \t")
    size = len(rest) - len(rest.lstrip(ALPHABET))
    size -= size % 4 == 1
    text = base64.b64decode(rest[:size] + b"=" * (-size % 4)).partition(b"\0")[0]
    user, _, password = text.partition(b":")
    return user, password


def is_right(inquiry: Inquiry, user: bytes, password: bytes, stored: bytes) -> bool | None:
    """Whether the password belongs to the hash; None while that must be asked."""
    if stored.startswith(b"{SHA}"):
        made = b"{SHA}" + base64.b64encode(hashlib.sha1(password, usedforsecurity=False).digest())
        return hmac.compare_digest(made, stored)
    if inquiry.answers is None:
        inquiry.answers = Answers()
    question = inquiry.answers.about_password(user, password, stored)
    found = inquiry.answer_to(PASSWORD, question.subject)
    if found is None:
        inquiry.question = question
        return None
    return found is True


def is_digest(user: bytes, realm: bytes, password: bytes, stored: bytes) -> bool:
    """Whether a digest of htdigest's is of these: a hash without salt, and cheap."""
    made = hashlib.md5(user + b":" + realm + b":" + password, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(made.encode(), stored)


def realm_of(inquiry: Inquiry, scope: Scope) -> bytes:
    """AuthName for this request; nothing of what it may be made of ends a field."""
    return unwrapped(written(scope.auth_name, inquiry))


def challenge(inquiry: Inquiry, scope: Scope, reason: str) -> Decision:
    """401 with the realm."""
    made = answer(inquiry, 401, reason)
    kind = type_of(scope, inquiry)
    if kind.lower() == b"basic" and scope.auth_name:
        realm = escape_quotes(realm_of(inquiry, scope))
        made.fields = ((b"WWW-Authenticate", b'Basic realm="' + realm + b'"'),)
    return made


def put_fake(inquiry: Inquiry, fake: tuple[object, object]) -> None:
    """AuthBasicFake: the member gets these credentials in place of the client's; none where one of them is empty. What
    is only asked on the way to an answer leaves the request's own fields alone."""
    if inquiry.main is not None:
        return
    inquiry.asked |= FIELDS
    user, password = written(fake[0], inquiry), written(fake[1], inquiry)
    if user and password:
        inquiry.head.replace(b"Authorization", b"Basic " + base64.b64encode(user + b":" + password))


def escape_quotes(text: bytes) -> bytes:
    """A backslash before every quote that has none (ap_escape_quotes)."""
    out = b""
    before = 0
    for c in text:
        if c == 34 and before != 92:
            out += b"\\"
        out += bytes((c,))
        before = 0 if before == 92 else c
    return out
