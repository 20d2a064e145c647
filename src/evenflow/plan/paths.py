"""The path of a request, where a virtual host wants it read in its own way.

AllowEncodedSlashes, MergeSlashes and mappings of the encoded path; every other virtual host needs
`wire.targets.normalise` alone. httpd's `ap_normalize_path` and `ap_unescape_url` with their flags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evenflow.plan import locations, mapping
from evenflow.wire.targets import DECODED, KEPT, REFUSED, decode, encoded_form, normalise_dots

if TYPE_CHECKING:
    from evenflow.plan.decision import Inquiry

SLASHES: Final = {"off": REFUSED, "on": DECODED, "nodecode": KEPT}
"""AllowEncodedSlashes's words."""


def read(inquiry: Inquiry, path: bytes) -> bytes:
    """The path that everything is matched against; a mapping of the encoded path may have taken it already.

    Raises `ProtocolFault` with 400 or 404.
    """
    host = inquiry.host
    encoded = encoded_form(path, host.merge_slashes)
    if host.maps_encoded:
        inquiry.path = inquiry.filename = encoded
        locations.meet_locations(inquiry)
        inquiry.scope = locations.scope_of(host, 0, False, inquiry.sections)
        if mapping.map_encoded(inquiry):
            return inquiry.path
    decoded = decode(encoded, host.encoded_slashes)
    if host.encoded_slashes == DECODED and decoded != encoded:
        # What was an escaped slash may have made new segments; httpd minds no more where they climb to.
        decoded = normalise_dots(decoded, host.merge_slashes, may_climb=True)
    return decoded
