"""Users: mod_authn_core, mod_auth_basic, mod_authn_file and mod_authz_groupfile."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import at, count_words, flag, raw
from evenflow.config.contexts import INSIDE
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import UNSET, UserSource
from evenflow.config.syntax import Section, Statement, Word

SOURCES = ("file",)
PROVIDERS = ("anon", "dbd", "dbm", "ldap", "socache")
"""What httpd has and we do not."""


def auth_type(draft: Draft, statement: Statement | Section, value: Any) -> None:
    word = count_words(statement, 1, 1, 'takes one argument, an HTTP authorization type (e.g., "Basic")')[0]
    if word.text.lower() not in ("basic", "none") and "%{" not in word.text:
        digest = word.text.lower() == "digest"
        raise Wrong(
            "value-not-supported",
            f"evenflow knows `AuthType Basic` and `None`, not `{word.text}`",
            word.span,
            help="use `AuthType Basic` over TLS: Digest needs passwords that can be read" if digest else "",
        )
    draft.put("access", "auth_type", word.text)
    draft.put("access", "auth_origin", statement.origin)


def auth_name(draft: Draft, statement: Statement | Section, value: Any) -> None:
    word = count_words(statement, 1, 1, 'takes one argument, the authentication realm (e.g. "Members Only")')[0]
    draft.put("access", "auth_name", word.text)


def user_file(draft: Draft, statement: Statement | Section, value: Any) -> None:
    word = count_words(statement, 1, 1, "takes one argument, text file containing user IDs and passwords")[0]
    draft.put("access", "user_file", (word.text, statement.origin))


def group_file(draft: Draft, statement: Statement | Section, value: Any) -> None:
    word = count_words(statement, 1, 1, "takes one argument, text file containing group names and member user IDs")[0]
    draft.put("access", "group_file", (word.text, statement.origin))


def provider(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "requires at least one argument, specify the auth providers for a directory or location"
    named = {one.name: one for one in draft.main.get("access", "user_aliases") or ()}
    for word in count_words(statement, 1, None, says):
        if word.text in named:
            source = named[word.text]
        else:
            check_source(word)
            source = UserSource(word.text, UNSET, statement.origin)
        draft.add("access", "sources", source)


def check_source(word: Word) -> None:
    """Whether passwords can be looked up there."""
    if word.text in PROVIDERS:
        raise Wrong(
            "value-not-supported",
            f"evenflow looks passwords up in files only, not by `{word.text}`",
            word.span,
            help="write `AuthBasicProvider file` and an AuthUserFile",
        )
    if word.text not in SOURCES:
        raise Wrong(
            "value-not-allowed",
            f"`{word.text}` provides no passwords",
            word.span,
            says=f"Unknown Authn provider: {word.text}",
            help="write `AuthBasicProvider file`, or an `<AuthnProviderAlias>` before it",
        )


def fake(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(
        statement,
        1,
        2,
        "takes 1-2 arguments, Fake basic authentication using the given expressions for username and password, 'off' "
        "to disable. Password defaults to 'password' if missing.",
    )
    if len(words) == 1 and words[0].text.lower() == "off":
        draft.put("access", "fake", ("", ""))
        return
    draft.put("access", "fake", (words[0].text, words[1].text if len(words) == 2 else "password"))


def digest_algorithm(draft: Draft, statement: Statement | Section, value: Any) -> None:
    word = count_words(statement, 1, 1, "takes one argument")[0]
    if word.text.lower() not in ("off", "md5"):
        raise Wrong(
            "value-not-allowed",
            f"`AuthBasicUseDigestAlgorithm` must be `Off` or `MD5`, not `{word.text}`",
            at(statement),
            says=f"Invalid algorithm in AuthBasicUseDigestAlgorithm: {word.text}",
        )
    draft.put("access", "digests", word.text.lower() == "md5")


DIRECTIVES = (
    Directive("AuthType", INSIDE, raw, auth_type, "How users say who they are: Basic, or None.", syntax="None|Basic"),
    Directive(
        "AuthName",
        INSIDE,
        raw,
        auth_name,
        "The realm that a browser shows when it asks for a password.",
        syntax="REALM",
    ),
    Directive(
        "AuthUserFile", INSIDE, raw, user_file, "The file with users and hashes of their passwords.", syntax="FILE"
    ),
    Directive("AuthGroupFile", INSIDE, raw, group_file, "The file that says who is in which group.", syntax="FILE"),
    Directive(
        "AuthBasicProvider",
        INSIDE,
        raw,
        provider,
        "Where passwords are looked up, one after the other: file, or names of `<AuthnProviderAlias>`.",
        syntax="file|NAME ...",
        default="file",
    ),
    Directive(
        "AuthBasicAuthoritative",
        INSIDE,
        flag,
        put("access", "authoritative"),
        "Whether an unknown user is refused here, or left to another module (of which there is none: 500).",
        default="On",
    ),
    Directive(
        "AuthBasicFake",
        INSIDE,
        raw,
        fake,
        "Put these credentials into the request that a member gets.",
        syntax="off|USER [PASSWORD]",
    ),
    Directive(
        "AuthBasicUseDigestAlgorithm",
        INSIDE,
        raw,
        digest_algorithm,
        "With MD5 passwords are compared with a file that htdigest wrote: `user:realm:digest`.",
        syntax="MD5|Off",
        default="Off",
    ),
)
