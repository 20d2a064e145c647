"""`<AuthnProviderAlias>` and `<AuthzProviderAlias>`: names for a file of users, and for a Require line.

Both stand in the main server, and hold what is different where the name is used: AuthUserFile or AuthGroupFile. A name
is known from its section on, so that AuthBasicProvider and Require look it up while they are read.
"""

from __future__ import annotations

from evenflow.config.contexts import LOCATION
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directives.auth import SOURCES, check_source
from evenflow.config.directives.authz import PROVIDERS, check_provider, check_require
from evenflow.config.scope import Draft
from evenflow.config.settings import RequireAlias, UserSource
from evenflow.config.syntax import Section, Word

HOLDS = {"user": "user_file", "require": "group_file"}
"""By kind of name: the field of the access settings that its section may say."""
SHOWN = {"user_file": "AuthUserFile", "group_file": "AuthGroupFile"}


def words_of(section: Section) -> tuple[Word, ...]:
    """What it is a name for, and the name."""
    if len(section.words) < 2:
        raise Wrong(
            "section-argument-missing",
            f"`<{section.name}>` needs two arguments: what it is a name for, and the name",
            says=f"<{section.name}> directive requires additional arguments",
            help="write `<AuthnProviderAlias file NAME>`"
            if section.name.lower() == "authnprovideralias"
            else "write `<AuthzProviderAlias user NAME \"anna bert\">`",
        )
    if section.words[0].text == section.words[1].text:
        raise Wrong(
            "value-not-allowed",
            f"`{section.words[1].text}` cannot be a name for itself",
            section.words[1].span,
            says="The alias provider name must be different from the base provider name.",
        )
    return section.words


def check_new(section: Section, name: Word, taken: tuple[str, ...]) -> None:
    """A name is given once."""
    if name.text in taken:
        raise Wrong(
            "value-not-allowed",
            f"`{name.text}` is taken",
            name.span,
            says=f"The alias provider {name.text} has already be registered previously as either a base provider or an "
            "alias provider.",
            help="give it another name",
        )


def no_chain(kind: str, word: Word) -> Wrong:
    """httpd takes a name for a name, and asks itself without end once a request comes."""
    return Wrong(
        "value-not-supported",
        f"`{word.text}` is a name itself: a name for a name cannot be asked",
        word.span,
        note="httpd takes it, and asks itself without end once a request comes",
        help=f"write `<{kind} ...>` for what `{word.text}` stands for",
    )


def open_users(outer: Draft, section: Section) -> Draft:
    """A name for a file of users."""
    base, name = words_of(section)[:2]
    known = outer.main.get("access", "user_aliases") or ()
    if any(one.name == base.text for one in known):
        raise no_chain("AuthnProviderAlias file", base)
    check_source(base)
    check_new(section, name, (*SOURCES, *(one.name for one in known)))
    return inside(outer, section, "user", name.text)


def close_users(outer: Draft, inner: Draft, section: Section) -> None:
    check_inside(inner, section)
    said = inner.get("access", "user_file")
    outer.add("access", "user_aliases", UserSource(inner.pattern, said, section.origin))


def open_require(outer: Draft, section: Section) -> Draft:
    """A name for a Require line."""
    base, name, *rest = words_of(section)
    known = outer.main.get("access", "require_aliases") or ()
    if any(one.name == base.text for one in known):
        raise no_chain("AuthzProviderAlias", base)
    check_provider(section, base.text, base)
    check_new(section, name, (*PROVIDERS, *(one.name for one in known)))
    if len(rest) > 1:
        outer.reports.append(
            warning(
                "arguments-without-effect",
                f"of the arguments only `{rest[0].text}` counts",
                rest[1].span,
                notes=("httpd says: several arguments must be enclosed in quotation marks (AH10142)",),
                help="put them into quotes: `" + f'"{" ".join(word.text for word in rest)}"`',
            )
        )
    check_require(section, base.text, arguments_of(rest))
    return inside(outer, section, "require", name.text)


def arguments_of(rest: list[Word]) -> tuple[Word, ...]:
    """The words of what stands in quotes."""
    if not rest:
        return ()
    return tuple(Word(text, rest[0].span) for text in rest[0].text.split())


def close_require(outer: Draft, inner: Draft, section: Section) -> None:
    check_inside(inner, section)
    base, name, *rest = section.words
    arguments = tuple(word.text for word in arguments_of(rest))
    text = rest[0].text if rest else ""
    said = inner.get("access", "group_file")
    alias = RequireAlias(name.text, base.text, arguments, text, said, section.origin)
    outer.add("access", "require_aliases", alias)


def inside(outer: Draft, section: Section, kind: str, name: str) -> Draft:
    return Draft(kind, "prefix", name, section.origin, LOCATION, section.name, outer, outer.reports)


def check_inside(inner: Draft, section: Section) -> None:
    """What else it says counts nowhere."""
    field = HOLDS[inner.kind]
    others = [name for module, said in inner.values.items() for name in said if (module, name) != ("access", field)]
    if others or inner.blocks:
        inner.reports.append(
            warning(
                "setting-without-effect",
                f"in `<{section.name}>` nothing counts but `{SHOWN[field]}`",
                section.span,
                help="write the rest into the section that uses the name",
            )
        )
