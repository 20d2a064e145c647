"""mod_proxy's part of server-status."""

from __future__ import annotations

from evenflow.config.arguments import one, one_of
from evenflow.config.contexts import SERVERS
from evenflow.config.directive import Directive
from evenflow.config.scope import put

DIRECTIVES = (
    Directive(
        "ProxyStatus",
        SERVERS,
        one(one_of("off", "on", "full", says="ProxyStatus must be one of: off | on | full")),
        put("proxy", "status"),
        "Whether server-status shows the balancers and their members.",
        default="Off",
    ),
)
