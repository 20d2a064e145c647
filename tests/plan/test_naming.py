"""What names say."""

from __future__ import annotations

import pytest

from evenflow.plan.model import Scope
from evenflow.plan.naming import (
    CHARSET,
    ENCODING,
    FILTER,
    HANDLER,
    INPUT,
    LANGUAGE,
    TYPE,
    Naming,
    describe,
    filters_named,
    with_charset,
)

TYPES = {b"html": b"text/html", b"txt": b"text/plain", b"css": b"text/css"}


def scope() -> Scope:
    made = Scope()
    made.names = (
        Naming(TYPE, b"txt", b"text/x-other"),
        Naming(TYPE, b"txt", None),
        Naming(TYPE, b"foo", b"text/x-foo"),
        Naming(CHARSET, b"utf8", b"utf-8"),
        Naming(ENCODING, b"gz", b"x-gzip"),
        Naming(ENCODING, b"z", b"x-compress"),
        Naming(LANGUAGE, b"de", b"de"),
        Naming(LANGUAGE, b"fr", b"fr"),
        Naming(HANDLER, b"cgi", b"cgi-script"),
        Naming(HANDLER, b"de", b"odd"),
        Naming(HANDLER, b"de", None),
    )
    return made


@pytest.mark.parametrize(
    "name, said",
    [
        (b"/a/b.html", (b"text/html", b"", b"", b"")),
        (b"/a/b.HTML", (b"text/html", b"", b"", b"")),
        (b"/a.html/b", (b"", b"", b"", b"")),
        (b"/.html", (b"", b"", b"", b"")),
        (b"/..a.html", (b"text/html", b"", b"", b"")),
        (b"/html", (b"", b"", b"", b"")),
        (b"/b.txt", (b"text/plain", b"", b"", b"")),
        (b"/b.html.foo.unknown", (b"text/x-foo", b"", b"", b"")),
        (b"/b.de.html.utf8.gz.z.fr", (b"text/html; charset=utf-8", b"x-gzip, x-compress", b"de,fr", b"")),
        (b"/b.utf8", (b"", b"", b"", b"")),
        (b"/b.cgi", (b"", b"", b"", b"cgi-script")),
        (b"/b\xff.css", (b"text/css", b"", b"", b"")),
    ],
)
def test_every_extension_counts(name: bytes, said: tuple[bytes, ...]) -> None:
    made = describe(scope(), TYPES, name)
    assert (made.content_type, made.encoding, made.language, made.handler) == said


def test_what_the_place_says_of_all_files() -> None:
    place = scope()
    place.force_type = b"application/x-forced"
    place.default_language = b"en"
    assert describe(place, TYPES, b"/b.html.utf8").content_type == b"application/x-forced"
    assert describe(place, TYPES, b"/b.html").language == b"en"
    assert describe(place, TYPES, b"/b.html.de").language == b"de"


@pytest.mark.parametrize(
    "given, made",
    [
        (b"text/html", b"text/html; charset=UTF-8"),
        (b"Text/Plain; format=flowed", b"Text/Plain; format=flowed; charset=UTF-8"),
        (b"text/html;Charset=x", b"text/html;Charset=x"),
        (b"text/css", b"text/css"),
        (b"", b""),
    ],
)
def test_a_charset_for_texts_without_one(given: bytes, made: bytes) -> None:
    assert with_charset(given, b"UTF-8") == made
    assert with_charset(given, b"") is given


@pytest.mark.parametrize(
    "name, kind, filters",
    [
        (b"proxy:http://b/x.gz", INPUT, b"DEFLATE"),
        (b"proxy:http://b/x.GZ.txt", INPUT, b"DEFLATE"),
        (b"proxy:http://b/x.gz", FILTER, b""),
        (b"proxy:http://b/x.page", FILTER, b"DEFLATE;BROTLI_COMPRESS"),
        (b"proxy:http://b/x.page.gone", FILTER, b"DEFLATE;BROTLI_COMPRESS"),
        (b"proxy:http://b/x.page.more", FILTER, b"DEFLATE;BROTLI_COMPRESS;DEFLATE"),
        (b"proxy:http://b/x.gone", FILTER, b""),
        (b"proxy:http://b/x.gz/y", INPUT, b""),
        (b"proxy:http://b/gz", INPUT, b""),
        (b"proxy:http://b/.gz", INPUT, b""),
        (b"", INPUT, b""),
    ],
)
def test_extensions_lead_bodies_through_filters(name: bytes, kind: int, filters: bytes) -> None:
    made = Scope()
    made.filter_names = (
        Naming(INPUT, b"gz", b"DEFLATE"),
        Naming(FILTER, b"page", b"DEFLATE"),
        Naming(FILTER, b"page", b"DEFLATE;BROTLI_COMPRESS"),
        Naming(FILTER, b"more", b"DEFLATE"),
        Naming(FILTER, b"gone", b"DEFLATE"),
        Naming(FILTER, b"gone", None),
    )
    assert filters_named(made, name, kind) == filters
