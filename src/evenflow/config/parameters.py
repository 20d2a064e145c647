"""The `key=value` words of members and balancers: what each key takes, and httpd's sentence for a wrong value.

One table for members, one for balancers. It makes values; which member or balancer they belong to is the directive's
affair.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from evenflow.config import probing
from evenflow.config.arguments import UNITS, c_number, duration, number, out_of_range, seconds
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.settings import BalancerParameters, MemberParameters
from evenflow.config.syntax import Word

if TYPE_CHECKING:
    from evenflow.config.scope import Draft

LBMETHODS: Final = ("byrequests", "bytraffic", "bybusyness", "heartbeat")
"""What we can balance by, and httpd too."""

OUR_LBMETHODS: Final = ("leastconn", "peakewma", "hash")
"""What we can balance by, and httpd cannot: where it is to read the file, they stand in an IfModule of ours."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key: the settings field and how its value is read. `ignored` says why it may be left out of account."""

    field: str
    read: Callable[[str, Word], Any]
    ignored: str = ""
    """Read and checked all the same, unless `field` is ""."""


def switch(says: str) -> Callable[[str, Word], bool]:
    def read(key: str, word: Word) -> bool:
        lower = word.text.lower()
        if lower not in ("on", "off"):
            raise Wrong("value-not-allowed", f"`{key}` must be `On` or `Off`, not `{word.text}`", word.span, says=says)
        return lower == "on"

    return read


def inverted(says: str) -> Callable[[str, Word], bool]:
    read_switch = switch(says)
    return lambda key, word: not read_switch(key, word)


def short(most: int, says: str) -> Callable[[str, Word], str]:
    def read(key: str, word: Word) -> str:
        if len(word.text) > most:
            raise Wrong(
                "value-out-of-range",
                f"`{key}` must be at most {most} characters long, not {len(word.text)}",
                word.span,
                says=says,
            )
        return word.text

    return read


def text(key: str, word: Word) -> str:
    return word.text


def factor(key: str, word: Word) -> float:
    """1 to 100 with decimals; two of them count."""
    digits = word.text.strip()
    end = 0
    while end < len(digits) and (digits[end] in "0123456789" or (digits[end] == "." and "." not in digits[:end])):
        end += 1
    value = float(digits[:end]) if digits[:end].strip(".") else 0.0
    if not 1.0 <= value <= 100.0:
        raise out_of_range(key, word, 1, 100, says="LoadFactor must be a number between 1..100")
    return value


STATUS_LETTERS: Final = "DSIHRNEC"


def status(key: str, word: Word) -> tuple[tuple[str, bool], ...]:
    """Letters with signs before them; a sign holds until the next one."""
    wanted = True
    letters: list[tuple[str, bool]] = []
    for letter in word.text:
        if letter in "+-":
            wanted = letter == "+"
        elif letter.upper() in STATUS_LETTERS:
            letters.append((letter.upper(), wanted))
        else:
            raise Wrong(
                "value-not-allowed",
                f"`{key}` knows the letters `{STATUS_LETTERS}`, not `{letter}`",
                word.span,
                says="Unknown status parameter option",
                note="D disabled, S stopped, I ignore errors, H standby, R spare, N drain, E error, C failed check",
            )
    return tuple(letters)


def buffer(says: str) -> Callable[[str, Word], int]:
    def read(key: str, word: Word) -> int:
        value = c_number(word.text)
        if value != 0 and value < 512:
            raise Wrong(
                "value-out-of-range",
                f"`{key}` must be 0 or at least 512 bytes, not {word.text or 'empty'}",
                word.span,
                says=says,
            )
        return value

    return read


def separator(key: str, word: Word) -> str:
    if len(word.text) == 1:
        return word.text
    if word.text.lower() == "off":
        return ""
    raise Wrong(
        "value-not-allowed",
        f"`{key}` must be one character or `Off`, not `{word.text}`",
        word.span,
        says="stickysessionsep must be a single character or Off",
    )


