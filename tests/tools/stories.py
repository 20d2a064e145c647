"""The stories that golden/ holds: requests to the published recipes, as `evenflow explain` tells them.

python -m tests.tools.stories       write them anew; read the difference before it is committed
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from evenflow.tools.asking import Asked
from evenflow.tools.explain import answer, as_text
from tests.peers import CHECKOUT

GOLDEN: Final = Path(__file__).parent / "golden"

WEBSOCKET: Final = ("Upgrade: websocket", "Connection: Upgrade")

STORIES: Final = {
    "datacenter-page": ("datacenter", Asked("http://wiki.example.com:8080/pages/viewpage.action?pageId=1")),
    "datacenter-route": (
        "datacenter",
        Asked("http://wiki.example.com:8080/login.action", "POST", cookies=("ROUTEID=.2",), body_length=42),
    ),
    "datacenter-socket": (
        "datacenter",
        Asked("http://wiki.example.com:8080/synchrony/v1/bayeux-sync1", fields=WEBSOCKET),
    ),
    "datacenter-complete-socket": (
        "datacenter-complete",
        Asked("https://wiki.example.com:8443/synchrony/v1?x=1", fields=WEBSOCKET, cookies=("SYNROUTE=.2",)),
    ),
    "datacenter-complete-lost-route": (
        "datacenter-complete",
        Asked("https://wiki.example.com:8443/", cookies=("ROUTEID=.9",)),
    ),
    "datacenter-complete-manager": ("datacenter-complete", Asked("https://wiki.example.com:8443/balancer-manager")),
    "datacenter-complete-manager-here": (
        "datacenter-complete",
        Asked("https://wiki.example.com:8443/balancer-manager", client="127.0.0.1"),
    ),
    "datacenter-complete-other-name": (
        "datacenter-complete",
        Asked("https://other.example:8443/a//b/../c", fields=("X-Forwarded-For: 198.51.100.7",), client="10.0.0.1"),
    ),
    "synchrony-direct-page": ("synchrony-direct", Asked("http://wiki.example.com:8080/x%20y")),
    "synchrony-direct-socket": (
        "synchrony-direct",
        Asked("http://wiki.example.com:8080/synchrony/v1", fields=WEBSOCKET),
    ),
    "synchrony-direct-robots": ("synchrony-direct", Asked("http://wiki.example.com:8080/robots.txt")),
    "synchrony-direct-bad-path": ("synchrony-direct", Asked("http://wiki.example.com:8080/%zz")),
}


def told(name: str) -> str:
    """One story, without the time of day and the place of the checkout. The current directory must be the checkout."""
    file, asked = STORIES[name]
    said, notes = answer(f"examples/{file}.conf", {}, asked)
    text = re.sub(r"Date: .* GMT", "Date: (now)", as_text(said, notes))
    return text.replace(str(CHECKOUT), "(checkout)")


if __name__ == "__main__":
    os.chdir(CHECKOUT)
    for name in STORIES:
        (GOLDEN / f"{name}.txt").write_text(told(name))
