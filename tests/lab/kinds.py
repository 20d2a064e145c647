"""The broken nodes of the laboratory: what is wrong with each kind. A row is a kind; `faults.py` puts them to use."""

from __future__ import annotations

from typing import Final

from tests.lab.nodes import GONE, Connector

WIKIS: Final = {
    # Healthy, and below a path.
    "path": Connector({}, path="/confluence"),
    # What the application says or does.
    "starting": Connector({}, application="state-STARTING"),
    "maintenance": Connector({}, application="state-MAINTENANCE"),
    "failing": Connector({}, application="failing"),
    "clock": Connector({}, application="clock"),
    "build": Connector({}, application="build"),
    "base-url": Connector({}, application="base-url"),
    "mixed": Connector({}, application="mixed"),
    "internal": Connector({}, application="internal"),
    # Nobody listens there.
    "gone": Connector({}, application=GONE),
    # What its Connector believes, with no valve that believes something else.
    "no-valve": Connector({}, valve=""),
    "scheme": Connector({"scheme": None, "secure": None}, valve=""),
    "not-secure": Connector({"secure": None}, valve=""),
    "proxy-name": Connector({"proxyName": "wiki.internal"}, valve=""),
    "proxy-port": Connector({"proxyPort": "8090"}, valve=""),
    "bare": Connector(dict.fromkeys(("scheme", "secure", "proxyName", "proxyPort")), valve=""),
    "secure-in-clear": Connector({"scheme": "http", "secure": "true"}, valve="", application="clear"),
    # What the valve believes, whatever the Connector says.
    "valve-port": Connector({}, valve="portless"),
    # What it lets through, and how much.
    "small-head": Connector({"maxHttpHeaderSize": "3000"}),
    "slashes": Connector({"encodedSolidusHandling": None}),
    "one-thread": Connector({"maxThreads": "1", "minSpareThreads": "1"}),
    "latin": Connector({"URIEncoding": "ISO-8859-1"}),
    "by-body": Connector({"useBodyEncodingForURI": "true"}),
    "packs": Connector({"compression": "on", "compressionMinSize": "1"}),
    "short-kept": Connector({"keepAliveTimeout": "2000"}),
}
SYNCHRONIES: Final = ("slow", "keys", "cuts", "unhashed", "firewall")
