"""core: how files of this machine are found and named."""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import at, one, one_of, raw, text
from evenflow.config.contexts import ANYWHERE, INSIDE
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import Switches
from evenflow.config.syntax import Section, Statement

OPTIONS: Final = (
    "indexes", "includes", "includesnoexec", "followsymlinks", "symlinksifownermatch", "execcgi", "multiviews",
)  # fmt: skip
ALL_OPTIONS: Final = frozenset(("indexes", "includes", "followsymlinks", "execcgi"))
"""What `All` stands for."""

ETAG: Final = ("inode", "mtime", "size")


class Signed:
    """Words with a sign or without one, as they are read: `+X` adds, `-X` removes, X alone begins anew."""

    def __init__(self) -> None:
        self.whole: set[str] | None = None
        self.added: set[str] = set()
        self.removed: set[str] = set()

    def say(self, sign: str, names: frozenset[str]) -> None:
        if sign == "+":
            self.added |= names
            self.removed -= names
        elif sign == "-":
            self.removed |= names
            self.added -= names
        else:
            self.whole = (self.whole or set()) | names

    def forget(self) -> None:
        """What was said without a sign so far."""
        self.whole = set()

    def switches(self) -> Switches:
        whole = None if self.whole is None else frozenset(self.whole)
        return Switches(whole, frozenset(self.added), frozenset(self.removed))


def options(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`Options [+|-]WORD ...`"""
    signed = Signed()
    for word in statement.words:
        sign = word.text[:1] if word.text[:1] in ("+", "-") else ""
        name = word.text[len(sign) :].lower()
        if not sign and (signed.added or signed.removed):
            raise Wrong(
                "options-mixed",
                f"`{word.text}` has no sign, and others have: `Options` with signs change what was said, without they "
                "replace it",
                word.span,
                says="Either all Options must start with + or -, or no Option may.",
                help=f"write `+{word.text}`",
            )
        if name not in (*OPTIONS, "none", "all"):
            raise Wrong(
                "value-not-allowed",
                f"`{word.text}` is no option",
                word.span,
                says=f"Illegal option {word.text[len(sign) :]}",
                help="the options are Indexes, Includes, IncludesNOEXEC, FollowSymLinks, SymLinksIfOwnerMatch, "
                "ExecCGI, MultiViews, None and All",
            )
        if sign and name in ("none", "all"):
            both = f"'Options +{name.title()}' or 'Options -{name.title()}'"
            raise Wrong(
                "value-not-allowed",
                f"`{name.title()}` takes no sign",
                word.span,
                says=f"You may not use {both}.",
            )
        names = ALL_OPTIONS if name == "all" else frozenset() if name == "none" else frozenset((name,))
        if name == "none":
            signed.forget()
        signed.say(sign, names)
        if name == "multiviews" and sign != "-":
            draft.reports.append(
                warning(
                    "option-without-effect",
                    "`MultiViews` has no effect: evenflow looks for no file under another name than the one asked for",
                    word.span,
                    help="name the file itself in links",
                )
            )
    if statement.words:
        draft.add(
            "files",
            "options",
            signed.switches(),
        )


def etag(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`FileETag [+|-]WORD ...`"""
    signed = Signed()
    for word in statement.words:
        sign = word.text[:1] if word.text[:1] in ("+", "-") else ""
        name = word.text[len(sign) :].lower()
        if name == "digest":
            raise Wrong("value-not-supported", "evenflow makes no ETag of a file's content: `Digest`", word.span)
        if name not in (*ETAG, "none", "all"):
            raise Wrong(
                "value-not-allowed",
                f"`{word.text}` is no part of an ETag: write `INode`, `MTime`, `Size`, `All` or `None`",
                word.span,
                says=f"Unknown keyword '{word.text}' for FileETag directive",
            )
        names = frozenset(ETAG) if name == "all" else frozenset() if name == "none" else frozenset((name,))
        signed.say(sign, names)
    if statement.words:
        draft.add(
            "files",
            "etags",
            signed.switches(),
        )


def allow_override(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """Files called .htaccess are not read, whatever is allowed in them."""
    words = [word.text.lower() for word in statement.words]
    known = ("none", "all", "limit", "authconfig", "fileinfo", "indexes", "options")
    for word in statement.words:
        name = word.text.lower().partition("=")[0]
        if name not in known and name != "nonfatal":
            raise Wrong(
                "value-not-allowed",
                f"`{word.text}` is nothing that a .htaccess file could be allowed to override",
                word.span,
                says=f"Illegal override option {word.text}",
            )
    if draft.kind not in ("directory", "proxy"):
        draft.reports.append(
            warning(
                "setting-without-effect",
                f"`AllowOverride` is useless in `<{draft.section}>`: it is about directories",
                at(statement),
                notes=("httpd says: Useless use of AllowOverride (AH00114)",),
                help="remove it, or move it into a `<Directory>`",
            )
        )
    elif set(words) - {"none"} and draft.kind == "directory":
        draft.reports.append(
            warning(
                "htaccess-not-read",
                f"`AllowOverride {statement.rest}` has no effect: evenflow reads no .htaccess files",
                at(statement),
                notes=("what stands in them is not asked: neither access nor rules",),
                help="put what they say into a `<Directory>` section, and write `AllowOverride None`",
            )
        )


def set_charset(draft: Draft, statement: Statement | Section, value: Any) -> None:
    lower = value.lower()
    draft.put("files", "default_charset", "" if lower == "off" else "iso-8859-1" if lower == "on" else value)


def set_type(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("files", "force_type", value.lower())


DIRECTIVES = (
    Directive(
        "Options",
        ANYWHERE,
        raw,
        options,
        "What may be done with files: follow links, mostly.",
        syntax="[+|-]OPTION ...",
        default="FollowSymlinks",
    ),
    Directive(
        "FileETag",
        ANYWHERE,
        raw,
        etag,
        "What a file's ETag is made of.",
        syntax="[+|-]COMPONENT ...",
        default="MTime Size",
    ),
    Directive(
        "AllowOverride",
        INSIDE,
        raw,
        allow_override,
        "Files called .htaccess are not read; only `None` is meant.",
        syntax="None|CLASS ...",
        default="None",
    ),
    Directive(
        "AcceptPathInfo",
        ANYWHERE,
        one(one_of("on", "off", "default", says="AcceptPathInfo must be set to on, off or default")),
        put("files", "path_info"),
        "Whether a path may go on behind a file's name.",
        syntax="On|Off|Default",
        default="Default",
    ),
    Directive(
        "ForceType",
        ANYWHERE,
        one(text),
        set_type,
        "The Content-Type of files, whatever their names say.",
        syntax="MEDIA-TYPE|None",
    ),
    Directive(
        "AddDefaultCharset",
        ANYWHERE,
        one(text),
        set_charset,
        "The charset of answers in text/plain and text/html that name none, members' answers too.",
        syntax="On|Off|CHARSET",
        default="Off",
    ),
)
