"""What `Server` and pages' signatures say of us, as ServerTokens has it. Set once, before a child serves."""

from __future__ import annotations

from typing import Final

PRODUCT: Final = b"evenflow"
"""Where nothing is said of it: the product, and nothing that tells an attacker which one of it."""


class Token:
    """The one there is is `TOKEN`."""

    __slots__ = ("text",)

    def __init__(self) -> None:
        self.text = PRODUCT


TOKEN: Final = Token()
