"""The demo as it goes: look for taken ports, start everything, then check it or wait, and what to say on the way."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import click

from evenflow.config.load import load
from evenflow.tools.demo import EXAMPLE, checks, documents, editor_checks, front, packages, ports
from evenflow.tools.demo.cluster import NODES, Cluster, DemoFault, Node, Shared
from evenflow.tools.demo.switch import PATH, Switch

LOOK_SECONDS: Final = 0.2
"""How often the demo looks whether its processes still run."""
LOG_LINES: Final = 5
"""So much is shown of the log of a front that did not start."""
PAGE_TO_EDIT: Final = "/pages/editpage.action?pageId=1"


@dataclass(slots=True)
class Ending:
    """Whether the demo was told to end. A plain cell, because signal handlers write it."""

    told: bool = False


@dataclass(frozen=True, slots=True)
class Staged:
    """One configuration in front of the nodes. `manager` is its page's address, "" where that is not known."""

    file: Path
    checks: Sequence[checks.Check]
    manager: str = ""


def run(
    file: Path | None,
    check: bool,
    ending: Ending,
    nodes: Sequence[Node] = NODES,
    before: str = "evenflow",
    ports_of_front: tuple[int, int] = (front.PORT, front.MANAGER_PORT),
) -> int:
    """Start all of it; then check, or wait until told to end. The exit status; raises `DemoFault`.

    Without `file` it is what `evenflow init` writes for `ports_of_front`, public and manager's, and a check looks at
    the published file too. `before` says who serves it.
    """
    with tempfile.TemporaryDirectory(prefix="evenflow-demo-") as said, Switch() as switch:
        folder = Path(said)
        # Where httpd starts as root, its children are somebody else.
        folder.chmod(0o755)
        stages = [Staged(file, checks.CHECKS)] if file is not None else made_for(folder, nodes, ports_of_front)
        if file is None and check:
            stages.insert(0, Staged(example_file(), checks.CHECKS))
        look_for_ports(stages, nodes)
        shared = what_is_shared(folder, before, stages[-1].manager)
        # The checks have no browser.
        editable = shared is not None and (check or fetch_packages())
        with Cluster(nodes, shared) as cluster:
            switch.cluster = cluster
            if check:
                return check_stages(stages, cluster, folder, before, switch, ending)
            host, port = serve(stages[0].file, cluster, folder, before, switch)
            click.echo(places(stages[0].file, host, port, nodes, before))
            click.echo(what_to_try(host, port, stages[0].manager, editable=editable))
            while not ending.told:
                if ended := cluster.ended():
                    raise DemoFault(f"{ended}; the demo ends too")
                time.sleep(LOOK_SECONDS)
            click.echo("\nending")
    return 0


def made_for(folder: Path, nodes: Sequence[Node], ports_of_front: tuple[int, int]) -> list[Staged]:
    """What `evenflow init` writes for these nodes."""
    file = folder / "wiki.conf"
    file.write_text(front.made(nodes, *ports_of_front))
    # A writer is made of pycrdt as well.
    wanted = editor_checks.CHECKS if documents.available() else ()
    return [Staged(file, wanted, f"http://127.0.0.1:{ports_of_front[1]}/balancer-manager")]


def look_for_ports(stages: Sequence[Staged], nodes: Sequence[Node]) -> None:
    """Raises `DemoFault` where somebody has one already."""
    wanted = [(node.host, node.port) for node in nodes]
    wanted += [address for stage in stages for address in addresses_of(stage.file)]
    taken = [why for host, number in dict.fromkeys(wanted) if (why := ports.hindrance(host, number))]
    if taken:
        raise DemoFault("\n".join(taken))


def what_is_shared(folder: Path, before: str, manager: str) -> Shared | None:
    """What the nodes need for the editor; None, and a word about it, where pycrdt is missing."""
    if not documents.available():
        click.echo("The editor needs pycrdt: `pip install 'evenflow[demo]'`. All the rest works without.\n", err=True)
        return None
    return Shared(str(folder / "wiki.sqlite"), str(packages.folder()), before, manager, PATH)


def fetch_packages() -> bool:
    """What browsers need; False, and a word about it, where it cannot be had."""
    place = packages.folder()
    if not packages.are_there(place):
        click.echo(f"Yjs is to be in {place}: npm fetches it")
    try:
        packages.provide(place)
    except packages.Missing as fault:
        click.echo(f"{fault}\nUntil then there is no editor. All the rest works.\n", err=True)
        return False
    return True


