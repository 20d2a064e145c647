"""The language of a profile's file: lines of a configuration, with what is known put in.

`$word` is a value, `$$` a dollar. A line that begins with `?word` stands only where the switch is on, one with `!word`
where it is off; one that begins with `*` stands once for each node, with that node's values, four blanks in. A profile
has two parts: the balancers, and behind the line `--- mappings` what stands in the virtual host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Template
from typing import Final

PARTS: Final = "--- mappings\n"
SWITCHES: Final = "?!"
EACH: Final = "*"


def fill(text: str, values: Mapping[str, str], switches: Mapping[str, bool], nodes: Sequence[Mapping[str, str]]) -> str:
    """The lines that stand. KeyError for a value or switch that nobody knows: that is a mistake in the profile."""
    lines = []
    for line in text.splitlines():
        if line[:1] in SWITCHES and line:
            word, _, rest = line[1:].partition(" ")
            if switches[word] is (line[0] == "?"):
                lines.append(Template(rest).substitute(values))
        elif line.startswith(EACH):
            each = Template("    " + line.lstrip(EACH + " "))
            lines += [each.substitute(values, **node) for node in nodes]
        else:
            lines.append(Template(line).substitute(values))
    return "\n".join(lines)


def parts(profile: str) -> tuple[str, str]:
    """The balancers, and the mappings."""
    balancers, _, mappings = profile.partition(PARTS)
    return balancers.rstrip("\n"), mappings.rstrip("\n")
