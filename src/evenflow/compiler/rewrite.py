"""RewriteRule and RewriteCond lines, from text to `plan.rewrite.Rule`.

A rule that cannot be compiled is a finding at its line; no flag is dropped without a word. Who inherits whose rules
and maps is said here too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from evenflow.compiler.expr import compile_condition as compile_expression
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.maps import Maps
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.template import NO_MAPS, Warn, compile_escaping, compile_template
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, Block, ConditionLine, RewriteSettings, RuleLine
from evenflow.origin import Origin
from evenflow.plan import handed, places, rewrite
from evenflow.plan.maps import Map
from evenflow.plan.places import Place, rules_follow
from evenflow.plan.rewrite import Condition, EnvironmentChange, Rule
from evenflow.plan.template import LITERAL, LOOK_FILE, LOOK_URL, VARIABLE, Part, Template

PLAIN_FLAGS: Final = {
    "P": rewrite.PROXY,
    "L": rewrite.LAST,
    "END": rewrite.END,
    "C": rewrite.CHAIN,
    "PT": rewrite.PASS,
    "NE": rewrite.AS_IS,
    "NS": rewrite.NOT_IN_LOOKS,
    "DPI": rewrite.DISCARD_PATH_INFO,
    "UNC": rewrite.KEEP_SLASHES,
    "QSA": rewrite.QUERY_APPEND,
    "QSD": rewrite.QUERY_DISCARD,
    "QSL": rewrite.QUERY_LAST,
    "UNSAFEALLOW3F": rewrite.ALLOW_3F,
    "UNSAFEPREFIXSTAT": rewrite.PREFIX_STAT,
}

REDIRECTS: Final = {"permanent": 301, "temp": 302, "seeother": 303}

HANDLERS: Final = frozenset(("balancer-manager", "server-status", "evenflow-metrics"))
"""What H may name; see `evenflow.control.handlers`."""

OPTIONS: Final = {
    "inherit": places.INHERIT,
    "inheritbefore": places.INHERIT_BEFORE,
    "inheritdown": places.INHERIT_DOWN,
    "inheritdownbefore": places.INHERIT_DOWN_BEFORE,
    "ignoreinherit": places.IGNORE_INHERIT,
    "allownoslash": places.ALLOW_NO_SLASH,
    "allowanyuri": places.ALLOW_ANY_URI,
    "mergebase": places.MERGE_BASE,
    "ignorecontextinfo": places.IGNORE_CONTEXT_INFO,
    "legacyprefixdocroot": places.LEGACY_PREFIX_DOCROOT,
    "unsafeprefixstat": places.UNSAFE_PREFIX_STAT,
}

INTEGERS: Final = {
    "-eq": rewrite.INT_EQ, "-ne": rewrite.INT_NE, "-lt": rewrite.INT_LT, "-le": rewrite.INT_LE,
    "-gt": rewrite.INT_GT, "-ge": rewrite.INT_GE,
}  # fmt: skip
TEXTS: Final = (
    (">=", rewrite.GREATER_EQUAL), ("<=", rewrite.LESS_EQUAL), ("=", rewrite.EQUAL),
    (">", rewrite.GREATER), ("<", rewrite.LESS),
)  # fmt: skip
LOOKS: Final = {
    "-f": rewrite.IS_FILE, "-d": rewrite.IS_DIRECTORY, "-s": rewrite.IS_NOT_EMPTY,
    "-l": rewrite.IS_LINK, "-L": rewrite.IS_LINK, "-h": rewrite.IS_LINK, "-x": rewrite.IS_EXECUTABLE,
    "-U": rewrite.LOOKS_URL, "-F": rewrite.LOOKS_FILE,
}  # fmt: skip


def is_forwarding(handler: str) -> bool:
    """Whether it sends the names of files to members, whom we can speak with."""
    scheme = handler.lower().removeprefix(handed.SCHEME).rpartition("|")[2].partition("://")[0]
    return handler.lower().startswith(handed.SCHEME) and scheme in ("http", "https", "ws", "wss", "balancer")


def compile_rules(
    lines: tuple[RuleLine, ...], findings: Findings, maps: Mapping[str, Map] = NO_MAPS
) -> tuple[Rule, ...]:
    """The rules of one server or section; those that fail are findings and left out."""
    rules = []
    for line in lines:
        try:
            rules.append(compile_rule(line, findings, maps))
        except Refused as refused:
            refused.report(findings, line.origin)
    return tuple(rules)


def compile_rule(line: RuleLine, findings: Findings, maps: Mapping[str, Map] = NO_MAPS) -> Rule:
    """One rule. Raises `Refused`."""
    warn = warner(findings, line.origin)
    flags = 0
    status = 302
    redirects = False
    skip = 0
    rounds = 32000
    handler: Template | None = None
    content_type: Template | None = None
    environment: list[EnvironmentChange] = []
    cookies: list[Template] = []
    names = {name for name, _ in line.flags}
    for name, written in line.flags:
        value = written or ""
        if name in PLAIN_FLAGS:
            flags |= PLAIN_FLAGS[name]
        elif name == "F":
            flags |= rewrite.STATUS
            status = 403
        elif name == "G":
            flags |= rewrite.STATUS
            status = 410
        elif name == "R":
            redirects = True
            flags |= rewrite.NOT_IN_LOOKS
            if value:
                status = REDIRECTS.get(value.lower()) or leading_number(value) or 302
            if not 300 <= status <= 399:
                flags |= rewrite.STATUS
            if 100 <= status <= 199:
                findings.warning(
                    "status-not-final",
                    f"`R={value}` cannot be the answer: {status} is followed by another. It is answered with 500",
                    line.origin,
                    notes=("httpd sends it, and clients wait for what never comes",),
                    help="write a status from 200 on",
                )
                status = 500
        elif name == "S":
            skip = leading_number(value)
        elif name == "N":
            flags |= rewrite.NEXT
            if value:
                rounds = leading_number(value)
        elif name == "H":
            handler = compile_template(value, warn, maps)
            if handler.literal and value.lower() not in HANDLERS and not is_forwarding(value):
                allowed = ", ".join(f"`{one}`" for one in sorted(HANDLERS))
                raise Refused(
                    "handler-unknown", f"evenflow has no handler `{value}`: `H=` takes {allowed}, `proxy:URL`"
                )
        elif name == "T":
            content_type = compile_template(value, warn, maps)
        elif name == "E":
            environment.append(EnvironmentChange(compile_template(value, warn, maps)))
        elif name == "CO":
            cookies.append(compile_template(value, warn, maps))
            check_cookie(value, line.origin, findings)
    if redirects and not flags & rewrite.STATUS:
        flags |= rewrite.REDIRECT

    pattern = line.pattern
    negated = pattern.startswith("!")
    if negated:
        pattern = pattern[1:]
    output = line.substitution
    template = None
    if output != "-" and not flags & rewrite.STATUS:
        if output.endswith("?"):
            if flags & rewrite.QUERY_APPEND:
                flags |= rewrite.QUERY_LAST
            else:
                flags |= rewrite.QUERY_NONE
                output = output[:-1]
        elif flags & rewrite.QUERY_DISCARD and "?" not in output:
            flags |= rewrite.QUERY_NONE
        template = compile_template(output, warn, maps)
    rule = Rule(compile_regex(pattern, "NC" in names, line.origin), negated, template, flags, line.origin)
    rule.status = status
    rule.skip = skip
    rule.rounds = rounds
    rule.handler = handler
    rule.content_type = content_type
    rule.environment = tuple(environment)
    rule.cookies = tuple(cookies)
    if names & {"B", "BCTLS"}:
        given = dict(line.flags)
        rule.escaping = compile_escaping(
            given.get("B") or None, given.get("BNE") or "", "BCTLS" in names, "BNP" not in names
        )
    conditions = []
    for condition in line.conditions:
        try:
            conditions.append(compile_condition(condition, findings, maps))
        except Refused as refused:
            refused.report(findings, condition.origin)
    rule.conditions = tuple(conditions)
    templates = [template, handler, content_type, *cookies, *(change.text for change in environment)]
    templates += [condition.test for condition in conditions]
    rule.sees_files = bool(flags & rewrite.DISCARD_PATH_INFO) or any(
        sees_files(part) for one in templates if one is not None for part in one.parts
    )
    return rule


FILE_VARIABLES: Final = frozenset(("REQUEST_FILENAME", "SCRIPT_FILENAME", "PATH_INFO"))


def sees_files(part: Part) -> bool:
    """Whether a part of a template asks for a file's name, or ahead."""
    if part.kind == VARIABLE:
        return part.variable is not None and part.variable.name in FILE_VARIABLES
    inner = [one for text in (part.key, part.otherwise) if text is not None for one in text.parts]
    return part.kind in (LOOK_URL, LOOK_FILE) or any(sees_files(one) for one in inner)


