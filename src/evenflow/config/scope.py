"""The settings of one section while they are being written.

A `Draft` collects what the statements of one section say and becomes a frozen `Block` at its end. It knows the fields
of the settings and where they merge; it knows no directive.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from evenflow.config.contexts import SERVERS, Context
from evenflow.config.diagnostics import Diagnostic
from evenflow.config.settings import (
    UNSET,
    AccessSettings,
    Address,
    AliasSettings,
    Block,
    ConditionLine,
    CoreSettings,
    EnvironmentSettings,
    EvenflowSettings,
    ExpiresSettings,
    FileSettings,
    FilterSettings,
    HeaderSettings,
    HeartbeatSettings,
    Http2Settings,
    LogSettings,
    MemberTlsSettings,
    Methods,
    OcspSettings,
    ProxySettings,
    RemoteIpSettings,
    ReqTimeoutSettings,
    RequireGroup,
    RequireLine,
    RewriteSettings,
    TlsSettings,
)
from evenflow.config.syntax import Section, Span, Statement
from evenflow.origin import Origin

MODULES: Final[dict[str, type]] = {
    "core": CoreSettings,
    "proxy": ProxySettings,
    "rewrite": RewriteSettings,
    "headers": HeaderSettings,
    "environment": EnvironmentSettings,
    "alias": AliasSettings,
    "files": FileSettings,
    "access": AccessSettings,
    "remoteip": RemoteIpSettings,
    "reqtimeout": ReqTimeoutSettings,
    "tls": TlsSettings,
    "ocsp": OcspSettings,
    "member_tls": MemberTlsSettings,
    "log": LogSettings,
    "filters": FilterSettings,
    "expires": ExpiresSettings,
    "http2": Http2Settings,
    "heartbeat": HeartbeatSettings,
    "evenflow": EvenflowSettings,
}
"""The settings of a `Block`, by the name of the block's field."""

FIELDS: Final = {name: {item.name for item in dataclasses.fields(kind)} for name, kind in MODULES.items()}


class Lines(list[Any]):
    """A tuple to be: what `Draft.add` has collected."""

    __slots__ = ()


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if type(value) is Lines else value for name, value in values.items()}


@dataclass(slots=True)
class Draft:
    """A section that is being read. `section` is its name as written, "" for the main server; `outer` encloses it."""

    kind: str
    match: str
    pattern: str
    origin: Origin
    place: Context
    section: str
    outer: Draft | None
    reports: list[Diagnostic]
    """Warnings; shared by all drafts of one run."""
    addresses: tuple[Address, ...] = ()
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocks: list[Draft] = field(default_factory=list)
    conditions: list[tuple[ConditionLine, Span]] = field(default_factory=list)
    """RewriteCond lines that wait for their RewriteRule, and where they stand."""
    methods: Methods | None = None
    """What `<Limit>` and `<LimitExcept>` around it leave; None for all methods."""
    reads: str | None = None
    """The main server's: how patterns are read from here on, as `Origin.reads`."""
    group: str = ""
    """"all", "any" or "none" inside a container of Require lines."""
    requires: list[RequireLine | RequireGroup] = field(default_factory=list)
    """The container's lines."""

    def get(self, module: str, name: str) -> Any:
        """What has been said in this section so far, or UNSET."""
        said = self.values.get(module, {}).get(name, UNSET)
        return tuple(said) if type(said) is Lines else said

    def put(self, module: str, name: str, value: Any) -> None:
        """Say it, in place of what was said before in this section."""
        if name not in FIELDS[module]:
            raise KeyError(f"{module}.{name}")
        self.values.setdefault(module, {})[name] = value

    def add(self, module: str, name: str, *values: Any) -> None:
        """Say it after what was said before in this section."""
        said = self.values.get(module, {}).get(name, UNSET)
        if type(said) is not Lines:
            said = Lines(() if said is UNSET else said)
            self.put(module, name, said)
        said += values

    def barred(self, contexts: Context) -> Draft | None:
        """The section that keeps out what may stand in `contexts` only: this one, or one around it; None where nothing
        does. What may stand below servers only is not kept out by a server further out."""
        draft: Draft | None = self
        while draft is not None and (draft is self or not draft.place & SERVERS):
            if draft.place not in contexts:
                return draft
            draft = draft.outer
        return None

    @property
    def server(self) -> Draft:
        """The virtual host or main server that this section stands in."""
        draft = self
        while draft.kind not in ("server", "virtualhost") and draft.outer is not None:
            draft = draft.outer
        return draft

    @property
    def main(self) -> Draft:
        """The main server."""
        draft = self
        while draft.outer is not None:
            draft = draft.outer
        return draft

    def finish(self) -> Block:
        """The frozen section, with everything that it encloses."""
        settings = {
            name: kind(**_frozen(self.values[name])) if name in self.values else kind()
            for name, kind in MODULES.items()
        }
        return Block(
            kind=self.kind,
            match=self.match,
            pattern=self.pattern,
            origin=self.origin,
            addresses=self.addresses,
            blocks=tuple(block.finish() for block in self.blocks),
            **settings,
        )


Action = Callable[[Draft, Statement | Section, Any], None]
"""(the section, the statement, what its shape read) -> nothing; raises Wrong."""


def put(module: str, name: str) -> Action:
    """The action that says one field."""
    if name not in FIELDS[module]:
        raise KeyError(f"{module}.{name}")

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        draft.put(module, name, value)

    return act


def add(module: str, name: str) -> Action:
    """The action that adds one value to a tuple field."""
    if name not in FIELDS[module]:
        raise KeyError(f"{module}.{name}")

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        draft.add(module, name, value)

    return act
