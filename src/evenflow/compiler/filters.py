"""Which answers are compressed, from settings to `plan.filters`."""

from __future__ import annotations

import importlib.util
from typing import Final

from evenflow.compiler.findings import Findings
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, FilterSettings
from evenflow.origin import Origin
from evenflow.plan.filters import BROTLI, CODINGS, ByType, Compression
from evenflow.plan.scope import Said

NUMBERS: Final = ("deflate_level", "deflate_memory", "deflate_window", "brotli_quality", "brotli_window")
WORDS: Final = ("deflate_etag", "brotli_etag")
NOTES: Final = ("deflate_notes", "brotli_notes")


def say_filters(said: Said, settings: FilterSettings, origin: Origin, findings: Findings) -> None:
    """Say what one section's filter directives say."""
    codings: tuple[bytes, ...] = ()
    if settings.output is not UNSET:
        codings = tuple(CODINGS[name] for name in settings.output if name in CODINGS)
        said.say("output_codings", codings)
        said.say("rate_limited", "RATE_LIMIT" in settings.output)
    typed = tuple(
        ByType(tuple(CODINGS[name] for name in line.filters), frozenset(to_bytes(media) for media in line.types))
        for line in settings.by_type or ()
    )
    said.say("typed_codings", typed)
    if any(getattr(settings, name) is not UNSET for name in (*NUMBERS, *WORDS, *NOTES)):
        said.say("compression", compression(settings))
    asked = [coding for part in (codings, *(one.codings for one in typed)) for coding in part]
    if BROTLI in asked and importlib.util.find_spec("brotli") is None:
        findings.error(
            "brotli-missing",
            "BROTLI_COMPRESS needs the `brotli` package, which is not installed",
            origin,
            help="type `pip install 'evenflow[brotli]'`, or use DEFLATE",
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
