"""mod_mime: what the extensions of a file's name say of it."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import count_words, one, raw, text
from evenflow.config.contexts import ANYWHERE, SERVERS
from evenflow.config.directive import Directive
from evenflow.config.directives.filters import filter_names, input_names
from evenflow.config.scope import Action, Draft, put
from evenflow.config.settings import NameLine
from evenflow.config.syntax import Section, Statement


def extension(word: str) -> str:
    return word.removeprefix(".").lower()


def adds(kind: str, what: str) -> Action:
    """`AddX VALUE EXTENSION ...`"""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        words = count_words(statement, 2, None, f"requires at least two arguments, {what}")
        given = words[0].text if kind in ("handler", "filter", "input") else words[0].text.lower()
        if kind == "filter" and given.upper() != "INCLUDES":
            filter_names(words[0])
        if kind == "input":
            input_names(words[0])
        for word in words[1:]:
            draft.add("files", "names", NameLine(kind, extension(word.text), given, statement.origin))

    return act


def removes(kind: str) -> Action:
    """`RemoveX EXTENSION ...`"""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        words = count_words(statement, 1, None, "requires at least one argument, one or more file extensions")
        for word in words:
            draft.add("files", "names", NameLine(kind, extension(word.text), None, statement.origin))

    return act


def set_types_file(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("files", "types_file", (value, statement.origin))


DIRECTIVES = (
    Directive(
        "TypesConfig",
        SERVERS,
        one(text),
        set_types_file,
        "The file that says which extension is which type.",
        syntax="FILE",
        default="conf/mime.types",
    ),
    Directive(
        "AddType",
        ANYWHERE,
        raw,
        adds("type", "a mime type followed by one or more file extensions"),
        "The Content-Type of files whose names end so.",
        syntax="MEDIA-TYPE EXTENSION ...",
    ),
    Directive(
        "AddCharset",
        ANYWHERE,
        raw,
        adds("charset", "a charset (e.g., iso-2022-jp), followed by one or more file extensions"),
        "The charset of files whose names have this extension.",
        syntax="CHARSET EXTENSION ...",
    ),
    Directive(
        "AddEncoding",
        ANYWHERE,
        raw,
        adds("encoding", "an encoding (e.g., gzip), followed by one or more file extensions"),
        "The Content-Encoding of files whose names have this extension.",
        syntax="ENCODING EXTENSION ...",
    ),
    Directive(
        "AddLanguage",
        ANYWHERE,
        raw,
        adds("language", "a language (e.g., fr), followed by one or more file extensions"),
        "The Content-Language of files whose names have this extension.",
        syntax="LANGUAGE EXTENSION ...",
    ),
    Directive(
        "AddHandler",
        ANYWHERE,
        raw,
        adds("handler", "a handler name followed by one or more file extensions"),
        "A handler for files: evenflow has none but its own, and answers 403 for the others.",
        syntax="HANDLER EXTENSION ...",
    ),
    Directive(
        "AddOutputFilter",
        ANYWHERE,
        raw,
        adds("filter", "output filter name (or ; delimited names) followed by one or more file extensions"),
        "Compress files and members' answers whose names have this extension; files of `INCLUDES` are answered with 403"
        " where Options allow them.",
        syntax="FILTER[;FILTER ...] EXTENSION ...",
    ),
    Directive(
        "AddInputFilter",
        ANYWHERE,
        raw,
        adds("input", "input filter name (or ; delimited names) followed by one or more file extensions"),
        "Lead request bodies for paths with this extension through DEFLATE, as SetInputFilter does.",
        syntax="DEFLATE EXTENSION ...",
    ),
    Directive("RemoveType", ANYWHERE, raw, removes("type"), "Take back an AddType.", syntax="EXTENSION ..."),
    Directive("RemoveCharset", ANYWHERE, raw, removes("charset"), "Take back an AddCharset.", syntax="EXTENSION ..."),
    Directive(
        "RemoveEncoding", ANYWHERE, raw, removes("encoding"), "Take back an AddEncoding.", syntax="EXTENSION ..."
    ),
    Directive(
        "RemoveLanguage", ANYWHERE, raw, removes("language"), "Take back an AddLanguage.", syntax="EXTENSION ..."
    ),
    Directive("RemoveHandler", ANYWHERE, raw, removes("handler"), "Take back an AddHandler.", syntax="EXTENSION ..."),
    Directive(
        "RemoveOutputFilter", ANYWHERE, raw, removes("filter"), "Take back an AddOutputFilter.", syntax="EXTENSION ..."
    ),
    Directive(
        "RemoveInputFilter", ANYWHERE, raw, removes("input"), "Take back an AddInputFilter.", syntax="EXTENSION ..."
    ),
    Directive(
        "DefaultLanguage",
        ANYWHERE,
        one(text),
        put("files", "default_language"),
        "The Content-Language of files whose names say none.",
        syntax="LANGUAGE",
    ),
)
