"""What a file asks httpd for without loading it: evenflow has it all the same, httpd answers 500 or does not start."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.uses import Use, uses
from evenflow.config.checks.view import Places, Server
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.parameters import OUR_LBMETHODS
from evenflow.config.settings import UNSET

SCHEMES = {
    "http": "proxy_http_module", "https": "proxy_http_module",
    "ws": "proxy_wstunnel_module", "wss": "proxy_wstunnel_module",
}  # fmt: skip


def check_loaded(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A file that loads its modules itself, and a scheme, a balancer or an lbmethod without its own."""
    if not any(node.name.lower() == "loadmodule" for node in places.nodes.values()):
        return
    told = set()
    for use in uses(server):
        for module, what in _asks_for(use):
            if module in places.modules or module in told:
                continue
            told.add(module)
            name = module.removesuffix("_module")
            yield warning(
                "module-missing",
                f"httpd needs `{module}` for {what}, and this file does not load it",
                places.whole(use.origin),
                notes=("evenflow has it built in; httpd does not start, or answers 500",),
                help=f"write `LoadModule {module} modules/mod_{name}.so`",
            )


def _asks_for(use: Use) -> Iterator[tuple[str, str]]:
    """Modules, and what they are for."""
    for member in use.members:
        module = SCHEMES.get(member.url.partition("://")[0].lower())
        if module is not None:
            yield module, f"`{member.url}`"
    if use.balancer is None:
        return
    yield "proxy_balancer_module", f"`balancer://{use.balancer.name}`"
    yield "slotmem_shm_module", f"`balancer://{use.balancer.name}`"
    method = "byrequests"
    for parameters, _ in use.balancer.parameters:
        if parameters.lbmethod is not UNSET:
            method = parameters.lbmethod
    if method not in OUR_LBMETHODS:
        yield f"lbmethod_{method}_module", f"`lbmethod={method}`"