def fields_of(template: Template) -> tuple[tuple[bytes, bytes], ...]:
    """(lower case name, as in Vary) of the fields that a test string looks at."""
    found: list[tuple[bytes, bytes]] = []
    for part in template.parts:
        if part.field:
            found.append((part.text, part.field))
        for inner in (part.key, part.otherwise):
            if inner is not None:
                found += fields_of(inner)
        if part.inner is not None and part.inner.field:
            found.append((part.inner.text, part.inner.field))
    return tuple(found)


def check_cookie(value: str, origin: Origin, findings: Findings) -> None:
    """Say where CO can set nothing: a name, a value and a domain are needed."""
    separator = ";" if value.startswith(";") else ":"
    if "{" not in value and len([part for part in value.lstrip(";").split(separator) if part]) < 3:
        findings.warning(
            "cookie-incomplete",
            f"`CO={value}` sets no cookie: it has no domain",
            origin,
            help="write `CO=NAME:VALUE:DOMAIN`",
        )


def place_of(settings: RewriteSettings, directory: str | None, findings: Findings, maps: Mapping[str, Map]) -> Place:
    """What one section says; `directory` is its argument, None for a server."""
    options: int | None = None
    if settings.options is not UNSET:
        options = 0
        for name in settings.options:
            options |= OPTIONS[name]
    where = None if directory is None else to_bytes(directory if directory.endswith("/") else directory + "/")
    rules = () if directory is None else compile_rules(settings.rules or (), findings, maps)
    base = None if settings.base is UNSET else to_bytes(settings.base)
    return Place(where, base, options, rules)


