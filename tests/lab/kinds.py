"""The broken nodes of the laboratory: what is wrong with each kind. A row is a kind; `faults.py` puts them to use."""

from __future__ import annotations

from typing import Final

from tests.lab.nodes import Connector

WIKIS: Final = {
    # What the application says or does.
    "starting": Connector({}, application="state-STARTING"),
    "maintenance": Connector({}, application="state-MAINTENANCE"),
    "error": Connector({}, application="state-ERROR"),
    "clock": Connector({}, application="clock"),
    "build": Connector({}, application="build"),
    "base-url": Connector({}, application="base-url"),
    "mixed": Connector({}, application="mixed"),
    "internal": Connector({}, application="internal"),
    # What its Connector believes, with no valve that believes something else.
    "no-valve": Connector({}, valve=False),
    "scheme": Connector({"scheme": None, "secure": None}, valve=False),
    "not-secure": Connector({"secure": None}, valve=False),
    "proxy-name": Connector({"proxyName": "wiki.internal"}, valve=False),
    "proxy-port": Connector({"proxyPort": "8090"}, valve=False),
    "bare": Connector(dict.fromkeys(("scheme", "secure", "proxyName", "proxyPort")), valve=False),
    "secure-in-clear": Connector({"scheme": "http", "secure": "true"}, valve=False, application="clear"),
    # What it lets through, and how much.
    "small-head": Connector({"maxHttpHeaderSize": "3000"}),
    "slashes": Connector({"encodedSolidusHandling": None}),
    "one-thread": Connector({"maxThreads": "1", "minSpareThreads": "1"}),
    "latin": Connector({"URIEncoding": "ISO-8859-1"}),
    "packs": Connector({"compression": "on", "compressionMinSize": "1"}),
    "short-kept": Connector({"keepAliveTimeout": "2000"}),
}
SYNCHRONIES: Final = ("slow", "keys", "cuts", "unhashed")
