"""Redirect and Alias lines, from text to `plan.alias`."""

from __future__ import annotations

import re

from evenflow.compiler.environment import groups
from evenflow.compiler.expr import compile_text
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, AliasLine, Block, RedirectLine
from evenflow.origin import Origin
from evenflow.plan.alias import Alias, AliasHere, Redirect, RedirectHere, Substitution
from evenflow.plan.mapping import Mapping
from evenflow.plan.scope import Said


def compile_redirects(lines: tuple[RedirectLine, ...], findings: Findings) -> tuple[Redirect, ...]:
    """The lines in order; one that fails is a finding."""
    made = []
    for line in lines:
        try:
            made.append(compile_redirect(line))
        except Refused as refused:
            refused.report(findings, line.origin)
    return tuple(made)


def compile_redirect(line: RedirectLine) -> Redirect:
    """A line with a path or pattern. Raises `Refused`."""
    path = line.path or ""
    made = Redirect(line.status, to_bytes(line.url or ""), line.origin)
    if line.regex:
        made.pattern = compile_regex(path, origin=line.origin)
        if line.url is not None:
            made.substitution = Substitution(groups(line.url))
    else:
        made.prefix = prefix_of(path, line.origin)
    return made


def compile_aliases(lines: tuple[AliasLine, ...], findings: Findings) -> tuple[Alias, ...]:
    """The lines in order; one that fails is a finding."""
    made = []
    for line in lines:
        alias = Alias(to_bytes(line.file), line.script, line.origin)
        try:
            if line.regex:
                alias.pattern = compile_regex(line.path or "", origin=line.origin)
                alias.substitution = Substitution(groups(line.file))
            else:
                alias.prefix = prefix_of(line.path or "", line.origin)
        except Refused as refused:
            refused.report(findings, line.origin)
            continue
        made.append(alias)
    return tuple(made)


def prefix_of(path: str, origin: Origin) -> Mapping:
    """What covers a path, as a ProxyPass does."""
    return Mapping(to_bytes(re.sub("/+", "/", path)), None, False, origin)


def say_aliases(said: Said, block: Block, findings: Findings) -> None:
    """What a section says of redirects and aliases."""
    alias = block.alias
    said.say("redirects", compile_redirects(alias.redirects or (), findings))
    here = alias.redirect
    if here is not UNSET:
        try:
            text = None if here.url is None else compile_text(here.url, here.origin)
            said.say("redirect", RedirectHere(here.status, text, here.origin))
        except Refused as refused:
            refused.report(findings, here.origin)
    named = alias.alias
    if named is not UNSET:
        prefix = prefix_of(block.pattern, named.origin) if block.match == "prefix" else None
        try:
            said.say("alias", AliasHere(compile_text(named.file, named.origin), prefix, named.script, named.origin))
        except Refused as refused:
            refused.report(findings, named.origin)