def says_anything(settings: RewriteSettings) -> bool:
    """Whether there is a directive of mod_rewrite at all."""
    return settings != RewriteSettings()


def says_within(block: Block) -> bool:
    """Whether there is one in the block or in a section inside it."""
    return says_anything(block.rewrite) or any(says_within(one) for one in block.blocks)


def options_of(settings: RewriteSettings) -> int:
    """RewriteOptions as a number."""
    return place_of(settings, None, Findings(), {}).options or 0


def server_rules(
    main: Block, block: Block | None, both: Block, own_maps: Maps, main_maps: Maps
) -> tuple[tuple[RuleLine, ...], Maps]:
    """The rules of a server (`block` None: the main one), and the maps that its rules see.

    A virtual host has its own unless RewriteOptions say that it inherits; one without any directive of mod_rewrite has
    no rules, and its sections see the main server's maps.
    """
    lines = main.rewrite.rules or ()
    if block is None:
        return lines, main_maps
    if not says_within(block):
        return (), main_maps
    own = block.rewrite.rules or ()
    where = rules_follow(options_of(main.rewrite), options_of(both.rewrite))
    if where > 0:
        return own + lines, {**main_maps, **own_maps}
    if where < 0:
        return lines + own, {**own_maps, **main_maps}
    return own, own_maps


