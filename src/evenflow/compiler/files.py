"""What sections say of files, from settings to scopes, and the table of types."""

from __future__ import annotations

import mimetypes
import os
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from evenflow.compiler.findings import Findings
from evenflow.compiler.lookups import absolute
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, Block, Switches, Unset
from evenflow.plan import files, naming
from evenflow.plan.naming import Naming
from evenflow.plan.scope import Said

KINDS: Final = {
    "type": naming.TYPE, "charset": naming.CHARSET, "encoding": naming.ENCODING, "language": naming.LANGUAGE,
    "handler": naming.HANDLER, "filter": naming.FILTER, "input": naming.INPUT,
}  # fmt: skip

BITS: Final = {
    "followsymlinks": files.FOLLOW, "symlinksifownermatch": files.OWNER, "includes": files.INCLUDES,
    "includesnoexec": files.INCLUDES, "inode": files.INODE, "mtime": files.MTIME, "size": files.SIZE,
}  # fmt: skip
"""Words of Options and of FileETag that change what we do."""


def say_files(said: Said, block: Block) -> None:
    """What a section says of files."""
    own = block.files
    if own.indexes is not UNSET:
        said.say("indexes", tuple(to_bytes(name) for name in own.indexes))
    said.say("index_redirect", None if own.index_redirect is UNSET else own.index_redirect)
    said.say("slash", None if own.slash is UNSET else own.slash)
    said.say("checks_handler", None if own.check_handler is UNSET else own.check_handler)
    said.say("fallback", text(own.fallback))
    said.say("options", tuple(bits(one) for one in own.options or ()))
    said.say("etags", tuple(bits(one) for one in own.etags or ()))
    said.say("path_info", text(own.path_info))
    said.say("force_type", text(own.force_type))
    said.say("default_charset", text(own.default_charset))
    said.say("default_language", text(own.default_language))
    names = tuple(
        Naming(KINDS[line.kind], to_bytes(line.extension), None if line.value is None else to_bytes(line.value))
        for line in own.names or ()
    )
    said.say("names", names)
    said.say("filter_names", tuple(one for one in names if one.kind in naming.LED))


def text(value: str | Unset) -> bytes | None:
    return None if value is UNSET else to_bytes(value)


def bits(switches: Switches) -> tuple[int, int, int]:
    """(what replaces, or -1; added; removed)"""
    whole = -1 if switches.whole is None else number_of(switches.whole)
    return whole, number_of(switches.added), number_of(switches.removed)


def number_of(words: frozenset[str]) -> int:
    found = 0
    for word in words:
        found |= BITS.get(word, 0)
    return found


# --- types --------------------------------------------------------------------------------------------------------


def types_of(block: Block, root: str, findings: Findings) -> MappingProxyType[bytes, bytes]:
    """The table of types of a server: TypesConfig's, else the one below ServerRoot, the machine's, or Python's."""
    said = block.files.types_file
    if said is not UNSET:
        path, origin = said
        path = absolute(root, path)
        try:
            return read_types(path, os.stat(path).st_mtime_ns)
        except OSError as fault:
            findings.error(
                "file-unreadable",
                f"`{path}` cannot be read: {fault.strerror}",
                origin,
                notes=(f"httpd says: could not open mime types config file {path}.",),
                help="write `TypesConfig /etc/mime.types`, or remove the line",
            )
    for path in (absolute(root, "mime.types"), absolute(root, "conf/mime.types"), "/etc/mime.types"):
        try:
            return read_types(path, os.stat(path).st_mtime_ns)
        except OSError:
            continue
    return python_types()


@lru_cache(maxsize=16)
def read_types(path: str, changed: int) -> MappingProxyType[bytes, bytes]:
    """A file of lines `type extension ...`. Raises OSError. `changed` is when it was written, for the cache."""
    types: dict[bytes, bytes] = {}
    with open(path, "rb") as file:
        for line in file:
            if line.startswith(b"#"):
                continue
            words = line.split()
            for extension in words[1:]:
                types[extension.lower()] = words[0].lower()
    return MappingProxyType(types)


@lru_cache(maxsize=1)
def python_types() -> MappingProxyType[bytes, bytes]:
    table = mimetypes.MimeTypes(()).types_map[1]
    return MappingProxyType({to_bytes(name.removeprefix(".")): to_bytes(kind) for name, kind in table.items()})
