"""mod_dir: what is answered for a directory, and for what is not there."""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import c_number, flag, one, raw, text
from evenflow.config.contexts import ANYWHERE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import UNSET
from evenflow.config.syntax import Section, Statement, Word

STATUSES: Final = {"on": 302, "off": 0, "permanent": 301, "temp": 302, "seeother": 303}


def add_indexes(draft: Draft, statement: Statement | Section, value: Any) -> None:
    names = tuple(word.text for word in statement.words)
    if len(names) == 1 and names[0].lower() == "disabled":
        draft.put("files", "indexes", ())
        return
    said = draft.get("files", "indexes")
    draft.put("files", "indexes", (*(() if said is UNSET else said), *names))


def index_status(name: str, word: Word) -> int:
    known = STATUSES.get(word.text.lower())
    if known is not None:
        return known
    if not "0" <= word.text[:1] <= "9":
        raise Wrong(
            "value-not-allowed",
            f"`{name}` must be `On`, `Off`, `permanent`, `temp`, `seeother` or a status from 300 on, not `{word.text}`",
            word.span,
            says=f"{name} ON|OFF|permanent|temp|seeother|3xx",
        )
    status = c_number(word.text)
    if status not in (300, 301, 302, 303, 305, 307, 308):
        raise Wrong(
            "value-out-of-range",
            f"`{name}` must be a status that redirects, not {word.text}",
            word.span,
            says=f"{name} only accepts values between 300 and 399" if not 300 <= status < 400 else "",
        )
    return status


def set_fallback(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("files", "fallback", "" if value.lower() == "disabled" else value)


DIRECTIVES = (
    Directive(
        "DirectoryIndex",
        ANYWHERE,
        raw,
        add_indexes,
        "What is answered for a directory, the first that is there.",
        syntax="FILE ...|disabled",
        default="index.html",
    ),
    Directive(
        "DirectoryIndexRedirect",
        ANYWHERE,
        one(index_status),
        put("files", "index_redirect"),
        "Send clients to a directory's index instead of answering it in place.",
        syntax="On|Off|permanent|temp|seeother|STATUS",
        default="Off",
    ),
    Directive(
        "DirectorySlash",
        ANYWHERE,
        flag,
        put("files", "slash"),
        "Send clients that leave out the slash behind a directory's name to the one with it.",
        default="On",
    ),
    Directive(
        "DirectoryCheckHandler",
        ANYWHERE,
        flag,
        put("files", "check_handler"),
        "Leave a directory to the handler that is set for it.",
        default="Off",
    ),
    Directive(
        "FallbackResource",
        ANYWHERE,
        one(text),
        set_fallback,
        "What is answered where there is no file and no handler.",
        syntax="PATH|disabled",
        default="disabled",
    ),
)
