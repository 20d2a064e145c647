"""UNIQUE_ID: a name for each request (mod_unique_id), made when somebody asks for it.

Twenty-seven letters as httpd's, but random, so that it tells nobody our address, process and time.
"""

from __future__ import annotations

import base64
import os
from typing import Final

from evenflow.plan.model import ConnectionFacts

UNIQUE_ID: Final = b"UNIQUE_ID"
SIZE: Final = 20
LETTERS: Final = 27


def unique_id(facts: ConnectionFacts) -> bytes:
    """The name of the request at work on this connection."""
    if not facts.unique:
        facts.unique = base64.urlsafe_b64encode(os.urandom(SIZE))[:LETTERS]
    return facts.unique
