"""The command `evenflow explain`: one request's way, for people and for programs.

What is said comes from `control.explanation`, which runs the serving code; here it is asked and put into words. The
JSON's schema stands there, and in docs/explain.md for who reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from evenflow.compiler.build import build
from evenflow.config.diagnostics import Diagnostic
from evenflow.config.load import Loaded, load
from evenflow.config.render import COLOURS, render
from evenflow.config.syntax import statements
from evenflow.control.addresses import in_words
from evenflow.control.explanation import explain
from evenflow.plan import steps
from evenflow.plan.model import Plan
from evenflow.tools.asking import Asked, question
from evenflow.tools.written import Written

LABEL: Final = 15
"""Columns that the name of a step takes."""

Json = dict[str, Any]


class Unusable(Exception):
    """The configuration has errors; the text is their diagnostics, rendered."""


def loaded_plan(file: str, defines: Mapping[str, str], color: bool) -> tuple[Loaded, Plan]:
    """A configuration and its plan. Raises `Unusable`."""
    loaded = load(file, defines)
    found: tuple[Diagnostic, ...] = loaded.errors
    if loaded.settings is not None:
        built = build(loaded.settings)
        if built.plan is not None:
            return loaded, built.plan
        found += tuple(one for one in built.diagnostics if one.severity == "error")
    raise Unusable(render(found, loaded.sources, color))


def answer(file: str, defines: Mapping[str, str], asked: Asked, color: bool = False) -> tuple[Json, tuple[str, ...]]:
    """The explanation of one request, and what was assumed to ask it. Raises `Unusable` and `asking.Unclear`."""
    loaded, plan = loaded_plan(file, defines, color)
    one = question(asked, plan)
    notes = one.notes
    if any(line.name.lower() == "rewritemap" and "prg:" in line.rest for line in statements(loaded.tree.nodes)):
        notes += ("the programs of RewriteMap are not started here: they answer nothing",)
    if plan.chroot_dir:
        notes += (f"files are those outside: the children look for them in `ChrootDir {plan.chroot_dir}`",)
    said = explain(plan, one.facts, one.data, body_length=one.imagined, places=Written(loaded.tree))
    said["request"]["url"] = one.url
    return said, notes


def as_json(said: Json, notes: tuple[str, ...]) -> str:
    """For programs; `notes` are what was assumed."""
    return json.dumps({**said, "notes": list(notes)}, indent=2)


# --- for people -----------------------------------------------------------------------------------------------------


class Page:
    """Lines of text: a label, sentences beside it, and lines of configuration below them."""

    def __init__(self, color: bool, file: str) -> None:
        self.color = color
        self.file = file
        """Lines of this file are shown without its name."""
        self.lines: list[str] = []

    @staticmethod
    def safe(text: str) -> str:
        """See `shown`."""
        return shown(text)

    def paint(self, text: str, style: str) -> str:
        return f"{COLOURS[style]}{text}{COLOURS['off']}" if self.color and text else text

    def head(self, text: str) -> None:
        self.lines.append(self.paint(shown(text), "bold"))

    def step(self, label: str, text: str, *places: Json | None) -> None:
        """A step with the statements behind it."""
        self.lines.append(f"{self.paint(f'{label:<{LABEL}}', 'bold')}{shown(text)}".rstrip())
        for place in places:
            self.place(place)

    def more(self, text: str, *places: Json | None) -> None:
        """Another sentence of the same step."""
        self.step("", text, *places)

    def place(self, place: Json | None) -> None:
        """A line of configuration: file, line and text."""
        if place is not None:
            indent, at = (LABEL - 4, f"{self.at(place):>6}") if place["file"] == self.file else (LABEL, self.at(place))
            self.lines.append(f"{'':<{indent}}{self.paint(f'{at} |', 'frame')} {shown(place['text'])}")

    def at(self, place: Json) -> str:
        """`LINE`, or `FILE:LINE` in another file."""
        return str(place["line"]) if place["file"] == self.file else f"{shown(place['file'])}:{place['line']}"

    def by(self, place: Json | None) -> str:
        """Where it is said, behind something that is said about it."""
        if place is None:
            return ""
        return f"  (line {place['line']})" if place["file"] == self.file else f"  ({self.at(place)})"

    def gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def text(self) -> str:
        return "\n".join(self.lines).rstrip("\n") + "\n"


def shown(text: str) -> str:
    """Without control characters: a terminal must not obey a request or a configuration."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def as_text(said: Json, notes: tuple[str, ...] = (), color: bool = False, every: bool = False) -> str:
    """The story from request to answer; with `every` also rules that did not match and statements of every section."""
    page = Page(color, main_file(said))
    tell_request(page, said, notes)
    tell_way(page, said, every)
    document = said["document"]
    while document is not None:
        tell_document(page, document)
        tell_way(page, document, every)
        document = document["document"]
    tell_outcome(page, said)
    return page.text()


