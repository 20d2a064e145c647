"""Which answers are compressed, from settings to `plan.filters`."""

from __future__ import annotations

import importlib.util
from typing import Final

from evenflow.compiler.expr import compile_condition
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.substitute import say_substitutes
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, Block, ChainLink, FilterSettings, ProviderLine
from evenflow.origin import Origin
from evenflow.plan.expr import Condition
from evenflow.plan.filters import BROTLI, TOKENS, ByType, Compression, Smart
from evenflow.plan.scope import Said

NUMBERS: Final = ("deflate_level", "deflate_memory", "deflate_window", "brotli_quality", "brotli_window")
INFLATING: Final = ("inflate_limit", "inflate_ratio", "inflate_burst")
WORDS: Final = ("deflate_etag", "brotli_etag")
NOTES: Final = ("deflate_notes", "brotli_notes")


def say_filters(said: Said, settings: FilterSettings, origin: Origin, findings: Findings) -> None:
    """Say what one section's filter directives say."""
    named: tuple[bytes, ...] = ()
    if settings.output is not UNSET:
        named = tuple(TOKENS[name] for name in settings.output if name in TOKENS)
        said.say("output_filters", named)
        said.say("rate_limited", "RATE_LIMIT" in settings.output)
    if settings.input is not UNSET:
        said.say("inflates", "DEFLATE" in settings.input)
    for name in INFLATING:
        value = getattr(settings, name)
        if value is not UNSET:
            said.say(name, value)
    typed = tuple(
        ByType(tuple(TOKENS[name] for name in line.filters), frozenset(to_bytes(media) for media in line.types))
        for line in settings.by_type or ()
    )
    said.say("typed_filters", typed)
    smart = compile_providers(settings.providers or (), dict(settings.protocols or ()), findings)
    said.say("smart_filters", smart)
    say_substitutes(said, settings, findings)
    said.say("filter_chain", compile_chain(settings.chain or ()))
    if settings.provider_protocols:
        said.say("filter_words", {TOKENS[name]: words for name, words in settings.provider_protocols})
    if any(getattr(settings, name) is not UNSET for name in (*NUMBERS, *WORDS, *NOTES)):
        said.say("compression", compression(settings))
    asked = [name for part in (named, *(one.filters for one in typed)) for name in part]
    asked += [name for one in smart for name, _ in one.providers]
    if BROTLI in asked and importlib.util.find_spec("brotli") is None:
        findings.error(
            "brotli-missing",
            "BROTLI_COMPRESS needs the `brotli` package, which is not installed",
            origin,
            help="type `pip install 'evenflow[brotli]'`, or use DEFLATE",
        )


def compile_providers(
    lines: tuple[ProviderLine, ...], words: dict[str, frozenset[str]], findings: Findings
) -> tuple[Smart, ...]:
    """The filters that a section declares. A provider goes before those that were written before it (httpd)."""
    made: dict[str, list[tuple[bytes, Condition]]] = {}
    for line in lines:
        providers = made.setdefault(line.name, [])
        if not line.provider:
            continue
        try:
            providers.insert(0, (TOKENS[line.provider], compile_condition(line.condition, line.origin)))
        except Refused as refused:
            refused.report(findings, line.origin)
    return tuple(
        Smart(to_bytes(name), tuple(providers), words.get(name, frozenset())) for name, providers in made.items()
    )


def compile_chain(links: tuple[ChainLink, ...]) -> tuple[bytes | None, ...]:
    """A section's chain; None at its head where it does not go on with what stands further out."""
    chain: list[bytes | None] = []
    for link in links:
        name = to_bytes(link.name)
        if link.sign == "!":
            chain = [None]
        elif link.sign == "=":
            chain = [None, name]
        elif link.sign == "@":
            chain.insert(0, name)
        elif link.sign == "-":
            chain = [one for one in chain if one is None or one.lower() != name.lower()]
        else:
            chain.append(name)
    return tuple(chain)


def check_chains(main: Block, findings: Findings) -> None:
    """Chains name filters that somebody declared: the name of one that is there is none of a chain (httpd)."""
    blocks = [main]
    for block in blocks:
        blocks += block.blocks
    known = {line.name for block in blocks for line in block.filters.providers or ()}
    for block in blocks:
        for link in block.filters.chain or ():
            if link.name and link.name not in known and link.sign != "-":
                findings.warning(
                    "filter-not-declared",
                    f"no answer goes through `{link.name}`: no FilterProvider makes a filter of this name",
                    link.origin,
                    notes=(f"httpd says: Unknown filter {link.name} not added",),
                    help=f"write `FilterProvider {link.name} DEFLATE \"%{{CONTENT_TYPE}} =~ m#^text/#\"`",
                )


def compression(settings: FilterSettings) -> Compression:
    """What a server says of it, the modules' defaults for the rest."""
    made = Compression()
    for name in NUMBERS:
        value = getattr(settings, name)
        if value is not UNSET:
            setattr(made, name, value)
    for name in WORDS:
        value = getattr(settings, name)
        if value is not UNSET:
            setattr(made, name, value.lower())
    for name in NOTES:
        # Of each kind the last.
        said = {kind: to_bytes(note) for kind, note in getattr(settings, name) or ()}
        setattr(made, name, tuple(said.items()))
    return made
