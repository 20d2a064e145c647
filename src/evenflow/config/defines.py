"""The names that a file may ask for: `Define`, `-D`, the environment, and the modules that count as loaded.

They are global and change while the file is read, as in httpd. This file reads no configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from evenflow.config.known import MODULES

OURS: Final = frozenset(
    {
        "access_compat_module",
        "alias_module",
        "allowmethods_module",
        "auth_basic_module",
        "authn_core_module",
        "authn_file_module",
        "authz_core_module",
        "authz_groupfile_module",
        "authz_host_module",
        "authz_user_module",
        "brotli_module",
        "core_module",
        "deflate_module",
        "dir_module",
        "env_module",
        "evenflow_module",
        "expires_module",
        "filter_module",
        "headers_module",
        "heartmonitor_module",
        "http2_module",
        "http_module",
        "lbmethod_bybusyness_module",
        "lbmethod_byrequests_module",
        "lbmethod_bytraffic_module",
        "lbmethod_heartbeat_module",
        "log_config_module",
        "logio_module",
        "macro_module",
        "mime_module",
        "mpm_event_module",
        "proxy_balancer_module",
        "proxy_connect_module",
        "proxy_hcheck_module",
        "proxy_http_module",
        "proxy_module",
        "proxy_wstunnel_module",
        "ratelimit_module",
        "remoteip_module",
        "reqtimeout_module",
        "rewrite_module",
        "setenvif_module",
        "slotmem_shm_module",
        "so_module",
        "socache_shmcb_module",
        "ssl_module",
        "status_module",
        "substitute_module",
        "unique_id_module",
        "unixd_module",
        "version_module",
        "watchdog_module",
    }
)
"""The modules whose work we do."""

BUILT_IN: Final = frozenset(
    {
        "core_module",
        "evenflow_module",
        "http_module",
        "log_config_module",
        "logio_module",
        "mpm_event_module",
        "so_module",
        "unixd_module",
        "version_module",
        "watchdog_module",
    }
)
"""What counts as loaded without a LoadModule line: what Debian compiles in, the MPM, and ourselves."""


def module_identifier(name: str) -> str:
    """`mod_proxy.c` and `proxy_module` name one module; answers the identifier, or the name itself where nobody knows
    it."""
    return MODULES.get(name, name)


class Environment(Protocol):
    """What `${NAME}` asks beyond `Define`: a process's environment, or that with a file behind it."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(slots=True)
class Names:
    """What is defined and loaded at the point that the reader has come to.

    `loads` are the LoadModule lines so far (identifier to whether it is one of `OURS`); while there is none, all of
    `OURS` count unless `strict` says that one is yet to come.
    """

    values: dict[str, str | None]
    """None for a name that was defined without a value: `<IfDefine>` sees it, `${NAME}` does not."""
    environment: Environment
    strict: bool = False
    loads: dict[str, bool] = field(default_factory=dict)
    asked_before_loading: bool = False
    """An IfModule was read before the first LoadModule."""

    def value(self, name: str) -> str | None:
        found = self.values.get(name)
        return found if found is not None else self.environment.get(name)

    def is_loaded(self, name: str) -> bool:
        """What `<IfModule name>` asks. A module that is loaded but not one of ours is not there."""
        if not self.loads and not self.strict:
            self.asked_before_loading = True
        return module_identifier(name) in self.modules

    def load(self, identifier: str) -> None:
        self.loads[identifier] = identifier in OURS

    @property
    def modules(self) -> frozenset[str]:
        """The modules that count as loaded."""
        if not self.loads and not self.strict:
            return OURS
        return BUILT_IN | {identifier for identifier, ours in self.loads.items() if ours}
