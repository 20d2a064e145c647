"""mod_expires, from settings to `plan.expires`."""

from __future__ import annotations

from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, ExpiresSettings, ExpiryLine
from evenflow.plan.expires import Expiry
from evenflow.plan.scope import Said


def say_expires(said: Said, settings: ExpiresSettings) -> None:
    """Say what one section's lines say."""
    if settings.active is not UNSET:
        said.say("expires_on", settings.active)
    if settings.default is not UNSET:
        said.say("expires_default", expiry(settings.default))
    types = tuple((to_bytes(media.lower()), expiry(line)) for media, line in settings.by_type or ())
    said.say("expires_types", types)


def expiry(line: ExpiryLine) -> Expiry:
    return Expiry(line.changed, line.seconds)
