"""All checks of a visit, in an order in which early ones teach later ones; and what came out, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from evenflow.config.render import printable
from evenflow.tools.doctor import addresses, bodies, health, security, sessions, synchrony, waiting, ways
from evenflow.tools.doctor.asking import Cut, Enough, Unanswered
from evenflow.tools.doctor.visit import FAIL, HINT, PASS, UNKNOWN, Check, Finding, Visit, found, unknown

JSON_VERSION: Final = 1
"""Counts up when a field of the JSON changes its meaning or goes."""
CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("affinity", sessions.check_affinity),
    ("stale route", sessions.check_stale_route),
    ("cookies", sessions.check_cookies),
    ("one cookie", sessions.check_crossed),
    ("caches", sessions.check_cached),
    ("status", health.check_status),
    ("pages", health.check_pages),
    ("clocks", health.check_clocks),
    ("builds", health.check_builds),
    ("redirects", addresses.check_redirects),
    ("plain", addresses.check_plain),
    ("page", addresses.check_page),
    ("forwarded", addresses.check_forwarded),
    ("origin", addresses.check_origin),
    ("odd paths", addresses.check_odd_paths),
    ("by address", addresses.check_by_address),
    ("error bodies", bodies.check_error_bodies),
    ("encodings", bodies.check_encodings),
    ("body limit", bodies.check_body_limit),
    ("field limit", bodies.check_field_limit),
    ("synchrony", synchrony.check_heartbeat),
    ("websocket", synchrony.check_upgrades),
    ("ways", ways.check_ways),
    ("own paths", ways.check_own_paths),
    ("polling", synchrony.check_polling),
    ("markup", bodies.check_markup),
    ("internal proxy", synchrony.check_internal_reload),
    ("certificate", security.check_certificate),
    ("TLS", security.check_old_tls),
    ("handlers", security.check_handlers),
    ("nodes", security.check_nodes),
    ("long polls", synchrony.check_held_poll),
    ("quiet WebSocket", waiting.check_quiet_tunnel),
)
CUT: Final = "answer-cut"
MARKS: Final = {FAIL: "FAIL", HINT: "hint", UNKNOWN: "  ? ", PASS: " ok "}


@dataclass(frozen=True, slots=True)
class Report:
    """What one visit found, a `pass` for each check that had nothing to say."""

    url: str
    findings: tuple[Finding, ...]
    asked: int
    way: ways.Way | None = None
    """What an editor gets; None where that was not found out."""
    expected: str = ""

    @property
    def failed(self) -> bool:
        """A fault was found, or what is expected is not proven."""
        proven = not self.expected or any(one.check == ways.EXPECTED and one.verdict == PASS for one in self.findings)
        return not proven or any(finding.verdict == FAIL for finding in self.findings)


def examine(visit: Visit, progress: Callable[[str, int, int], None] = lambda name, done, of: None) -> Report:
    """Run the checks; `progress` is told the next one's name, how many are done, and of how many."""
    findings: list[Finding] = []
    try:
        visit.site.ask(visit.login)
    except Cut:
        # The first check that asks for it says so.
        pass
    except Unanswered as why:
        findings.append(found("unanswered", "site", str(why)))
        return _reported(visit, findings)
    checks = [*CHECKS, (ways.EXPECTED, ways.check_expected)] if visit.expected else CHECKS
    for done, (name, check) in enumerate(checks):
        progress(name, done, len(checks))
        cut = any(one.fault is not None and one.fault.code == CUT for one in findings)
        findings += _run(name, check, visit, cut)
    return _reported(visit, findings)


def _reported(visit: Visit, findings: list[Finding]) -> Report:
    url = visit.site.place.url + visit.path
    way = None if visit.ways is None else visit.ways.way
    return Report(url, tuple(findings), visit.site.manners.asked, way, visit.expected)


def _run(name: str, check: Check, visit: Visit, cut: bool) -> Iterator[Finding]:
    """One check. That answers are cut is a fault once (`cut`: it was said), and else why a check says nothing."""
    said = False
    try:
        for finding in check(visit):
            said = True
            yield finding
    except (Unanswered, Enough) as why:
        said = True
        yield found(CUT, name, str(why)) if isinstance(why, Cut) and not cut else unknown(name, str(why))
    if not said:
        yield Finding(name, PASS, "")


def as_text(report: Report) -> str:
    """A line for each check, and for each fault its four sentences."""
    lines = [report.url]
    if report.way is not None:
        lines.append(f"an editor gets: {in_words(report.way)}")
        lines.append(f"      evidence: {printable(report.way.evidence)}")
    lines.append("")
    for finding in report.findings:
        where = f" ({finding.where})" if finding.where else ""
        if finding.fault is None:
            why = f": {printable(finding.evidence)}" if finding.evidence else ""
            lines.append(f"{MARKS[finding.verdict]}  {finding.check}{where}{why}")
            continue
        fault = finding.fault
        lines.append(f"{MARKS[finding.verdict]}  {finding.check}{where}: {fault.code}")
        lines.append(f"      symptom:  {fault.symptom}")
        lines.append(f"      evidence: {printable(finding.evidence)}")
        lines.append(f"      cause:    {fault.cause}")
        lines.append(f"      fix:      {fault.fix}")
    counts = {verdict: sum(one.verdict == verdict for one in report.findings) for verdict in MARKS}
    words = ((FAIL, "fault", "faults"), (HINT, "hint", "hints"), (UNKNOWN, "open question", "open questions"))
    told = [f"{counts[key]} {one if counts[key] == 1 else many}" for key, one, many in words if counts[key]]
    lines.append("")
    lines.append(f"{', '.join(told) or 'nothing found'}; {counts[PASS]} checks passed, {report.asked} requests asked")
    return "".join(f"{line}\n" for line in lines)


def in_words(way: ways.Way) -> str:
    """The way, for people."""
    by = "Confluence's internal proxy" if ways.INTERNAL_ADDRESS in way.address else "the direct way"
    if way.name == ways.NONE:
        said = "no way to Synchrony" if not way.address else f"{by}, where nothing answers"
    else:
        said = f"{by}, by {'long polling' if way.name == ways.POLLING else 'WebSocket'}"
    return said if way.named else f"{said}, if its page names what is usual (--editor)"


def as_json(report: Report) -> str:
    """One JSON object for programs."""
    said: dict[str, Any] = {
        "version": JSON_VERSION,
        "url": report.url,
        "requests": report.asked,
        "way": None if report.way is None else {**asdict(report.way), "evidence": printable(report.way.evidence)},
        "expected": report.expected or None,
        "findings": [
            {
                "check": one.check,
                "verdict": one.verdict,
                "where": one.where or None,
                "evidence": printable(one.evidence),
                **(asdict(one.fault) if one.fault is not None else {}),
            }
            for one in report.findings
        ],
    }
    return json.dumps(said, indent=2)
