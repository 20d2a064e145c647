"""Who may come in, from settings to `plan.access` and `plan.compat`; texts that are made of a request become functions
of the inquiry."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from evenflow.compiler.expr import compile_condition, compile_text
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.networks import compile_network
from evenflow.compiler.texts import to_bytes
from evenflow.config import settings
from evenflow.config.directives.authz import read_network
from evenflow.config.settings import UNSET, AccessSettings, RequireGroup, RequireLine
from evenflow.origin import NOWHERE, Origin
from evenflow.plan import access, compat
from evenflow.plan.access import Network, Require, Requires
from evenflow.plan.decision import Inquiry
from evenflow.plan.expr import Text, holds, write
from evenflow.plan.scope import Said

QUOTED: Final = re.compile(rb"""\"[^\"]*\"|'[^']*'|[^ \t]+""")

SIMPLE = {
    "local": access.LOCAL,
    "ssl": access.TLS,
    "ssl-verify-client": access.TLS_VERIFIED,
    "valid-user": access.VALID_USER,
}
NAMED = {
    "host": access.HOST,
    "forward-dns": access.FORWARD_DNS,
    "user": access.USER,
    "group": access.GROUP,
}


def say_access(said: Said, section: AccessSettings, findings: Findings) -> None:
    """What a section says of access."""
    if section.requires is not UNSET or section.merging is not UNSET:
        said.say("requires", (compile_requires(section.requires or (), section.merging or "", findings),))
    if section.forbidden_on_failure is not UNSET:
        said.say("forbidden_on_failure", section.forbidden_on_failure)
    if section.allow_methods is not UNSET:
        names = {to_bytes(name) for name in section.allow_methods}
        said.say("allow_methods", frozenset(b"GET" if name == b"HEAD" else name for name in names))
    said.say("order", compile_order(section))
    origin = section.auth_origin or NOWHERE
    if section.auth_type is not UNSET:
        said.say("auth_type", compile_words(section.auth_type, origin, findings))
        said.say("auth_origin", origin)
    if section.auth_name is not UNSET:
        said.say("auth_name", compile_words(section.auth_name, origin, findings))
    if section.user_file is not UNSET:
        said.say("user_file", to_bytes(section.user_file[0]))
    if section.group_file is not UNSET:
        said.say("group_file", to_bytes(section.group_file[0]))
    if section.sources is not UNSET:
        files = tuple(b"" if one.user_file is UNSET else to_bytes(one.user_file[0]) for one in section.sources)
        said.say("user_sources", files)
    if section.digests is not UNSET:
        said.say("digests", section.digests)
    if section.authoritative is not UNSET:
        said.say("authoritative", section.authoritative)
    if section.fake is not UNSET:
        user, password = (compile_words(text, origin, findings) for text in section.fake)
        said.say("fake", (user, password))


def compile_words(text: str, origin: Origin, findings: Findings) -> object:
    """A text for `decision.written`: bytes where nothing is put in."""
    if "%{" not in text and "\\" not in text:
        return to_bytes(text)
    try:
        made = compile_text(text, origin)
    except Refused as refused:
        refused.report(findings, origin)
        return b""
    return made.literal if made.literal is not None else partial(write, made)


def compile_requires(items: tuple[RequireLine | RequireGroup, ...], merging: str, findings: Findings) -> Requires:
    """One section's lines, which count as RequireAny; those that fail are findings."""
    made = compile_items(items, findings)
    return Requires(access.container(made, False, False, made[0].origin) if made else None, merging)


def compile_items(items: tuple[RequireLine | RequireGroup, ...], findings: Findings) -> tuple[Require, ...]:
    found = []
    for item in items:
        if isinstance(item, RequireGroup):
            inner = compile_items(item.items, findings)
            found.append(access.container(inner, item.kind == "all", item.kind == "none", item.origin))
            continue
        try:
            found.append(compile_require(item))
        except Refused as refused:
            refused.report(findings, item.origin)
    return tuple(found)


def compile_require(line: RequireLine) -> Require:
    """One line. Raises `Refused`."""
    made = compile_provider(line)
    made.negated = line.negated
    made.methods = compile_methods(line.methods)
    if line.group_file is not UNSET:
        made.group_file = to_bytes(line.group_file[0])
    name = (line.alias, "=") if line.alias else ()
    made.shown = to_bytes(" ".join((*(("not",) if line.negated else ()), *name, line.provider, *line.arguments)))
    return made


