"""`Substitute` lines, from settings to `plan.substitute`."""

from __future__ import annotations

import re
from typing import Final

from evenflow.compiler.environment import groups
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, FilterSettings, SubstituteLine
from evenflow.plan.scope import Said
from evenflow.plan.substitute import Part, Substitution

ANCHORS: Final = re.compile(r"(?<!\[)\^|\\[AGbBK]|\(\?<[=!]|\(\*")
"""What makes a pattern look at where a search begins, or behind it. Too many are found rather than one too few."""


def say_substitutes(said: Said, settings: FilterSettings, findings: Findings) -> None:
    """What a section says."""
    if settings.substitute_length is not UNSET:
        said.say("substitute_length", settings.substitute_length)
    before = None if settings.substitute_before is UNSET else settings.substitute_before
    made = []
    for line in settings.substitutes or ():
        try:
            made.append(compile_substitution(line))
        except Refused as refused:
            refused.report(findings, line.origin)
    if made or before is not None:
        said.say("substitutes", (Part(tuple(made), before),))


def compile_substitution(line: SubstituteLine) -> Substitution:
    """One line. Raises `Refused`."""
    if "n" in line.flags:
        made = Substitution(to_bytes(line.sought), None, (to_bytes(line.replacement),), line.origin)
        made.any_case = "i" in line.flags
        if made.any_case:
            made.plain = made.plain.lower()
    else:
        pattern = compile_regex(line.sought, "i" in line.flags, line.origin)
        made = Substitution(b"", pattern, groups(line.replacement), line.origin)
        made.anchored = ANCHORS.search(line.sought) is not None
    made.quick = "q" in line.flags
    return made