def tell_way(page: Page, said: Json, every: bool) -> None:
    """One way through the phases: the request's, or an ErrorDocument's."""
    tell_steps(page, said, every)
    tell_sections(page, said, every)
    tell_environment(page, said)
    tell_sticky(page, said)
    tell_choice(page, said)
    tell_address(page, said)
    tell_member_tls(page, said)
    tell_member(page, said)
    tell_answer(page, said)
    tell_times(page, said)


def tell_document(page: Page, document: Json) -> None:
    """In the place of a page of ours: what is asked instead."""
    page.gap()
    page.head(f"in the place of the page of {document['status']}: {asked_for(document)}")
    page.place(document["place"])
    page.gap()


def asked_for(document: Json) -> str:
    """The request that a document is found by."""
    return f"{document['request']['method']} {document['request']['target']}"


def main_file(said: Json) -> str:
    """The file that most of the story's statements stand in."""
    files = [one["place"]["file"] for one in (*said["steps"], *said["settings"]) if one["place"] is not None]
    return max(sorted(set(files)), key=files.count) if files else ""


def tell_request(page: Page, said: Json, notes: tuple[str, ...]) -> None:
    request = said["request"]
    secure = ""
    if request["tls"]:
        name = request["server_name_indication"]
        secure = f", TLS for {name}" if name else ", TLS without a name"
    page.head(f"{request['method']} {request.get('url') or request['target']}")
    page.lines.append(shown(f"  from {request['from']} to {request['to']}{secure}, {request['version']}"))
    page.lines += [f"  {shown(name)}: {shown(value)}" for name, value in request["fields"]]
    if request["body_length"]:
        page.lines.append(f"  (a body of {request['body_length']} bytes)")
    page.lines += [page.paint("note", "frame") + f": {shown(note)}" for note in notes]
    if page.file:
        page.lines.append(f"{page.paint('  -->', 'frame')} {shown(page.file)}")
    page.gap()


def tell_steps(page: Page, said: Json, every: bool) -> None:
    """The phases, in the order in which they ran."""
    missed: list[Json] = []

    def tell_missed() -> None:
        if missed and not every:
            count = f"{len(missed)} rule{'' if len(missed) == 1 else 's'} did not match"
            page.step("rules", f"{count} (`--all` shows them)")
        missed.clear()

    last_rule: Json | None = None
    last_access: Json | None = None
    for number, step in enumerate(said["steps"]):
        phase, result, place = step["phase"], step["result"], step["place"]
        if phase == steps.RULE and result != "matches":
            missed.append(step)
            if every:
                why = f": {step['detail']}" if step["detail"] else ""
                page.step(
                    "rule", f"`{step['saw']}` {'is not looked at' if result == 'skipped' else result}{why}", place
                )
            continue
        tell_missed()
        if phase == steps.RULE:
            last_rule = place
            page.step("rule", f"`{step['saw']}` matches", place)
        elif phase == steps.CONDITION:
            page.step("  condition", f"saw `{step['saw']}`: {result}", place)
        elif phase == steps.REWRITE:
            changes = "nothing is changed" if result == "-" else f"{step['saw']} -> {result}"
            page.step("  so", changes, None if place == last_rule else place)
        elif phase == steps.VIRTUAL_HOST:
            page.step("virtual host", f"{result}: {step['detail']}", place)
        elif phase == steps.MAPPING:
            page.step("mapping", f"{step['saw']} -> {'not proxied (`!`)' if result == '!' else result}", place)
        elif phase == steps.ENVIRONMENT:
            value = "unset" if step["detail"] == "unset" else f"= {result}"
            page.step("  variable", f"{step['saw']} {value}", None if place == last_rule else place)
        elif phase in steps.DECISIONS or phase == steps.SECTION:
            continue
        elif phase == steps.EXPRESSION and step in said["steps"][:number]:
            # Sections are looked at twice: on the way to a mapping, and for good.
            continue
        elif phase == steps.ACCESS and place is not None and place == last_access:
            # The lines of a section count as RequireAny: of one line that says nothing more.
            continue
        else:
            detail = f" ({step['detail']})" if step["detail"] else ""
            page.step(phase, f"{step['saw']} -> {result}{detail}", place)
            last_access = place if phase == steps.ACCESS else None
    tell_missed()
    if said["shadowed"]:
        page.step("  not asked", "these cover the path too, and something before them had the say:")
        for one in said["shadowed"]:
            page.place(one["place"])


