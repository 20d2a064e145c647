"""Settings that are lost because two lines mean one member or one balancer."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.checks.view import Places, Server, line_of
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.merge import merge
from evenflow.config.settings import UNSET, MappingLine, MemberParameters


def check_parameters(server: Server, places: Places) -> Iterator[Diagnostic]:
    """`ProxyPass /b http://h/` and then `ProxyPass /a http://h/a timeout=3`: one member, and the second's words are
    lost."""
    earlier: dict[str, tuple[int, MappingLine]] = {}
    for place, mapping in enumerate(server.mappings):
        if mapping.target == "!" or balancer_name(mapping.target) is not None:
            continue
        target = mapping.target.lower()
        beginnings = [earlier[target[:size]] for size in range(len(target) + 1) if target[:size] in earlier]
        first = min(beginnings, key=_place)[1] if beginnings else None
        if first is not None and mapping.member not in (MemberParameters(), first.member):
            yield warning(
                "parameters-ignored",
                f"the parameters of `ProxyPass {mapping.path or ''} {mapping.target}` are not used".replace("  ", " "),
                places.whole(mapping.origin),
                also=(Label(places.whole(first.origin), "this line made the member", primary=False),),
                notes=("a URL that begins with an earlier one's is the same member (AH01146)",),
                help=f"write the longer URL first: move it above {line_of(first.origin, mapping.origin)}",
            )
        earlier.setdefault(target, (place, mapping))


def _place(item: tuple[int, MappingLine]) -> int:
    return item[0]


def check_balancers(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The main server and a virtual host declare the same balancer: the virtual host's members are lost."""
    if server.block is server.main:
        return
    for line in (part for block in server.block.blocks for part in block.proxy.members or ()):
        if line.balancer in server.inherited:
            yield warning(
                "balancer-declared-twice",
                f"`{line.url}` is lost: the main server has a `balancer://{line.balancer}` too, and its members count",
                places.whole(line.origin),
                help="give one of the two another name",
            )


def check_inherited(server: Server, places: Places) -> Iterator[Diagnostic]:
    """`ProxyPassInherit Off` or `BalancerInherit Off` without the other: a virtual host has everything all the same."""
    if server.block is server.main:
        return
    both = merge(server.main.proxy, server.block.proxy)
    said = {"ProxyPassInherit": both.pass_inherit, "BalancerInherit": both.balancer_inherit}
    off = [(name, value[1]) for name, value in said.items() if value is not UNSET and not value[0]]
    if len(off) != 1:
        return
    name, origin = off[0]
    other = "BalancerInherit" if name == "ProxyPassInherit" else "ProxyPassInherit"
    yield warning(
        "inheritance-half-off",
        f"`{name} Off` alone takes nothing away: a virtual host has the main server's balancers and members still",
        places.whole(origin),
        notes=("httpd takes them away only where both are off; mappings stay in any case",),
        help=f"write `{other} Off` beside it, or remove the line",
    )
