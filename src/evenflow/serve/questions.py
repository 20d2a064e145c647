"""Finds the answers that decisions wait for, off the loop: names, addresses, passwords.

The same question is asked once however many wait for it. Passwords are hashed by one thread, names asked by a few; so
many may wait, and whoever comes then is told OVERLOADED, so that nobody can exhaust a child.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import socket
from collections.abc import Callable
from typing import Final

from evenflow.plan.questions import ADDRESSES_OF, CANNOT_ASK, CERTIFICATE, NAME, NAME_OF, OVERLOADED, PASSWORD, Question
from evenflow.serve.passwords import is_password

MOST_PASSWORDS: Final = 32
"""Different passwords that may wait: two seconds' worth of bcrypt."""
MOST_NAMES: Final = 256
NAME_THREADS: Final = 4

Then = Callable[[object], None]


class Questions:
    """One child's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: dict[tuple[int, bytes], list[Then]] = {}
        self.passwords = 0
        """How many of the waiting ones are passwords."""
        self.hasher: concurrent.futures.thread.ThreadPoolExecutor | None = None
        self.namer: concurrent.futures.thread.ThreadPoolExecutor | None = None

    def ask(self, question: Question, then: Then) -> None:
        """Find the answer; `then(answer)` is called from the loop, never at once."""
        others = self.waiting.get(question.key)
        if others is not None:
            others.append(then)
            return
        of_password = question.kind == PASSWORD
        if self.passwords >= MOST_PASSWORDS if of_password else len(self.waiting) - self.passwords >= MOST_NAMES:
            self.loop.call_soon(then, OVERLOADED)
            return
        self.waiting[question.key] = [then]
        self.passwords += of_password
        future = self.loop.run_in_executor(self.pool(of_password), answer_now, question)
        future.add_done_callback(lambda done: self.answered(question, done))

    def pool(self, of_password: bool) -> concurrent.futures.thread.ThreadPoolExecutor:
        """The threads for this kind of question."""
        made = concurrent.futures.thread.ThreadPoolExecutor
        if of_password:
            if self.hasher is None:
                self.hasher = made(1, "passwords")
            return self.hasher
        if self.namer is None:
            self.namer = made(NAME_THREADS, "names")
        return self.namer

    def answered(self, question: Question, done: asyncio.Future[object]) -> None:
        """Tell everybody who waits."""
        if question.kind == PASSWORD:
            self.passwords -= 1
        answer = OVERLOADED if done.cancelled() or done.exception() is not None else done.result()
        for then in self.waiting.pop(question.key):
            # Each by itself: what goes wrong with one leaves the others their answer.
            self.loop.call_soon(then, answer)

    def close(self) -> None:
        """The child ends: nobody waits any more."""
        for pool in (self.hasher, self.namer):
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)


def answer_now(question: Question) -> object:
    """The answer, however long it takes."""
    if question.kind == PASSWORD:
        return is_password(question.password, question.hash)
    if question.kind == NAME_OF:
        return name_of(question.subject)
    if question.kind == NAME:
        return name_as_it_is(question.subject)
    if question.kind == CERTIFICATE:
        # Who comes here has no connection whose client could be asked.
        return CANNOT_ASK
    assert question.kind == ADDRESSES_OF
    return addresses_of(question.subject)


def name_of(address: bytes) -> bytes:
    """The address's host name, if that name has this address too; b"" for none."""
    found = name_as_it_is(address)
    return found if found and address in addresses_of(found) else b""


def name_as_it_is(address: bytes) -> bytes:
    """The address's host name, in lower case; b"" for none."""
    try:
        name = socket.getnameinfo((address.decode("latin-1"), 0), socket.NI_NAMEREQD)[0]
    except (OSError, ValueError):
        return b""
    return name.lower().encode("latin-1", "replace")


def addresses_of(name: bytes) -> tuple[bytes, ...]:
    """A name's addresses as we write clients' addresses."""
    try:
        found = socket.getaddrinfo(name.decode("latin-1"), None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return ()
    return tuple(str(one[4][0]).partition("%")[0].removeprefix("::ffff:").encode("ascii") for one in found)