def codes(key: str, word: Word) -> tuple[int, ...]:
    found = []
    for piece in word.text.split(","):
        code = c_number(piece)
        if not 100 <= code <= 599:
            raise Wrong(
                "value-out-of-range",
                f"`{key}` must be HTTP statuses separated by commas, not `{word.text}`",
                word.span,
                says="failonstatus must be one or more HTTP response codes",
            )
        found.append(code)
    return tuple(found)


def method(key: str, word: Word) -> str:
    name = word.text.lower()
    if name in LBMETHODS or name in OUR_LBMETHODS:
        return name
    raise Wrong(
        "value-not-allowed",
        f"there is no lbmethod `{word.text}`",
        word.span,
        says="unknown lbmethod",
        help=f"the lbmethods are {', '.join(f'`{one}`' for one in (*LBMETHODS, *OUR_LBMETHODS))}",
    )


def sticky(key: str, word: Word) -> str:
    # httpd cuts at 63 characters and says nothing
    return word.text[:63] if "|" not in word.text else word.text


def nonce(key: str, word: Word) -> str:
    return "" if word.text.lower() == "none" else word.text


MEMBER: Final = {
    "min": Parameter(
        "min", number(0, says="Min must be a positive number"), "connections are opened when they are needed"
    ),
    "smax": Parameter(
        "smax",
        number(0, says="Smax must be a positive number"),
        "connections that were idle for longer than `ttl` are closed, however many there are",
    ),
    "max": Parameter("max", number(says="")),
    "acquire": Parameter("acquire", duration("ms", at_least=0.001, says="Acquire timeout has wrong format")),
    "ping": Parameter("ping", duration("s", at_least=0.001, says="Ping/Pong timeout has wrong format")),
    "addressttl": Parameter("addressttl", number(says="")),
    "ttl": Parameter("ttl", seconds(1, says="TTL must be at least one second")),
    "connectiontimeout": Parameter(
        "connectiontimeout",
        duration(
            "s",
            at_least=0.001,
            says="Connectiontimeout has wrong format",
            too_small="Connectiontimeout must be at least one millisecond.",
        ),
    ),
    "timeout": Parameter("timeout", seconds(1, says="Timeout must be at least one second")),
    "retry": Parameter("retry", seconds(0, says="Retry must be a positive value")),
    "keepalive": Parameter("keepalive", switch("KeepAlive must be On|Off")),
    "disablereuse": Parameter("disablereuse", switch("DisableReuse must be On|Off")),
    "enablereuse": Parameter("disablereuse", inverted("EnableReuse must be On|Off")),
    "responsefieldsize": Parameter(
        "responsefieldsize", number(0, says="ResponseFieldSize must be greater than 0 bytes, or 0 for system default.")
    ),
    "iobuffersize": Parameter(
        "iobuffersize",
        buffer("IOBufferSize must be >= 512 bytes, or 0 for system default."),
        "one buffer serves all connections",
    ),
    "receivebuffersize": Parameter(
        "receivebuffersize",
        buffer("ReceiveBufferSize must be >= 512 bytes, or 0 for system default."),
    ),
    "route": Parameter("route", short(63, "Route length must be < 64 characters")),
    "redirect": Parameter("redirect", short(63, "Redirect length must be < 64 characters")),
    "loadfactor": Parameter("loadfactor", factor),
    "lbset": Parameter("lbset", number(0, 99, says="lbset must be between 0 and 99")),
    "status": Parameter("status", status),
    "upgrade": Parameter("upgrade", short(15, "upgrade protocol length must be < 16 characters")),
    "flushpackets": Parameter("", text, "an http answer is always passed on as it comes"),
    "flushwait": Parameter("", text, "an http answer is always passed on as it comes"),
    "secret": Parameter("", text, "it is for AJP members"),
    "flusher": Parameter("", text, "it is for members that take over the socket"),
}
"""Keys of a member."""