def serve(file: Path, cluster: Cluster, folder: Path, before: str, switch: Switch) -> tuple[str, int]:
    """Start the front with `file`; where it can be asked."""
    whole = folder / "demo.conf"
    whole.write_text(front.around(file, PATH, switch.port))
    host, port = addresses_of(file)[0]
    try:
        cluster.serve(before, front.command(before, whole), host or "127.0.0.1", port)
    except DemoFault as fault:
        log = folder / front.LOG
        said = log.read_text(errors="replace").splitlines()[-LOG_LINES:] if log.exists() else []
        raise DemoFault("\n".join([str(fault), *said])) from fault
    return host or "127.0.0.1", port


def check_stages(
    stages: Sequence[Staged], cluster: Cluster, folder: Path, before: str, switch: Switch, ending: Ending
) -> int:
    """Each configuration in turn, and its checks."""
    failed = 0
    for stage in stages:
        if not stage.checks:
            continue
        click.echo(f"{before} with {stage.file}")
        failed += check_all(stage.checks, checks.Front(*serve(stage.file, cluster, folder, before, switch)), ending)
        if ending.told:
            click.echo("stopped before the last check")
            return 1
        cluster.end_front()
    if failed:
        click.echo(f"{failed} of {sum(len(stage.checks) for stage in stages)} checks failed")
    return 1 if failed else 0


def check_all(wanted: Sequence[checks.Check], asked: checks.Front, ending: Ending) -> int:
    """Run every check, even after one failed; how many failed."""
    failed = 0
    for check in wanted:
        if ending.told:
            break
        holds, line = checks.run(check, asked)
        failed += not holds
        click.echo(f"{mark(holds)} {line}")
    return failed


def mark(holds: bool) -> str:
    tick, cross = ("✓", "✗") if (sys.stdout.encoding or "").lower().startswith("utf") else ("ok  ", "FAIL")
    return click.style(tick, fg="green") if holds else click.style(cross, fg="red", bold=True)


def places(file: Path, host: str, port: int, nodes: Sequence[Node], before: str) -> str:
    rows = [f"  {node!s:<18} http://{node.host}:{node.port}" for node in nodes]
    return "\n".join([*rows, f"  {before:<18} http://{host}:{port}  with {file}", ""])


def what_to_try(host: str, port: int, manager: str, *, editable: bool) -> str:
    ours = f"http://{host}:{port}"
    rows = [
        (f"curl -i {ours}/", "again and again: the nodes take turns"),
        (f"curl -i {ours}/login.action", "the redirect carries this address, not the node's"),
        (f"curl -N {ours}/stream", "line by line"),
        (f"curl --data-binary @FILE {ours}/upload", "size and digest of what arrived"),
    ]
    if manager:
        rows.insert(1, (f"curl -i -b jar -c jar {ours}/who", "with a cookie jar: a session stays on its node"))
        rows.append((manager, "in a browser: the balancer-manager"))
    else:
        rows.append(("evenflow check FILE", "what is wrong with it"))
    width = max(len(act) for act, _ in rows)
    lines = ["Try:", *(f"  {act:<{width}}  {why}" for act, why in rows), ""]
    if editable:
        # Two names of one machine are two cookie jars: the second window is a new session, and has its own turn.
        windows = [f"  http://{name}:{port}{PAGE_TO_EDIT}" for name in ("127.0.0.1", "localhost")]
        lines = ["Open both, type in both, and stop a node:", *windows, "", *lines]
    return "\n".join([*lines, "Ctrl-C ends it."])


def example_file() -> Path:
    """The published configuration: above the source in a checkout, or where the installed package put it."""
    for above in Path(__file__).resolve().parents:
        if (above / "examples" / EXAMPLE).is_file():
            return above / "examples" / EXAMPLE
    try:
        installed = metadata.files("evenflow") or []
    except metadata.PackageNotFoundError:
        installed = []
    for entry in installed:
        if entry.name == EXAMPLE:
            return Path(str(entry.locate())).resolve()
    raise DemoFault(
        f"`{EXAMPLE}` did not come with this installation\nhelp: name a file: `evenflow demo --config FILE`"
    )


def addresses_of(file: Path) -> list[tuple[str, int]]:
    """The addresses that the file listens on, the public one first; "" is every address."""
    settings = load(str(file), {}).settings
    if settings is None:
        raise DemoFault(f"`{file}` has errors\nhelp: see them with `evenflow check {file}`")
    listens = [(one.host, one.port) for one in settings.main.core.listens or () if one.port is not None]
    if not listens:
        raise DemoFault(f"`{file}` has no `Listen`\nhelp: add `Listen 8080`")
    return listens
