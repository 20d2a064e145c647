"""ChrootDir: where the children shut themselves in."""

from __future__ import annotations

import os

from evenflow.compiler.findings import Findings
from evenflow.compiler.lookups import is_journal
from evenflow.config.settings import UNSET, Block
from evenflow.plan.model import Plan
from evenflow.plan.tracing import Tracing


def shut_in(main: Block, plan: Plan, findings: Findings) -> None:
    """Write it into the plan, whose logs are known."""
    if main.core.chroot_dir is UNSET:
        return
    path, origin = main.core.chroot_dir
    if not path.startswith("/"):
        findings.error(
            "path-not-absolute",
            f"`ChrootDir {path}` does not say where it is",
            origin,
            notes=("httpd takes it from the directory that it was started in",),
            help="write the whole path, from `/` on",
        )
        return
    if not os.path.isdir(path):
        findings.error(
            "file-missing",
            f"`ChrootDir {path}`: there is no such directory",
            origin,
            notes=("httpd says: ChrootDir must be a valid directory",),
            help=f"make it: `mkdir -p {path}`",
        )
        return
    plan.chroot_dir = os.path.normpath(path)
    hosts = [host for host in (*plan.hosts, plan.main) if host is not None]
    targets = [plan.error_log, *(host.error_log for host in hosts)]
    targets += [log.target for host in hosts for log in host.logs]
    if any(is_journal(target) for target in targets):
        findings.error(
            "log-out-of-reach",
            "logs to `journald` beside `ChrootDir`: each line is handed to the journal anew, and it is outside",
            origin,
            help="write `syslog`, which stays connected, a file, or `\"|systemd-cat -t evenflow\"`",
        )
    if isinstance(plan.tracing, Tracing) and plan.tracing.secure:
        findings.error(
            "authorities-out-of-reach",
            "`EvenflowTrace https:` beside `ChrootDir`: which authorities to believe is written outside of it",
            plan.tracing.origin,
            help="send to a collector on this machine: `EvenflowTrace http://127.0.0.1:4318/v1/traces`",
        )
