"""How long an answer may be kept."""

from __future__ import annotations

from evenflow.plan.expires import Expiry, add_age, age_of
from evenflow.plan.model import Scope
from evenflow.wire.headers import Headers

NOW = 1_000_000


def scope(*types: tuple[bytes, Expiry], default: Expiry | None = None) -> Scope:
    made = Scope()
    made.expires_types = types
    made.expires_default = default
    return made


def age(made: Scope, content_type: bytes, status: int = 200, says: bool = False, changed: int = -1) -> int:
    return age_of(made, status, content_type, says, NOW, changed)


def test_the_type_comes_before_its_kind_and_the_default() -> None:
    made = scope(
        (b"text/*", Expiry(False, 2)), (b"text/css", Expiry(False, 1)), (b"text/css", Expiry(False, 4)),
        default=Expiry(False, 3),
    )  # fmt: skip
    assert age(made, b"text/css; charset=utf-8") == 4
    assert age(made, b"Text/HTML") == 2
    assert age(made, b"image/png") == 3
    assert age(made, b"") == 3
    assert age(scope((b"text/css", Expiry(False, 1))), b"image/png") == -1


def test_counted_from_the_last_change() -> None:
    made = scope(default=Expiry(True, 100))
    assert age(made, b"", changed=NOW - 30) == 70
    assert age(made, b"", changed=NOW - 300) == 0
    assert age(made, b"") == -1


def test_errors_and_answers_that_say_it_themselves_are_left_alone() -> None:
    made = scope(default=Expiry(False, 100))
    assert age(made, b"", status=404) == -1
    assert age(made, b"", says=True) == -1
    assert age(made, b"", status=304) == 100


def test_cache_control_is_merged() -> None:
    fields = Headers([(b"Cache-Control", b"private"), (b"X", b"y")])
    add_age(fields, 5, b"then")
    assert fields.get(b"cache-control") == b"private, max-age=5"
    assert fields.get(b"expires") == b"then"