def compile_provider(line: RequireLine) -> Require:
    provider = line.provider.lower()
    words = line.arguments
    names = frozenset(to_bytes(word) for word in words)
    if provider == "all":
        word = words[0].lower() if len(words) == 1 else ""
        if word not in ("granted", "denied"):
            raise Refused("value-not-allowed", "`Require all` takes `granted` or `denied`")
        return Require(access.ALL_GRANTED if word == "granted" else access.ALL_DENIED, frozenset(), (), line.origin)
    if provider in SIMPLE:
        return Require(SIMPLE[provider], frozenset(), (), line.origin)
    if provider == "ip":
        if not words:
            raise Refused("argument-count", "`Require ip` needs an address")
        return Require(access.IP, frozenset(), tuple(compile_network(word) for word in words), line.origin)
    if provider == "env":
        return Require(access.ENV, names, (), line.origin)
    if provider == "method":
        # For httpd HEAD is a GET without its body, and Require cannot tell them apart.
        if names & {b"GET", b"HEAD"}:
            names |= {b"GET", b"HEAD"}
        return Require(access.METHOD, names, (), line.origin)
    if provider in NAMED:
        made = Require(NAMED[provider], names, (), line.origin)
        # It is an expression, and in one a backslash takes the next letter as it is.
        if any("%{" in word for word in words) or "\\" in line.text:
            made.text = partial(words_of, compile_text(line.text, line.origin))
        return made
    if provider == "expr":
        text = line.text
        if len(text) > 1 and text[0] == '"' and text[-1] == '"':
            text = text[1:-1]
        made = Require(access.EXPRESSION, frozenset(), (), line.origin)
        made.condition = partial(holds, compile_condition(text, line.origin))
        made.asks_user = "%{REMOTE_USER}" in text.upper()
        return made
    raise Refused(
        "provider-not-supported",
        f"evenflow cannot check `Require {line.provider} {line.text}` yet",
        notes=("a request must not pass because nobody looked",),
    )


def words_of(text: Text, inquiry: Inquiry) -> tuple[bytes, ...]:
    """The words of a text that is made of the request, quotes around blanks taken away."""
    return tuple(word.strip(b"\"'") for word in QUOTED.findall(write(text, inquiry)))


def compile_methods(methods: settings.Methods | None) -> access.Methods | None:
    if methods is None:
        return None
    return access.Methods(frozenset(to_bytes(name) for name in methods.names), methods.others)


def compile_order(section: AccessSettings) -> compat.Order | None:
    """Order, Allow, Deny and Satisfy; None where none of them is said."""
    if section.orders is UNSET and section.satisfies is UNSET and section.rules is UNSET:
        return None
    rules = section.rules or ()
    allows = tuple(compile_rule(rule) for rule in rules if rule.allows)
    denies = tuple(compile_rule(rule) for rule in rules if not rule.allows)
    origin = section.compat_origin
    assert origin is not UNSET
    return compat.Order(
        tuple((to_bytes(word), compile_methods(methods)) for word, methods in section.orders or ()),
        tuple((to_bytes(word), compile_methods(methods)) for word, methods in section.satisfies or ()),
        allows,
        denies,
        origin,
    )


def compile_rule(rule: settings.AccessRule) -> compat.Rule:
    methods = compile_methods(rule.methods)
    word = rule.word
    if word.lower() == "all":
        return compat.Rule(compat.EVERYBODY, b"", None, methods, rule.origin)
    if word[:5].lower() == "env=!":
        return compat.Rule(compat.NO_VARIABLE, to_bytes(word[5:]), None, methods, rule.origin)
    if word[:4].lower() == "env=":
        return compat.Rule(compat.VARIABLE, to_bytes(word[4:]), None, methods, rule.origin)
    network = read_network(word)
    if network is not None:
        return compat.Rule(compat.NETWORK, b"", Network(*network), methods, rule.origin)
    return compat.Rule(compat.DOMAIN, to_bytes(word), None, methods, rule.origin)
