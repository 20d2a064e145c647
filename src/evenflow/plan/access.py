"""Require: may this client have that?

Lines make a tree: those of one section count as RequireAny, containers say what else. Sections follow each other by
AuthMerging. The outcomes and how they go together are mod_authz_core's. What a line looks at is marked on the inquiry,
so that only answers that hold for everybody are remembered; what it must ask for makes the outcome WAITS.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final

from evenflow.origin import Origin
from evenflow.plan import steps, userfiles
from evenflow.plan.decision import CLIENT, FILES, Inquiry
from evenflow.plan.questions import ADDRESSES_OF, NAME_OF, Question

ALL_GRANTED: Final = 1
ALL_DENIED: Final = 2
LOCAL: Final = 3
IP: Final = 4
ENV: Final = 5
METHOD: Final = 6
TLS: Final = 7
TLS_VERIFIED: Final = 8
HOST: Final = 9
FORWARD_DNS: Final = 10
USER: Final = 11
VALID_USER: Final = 12
GROUP: Final = 13
EXPRESSION: Final = 14
CONTAINER: Final = 15

# What a line, a container or all of them together say.
GRANTED: Final = 1
DENIED: Final = 2
NO_USER: Final = 3
"""Denied, and a user could change that."""
NEUTRAL: Final = 4
WAITS: Final = 5
"""`inquiry.question` must be answered first."""

OUTCOMES: Final = (b"", b"granted", b"denied", b"denied", b"neutral")

Words = Callable[[Inquiry], "tuple[bytes, ...]"]


class Network:
    """A range of addresses: packed address and mask, as integers of `bits` bits."""

    __slots__ = ("bits", "address", "mask")

    def __init__(self, bits: int, address: int, mask: int) -> None:
        self.bits = bits
        self.address = address & mask
        self.mask = mask


class Methods:
    """The methods that `<Limit>` leaves: those in `names`, or with `others` all but those. GET stands for HEAD too."""

    __slots__ = ("names", "others")

    def __init__(self, names: frozenset[bytes], others: bool) -> None:
        self.names = names
        self.others = others

    def hold(self, method: bytes) -> bool:
        """Whether the method is one of them."""
        if method == b"HEAD":
            method = b"GET"
        return (method in self.names) is not self.others


class Require:
    """One line, or a container with its `items`.

    `words` are a line's names (variables, methods, users, groups, hosts), `networks` its addresses. Where names are
    made of a request (`%{...}`), `text` makes them. A container is "all" or not: then one item is enough.
    """

    __slots__ = (
        "provider", "words", "networks", "origin", "negated", "methods", "items", "needs_all", "text", "condition",
        "asks_user", "shown", "group_file",
    )  # fmt: skip

    def __init__(self, provider: int, words: frozenset[bytes], networks: tuple[Network, ...], origin: Origin) -> None:
        self.provider = provider
        self.words = words
        self.networks = networks
        self.origin = origin
        self.negated = False
        self.methods: Methods | None = None
        """None: all."""
        self.items: tuple[Require, ...] = ()
        self.needs_all = False
        self.text: Words | None = None
        self.condition: Callable[[Inquiry], bool] | None = None
        """What `Require expr` asks."""
        self.asks_user = False
        """Whether the condition speaks of the user."""
        self.group_file = b""
        """An AuthGroupFile of its own; b"" for the place's."""
        self.shown = b""
        """For a trace."""


class Requires:
    """What one section says: its lines as a tree (None for AuthMerging alone), and how it goes on from what is said
    further out (`merging` is "", "off", "and" or "or")."""

    __slots__ = ("root", "merging")

    def __init__(self, root: Require | None, merging: str) -> None:
        self.root = root
        self.merging = merging


LOOPBACK: Final = (Network(32, 0x7F000000, 0xFF000000), Network(128, 1, (1 << 128) - 1))


