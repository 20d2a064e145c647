"""The pages below docs/directives: every directive of httpd's modules, and what evenflow does with it.

Made from the rows of the registry and the table of all known names; nothing is written by hand there.
`python -m evenflow.tools.reference DIRECTORY` writes them, and takes away pages that are no longer made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evenflow.config.contexts import ANYWHERE, Context, where_allowed
from evenflow.config.directives.read_time import READ_TIME_SECTIONS
from evenflow.config.known import IGNORED_BECAUSE, INSTEAD, KNOWN, Known
from evenflow.config.registry import DIRECTIVES
from evenflow.config.sections import SECTIONS

WORKS: Final = "works"
IGNORED: Final = "ignored"
REFUSED: Final = "refused"

HEAD: Final = """\
# Directives

Every directive of the modules that come with httpd 2.4, and what evenflow does with it. *Works*: as httpd does, but for
what its page says. *Ignored*: it is accepted with a warning, since it cannot change a proxied answer. *Refused*: a
configuration that uses it does not load, and the message says what to do instead. Put what only httpd is to read into
`<IfModule !evenflow_module>`.

In a syntax `[A]` may be left out, `A|B` is one of the two, and `...` means that what is before it may be repeated.
These pages are made from the program itself (`make docs`).

| module | directives | work | are ignored | are refused |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One directive as the pages show it. `name` is without brackets; `is_section` says that it has some."""

    name: str
    is_section: bool
    module: str
    source: str
    where: str
    support: str
    remark: str
    syntax: str
    default: str
    differs: str
    sentence: str

    @property
    def usage(self) -> str:
        """How it is written."""
        said = f"{self.name} {self.syntax}".rstrip()
        return f"<{said}>" if self.is_section else said


def entries() -> list[Entry]:
    """Every directive that httpd or evenflow has, in the order of the table."""
    found = [entry(known) for known in KNOWN.values()]
    own = [row for row in DIRECTIVES.values() if row.name.lower() not in KNOWN]
    for row in own:
        where = place(row.contexts)
        found.append(
            Entry(
                *(row.name, False, "evenflow_module", "evenflow", where, WORKS, ""),
                *(row.usage, row.default, row.differs, row.sentence),
            )
        )
    return found


def entry(known: Known) -> Entry:
    is_section = known.name.startswith("<")
    name = known.name.lstrip("<")
    support, remark = supported(known)
    syntax = default = differs = sentence = ""
    contexts = known.contexts
    row = DIRECTIVES.get(name.lower()) if not is_section else None
    section = SECTIONS.get(name.lower()) if is_section else None
    if row is not None:
        syntax, default, differs, sentence = row.usage, row.default, row.differs, row.sentence
        contexts = row.contexts
    elif section is not None:
        syntax, sentence, contexts = section.syntax, section.sentence, section.contexts
    elif is_section:
        for other, arguments, words in READ_TIME_SECTIONS:
            if other == name:
                syntax, sentence = arguments, words
    where = place(contexts)
    return Entry(
        *(name, is_section, known.module, known.source, where, support, remark),
        *(syntax, default, differs, sentence),
    )


def place(contexts: Context) -> str:
    """Where a directive may stand, in words."""
    return "anywhere" if contexts == ANYWHERE else where_allowed(contexts)


def supported(known: Known) -> tuple[str, str]:
    """(what evenflow does with it, why or what to do instead)."""
    name = known.name.lower()
    read_time = {f"<{other.lower()}" for other, _, _ in READ_TIME_SECTIONS}
    if name in DIRECTIVES or (name.startswith("<") and name[1:] in SECTIONS) or name in read_time:
        return WORKS, ""
    if known.ignorable:
        return IGNORED, IGNORED_BECAUSE[known.ignorable]
    return REFUSED, INSTEAD.get(known.module, "")


# --- pages --------------------------------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """The text of every page, by file name."""
    modules: dict[str, list[Entry]] = {}
    for one in entries():
        modules.setdefault(one.module, []).append(one)
    made = {page_name(module): page(module, found) for module, found in sorted(modules.items())}
    made["README.md"] = HEAD + "".join(
        f"| [{title(module, found)}]({page_name(module)}) | {len(found)} | {counted(found, WORKS)} | "
        f"{counted(found, IGNORED)} | {counted(found, REFUSED)} |\n"
        for module, found in sorted(modules.items(), key=lambda item: (not useful(item[1]), item[0]))
    )
    return made


def useful(found: Iterable[Entry]) -> bool:
    return any(one.support == WORKS for one in found)


def counted(found: Iterable[Entry], support: str) -> str:
    count = sum(one.support == support for one in found)
    return str(count) if count else ""


def page_name(module: str) -> str:
    return module.removesuffix("_module") + ".md"


def title(module: str, found: list[Entry]) -> str:
    return found[0].source.removesuffix(".c")


def page(module: str, found: list[Entry]) -> str:
    """One module's page: what works in full, then the rest in tables."""
    made = [f"# {title(module, found)}\n", f"`LoadModule {module}`\n" if module != "evenflow_module" else OWN]
    works = [one for one in found if one.support == WORKS]
    for one in sorted(works, key=lambda one: one.name.lower()):
        made.append(entry_text(one))
    for support, words in ((IGNORED, "## Ignored\n"), (REFUSED, "## Refused\n")):
        rest = sorted((one for one in found if one.support == support), key=lambda one: one.name.lower())
        if not rest:
            continue
        made.append(words)
        remarks = {one.remark for one in rest if one.remark}
        if support == REFUSED and remarks:
            made.append(f"Instead: {'; '.join(sorted(remarks))}.\n")
        made.append(
            "| directive | where | why |\n|---|---|---|" if support == IGNORED else "| directive | where |\n|---|---|"
        )
        for one in rest:
            name = f"`<{one.name}>`" if one.is_section else f"`{one.name}`"
            made.append(f"| {name} | {one.where} |" + (f" {one.remark} |" if support == IGNORED else ""))
        made.append("")
    return "\n".join(made).rstrip("\n") + "\n"


OWN: Final = "These are evenflow's own: put them into `<IfModule evenflow_module>`, and httpd does not see them.\n"


def entry_text(one: Entry) -> str:
    """A directive that works: how it is written, what it is for, where it may stand."""
    rows = [("where", one.where)]
    if one.default:
        rows.append(("default", f"`{cell(one.default)}`"))
    if one.differs:
        rows.append(("otherwise than httpd", cell(one.differs)))
    table = "\n".join(f"| {name} | {text} |" for name, text in rows)
    return f"## {one.name}\n\n    {one.usage}\n\n{one.sentence}\n\n| | |\n|---|---|\n{table}\n"


def cell(text: str) -> str:
    """Text for a table, where `|` parts cells."""
    return text.replace("|", "\\|")


def write(directory: Path, made: Mapping[str, str]) -> list[str]:
    """Bring the pages there; answers the names of those that changed, came or went."""
    directory.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in made.items():
        file = directory / name
        if not file.is_file() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            changed.append(name)
    for file in sorted(directory.glob("*.md")):
        if file.name not in made:
            file.unlink()
            changed.append(file.name)
    return changed


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("type `python -m evenflow.tools.reference docs/directives`\n")
        return 2
    changed = write(Path(arguments[0]), pages())
    sys.stdout.write(f"{arguments[0]}: {len(changed)} pages changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
