"""mod_alias: Redirect and Alias in all their forms."""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import c_number, count_words, flag, raw
from evenflow.config.contexts import ANYWHERE, LOCATION, PROXY, SERVERS
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.scope import Action, Draft, put
from evenflow.config.settings import AliasLine, RedirectLine
from evenflow.config.syntax import Section, Statement, Word

STATUSES: Final = {"gone": 410, "permanent": 301, "temp": 302, "seeother": 303}
"""The words that may stand for a status."""

ANSWERED: Final = frozenset(
    (204, *range(300, 309), *range(400, 419), *range(421, 427), 428, 429, 431, 451, *range(500, 509), 510, 511)
) - {306, 425}
"""The statuses that can be answered; httpd makes 500 of those that it does not know."""


def read_status(word: Word) -> int | None:
    """A word or number for a status; None where it is neither."""
    known = STATUSES.get(word.text.lower())
    if known is not None:
        return known
    return c_number(word.text) if "0" <= word.text[:1] <= "9" else None


def is_redirect(status: int) -> bool:
    return 300 <= status < 400


def redirect(regex: bool) -> Action:
    """`Redirect [STATUS] [PATH] [URL]` and `RedirectMatch [STATUS] PATTERN [URL]`."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        if regex:
            words = count_words(
                statement,
                2,
                3,
                "takes two or three arguments, an optional status, then a regular expression and destination URL",
            )
        else:
            words = count_words(
                statement,
                1,
                3,
                "takes one, two or three arguments, an optional status, then document to be redirected and destination "
                "URL",
            )
        status = read_status(words[0])
        rest = words if status is None else words[1:]
        if len(words) == 3 and status is None:
            raise Wrong(
                "value-not-allowed",
                f"`{words[0].text}` is not a status: write a number, `permanent`, `temp`, `seeother` or `gone`",
                words[0].span,
                says="Redirect: invalid first argument (of three)",
            )
        inside = draft.kind not in ("server", "virtualhost")
        code = 302 if status is None else status
        if not regex and inside and len(rest) == 1 and (is_redirect(code) or status is None):
            say_here(draft, statement, code, rest[0])
        elif not regex and inside and not rest and not is_redirect(code):
            say_here(draft, statement, code, None)
        elif not rest and not is_redirect(code):
            raise Wrong(
                "redirect-without-path",
                f"`{statement.name} {words[0].text}` says of no path that it is {words[0].text}",
                words[0].span,
                note="httpd accepts the line, and nothing follows from it",
                help=f"write `{statement.name} {words[0].text} /path`, or put it into a `<Location>`",
            )
        else:
            say(draft, statement, code, rest, regex)

    return act


def fixed(status: int) -> Action:
    """`RedirectTemp PATH URL` and `RedirectPermanent PATH URL`."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        words = count_words(
            statement, 2, 2, "takes two arguments, a document to be redirected, then the destination URL"
        )
        say(draft, statement, status, words, False)

    return act


def say(draft: Draft, statement: Statement | Section, status: int, words: tuple[Word, ...], regex: bool) -> None:
    """A path or pattern, and a URL unless the status is no redirect."""
    path = words[0] if words else None
    url = words[1] if len(words) > 1 else None
    check_status(statement, status)
    if is_redirect(status):
        if path is None or url is None:
            raise Wrong(
                "argument-count",
                f"`{statement.name}` needs a URL to lead to",
                says="URL to redirect to is missing",
                help=f"write `{statement.name} {statement.rest} https://www.example.com/`",
            )
        if not regex and not url.text.startswith("/") and ":" not in url.text:
            raise Wrong(
                "url-not-absolute",
                f"`{url.text}` is neither a URL nor a path with a slash before it",
                url.span,
                says="Redirect to non-URL",
                help=f"write `/{url.text}` or `https://{url.text}`",
            )
    elif url is not None:
        raise Wrong(
            "argument-count",
            f"with status {status} nobody is led anywhere: `{url.text}` has no place",
            url.span,
            says="Redirect URL not valid for this status",
        )
    assert path is not None
    if not regex and not path.text.startswith("/"):
        draft.reports.append(
            warning(
                "path-without-slash",
                f"`{path.text}` is the beginning of no path, so the line has no effect",
                path.span,
                help=f"write `/{path.text}`",
            )
        )
    line = RedirectLine(status, path.text, regex, url.text if url is not None else None, statement.origin)
    draft.add("alias", "redirects", line)