def container(items: tuple[Require, ...], needs_all: bool, negated: bool, origin: Origin) -> Require:
    """A container; it is for the methods that any of its items is for."""
    made = Require(CONTAINER, frozenset(), (), origin)
    made.items = items
    made.needs_all = needs_all
    made.negated = negated
    made.methods = any_of(items)
    made.shown = b"none of" if negated else b"all of" if needs_all else b"one of"
    return made


def any_of(items: tuple[Require, ...]) -> Methods | None:
    """The methods that at least one item is for."""
    found: Methods | None = None
    for item in items:
        methods = item.methods
        if methods is None:
            return None
        if found is None:
            found = methods
        elif found.others and methods.others:
            found = Methods(found.names & methods.names, True)
        elif found.others:
            found = Methods(found.names - methods.names, True)
        elif methods.others:
            found = Methods(methods.names - found.names, True)
        else:
            found = Methods(found.names | methods.names, False)
    return found


def fold(said: tuple[object, ...]) -> Require | None:
    """The tree of sections that follow each other, outermost first; None where nothing is required."""
    root: Require | None = None
    for one in said:
        assert isinstance(one, Requires)
        if one.merging == "" and one.root is None:
            continue
        if one.merging in ("", "off") or root is None:
            root = one.root
        elif one.root is not None:
            root = container((root, one.root), one.merging == "and", False, one.root.origin)
    return root


# --- asking -------------------------------------------------------------------------------------------------------


def outcome_of(require: Require, inquiry: Inquiry, needs_all: bool) -> int:
    """What it says; `needs_all` is of the container around it."""
    if require.methods is not None and not require.methods.hold(inquiry.head.method):
        return GRANTED if needs_all else NEUTRAL
    found = outcome_of_items(require, inquiry) if require.provider == CONTAINER else ask(require, inquiry)
    if require.negated:
        if found == GRANTED:
            found = DENIED
        elif found == DENIED or found == NO_USER:
            # that somebody is not excluded does not let him in
            found = NEUTRAL
    if inquiry.trace is not None and found != WAITS:
        detail = "a user could change that" if found == NO_USER else ""
        inquiry.note(steps.ACCESS, require.origin, require.shown or inquiry.address, OUTCOMES[found], detail)
    return found


def outcome_of_items(require: Require, inquiry: Inquiry) -> int:
    """What a container's items say together (apply_authz_sections)."""
    needs_all = require.needs_all
    found = NEUTRAL
    for item in require.items:
        one = outcome_of(item, inquiry, needs_all)
        if one == WAITS:
            return one
        if one == NEUTRAL:
            continue
        if one == (DENIED if needs_all else GRANTED):
            return one
        if found == NEUTRAL or (one == NO_USER and (needs_all or found == DENIED)):
            found = one
    return found


def ask(require: Require, inquiry: Inquiry) -> int:
    """What one line says, its `not` left aside."""
    provider = require.provider
    if provider >= HOST:
        return ASKED[provider](require, inquiry)
    return GRANTED if holds(require, inquiry) else DENIED


def holds(require: Require, inquiry: Inquiry) -> bool:
    """Whether this line holds, for providers that know no third answer."""
    provider = require.provider
    if provider == ALL_GRANTED:
        return True
    if provider == ALL_DENIED:
        return False
    facts = inquiry.facts
    if provider == METHOD:
        return inquiry.head.method in require.words
    if provider == ENV:
        for word in require.words:  # noqa: SIM110  a generator costs a frame
            if word in inquiry.env:
                return True
        return False
    if provider == TLS:
        return facts.tls
    if provider == TLS_VERIFIED:
        inquiry.asked |= CLIENT
        return facts.tls_facts is not None and facts.tls_facts.get(b"SSL_CLIENT_VERIFY") == b"SUCCESS"
    inquiry.asked |= CLIENT
    if provider == LOCAL:
        return contains(LOOPBACK, inquiry.address) or inquiry.address == facts.local_address
    return contains(require.networks, inquiry.address)


