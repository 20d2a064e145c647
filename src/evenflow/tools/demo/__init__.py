"""The embedded cluster: two stand-in Confluence nodes, two stand-in Synchrony nodes, and evenflow in front of them.

`command` is what a person types, `show` how it goes, `cluster` starts and ends the processes, `front` says what stands
before them, `switch` stops a node from the page, `ports` says who holds a port, `checks` and `editor_checks` ask
through the balancer, the latter with a `writer`. `confluence` and `synchrony` are the nodes, on top of `web`,
`websocket` and `bayeux`. The nodes read HTTP by themselves, with nothing of the balancer's own readers, so that a
mistake there cannot hide here.

People write a page together: `editing` and `internal_proxy` are Confluence's side of it (`sessions` die with their
node), `documents` Synchrony's, and the `journal` in SQLite is what both nodes share. The browser's side stands in
`pages`; Yjs comes by npm (`packages`).
"""

from typing import Final

EXAMPLE: Final = "datacenter.conf"
"""The published configuration, faults included: what `--check` looks at first."""
