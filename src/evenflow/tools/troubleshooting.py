"""The page docs/guide/troubleshooting.md: every symptom, why it happens, what to do, and which tool finds it.

Made from the symptoms and from the doctor's faults; nothing is written by hand there.
`python -m evenflow.tools.troubleshooting FILE` writes it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from evenflow.tools.doctor.faults import FAULTS, Fault
from evenflow.tools.symptoms import GROUPS, SYMPTOMS, Symptom

HEAD: Final = """\
# Troubleshooting by symptom

What people see, why, and what to do first. Look for the symptom in the list, or for a code in the page. If you do not
know where to begin:

    evenflow doctor https://wiki.example.com
    evenflow check wiki.conf
    evenflow audit --balancer wiki.conf node1/ node2/

The first looks at the living site from outside ([doctor.md](doctor.md)), the second at the balancer's configuration,
httpd's or evenflow's ([the checks](../checks/README.md)), the third at the nodes' own files ([audit.md](audit.md)).
A code with a cause behind it is the doctor's. *(hint)*: what is seen allows a guess, not more; hints never make a
command fail.

"""
TAIL: Final = """\
This page is made from the same tables as the doctor (`make docs`). Of its {rows} symptoms {covered} are found by a
tool; the others say what to look at.
"""


def page() -> str:
    """The whole page."""
    made = [HEAD]
    for title, rows in GROUPS:
        made.append(f"**{title}**\n\n")
        made += [f"- [{row.seen}](#{row.number.lower()})\n" for row in rows]
        made.append("\n")
    for title, rows in GROUPS:
        made.append(f"## {title}\n\n")
        made += [entry(row) for row in rows]
    covered = sum(row.covered for row in SYMPTOMS.values())
    return "".join(made) + TAIL.format(rows=len(SYMPTOMS), covered=covered)


def entry(row: Symptom) -> str:
    """One symptom."""
    lines = [f"### {row.number}", "", f"**{row.seen}.**", ""]
    if row.cause:
        lines += [f"Why: {row.cause}. Do: {row.fix}.", ""]
    lines += [f"- {told(FAULTS[code])}" for code in row.doctor]
    if row.doctor:
        lines.append("")
    found = []
    if row.check:
        found.append(f"`evenflow check` ({', '.join(map(page_of, row.check))})")
    if row.audit:
        found.append(f"[`evenflow audit`](audit.md) ({', '.join(f'`{code}`' for code in row.audit)})")
    if found:
        lines += [f"{'Also found' if row.doctor else 'Found'} by {' and '.join(found)}.", ""]
    if not row.covered:
        lines += ["No tool finds this one.", ""]
    return "\n".join(lines) + "\n"


def told(fault: Fault) -> str:
    """What the doctor says of a fault: code, cause, fix."""
    return f"`{fault.code}`{'' if fault.sure else ' *(hint)*'}: {fault.cause}. Do: {fault.fix}."


def page_of(code: str) -> str:
    """A link to a check's page. Errors have none: the command says all there is."""
    return f"`{code}`" if code in ERRORS else f"[{code}](../checks/{code}.md)"


ERRORS: Final = ("forward-proxy",)
"""Codes with which a configuration is refused."""


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("type `python -m evenflow.tools.troubleshooting docs/guide/troubleshooting.md`\n")
        return 2
    file, made = Path(arguments[0]), page()
    changed = not file.is_file() or file.read_text("utf-8") != made
    if changed:
        file.write_text(made, "utf-8")
    sys.stdout.write(f"{file}: {'changed' if changed else 'as it was'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
