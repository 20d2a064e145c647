"""RewriteMap lines, from text to `plan.maps`.

A map is made once for the server that names it; whoever inherits it shares it.
"""

from __future__ import annotations

import os
import shlex
from typing import Final

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.lookups import absolute
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import MapLine
from evenflow.plan.maps import FUNCTIONS, FunctionMap, Map, ProgramMap, TextMap
from evenflow.plan.template import LITERAL, MAP, Template

Maps = dict[str, Map]
"""By name."""

ELSEWHERE: Final = {
    "dbm": "write the table as a text and use `txt:`: it is read into memory once and again when it changes",
    "dbd": "let a program ask the database: `prg:`",
    "fastdbd": "write what the query finds into a text and use `txt:`",
}


def compile_maps(lines: tuple[MapLine, ...], root: str, findings: Findings) -> Maps:
    """The maps of one server; a later line of the same name counts. What cannot be used is a finding and left out."""
    maps: Maps = {}
    for line in lines:
        try:
            maps[line.name] = compile_map(line, root)
        except Refused as refused:
            refused.report(findings, line.origin)
    return maps


def compile_map(line: MapLine, root: str) -> Map:
    """One map. Raises `Refused`."""
    kind, colon, rest = line.source.partition(":")
    kind = kind.partition("=")[0].lower()
    if colon and kind in ELSEWHERE:
        raise Refused("map-not-supported", f"evenflow reads no `{kind}:` maps: `{line.source}`", help=ELSEWHERE[kind])
    if colon and kind == "int":
        function = FUNCTIONS.get(rest)
        if function is None:
            raise Refused(
                "value-not-allowed",
                f"there is no function `{rest}`",
                notes=(f"httpd says: RewriteMap: internal map not found:{rest}",),
                help=f"functions are {', '.join(FUNCTIONS)}",
            )
        return FunctionMap(function, line.origin)
    if colon and kind == "prg":
        try:
            words = shlex.split(rest)
        except ValueError:
            words = rest.split()
        if not words:
            raise Refused("value-missing", f"`{line.source}` names no program")
        words[0] = absolute(root, words[0])
        must_exist(line.name, words[0])
        user, _, group = line.owner.partition(":")
        return ProgramMap(tuple(words), user, group, line.origin)
    path = absolute(root, rest if colon and kind in ("txt", "rnd") else line.source)
    must_exist(line.name, path)
    return TextMap(to_bytes(path), kind == "rnd" and bool(colon), line.origin)


MOST_TEXTS: Final = 4096
"""So many values of a text are looked at for members; who has more names them in the configuration."""


def texts_of(template: Template) -> list[str]:
    """How the result of a template may begin, as far as it is literal or looked up in texts; [""] where nothing is."""
    made = [b""]
    for part in template.parts:
        if part.kind == LITERAL:
            made = [text + part.text for text in made]
            continue
        if part.kind != MAP or not isinstance(part.map, TextMap):
            break
        values = part.map.all()
        if part.otherwise is not None and part.otherwise.literal is not None:
            values.append(part.otherwise.literal)
        made = [text + value for text in made for value in values][:MOST_TEXTS]
    return [text.decode("utf-8", "surrogateescape") for text in made]


def must_exist(name: str, path: str) -> None:
    """Raises `Refused` for a file that is not there, as httpd does when it starts."""
    if not os.path.exists(path):
        raise Refused(
            "file-missing",
            f"the file of the map `{name}` is not there: `{path}`",
            notes=(f"httpd says: RewriteMap: file for map {name} not found:{path}",),
        )