def tell_sections(page: Page, said: Json, every: bool) -> None:
    for section in said["sections"]:
        page.step("section", f"{section['saw']} meets", section["place"])
        for place in section["says"]:
            page.place(place)
    for setting in said["settings"]:
        if setting["place"] is not None or every:
            inside = [place for section in said["sections"] for place in section["says"]]
            here = None if setting["place"] in inside else setting["place"]
            page.step("setting", f"{setting['name']} {setting['value']}", here)


def tell_environment(page: Page, said: Json) -> None:
    for number, variable in enumerate(said["environment"]):
        by = page.by(variable["place"])
        page.step("" if number else "variables", f"{variable['name']}={variable['value']}{by}")


def tell_sticky(page: Page, said: Json) -> None:
    sticky = said["sticky"]
    if sticky is None:
        if said["choice"] is not None:
            page.step("session", "the balancer keeps none: it has no `stickysession`", said["choice"]["place"])
        return
    found = ""
    if sticky["found"]:
        name = sticky["cookie"] if sticky["found"] == "cookie" else sticky["path"]
        found = f"{sticky['found']} {name}={sticky['value']}: "
    page.step("session", f"{found}{sticky['why']}", sticky["place"])


def tell_choice(page: Page, said: Json) -> None:
    choice = said["choice"]
    if choice is None:
        return
    whose = (
        "a fresh scoreboard: nothing was served yet" if said["scoreboard"] == "fresh" else "the running one's numbers"
    )
    by = {"route": "by the session's route", "lbmethod": f"by {choice['lbmethod']}", None: "nobody"}[choice["by"]]
    page.step("member", f"{by}, in balancer {choice['balancer']} ({whose})", None)
    if choice["reason"]:
        page.more(choice["reason"])
    if choice["services"] and said["scoreboard"] == "fresh":
        names = ", ".join(f"`{name}`" for name in choice["services"])
        page.more(f"who else is a member the DNS says ({names}): only a running instance asks it (`--pid`)")
    for member in choice["members"]:
        mark = "->" if member["chosen"] else "  "
        facts = [f"route {member['route']}" if member["route"] else "no route"]
        if member["loadfactor"] != 1:
            facts.append(f"loadfactor {member['loadfactor']:g}")
        if member["lbset"]:
            facts.append(f"lbset {member['lbset']}")
        if member["status"]:
            facts.append(f"status {member['status']}")
        if member["in_error"]:
            facts.append("in error")
        facts.append(f"owed {member['owed'][0]} -> {member['owed'][1]}")
        if said["scoreboard"] == "live":
            facts.append(f"busy {member['busy']}, elected {member['elected']}")
        page.more(f"{mark} {member['name']}  {', '.join(facts)}", member["place"] if member["chosen"] else None)
    if choice["by"] is not None and len(choice["members"]) > 1:
        times = choice["failover"]
        others = (
            f"up to {times} other attempt{'' if times == 1 else 's'} at a member" if times else "nobody else is tried"
        )
        page.more(f"if it cannot be connected to: {others}")
    for note in choice["notes"]:
        if not note.startswith(("the session asks", "chosen:")) and "may take it" not in note:
            page.more(f"   {note}")


def tell_address(page: Page, said: Json) -> None:
    """Where the member's name leads."""
    words = in_words(said["outcome"]["resolved"])
    if words:
        page.step("address", words, None)


def tell_member_tls(page: Page, said: Json) -> None:
    """What would be asked and looked at in the handshake with the member."""
    tls = said["member_tls"]
    if tls is None:
        return
    if not tls["engine"]:
        page.step("TLS", "the member's URL asks for it and SSLProxyEngine is Off: 500 as soon as it is connected to")
        page.place(tls["place"])
        return
    asked = tls["server_name_indication"]
    hello = f"the handshake asks for `{asked}`" if asked else "the handshake asks for no name (an address has none)"
    whose = "the client's Host, as ProxyPreserveHost is On" if tls["name_from"] == "client" else "the member's own name"
    page.step("TLS", f"{hello}: {whose}", tls["name_place"] if tls["name_from"] == "client" else None)
    for check in tls["checks"]:
        page.more(f"{check['means']} ({check['name']} {check['value']}){page.by(check['place'])}")


