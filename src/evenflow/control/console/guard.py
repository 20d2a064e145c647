"""Whether a change may come from where it comes from: never from a page of another site, whatever nonce it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

OWN: Final = frozenset(("same-origin", "none"))
"""What Sec-Fetch-Site says of our own page, and of who typed the address."""
PORTS: Final = {"http": 80, "https": 443}


def refusal(fields: Mapping[str, str], authority: str) -> str:
    """Why a change is refused, "" where it is not. `authority` is the Host that the client named.

    A browser says where a request comes from by Sec-Fetch-Site, and where it does not, by Origin; a script says
    neither.
    """
    site = fields.get("sec-fetch-site")
    if site is not None:
        return "" if site in OWN else f"The change comes from another site (Sec-Fetch-Site: {site})."
    origin = fields.get("origin")
    if origin is None or is_own(origin, authority):
        return ""
    return f"The change comes from another site (Origin: {origin})."


def is_own(origin: str, authority: str) -> bool:
    """Whether an Origin names the host and port that the request was sent to. A TLS that ends before us hides the
    scheme, so only the port counts, and none stands for the scheme's own.
    """
    try:
        named = urlsplit(origin)
        port = named.port or PORTS.get(named.scheme)
        asked = urlsplit(f"//{authority}")
        asked_port = asked.port or PORTS.get(named.scheme)
    except ValueError:
        return False
    return bool(named.hostname) and named.hostname == asked.hostname and port == asked_port
