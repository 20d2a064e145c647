"""SetHandler "proxy:URL": the name of the file that a request would get goes to a member.

Made for FastCGI, and done for HTTP alike: behind the URL stands the whole path of the file, and what lies behind a
file in the path of the request is left out (`proxy_handler`). `<Proxy>` sections have no part in it: they are asked
before a handler is.
"""

from __future__ import annotations

from typing import Final

from evenflow.origin import Origin
from evenflow.plan import rewritten, steps
from evenflow.plan.decision import Inquiry

SCHEME: Final = "proxy:"


def to_url(inquiry: Inquiry, handler: str, origin: Origin) -> None:
    """Make a URL for members of the file's name, as a mapping would. `handler` is what SetHandler says."""
    rewritten.split_path_info(inquiry)
    url = handler.encode("utf-8", "surrogateescape")
    if inquiry.trace is not None:
        inquiry.note(steps.HANDLER, origin, inquiry.filename, url)
    inquiry.filename = url + inquiry.filename
    inquiry.origin = origin
    inquiry.mapped = True