def tell_member(page: Page, said: Json) -> None:
    """The head as the member gets it, with who put each field there."""
    written = said["to_member"]
    if written is None:
        return
    page.gap()
    page.head(f"{said['outcome']['member']} gets")
    line = written["head"].partition("\r\n")[0]
    width = min(60, max([len(line), *(len(f"{one['name']}: {one['value']}") for one in written["fields"])]))
    page.lines.append(f"  {shown(line)}")
    for one in written["fields"]:
        field = shown(f"{one['name']}: {one['value']}")
        page.lines.append(f"  {field:<{width}}  {page.paint('<- ' + one['by'] + page.by(one['place']), 'frame')}")
    for one in written["dropped"]:
        field = shown(f"{one['name']}: {one['value']}")
        page.lines.append(f"  not passed on: {field}  {page.paint('<- ' + one['by'] + page.by(one['place']), 'frame')}")
    page.gap()


def tell_answer(page: Page, said: Json) -> None:
    for edit in said["edits"]:
        if (
            said["to_member"] is None
            and edit["table"] == "onsuccess"
            and said["outcome"]["kind"] not in ("file", "local")
        ):
            continue
        wanted = edit["waits_for"]
        sentence = "is edited" if edit["applies"] else "is not edited"
        if wanted:
            there = f"{wanted} is set"
            if wanted.startswith("!"):
                there = f"{wanted[1:]} is not set"
            elif wanted.startswith("expr="):
                there = f"`{wanted[5:]}` holds"
            sentence = f"is edited, as {there}" if edit["applies"] else f"would be edited only where {there}"
        page.step("answer", sentence, edit["place"])
    for one in said["reverses"]:
        page.step("answer", f"Location and its like: {', '.join(one['from'])} -> {one['to']}", one["place"])
    for one in said["filters"]:
        types = "" if one["types"] is None else f" if it is {' or '.join(one['types'])}"
        page.step("body", f"goes through {one['filter']}{types}")
        for found in one["places"]:
            page.step("", "which replaces texts", found)
    for one in said["documents"]:
        # A document that fails has no document.
        if "status" not in said and said["outcome"]["status"] in (0, one["status"]):
            page.step("error page", f"of {one['status']}: a {one['kind']}", one["place"])
    if said["answer"] is not None:
        status = said["answer"]["member"].partition("\r\n")[0]
        page.step("client gets", f"of a plain `{status}`:")
        page.lines += [f"{'':<{LABEL}}  {shown(line)}" for line in head_lines(said["answer"]["head"])]
    if said["own"] is not None:
        page.step("client gets", "our own answer:")
        page.lines += [f"{'':<{LABEL}}  {shown(line)}" for line in head_lines(said["own"])]


def tell_times(page: Page, said: Json) -> None:
    for number, one in enumerate(said["timeouts"]):
        page.step("" if number else "time-outs", f"{one['seconds']:g} s  {one['name']}{page.by(one['place'])}")


def tell_outcome(page: Page, said: Json) -> None:
    """The last line says it all once more."""
    page.gap()
    outcome = said["outcome"]
    page.step("=", in_a_sentence(outcome))
    page.place(outcome["place"])
    document = said["document"]
    while document is not None:
        outcome = document["outcome"]
        page.more(f"and in the place of its page {asked_for(document)}: {in_a_sentence(outcome)}")
        page.place(outcome["place"])
        document = document["document"]


def in_a_sentence(outcome: Json) -> str:
    """Where the request goes, in one sentence."""
    kind, status, reason = outcome["kind"], outcome["status"], outcome["reason"]
    if kind == "forward":
        place = f" (balancer {outcome['balancer']})" if outcome["balancer"] else ""
        if outcome["through"]:
            place += f" through the proxy {outcome['through']}"
        return (
            f"forwarded to {outcome['url']}{place}" if outcome["url"] else f"balancer {outcome['balancer']}: {reason}"
        )
    if kind == "redirect":
        return f"redirected with {status} to {outcome['location']}"
    if kind == "local":
        return f"answered by the handler {outcome['handler']}"
    if kind == "file":
        return f"answered with {status}, from the file {outcome['file']}"
    return f"answered with {status}{': ' if reason else ''}{reason}"


def head_lines(head: str) -> list[str]:
    return [line for line in head.split("\r\n") if line]
