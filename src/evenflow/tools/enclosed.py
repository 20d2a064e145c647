"""What ChrootDir takes from the children: files that the configuration names and that do not lie inside.

The directory is looked at. Every code has a page under docs/checks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from evenflow.compiler.heartbeats import RUNTIME_DIR
from evenflow.compiler.lookups import absolute
from evenflow.config.checks.view import Places, host_and_port
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.loaded import Loaded
from evenflow.config.settings import UNSET
from evenflow.config.syntax import Section, Statement, Word
from evenflow.serve.hosts_file import RESOLV
from evenflow.slotmem.addresses import is_name

PATHS: Final = {
    "documentroot": 0,
    "alias": 1,
    "scriptalias": 1,
    "authuserfile": 0,
    "authgroupfile": 0,
    "sslcacertificatepath": 0,
    "sslcarevocationpath": 0,
    "sslproxycacertificatepath": 0,
    "sslproxycarevocationpath": 0,
}
"""Which word is a path that is looked at while requests are served."""
MEMBERS: Final = ("proxypass", "proxypassmatch", "balancermember", "proxyset")


def check_enclosed(loaded: Loaded) -> Iterator[Diagnostic]:
    """Every path that children will look for in vain. Needs settings."""
    assert loaded.settings is not None
    chroot = loaded.settings.main.core.chroot_dir
    if chroot is UNSET:
        return
    inside = os.path.normpath(chroot[0])
    told: set[str] = set()
    for node in Places(loaded).nodes.values():
        for word, path in paths_of(node, loaded.settings.main.core.runtime_dir or RUNTIME_DIR):
            there = inside.rstrip("/") + os.path.normpath(absolute(loaded.settings.server_root, path))
            if there not in told and not os.path.exists(there):
                told.add(there)
                yield warning(
                    "missing-inside",
                    f"`{path}` is looked for inside `ChrootDir {chroot[0]}`, and it is not there",
                    word.span,
                    notes=(f"line {chroot[1].line} of {chroot[1].file} shuts the children in, who look for it then",),
                    help=f"put it there as `{there}`",
                )


def paths_of(node: Statement | Section, runtime_dir: str) -> Iterator[tuple[Word, str]]:
    """The paths in a statement that are looked for inside, each with its word."""
    name = node.name.lower()
    place = PATHS.get(name)
    words = node.words
    if place is not None and place < len(words):
        yield words[place], words[place].text
    elif name == "rewritemap" and len(words) > 1:
        kind, _, path = words[1].text.partition(":")
        if kind.lower() in ("txt", "rnd"):
            yield words[1], path
    elif name == "heartbeatstorage" and words:
        # The watchdog writes it, or somebody else will.
        yield words[0], os.path.dirname(os.path.join(runtime_dir, words[0].text))
    elif name in MEMBERS:
        for word in words:
            if word.text.lower().startswith("unix:"):
                yield word, word.text[5:].partition("|")[0]
    elif words and asks_for_names(name, words):
        yield words[0], RESOLV


def asks_for_names(name: str, words: tuple[Word, ...] | list[Word]) -> bool:
    """Whether children ask the system for a name; names of members are found without it."""
    first = words[0].text.lower()
    if name in ("hostnamelookups", "sslusestapling", "sslocspenable"):
        return first != "off"
    if name == "evenflowtrace":
        return is_name(host_and_port(first)[0])
    return name == "require" and "host" in (first, words[1].text.lower() if first == "not" and words[1:] else "")
