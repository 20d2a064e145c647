"""Which directives we act on, and which known name is nearest to an unknown one.

The rows live in `directives/<module>.py`; this file only collects them.
"""

from __future__ import annotations

import difflib
from typing import Final

from evenflow.config.directive import Directive
from evenflow.config.directives import (
    access_compat,
    alias,
    auth,
    authz,
    balancing,
    core,
    dir,
    env,
    evenflow,
    expires,
    files,
    filters,
    hcheck,
    headers,
    heartbeats,
    http2,
    log_config,
    members_from,
    mime,
    proxy,
    proxy_through,
    read_time,
    remoteip,
    reqtimeout,
    rewrite,
    setenvif,
    ssl,
    ssl_ocsp,
    ssl_proxy,
    status,
    substitute,
    tracing,
)
from evenflow.config.known import KNOWN

MODULES: Final = (
    read_time,
    core,
    proxy,
    proxy_through,
    rewrite,
    headers,
    http2,
    setenvif,
    env,
    alias,
    dir,
    mime,
    files,
    authz,
    auth,
    access_compat,
    remoteip,
    reqtimeout,
    ssl,
    ssl_ocsp,
    ssl_proxy,
    log_config,
    filters,
    substitute,
    expires,
    evenflow,
    balancing,
    members_from,
    status,
    hcheck,
    heartbeats,
    tracing,
)

DIRECTIVES: Final[dict[str, Directive]] = {row.name.lower(): row for module in MODULES for row in module.DIRECTIVES}
"""All rows by lower-case name."""


def nearest(name: str) -> str | None:
    """The known directive whose spelling is nearest; sections are asked for, and answered, with their `<`.

    None where nothing is near.
    """
    lower = name.lower()
    pool = [known for known in KNOWN if known.startswith("<") == lower.startswith("<")]
    found = difflib.get_close_matches(lower, pool, n=3, cutoff=0.7)
    if not found:
        return None
    # among equals, one that we act on helps more
    ours = [candidate for candidate in found if candidate in DIRECTIVES]
    return KNOWN[(ours or found)[0]].name
