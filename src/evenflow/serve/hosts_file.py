"""Names that this machine knows by itself: /etc/hosts, and what /etc/nsswitch.conf says of who is asked besides.

Both are read again when they have changed. A file that is not there holds what was kept of it, for who has shut
itself in a directory without it; else one that cannot be read holds nothing.
"""

from __future__ import annotations

import ipaddress
import os
from typing import Final

HOSTS: Final = "/etc/hosts"
SWITCH: Final = "/etc/nsswitch.conf"
RESOLV: Final = "/etc/resolv.conf"
"""Whom the DNS is asked through (`serve.dns_questions`)."""
MOST_BYTES: Final = 1 << 24
"""Of a hosts file, at most."""

FILES: Final = "files"
BY_DNS: Final = frozenset({"dns", "resolve"})
"""Services that ask the DNS."""
HARMLESS: Final = frozenset({"myhostname", "mymachines"})
"""Services of names that the DNS does not have: they are asked where it knows nothing. So is every mdns."""


KEPT: Final[dict[str, str]] = {}
"""By path, the text of files that may not be there later."""


def keep(paths: tuple[str, ...]) -> None:
    """Remember what these files say now, and nothing else any more."""
    KEPT.clear()
    for path in paths:
        try:
            with open(path, encoding="latin-1") as file:
                KEPT[path] = file.read(MOST_BYTES)
        except OSError:
            pass


class WatchedFile:
    """A small file, and whether it is another one now."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._seen: tuple[int, ...] | None = None

    def changed(self) -> bool:
        """Whether it is not what it was when this was asked last; the first time too."""
        try:
            found = os.stat(self.path)
            now: tuple[int, ...] = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)
        except OSError:
            now = ()
        if now == self._seen:
            return False
        self._seen = now
        return True

    def text(self) -> str:
        """What it says. Raises OSError."""
        try:
            with open(self.path, encoding="latin-1") as file:
                return file.read(MOST_BYTES)
        except FileNotFoundError:
            if self.path in KEPT:
                return KEPT[self.path]
            raise

    def lines(self) -> list[list[str]]:
        """The words of each line, without comments."""
        try:
            text = self.text()
        except OSError:
            return []
        words = [line.partition("#")[0].split() for line in text.splitlines()]
        return [line for line in words if line]


class HostsFile:
    """The names of a hosts file with their addresses, in the file's order."""

    def __init__(self, path: str = HOSTS) -> None:
        self.file = WatchedFile(path)
        self._names: dict[str, tuple[str, ...]] = {}

    def changed(self) -> bool:
        """Read it if it has changed; whether it had."""
        if not self.file.changed():
            return False
        names: dict[str, list[str]] = {}
        for address, *called in self.file.lines():
            try:
                shown = str(ipaddress.ip_address(address.partition("%")[0]))
            except ValueError:
                continue
            for name in called:
                found = names.setdefault(name.lower(), [])
                if shown not in found:
                    found.append(shown)
        self._names = {name: tuple(found) for name, found in names.items()}
        return True

    def addresses(self, name: str) -> tuple[str, ...]:
        """Those of a name; () where the file does not know it."""
        return self._names.get(name.lower().rstrip("."), ())


class Switch:
    """Who is asked for names, by the line `hosts:` of nsswitch.conf."""

    def __init__(self, path: str = SWITCH) -> None:
        self.file = WatchedFile(path)
        self.services: tuple[str, ...] = (FILES, "dns")

    def look(self) -> None:
        """Read it if it has changed."""
        if not self.file.changed():
            return
        said = [line[1:] for line in self.file.lines() if line[0].lower() == "hosts:"]
        words = said[0] if said else [FILES, "dns"]
        # What stands in brackets says when to go on: we go on where nothing was found.
        self.services = tuple(word.lower() for word in words if not word.startswith(("[", "!")) and "=" not in word)

    @property
    def reads_files(self) -> bool:
        return FILES in self.services

    @property
    def asks_dns(self) -> bool:
        """Whether the DNS may be asked in the system's place: it is asked, and by services that we know."""
        known = {FILES} | BY_DNS | HARMLESS
        strange = [word for word in self.services if word not in known and not word.startswith("mdns")]
        return not strange and not BY_DNS.isdisjoint(self.services)

    @property
    def asks_others(self) -> bool:
        """Whether the system may know names that neither the file nor the DNS has."""
        return bool(set(self.services) - {FILES} - BY_DNS)