BALANCER: Final = {
    "lbmethod": Parameter("lbmethod", method),
    "stickysession": Parameter("stickysession", sticky),
    "stickysessionsep": Parameter("stickysessionsep", separator),
    "scolonpathdelim": Parameter("scolonpathdelim", switch("scolonpathdelim must be On|Off")),
    "nofailover": Parameter("nofailover", switch("failover must be On|Off")),
    "maxattempts": Parameter("maxattempts", number(0, says="maximum number of attempts must be a positive number")),
    "timeout": Parameter("timeout", seconds(1, says="timeout must be at least one second")),
    "failonstatus": Parameter("failonstatus", codes),
    "failontimeout": Parameter("failontimeout", switch("failontimeout must be On|Off")),
    "forcerecovery": Parameter("forcerecovery", switch("forcerecovery must be On|Off")),
    "growth": Parameter("growth", number(1, 100, says="growth must be between 1 and 100")),
    "nonce": Parameter("nonce", nonce),
}
"""Keys of a balancer."""

OTHERS: Final = frozenset({"lbmethodparams"})
"""What httpd knows and we do not act on yet."""

PROBE: Final = Parameter("", text)
"""Stands for what `probing` reads, which may say several fields at once."""

Said = list[tuple[str, Word]]


def read_member(directive: str, said: Said, draft: Draft) -> MemberParameters:
    """The parameters of a member; a key that is said twice counts the last time."""
    return MemberParameters(**_read(directive, said, MEMBER, BALANCER, "member", draft))


def read_balancer(directive: str, said: Said, draft: Draft) -> BalancerParameters:
    """The parameters of a balancer."""
    return BalancerParameters(**_read(directive, said, BALANCER, MEMBER, "balancer", draft))


def _read(
    directive: str,
    said: Said,
    table: dict[str, Parameter],
    other: dict[str, Parameter],
    noun: str,
    draft: Draft,
) -> dict[str, Any]:
    reports = draft.reports
    values: dict[str, Any] = {}
    for key, word in said:
        probes = table is MEMBER and key in probing.KEYS
        parameter = PROBE if probes else table.get(key)
        if parameter is None:
            raise _unknown(directive, key, word, table, other, noun)
        try:
            if probes:
                values |= probing.read(draft, key, word)
                continue
            value = parameter.read(key, word)
        except Wrong as wrong:
            if wrong.says:
                wrong.says = (
                    f"{directive}: {wrong.says} {key}={word.text}"
                    if directive == "ProxySet"
                    else f"{directive} {wrong.says}"
                )
            raise
        if parameter.field:
            values[parameter.field] = value
        if parameter.ignored:
            reports.append(warning("parameter-ignored", f"`{key}` has no effect here: {parameter.ignored}", word.span))
        if key == "timeout" and word.text.lower().lstrip("0123456789") in UNITS:
            reports.append(
                warning(
                    "unit-not-read",
                    f"`timeout={word.text}` is {c_number(word.text)} seconds: a unit is not read here",
                    word.span,
                    notes=(
                        "`connectiontimeout`, `acquire` and `ping` read units; `timeout` and `retry` are whole seconds",
                    ),
                    help=f"write the seconds: `timeout={c_number(word.text)}`, or fewer if you meant another unit",
                )
            )
    return values


def _unknown(
    directive: str, key: str, word: Word, table: dict[str, Parameter], other: dict[str, Parameter], noun: str
) -> Wrong:
    kind = "Worker" if noun == "member" else "Balancer"
    if key in OTHERS:
        return Wrong(
            "parameter-not-supported",
            f"evenflow does not act on `{key}` yet",
            word.span,
            help=f"remove `{key}={word.text}`",
        )
    says = (
        f"{directive}: unknown {kind} parameter {key}={word.text}"
        if directive == "ProxySet"
        else f"{directive} unknown {kind} parameter"
    )
    if key in other:
        elsewhere = "its BalancerMember lines" if noun == "balancer" else "`<Proxy balancer://...>` with ProxySet"
        return Wrong(
            "unknown-parameter",
            f"`{key}` is not a parameter of a {noun}",
            word.span,
            says=says,
            help=f"say `{key}={word.text}` at {elsewhere}",
        )
    near = difflib.get_close_matches(key, list(table), n=1, cutoff=0.7)
    return Wrong(
        "unknown-parameter",
        f"a {noun} has no parameter `{key}`",
        word.span,
        says=says,
        help=f"did you mean `{near[0]}={word.text}`?" if near else f"the parameters of a {noun} are {', '.join(table)}",
    )