def words_of(require: Require, inquiry: Inquiry) -> tuple[bytes, ...] | frozenset[bytes]:
    """The line's names."""
    return require.words if require.text is None else require.text(inquiry)


def ask_host(require: Require, inquiry: Inquiry) -> int:
    """`Require host`: the client's confirmed name is one of these domains, or below it."""
    name = client_name(inquiry)
    if name is None:
        return WAITS
    for domain in words_of(require, inquiry):
        if in_domain(domain, name):
            return GRANTED
    return DENIED


def client_name(inquiry: Inquiry) -> bytes | None:
    """The client's confirmed host name, b"" for none; None while it must be asked for."""
    inquiry.asked |= CLIENT
    name = inquiry.answer_to(NAME_OF, inquiry.address)
    if name is None:
        inquiry.question = Question(NAME_OF, inquiry.address)
        return None
    found = name if isinstance(name, bytes) else b""
    # From here on everybody sees it, whatever HostnameLookups says.
    inquiry.client_name = found or inquiry.client_name
    return found


def in_domain(domain: bytes, name: bytes) -> bool:
    """Whether `name` is the domain or in it; `.example.com` is only for names below."""
    if not name or not domain:
        return False
    lower, suffix = name.lower(), domain.lower()
    if not lower.endswith(suffix):
        return False
    return lower == suffix or suffix.startswith(b".") or lower[-len(suffix) - 1] == 46


def ask_forward_dns(require: Require, inquiry: Inquiry) -> int:
    """`Require forward-dns`: the client's address is one of these names'."""
    inquiry.asked |= CLIENT
    for name in words_of(require, inquiry):
        found = inquiry.answer_to(ADDRESSES_OF, name)
        if found is None:
            inquiry.question = Question(ADDRESSES_OF, name)
            return WAITS
        if isinstance(found, tuple) and inquiry.address in found:
            return GRANTED
    return DENIED


def ask_user(require: Require, inquiry: Inquiry) -> int:
    """`Require user`"""
    if inquiry.user is None:
        return NO_USER
    return GRANTED if inquiry.user in words_of(require, inquiry) else DENIED


def ask_valid_user(require: Require, inquiry: Inquiry) -> int:
    """`Require valid-user`"""
    return NO_USER if inquiry.user is None else GRANTED


def ask_group(require: Require, inquiry: Inquiry) -> int:
    """`Require group`: AuthGroupFile names the user in one of these groups; without a file nobody is in any."""
    if inquiry.user is None:
        return NO_USER
    path = require.group_file or inquiry.scope.group_file
    if not path:
        return DENIED
    inquiry.asked |= FILES
    try:
        member_of = userfiles.groups_of(userfiles.below(inquiry.plan.server_root, path), inquiry.user)
    except OSError:
        return DENIED
    for word in words_of(require, inquiry):
        if word in member_of:
            return GRANTED
    return DENIED


def ask_expression(require: Require, inquiry: Inquiry) -> int:
    """`Require expr`"""
    assert require.condition is not None
    if require.condition(inquiry):
        return GRANTED
    return NO_USER if require.asks_user else DENIED


ASKED: Final[dict[int, Callable[[Require, Inquiry], int]]] = {
    HOST: ask_host,
    FORWARD_DNS: ask_forward_dns,
    USER: ask_user,
    VALID_USER: ask_valid_user,
    GROUP: ask_group,
    EXPRESSION: ask_expression,
}


def contains(networks: tuple[Network, ...], address: bytes) -> bool:
    """Whether an address (as text) is in one of the networks; IPv4 in IPv6 counts as IPv4."""
    try:
        parsed = ipaddress.ip_address(address.decode("latin-1"))
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = parsed.max_prefixlen
    number = int(parsed)
    for network in networks:  # noqa: SIM110  a generator costs a frame
        if network.bits == bits and number & network.mask == network.address:
            return True
    return False
