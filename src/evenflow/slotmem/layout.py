"""What stands in which cell of the region.

Rows of cells, one kind after the other: children, members, balancers, then one `own` row for each child and member, and
one for each child and what is measured: the members, and where somebody asks the virtual hosts.
Behind the children stands one more that is nobody's: PAST, for what those counted who are not of this generation.
A row fills whole cache lines, so children that count do not slow each other down. Nothing here touches memory.

One writer a cell:
  * a child row belongs to its child (the supervisor writes it while no such child lives), PAST's to the supervisor;
  * an `own` row and a measured one belong to their child, readers add up the rows of all children;
  * what a member or a balancer is told to be belongs to the manager;
  * what a member's name leads to belongs to the watchdog, which asks for it (`addresses`);
  * a member's `ERROR_SINCE` and `RECOVERED` are the exception: every child may store them, the last one wins, and any
    of them is right.
"""

from __future__ import annotations

from typing import Final

# Where texts stand in a row: 64 bytes, the first zero byte ends it.
TEXT_CELLS: Final = 8
TEXT_LIMIT: Final = 63
"""Bytes of a route, as httpd cuts them."""

# --- a child's row ------------------------------------------------------------------------------------------------

CHILD_CELLS: Final = 32
PID: Final = 0
GENERATION: Final = 1
STATE: Final = 2
REQUESTS: Final = 3
"""Answered since the child began."""
CONNECTIONS: Final = 4
"""Client connections open now."""
TUNNELS: Final = 5
"""Of these handed over by a 101."""
STARTED: Final = 6
"""A float: seconds of CLOCK_MONOTONIC."""
BEAT: Final = 7
"""A float: when the child last said that it lives, CLOCK_MONOTONIC."""
IN_FLIGHT: Final = 8
"""Requests that are being answered."""
BODY_BYTES: Final = 9
"""Bytes of the bodies that it sent to clients since it began."""
LIMITED: Final = 16
"""How often it met each of the `limits`, LIMITS_KEPT cells."""
LIMITS_KEPT: Final = 16
SPANS_SENT: Final = 12
"""Of its requests' spans, those that a collector took."""
SPANS_LEFT_OUT: Final = 13
"""Those for which the queue had no room."""
SPANS_REFUSED: Final = 14
"""Those that the collector did not take."""
CHILD_COUNTED: Final = (
    REQUESTS, BODY_BYTES, SPANS_SENT, SPANS_LEFT_OUT, SPANS_REFUSED, *range(LIMITED, LIMITED + LIMITS_KEPT),
)  # fmt: skip
"""Those that only rise: they outlive the child."""

# --- what a member is told to be, and whether it is in error --------------------------------------------------------

URL_CELLS: Final = 32
URL_LIMIT: Final = 255
"""Bytes of the URL of a member that is added while it runs, as httpd has it."""
MEMBER_CELLS: Final = 8 + 2 * TEXT_CELLS + URL_CELLS
STATUS: Final = 0
"""The sum of the bits below."""
FACTOR: Final = 1
"""A hundredfold of loadfactor, as httpd computes."""
LBSET: Final = 2
ERROR_SINCE: Final = 3
"""A float: when the member failed, CLOCK_MONOTONIC; 0.0 while it is not in error."""
RECOVERED: Final = 4
"""A float: when it left the error state last, CLOCK_MONOTONIC; 0.0 for never. Behind ERROR_SINCE."""
GOES: Final = 5
"""A float, of a member that was added while it runs: since when it is being taken away, CLOCK_MONOTONIC. Less than 0
where its row is free again: when it became so. 0.0 for all others."""
READY: Final = 6
"""How many requests more the member says it could take (`lbmethod=heartbeat`): the watchdog's, and 0 while it says
nothing."""
LEAVE_BY: Final = 7
"""A float: when its tunnels have left, CLOCK_MONOTONIC; 0.0 where nobody asks them to."""
ROUTE: Final = 8
REDIRECT: Final = ROUTE + TEXT_CELLS
URL: Final = REDIRECT + TEXT_CELLS
"""Of a member that was added while it runs; without one, a row of those that `growth` keeps is free."""