def warn_of_files(rules: tuple[Rule, ...], document_root: bytes, findings: Findings) -> None:
    """Say which rules of a server name a file of the machine and not one below DocumentRoot."""
    elsewhere = rewrite.PROXY | rewrite.PASS | rewrite.REDIRECT
    for rule in rules:
        if rule.substitution is None or rule.flags & elsewhere or not rule.substitution.parts:
            continue
        first = rule.substitution.parts[0]
        root = document_root.rstrip(b"/") + b"/"
        if first.kind != LITERAL or not first.text.startswith(b"/") or first.text.startswith(root):
            continue
        top, slash, _ = first.text[1:].partition(b"/")
        if top and (slash or len(rule.substitution.parts) == 1) and os.path.isdir(b"/" + top):
            shown = (b"/" + top).decode("utf-8", "surrogateescape")
            findings.warning(
                "file-outside-document-root",
                f"this rule names the machine's own `{shown}`, not a path of the site",
                rule.origin,
                notes=("a result counts as a file's path where its first directory exists on the machine",),
                help="add `[PT]` if it is a path of the site",
            )


def compile_condition(line: ConditionLine, findings: Findings, maps: Mapping[str, Map] = NO_MAPS) -> Condition:
    """One condition. Raises `Refused`."""
    condition = make_condition(line, findings, maps)
    names = {name for name, _ in line.flags}
    condition.written = line.pattern + (f" [{','.join(name for name, _ in line.flags)}]" if line.flags else "")
    if "NV" not in names:
        condition.fields = fields_of(condition.test)
    if "NC" in names and condition.kind >= rewrite.INT_EQ:
        findings.warning(
            "flag-ignored",
            f"`NC` does nothing for `{line.pattern}`",
            line.origin,
            notes=(
                f"httpd says: RewriteCond: NoCase option for non-regex pattern '{line.pattern.removeprefix('!')}' is "
                "not supported and will be ignored. (AH00665)",
            ),
            help="leave `NC` out",
        )
    return condition


def make_condition(line: ConditionLine, findings: Findings, maps: Mapping[str, Map]) -> Condition:
    """The condition of a test string and a pattern."""
    warn = warner(findings, line.origin)
    names = {name for name, _ in line.flags}
    any_case = "NC" in names
    pattern = line.pattern
    negated = pattern.startswith("!")
    if negated:
        pattern = pattern[1:]
    if line.test.lower() == "expr":
        nothing = Template(to_bytes(pattern), ())
        condition = Condition(nothing, rewrite.EXPRESSION, negated, "OR" in names, any_case, line.origin)
        condition.expression = compile_expression(pattern, line.origin)
        condition.expression.vary = "NV" not in names
        return condition
    template = compile_template(line.test, warn, maps)
    or_next = "OR" in names
    kind = LOOKS.get(pattern)
    if kind is not None:
        return Condition(template, kind, negated, or_next, any_case, line.origin)
    kind = INTEGERS.get(pattern[:3])
    if kind is not None and len(pattern) > 3:
        condition = Condition(template, kind, negated, or_next, any_case, line.origin)
        condition.number = rewrite.leading_number(to_bytes(pattern[3:]))
        return condition
    if len(pattern) > 1:
        for sign, kind in TEXTS:
            if pattern.startswith(sign):
                condition = Condition(template, kind, negated, or_next, any_case, line.origin)
                text = pattern[len(sign) :]
                condition.text = b"" if sign == "=" and text == '""' else to_bytes(text)
                return condition
    condition = Condition(template, rewrite.REGEX, negated, or_next, any_case, line.origin)
    condition.pattern = compile_regex(pattern, any_case, line.origin)
    return condition


def leading_number(text: str) -> int:
    """As C's atoi; never negative."""
    return max(0, rewrite.leading_number(to_bytes(text)))


def warner(findings: Findings, origin: Origin) -> Warn:
    """Writes warnings at one statement."""

    def warn(code: str, headline: str, help: str) -> None:
        findings.warning(code, headline, origin, help=help)

    return warn
