"""The embedded cluster: two stand-in Confluence nodes, two stand-in Synchrony nodes, and evenflow in front of them.

`command` is what a person types, `show` how it goes, `cluster` starts and ends the processes, `ports` says who holds
a port, `checks` asks through the balancer; `confluence` and `synchrony` are the nodes, on top of `web`, `websocket`
and `bayeux`. The nodes read HTTP by themselves, with nothing of the balancer's own readers, so that a mistake there
cannot hide here.
"""

from typing import Final

EXAMPLE: Final = "datacenter.conf"
"""The published configuration that the demo serves unless told otherwise."""