# A member's status: (letter as in `status=+H`, bit). `E` is no bit: that is ERROR_SINCE.
DISABLED: Final = 1
STOPPED: Final = 2
IGNORE_ERRORS: Final = 4
STANDBY: Final = 8
SPARE: Final = 16
DRAINING: Final = 32
CHECK_FAILED: Final = 64
STATUS_BITS: Final = (
    (b"D", DISABLED),
    (b"S", STOPPED),
    (b"I", IGNORE_ERRORS),
    (b"H", STANDBY),
    (b"R", SPARE),
    (b"N", DRAINING),
    (b"C", CHECK_FAILED),
)
UNUSABLE: Final = DISABLED | STOPPED | CHECK_FAILED

LONG_AGO: Final = -1e18
"""ERROR_SINCE of a member configured with `status=+E`: in error, and its retry time is over, as in httpd."""

# --- what a balancer is told to be ----------------------------------------------------------------------------------

BALANCER_CELLS: Final = 8 + 2 * TEXT_CELLS
CHANGES: Final = 0
"""Rises with every change to the balancer or to one of its members; children that see it read everything anew."""
RESTARTS: Final = 1
"""Rises by 2 whenever the children's bookkeeping has to begin anew; its last bit says how (RESTART_*)."""
METHOD: Final = 2
"""The lbmethod the manager chose: its place in the table of methods, from 1; 0 for the configured one."""
ATTEMPTS: Final = 3
NOFAILOVER: Final = 4
TIMEOUT: Final = 5
"""A float: seconds to wait for a member."""
NONCE: Final = 6
"""Sixteen random bytes, for a balancer whose nonce is not configured; written once, before the children are."""
STICKY_COOKIE: Final = 8
STICKY_PATH: Final = STICKY_COOKIE + TEXT_CELLS

RESTART_AT_ZERO: Final = 0
"""Nobody is owed anything: what httpd does when a member is enabled."""
RESTART_AT_FACTOR: Final = 1
"""Everybody is owed its factor: what httpd does when a load factor is changed."""

# --- what one child books for one member -----------------------------------------------------------------------------

OWN_CELLS: Final = 16
"""Two cache lines: what every request touches, and what is touched only where a balancer watches its members."""
OWED: Final = 0
"""httpd's lbstatus, of this child."""
BUSY: Final = 1
"""Requests of this child in flight at the member."""
ELECTED: Final = 2
"""How often the member was chosen, failed attempts included."""
SENT: Final = 3
"""Bytes to the member."""
RECEIVED: Final = 4
"""Bytes from the member."""
RETRIES: Final = 5
"""How often the child took it out of error since it answered last."""
TUNNELLED: Final = 6
"""Tunnels of this child at the member; BUSY counts them too."""
LATENCY: Final = 8
"""A float: seconds that the member takes to begin an answer, of late (`balancer.peakewma`); 0.0 while unknown."""
LATENCY_AT: Final = 9
"""A float: when LATENCY was made, CLOCK_MONOTONIC."""
OUTCOMES: Final = 10
"""Attempts that were watched to their outcome."""
FAULTS: Final = 11
"""Of these the ones that went wrong."""
WAITED: Final = 12
"""A float: seconds until answers began, all of them together."""
EJECTED_UNTIL: Final = 13
"""A float: so long the child passes it over as an outlier, CLOCK_MONOTONIC; 0.0 while it does not."""
EJECTIONS: Final = 14
"""How often it did so in a row."""
HELD: Final = (BUSY, TUNNELLED)
"""Cells that say what is held now: with the child, they are over."""

STAMPS: Final = 255
"""A byte of `sessions` stands for one of so many steps, 1 to 255; 0 is nobody."""

