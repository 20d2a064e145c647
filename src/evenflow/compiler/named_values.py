"""Which members may an interpolated ProxyPass name? Those that the configuration itself writes into its variables.

`ProxyPass / http://${WHO}/ interpolate` sends a request to whatever a rule or SetEnvIf put into WHO. Values that are
written out there are members like any other; a value that comes from the request is none, and is answered with 500.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from evenflow.config.settings import Block

VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
MOST_COMBINATIONS: Final = 256

Values = dict[str, list[str]]


def named_values(main: Block) -> Values:
    """The literal values that lines of the configuration give to variables, by name."""
    found: Values = {}
    for block in all_blocks(main):
        for line in block.environment.conditions or ():
            for name, value in line.changes:
                if value is not None:
                    keep(found, name, value)
        for rule in block.rewrite.rules or ():
            for flag, value in rule.flags:
                if flag == "E" and value is not None:
                    name, colon, text = value.partition(":")
                    if colon:
                        keep(found, name, text)
    return found


def keep(found: Values, name: str, text: str) -> None:
    """Note a value, unless something is put into it while a request runs."""
    if "$" not in text and "%" not in text and text not in found.setdefault(name, []):
        found[name].append(text)


def all_blocks(block: Block) -> Iterator[Block]:
    """The block and everything in it."""
    yield block
    for inner in block.blocks:
        yield from all_blocks(inner)


def written_out(target: str, values: Values) -> list[str]:
    """The URLs that `target` may become, up to its path."""
    scheme, separator, rest = target.partition("://")
    text = scheme + separator + rest.partition("/")[0]
    names = list(dict.fromkeys(VARIABLE.findall(text)))
    made = []
    for chosen in itertools.islice(itertools.product(*(values.get(name, []) for name in names)), MOST_COMBINATIONS):
        url = text
        for name, value in zip(names, chosen, strict=True):
            url = url.replace("${" + name + "}", value)
        made.append(url)
    return made
