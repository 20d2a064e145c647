"""What becomes of a member's answer: pages that are replaced, members that one bad page throws out, variables that are
not there yet."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.uses import uses
from evenflow.config.checks.view import Places, Server, every_block
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.settings import UNSET, Block

OURS = frozenset({502, 503, 504})
"""What says that the member itself could not answer."""

EARLY = "%{BALANCER_"


def _scopes(server: Server) -> tuple[Block, ...]:
    first = (server.main,) if server.block is server.main else (server.main, server.block)
    return (*first, *server.proxies, *server.locations)


def check_error_override(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The application's own error bodies are lost."""
    others = server.block is server.main and any(block.kind == "virtualhost" for block in server.main.blocks)
    if next(uses(server), None) is None and (others or server.block.core.document_root is not UNSET):
        # Nothing is forwarded here; a file that is a part of another has no mapping either.
        return
    below = [part for scope in _scopes(server) if scope is not server.main for part in every_block(scope)]
    own = server.block.proxy.error_override
    first = () if own is not UNSET and server.block is not server.main else (server.main,)
    for scope in dict.fromkeys((*first, *(part for part in server.main.blocks if part.kind == "if"), *below)):
        codes = frozenset(scope.proxy.error_override_codes or ())
        if scope.proxy.error_override is not True or (codes and codes <= OURS):
            continue
        lost = ", ".join(str(code) for code in sorted(codes - OURS)) if codes else "every status from 400"
        node = places.statement(scope, "ProxyErrorOverride")
        yield warning(
            "error-override-hides",
            f"the application's own answers with {lost} are replaced by an error page",
            node,
            notes=(
                "applications answer questions with 404 and 409 and a body that their own scripts read: creating and "
                "editing pages fails without it",
            ),
            help="write `ProxyErrorOverride On 502 503 504`, or leave it off",
        )


def check_failonstatus(server: Server, places: Places) -> Iterator[Diagnostic]:
    """One bad page takes a whole node out."""
    for balancer in server.balancers.values():
        if balancer.name in server.inherited:
            continue
        for parameters, origin in balancer.parameters:
            codes = parameters.failonstatus
            if codes is UNSET:
                continue
            wrong = sorted(code for code in codes if code not in OURS)
            if wrong:
                yield warning(
                    "failonstatus-application",
                    f"one answer with {' or '.join(str(code) for code in wrong)} takes a member out for `retry` "
                    "seconds",
                    places.word(origin, "failonstatus"),
                    notes=(
                        "such an answer says that one page is broken, not that the node is; the same page breaks the "
                        "next member then",
                    ),
                    help="write `failonstatus=503`, or leave it out: a member that cannot be reached is noticed anyway",
                )


def check_balancer_variables(server: Server, places: Places) -> Iterator[Diagnostic]:
    """RequestHeader runs before a member is chosen."""
    for edit in server.edits:
        if edit.table == "request" and EARLY in edit.value:
            yield warning(
                "balancer-variable-too-early",
                f"the member gets `{edit.name}: (null)`: no member is chosen yet when RequestHeader runs",
                places.whole(edit.origin),
                help="use `Header`, which runs on the answer; a member knows its own name",
            )
