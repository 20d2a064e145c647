"""Where a line of configuration stands, for what the plan itself does not keep."""

from __future__ import annotations

from evenflow.origin import NOWHERE, Origin


class Places:
    """Where the lines of a configuration stand; this one knows none but those that the plan keeps.

    Whoever has the configuration's text at hand gives a better one.
    """

    def inside(self, section: Origin) -> list[Origin]:
        """The statements of a section."""
        return []

    def said(self, names: tuple[str, ...], sections: list[Origin]) -> Origin:
        """The statement with one of these names that counts where these sections met, the last one the innermost."""
        return NOWHERE

    def parameter(self, balancer: str, name: str) -> Origin:
        """The statement that gives a balancer this parameter."""
        return NOWHERE
