"""A name server on loopback that answers as a test says, over UDP and TCP, well or badly.

    with NameServer() as server:
        server.has("node.example", "A", "127.0.0.1", ttl=1)
        server.says("bad.example", wrong_id)

What is not said does not exist (NXDOMAIN). Every question is counted.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.peers import free_port

Says = Callable[[dns.message.QueryMessage, bool], "list[bytes]"]
"""(the question, whether it came over TCP) -> the packets that are sent for it."""


class NameServer:
    """`address` is what EvenflowResolver takes."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.records: dict[tuple[str, str], list[dns.rrset.RRset]] = {}
        self.scripts: dict[str, Says] = {}
        self.names: set[str] = set()
        self.asked: Counter[str] = Counter()
        """How often each name was asked for, both kinds of address together."""
        self.silent = False
        self.lock = threading.Lock()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp = socket.create_server(("127.0.0.1", self.port))
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._serve_udp, self._serve_tcp)]

    def __enter__(self) -> NameServer:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone wakes nobody who waits in a call.
        for end in (self.udp, self.tcp):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def has(self, name: str, kind: str, *values: str, ttl: int = 1) -> None:
        """The records of a name, in place of those before; none of that kind without values."""
        with self.lock:
            self.names.add(name)
            self.scripts.pop(name, None)
            self.records[name, kind] = [dns.rrset.from_text(name + ".", ttl, "IN", kind, *values)] if values else []

    def lacks(self, name: str) -> None:
        """There is no such name any more."""
        with self.lock:
            self.names.discard(name)
            self.scripts.pop(name, None)
            self.records = {key: found for key, found in self.records.items() if key[0] != name}

    def says(self, name: str, script: Says) -> None:
        """What is sent whenever the name is asked for."""
        with self.lock:
            self.scripts[name] = script

    def answer(self, question: dns.message.QueryMessage) -> dns.message.Message:
        """The honest answer: CNAMEs are followed as far as they are known."""
        made = dns.message.make_response(question)
        made.flags |= dns.flags.AA
        name = text(question.question[0].name)
        kind = dns.rdatatype.to_text(question.question[0].rdtype)
        if name not in self.names:
            made.set_rcode(dns.rcode.NXDOMAIN)
            return made
        for _ in range(8):
            made.answer += self.records.get((name, kind), [])
            alias = self.records.get((name, "CNAME"))
            if not alias or kind == "CNAME":
                break
            made.answer += alias
            name = text(alias[0][0].target)
        return made

    def _packets(self, data: bytes, over_tcp: bool) -> list[bytes]:
        question = dns.message.from_wire(data)
        assert isinstance(question, dns.message.QueryMessage)
        name = text(question.question[0].name)
        with self.lock:
            self.asked[name] += 1
            if self.silent:
                return []
            script = self.scripts.get(name)
            if script is not None:
                return script(question, over_tcp)
            # In the order in which the test has written them: the library would turn them.
            return [self.answer(question).to_wire(want_shuffle=False)]

    def _serve_udp(self) -> None:
        while True:
            try:
                data, peer = self.udp.recvfrom(65535)
                if not peer:
                    return
                for packet in self._packets(data, False):
                    self.udp.sendto(packet, peer)
            except OSError:
                return

    def _serve_tcp(self) -> None:
        while True:
            try:
                client, _ = self.tcp.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError, struct.error):
                client.settimeout(5)
                (size,) = struct.unpack("!H", client.recv(2, socket.MSG_WAITALL))
                for packet in self._packets(client.recv(size, socket.MSG_WAITALL), True):
                    client.sendall(struct.pack("!H", len(packet)) + packet)


def text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
