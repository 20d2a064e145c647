"""What an exchange waits for, as numbers: its `step` is one of these, and whoever moves the bytes acts upon it."""

from __future__ import annotations

import cython

IDLE = 0
"""A request's head."""
BODY = 1
"""More of a request body that must be complete, or large enough, before we go on."""
MEMBER = 2
"""A connection to `slot.member`: `attach` or `connect_failed`."""
WAIT = 3
"""A member that is usable again, as long as the balance has patience: `elect`."""
SENDING = 4
"""The member's answer; the request body may still be on its way."""
ANSWERING = 5
"""The rest of the answer's body."""
OWN = 6
"""An answer of our own: `status` if it is not 0, else what `decision` says."""
DONE = 7
"""Nothing more: the answer is in the outlet. `keep_client` and `keep_backend` say what becomes of the connections."""
SWITCHED = 8
"""Nothing more: from here on the connection is a tunnel."""
CUT = 9
"""Nothing more: the answer broke off, and only closing the connection can tell the client."""
ASKING = 10
"""The answer to `decision.question`: `take_answer`."""
EXPLAINING = 11
"""An explanation of this request, for a client that may have it: `explained`."""

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(
        IDLE=IDLE,
        BODY=BODY,
        MEMBER=MEMBER,
        WAIT=WAIT,
        SENDING=SENDING,
        ANSWERING=ANSWERING,
        OWN=OWN,
        DONE=DONE,
        SWITCHED=SWITCHED,
        CUT=CUT,
        ASKING=ASKING,
        EXPLAINING=EXPLAINING,
    )