def say_here(draft: Draft, statement: Statement | Section, status: int, url: Word | None) -> None:
    """A Redirect for all that the section covers."""
    check_status(statement, status)
    draft.put("alias", "redirect", RedirectLine(status, None, False, url.text if url else None, statement.origin))


def check_status(statement: Statement | Section, status: int) -> None:
    if status not in ANSWERED:
        raise Wrong(
            "status-not-supported",
            f"evenflow answers no redirect with status {status}",
            statement.words[0].span,
            note="httpd accepts the line, and answers with 500 or a page that says so",
            help="use a status from 300 on that HTTP knows, or 204",
        )


def alias(script: bool) -> Action:
    """`Alias PATH FILE`, in a Location `Alias FILE`."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        name = statement.name
        words = count_words(
            statement, 1, 2, "takes 1-2 arguments, a fakename and a realname, or a realname in a Location"
        )
        inside = draft.kind not in ("server", "virtualhost")
        if script:
            warn_of_scripts(draft, statement)
        if inside:
            if len(words) > 1:
                raise Wrong(
                    "argument-count",
                    f"`{name}` takes its path from the section: only the file is said here",
                    words[0].span,
                    says=f"{name} cannot occur within directory context",
                    help=f"write `{name} {words[1].text}`, or move the line out of the section",
                )
            draft.put("alias", "alias", AliasLine(None, False, words[0].text, script, statement.origin))
            return
        if len(words) == 1:
            raise Wrong(
                "argument-count",
                f"`{name}` needs a path and a file",
                says=f"{name} must have two arguments when used globally",
            )
        add_alias(draft, statement, words, False, script)

    return act


def alias_match(script: bool) -> Action:
    """`AliasMatch PATTERN FILE`."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        words = count_words(statement, 2, 2, "takes two arguments, a regular expression and a filename")
        if script:
            warn_of_scripts(draft, statement)
        add_alias(draft, statement, words, True, script)

    return act


def add_alias(draft: Draft, statement: Statement | Section, words: tuple[Word, ...], regex: bool, script: bool) -> None:
    draft.add("alias", "aliases", AliasLine(words[0].text, regex, words[1].text, script, statement.origin))


def warn_of_scripts(draft: Draft, statement: Statement | Section) -> None:
    draft.reports.append(
        warning(
            "scripts-not-supported",
            f"evenflow runs no programs: what `{statement.name}` names is answered with 403",
            statement.words[0].span,
            notes=("nothing there is given out as a file either",),
            help="let a server of its own run them, and write a `ProxyPass` to it",
        )
    )


FILES: Final = SERVERS | LOCATION | PROXY

DIRECTIVES = (
    Directive(
        "Redirect",
        ANYWHERE,
        raw,
        redirect(False),
        "Send clients to another address, or say that it is gone.",
        syntax="[STATUS] [PATH] [URL]",
    ),
    Directive(
        "RedirectMatch",
        ANYWHERE,
        raw,
        redirect(True),
        "Like Redirect, for paths that a pattern matches.",
        syntax="[STATUS] PATTERN [URL]",
    ),
    Directive("RedirectTemp", ANYWHERE, raw, fixed(302), "Like `Redirect temp`.", syntax="[PATH] URL"),
    Directive("RedirectPermanent", ANYWHERE, raw, fixed(301), "Like `Redirect permanent`.", syntax="[PATH] URL"),
    Directive(
        "RedirectRelative",
        ANYWHERE,
        flag,
        put("alias", "relative"),
        "Leave a redirect's path as it is, without our own scheme and name before it.",
        default="Off",
    ),
    Directive(
        "Alias",
        FILES,
        raw,
        alias(False),
        "Take the files of a path from another place than DocumentRoot.",
        syntax="[PATH] FILE",
    ),
    Directive(
        "AliasMatch",
        SERVERS,
        raw,
        alias_match(False),
        "Like Alias, for paths that a pattern matches.",
        syntax="PATTERN FILE",
    ),
    Directive(
        "AliasPreservePath",
        ANYWHERE,
        flag,
        put("alias", "preserve_path"),
        "Whether an Alias in a Location keeps what follows the Location's path.",
        default="Off",
    ),
    Directive(
        "ScriptAlias",
        FILES,
        raw,
        alias(True),
        "A place of programs: evenflow runs none and answers 403.",
        syntax="[PATH] FILE",
    ),
    Directive(
        "ScriptAliasMatch",
        SERVERS,
        raw,
        alias_match(True),
        "Like ScriptAlias, for paths that a pattern fits.",
        syntax="PATTERN FILE",
    ),
)
