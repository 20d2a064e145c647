"""Who the children run as: `User` and `Group`, looked up before anything is forked and taken on inside a child.

Only root can change who it is; for anybody else these directives, and `ChrootDir` with them, change nothing, and that
is said.
"""

from __future__ import annotations

import codecs
import contextlib
import grp
import os
import pwd
from dataclasses import dataclass
from typing import Final

from evenflow.control import enclosure
from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE
from evenflow.plan.model import Plan

CODECS: Final = ("latin-1", "ascii", "idna", "punycode")
"""Codecs that Python imports at their first use: whoever has become `User` may not be able to read its library then."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and group to become; `name` is for initgroups, "" where only a number is known. `root` is the directory
    to shut oneself in, "" for none."""

    user: int | None
    group: int | None
    name: str
    root: str = ""


def wanted(plan: Plan) -> Identity | None:
    """Whom the children become; None where nothing is to change. Raises Trouble for a name that the machine does not
    know.
    """
    if os.geteuid() != 0 or not (plan.user or plan.group or plan.chroot_dir):
        return None
    user: int | None = None
    group: int | None = None
    name = ""
    if plan.user:
        try:
            entry = pwd.getpwuid(number(plan.user)) if plan.user.startswith("#") else pwd.getpwnam(plan.user)
            user, group, name = entry.pw_uid, entry.pw_gid, entry.pw_name
        except KeyError:
            if not plan.user.startswith("#"):
                raise Trouble(
                    "user-unknown",
                    f"`User {plan.user}`: this machine has no such user",
                    NOWHERE,
                    f"`useradd --system {plan.user}` makes one; `www-data` is Debian's",
                ) from None
            user = number(plan.user)
    if plan.group:
        try:
            group = number(plan.group) if plan.group.startswith("#") else grp.getgrnam(plan.group).gr_gid
        except KeyError:
            raise Trouble(
                "group-unknown",
                f"`Group {plan.group}`: this machine has no such group",
                NOWHERE,
                f"`groupadd --system {plan.group}` makes one; `www-data` is Debian's",
            ) from None
    return Identity(user, group, name, plan.chroot_dir)


def number(word: str) -> int:
    """The number in `#33`."""
    digits = word[1:]
    if not digits.isascii() or not digits.isdigit():
        raise Trouble(
            "user-unknown", f"`{word}` is not a number behind `#`", NOWHERE, "write for instance `#33`, or a name"
        )
    return int(digits)


def warning(plan: Plan) -> str:
    """What to say when `User`, `Group` or `ChrootDir` is written and we are not root, or nobody has to leave root;
    "" where all is well."""
    if os.geteuid() == 0:
        if plan.chroot_dir and not plan.user:
            return "`ChrootDir` without `User` holds nobody: the children stay root, who finds a way out of it"
        return ""
    if plan.chroot_dir:
        return (
            "`ChrootDir` changes nothing: evenflow was not started as root, so the children see the whole machine,"
            " and paths mean what lies there"
        )
    if not (plan.user or plan.group):
        return ""
    if plan.user and not plan.user.startswith("#"):
        try:
            if pwd.getpwnam(plan.user).pw_uid == os.geteuid():
                return ""
        except KeyError:
            pass
    return (
        "`User` and `Group` change nothing: evenflow was not started as root, so the children run as whoever started it"
    )


def become(identity: Identity) -> None:
    """Drop to `identity`: groups first, since nobody else may change them and /etc/group is outside. OSError where the
    kernel refuses."""
    for codec in CODECS:
        # Who cannot read it already goes without, as before.
        with contextlib.suppress(LookupError):
            codecs.lookup(codec)
    if identity.group is not None:
        if identity.name:
            os.initgroups(identity.name, identity.group)
        else:
            os.setgroups([identity.group])
        os.setgid(identity.group)
    if identity.root:
        enclosure.enter(identity.root)
    if identity.user is not None:
        os.setuid(identity.user)
