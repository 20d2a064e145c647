"""What lines of the error log look like (ErrorLogFormat), as texts; whoever writes lines reads them."""

from __future__ import annotations

from dataclasses import dataclass

from evenflow.origin import Origin


@dataclass(frozen=True, slots=True)
class ErrorLines:
    """`main` is "" for our own form; `request` and `connection` are written once before the first line about each."""

    main: str
    request: tuple[str, ...]
    connection: tuple[str, ...]
    origin: Origin