# --- what one child measures of one member or virtual host (`measured`) -----------------------------------------------

MEASURED_CELLS: Final = 24
"""Three cache lines. All of them are whole numbers that only rise."""
BUCKETS: Final = 0
"""So often it took no longer than this bound of `measured.BOUNDS`, and longer than the one before; the last is for what
took longer than all."""
MICROSECONDS: Final = 13
"""What was timed, all of it together."""
ERRORS: Final = 14
"""A member's failures, by `measured.STAGES`."""
REPEATED: Final = 20
"""Of these the ones that another attempt followed."""
PASSED_OVER: Final = 21
"""How often the child began to pass the member over as an outlier."""
SERVER_ERRORS: Final = 22
"""Its answers with a status from 500 up."""
STATUSES: Final = 14
"""A virtual host's answers by the first digit of their status, 1 to 5."""
BODIES: Final = 19
"""Bytes of their bodies."""

# --- what a member's name leads to (`addresses`) ----------------------------------------------------------------------

ADDRESS_CELLS: Final = 32
"""Four cache lines, written seldom."""
SERIAL: Final = 0
"""Rises with each answer, after everything else was written."""
CHECKSUM: Final = 1
"""Of the name and of all cells from ANSWER on: who sees another one looks in the middle of a change."""
LEFT_AT: Final = 2
"""A float: when its service stopped to name the member, CLOCK_MONOTONIC; NAMED while it does, 0.0 for members that no
service names."""
NAMED: Final = -1.0
ANSWER: Final = 3
"""UNKNOWN, FOUND or NOT_FOUND."""
COUNT: Final = 4
LEARNED: Final = 5
"""A float: when the answer came, CLOCK_MONOTONIC."""
TTL: Final = 6
"""A float: so long it counts, in seconds."""
DUE: Final = 7
"""A float: when the name is asked for again, CLOCK_MONOTONIC."""
CAUSE: Final = 8
"""A text: why nothing newer was found."""
ADDRESSES: Final = 16
"""Sixteen bytes each; an IPv4 address in IPv6 clothes."""
MOST_ADDRESSES: Final = 8
UNKNOWN: Final = 0
FOUND: Final = 1
NOT_FOUND: Final = 2


class Layout:
    """Where each row begins, counted in cells, for so many children, members and balancers; `measured` things have
    a row in each child besides."""

    __slots__ = (
        "children", "rows", "members", "balancers", "measured", "cells",
        "_members_at", "_balancers_at", "_own_at", "_measured_at", "_addresses_at",
    )  # fmt: skip

    def __init__(self, children: int, members: int, balancers: int, measured: int = 0) -> None:
        self.children = children
        self.rows = children + 1
        """The children's and PAST, which is the last."""
        self.members = members
        self.balancers = balancers
        self.measured = measured
        self._members_at = self.rows * CHILD_CELLS
        self._balancers_at = self._members_at + members * MEMBER_CELLS
        self._own_at = self._balancers_at + balancers * BALANCER_CELLS
        self._measured_at = self._own_at + self.rows * members * OWN_CELLS
        self._addresses_at = self._measured_at + self.rows * measured * MEASURED_CELLS
        self.cells = self._addresses_at + members * ADDRESS_CELLS

    def child(self, child: int) -> int:
        return child * CHILD_CELLS

    def member(self, member: int) -> int:
        return self._members_at + member * MEMBER_CELLS

    def balancer(self, balancer: int) -> int:
        return self._balancers_at + balancer * BALANCER_CELLS

    def own(self, child: int, member: int) -> int:
        """A child's rows stand together, so that they share no cache line with another child's."""
        return self._own_at + (child * self.members + member) * OWN_CELLS

    def measure(self, child: int, index: int) -> int:
        """Likewise what a child measures: the members first, then the virtual hosts."""
        return self._measured_at + (child * self.measured + index) * MEASURED_CELLS

    def address(self, member: int) -> int:
        return self._addresses_at + member * ADDRESS_CELLS
