"""OpenSSL's own functions, for what Python's ssl cannot say: OCSP stapling, the names that clients are told,
keys of tickets, commands of OpenSSL's own configuration, and certificates that could not be verified.

They are those of the library that Python's ssl uses itself, found by way of its extension module. A context of Python's
holds the address of OpenSSL's behind what every object begins with; that this is so here is proven in a process of its
own before anything is served (`obstacle`), with a whole handshake. Where it cannot be proven nothing is touched: who
asked for stapling is told why it cannot be done.
"""

from __future__ import annotations

import ctypes
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

OLDEST: Final = 0x10101000
"""OpenSSL 1.1.1."""
SET_STATUS_CALLBACK: Final = 63
SET_TICKET_KEYS: Final = 59
SET_STATUS_TYPE: Final = 65
GET_STATUS_RESPONSE: Final = 70
SET_STATUS_RESPONSE: Final = 71
OCSP: Final = 1
FILE_COMMANDS: Final = 0x2
SERVER_COMMANDS: Final = 0x8
CERTIFICATE_COMMANDS: Final = 0x20
UNKNOWN_COMMAND: Final = -2
TICKET_KEYS: Final = 80
"""Bytes: a name of 16, and two keys of 32."""
TAKEN: Final = 0
LEFT_OUT: Final = 3
"""SSL_TLSEXT_ERR_NOACK: the handshake goes on without a response."""
PATIENCE: Final = 20.0
"""Seconds that the proof may take."""

PROVE: Final = "import sys; sys.path[:] = {!r}; from evenflow.serve.libssl import prove; prove()"

StatusCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
VerifyCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
"""Told of each certificate of a chain whether it is good, and where that is kept; whether to go on."""
Choose = Callable[[Callable[[], bytes]], bytes | None]
"""The response to staple, None for none; it may ask for the certificate that is shown, in DER."""


class Unavailable(Exception):
    """OpenSSL's functions cannot be used by this Python; why, in words."""


class Library:
    """The functions. Raises Unavailable where they are not found."""

    def __init__(self) -> None:
        try:
            import _ssl

            loaded = ctypes.CDLL(_ssl.__file__)
            number = loaded.OpenSSL_version_num
            self.options = loaded.SSL_CTX_get_options
            self.set_callback = loaded.SSL_CTX_callback_ctrl
            self.control_context = loaded.SSL_CTX_ctrl
            self.control = loaded.SSL_ctrl
            self.allocate = loaded.CRYPTO_malloc
            self.certificate = loaded.SSL_get_certificate
            self.encode = loaded.i2d_X509
            self.read_names = loaded.SSL_load_client_CA_file
            self.add_names = loaded.SSL_add_file_cert_subjects_to_stack
            self.set_names = loaded.SSL_CTX_set_client_CA_list
            self.new_commands = loaded.SSL_CONF_CTX_new
            self.free_commands = loaded.SSL_CONF_CTX_free
            self.set_command_flags = loaded.SSL_CONF_CTX_set_flags
            self.set_command_context = loaded.SSL_CONF_CTX_set_ssl_ctx
            self.command = loaded.SSL_CONF_cmd
            self.end_commands = loaded.SSL_CONF_CTX_finish
            self.forget_errors = loaded.ERR_clear_error
            self.verify_mode = loaded.SSL_CTX_get_verify_mode
            self.set_verify = loaded.SSL_CTX_set_verify
            self.error_of = loaded.X509_STORE_CTX_get_error
            self.context_of = loaded.SSL_get_SSL_CTX
            self.verify_result = loaded.SSL_get_verify_result
            self.told_error = loaded.X509_verify_cert_error_string
        except (ImportError, AttributeError, OSError, TypeError) as fault:
            raise Unavailable(f"OpenSSL's functions are not to be found: {fault}") from None
        number.restype = ctypes.c_ulong
        number.argtypes = ()
        if number() < OLDEST or "OpenSSL" not in ssl.OPENSSL_VERSION:
            raise Unavailable(f"{ssl.OPENSSL_VERSION} is not OpenSSL 1.1.1 or newer")
        self.options.restype = ctypes.c_uint64
        self.options.argtypes = (ctypes.c_void_p,)
        self.set_callback.restype = ctypes.c_long
        self.set_callback.argtypes = (ctypes.c_void_p, ctypes.c_int, StatusCallback)
        for function in (self.control_context, self.control):
            function.restype = ctypes.c_long
            function.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_void_p)
        self.allocate.restype = ctypes.c_void_p
        self.allocate.argtypes = (ctypes.c_size_t, ctypes.c_char_p, ctypes.c_int)
        self.certificate.restype = ctypes.c_void_p
        self.certificate.argtypes = (ctypes.c_void_p,)
        self.encode.restype = ctypes.c_int
        self.encode.argtypes = (ctypes.c_void_p, ctypes.c_void_p)

        pointer, text, whole = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
        for function, result, arguments in (
            (self.read_names, pointer, (text,)),
            (self.add_names, whole, (pointer, text)),
            (self.set_names, None, (pointer, pointer)),
            (self.new_commands, pointer, ()),
            (self.free_commands, None, (pointer,)),
            (self.set_command_flags, ctypes.c_uint, (pointer, ctypes.c_uint)),
            (self.set_command_context, None, (pointer, pointer)),
            (self.command, whole, (pointer, text, text)),
            (self.end_commands, whole, (pointer,)),
            (self.forget_errors, None, ()),
            (self.verify_mode, whole, (pointer,)),
            (self.set_verify, None, (pointer, whole, VerifyCallback)),
            (self.error_of, whole, (pointer,)),
            (self.context_of, pointer, (pointer,)),
            (self.verify_result, ctypes.c_long, (pointer,)),
            (self.told_error, text, (ctypes.c_long,)),
        ):
            function.restype = result
            function.argtypes = arguments

    def tell_names(self, context: ssl.SSLContext, files: Sequence[str]) -> None:
        """Tell clients of these authorities when they are asked for a certificate. ValueError where a file has none."""
        address = self.address_of(context)
        names = None
        for path in files:
            encoded = os.fsencode(path)
            if names is None:
                names = self.read_names(encoded)
                good = bool(names)
            else:
                good = bool(self.add_names(names, encoded))
            self.forget_errors()
            if not good:
                raise ValueError(f"`{path}` holds no certificate")
        if names is not None:
            # It is the context's from here on.
            self.set_names(address, names)

    def set_ticket_keys(self, context: ssl.SSLContext, keys: bytes) -> None:
        """The keys of the session tickets: TICKET_KEYS bytes. Unavailable where OpenSSL wants others."""
        address = self.address_of(context)
        room = ctypes.create_string_buffer(keys, len(keys))
        done = self.control_context(address, SET_TICKET_KEYS, len(keys), ctypes.addressof(room))
        self.forget_errors()
        if done != 1:
            raise Unavailable("this OpenSSL's tickets have keys of another size")

    def configure(self, context: ssl.SSLContext, commands: Sequence[tuple[str, str]]) -> None:
        """Give these commands to OpenSSL. ValueError for one that it does not know or take."""
        address = self.address_of(context)
        made = self.new_commands()
        try:
            self.set_command_flags(made, FILE_COMMANDS | SERVER_COMMANDS | CERTIFICATE_COMMANDS)
            self.set_command_context(made, address)
            for name, value in commands:
                done = self.command(made, name.encode(), value.encode())
                self.forget_errors()
                if done == UNKNOWN_COMMAND:
                    raise ValueError(f"OpenSSL knows no command `{name}`")
                if done <= 0:
                    raise ValueError(f"OpenSSL does not take `{name} {value}`")
            if self.end_commands(made) != 1:
                self.forget_errors()
                raise ValueError("OpenSSL does not take these commands together")
        finally:
            self.free_commands(made)

    def address_of(self, context: ssl.SSLContext) -> int:
        """Where OpenSSL keeps it. Unavailable where what is found there is another's."""
        found = ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value
        if not found or int(self.options(found)) & 0xFFFFFFFF != int(context.options) & 0xFFFFFFFF:
            raise Unavailable("this Python keeps its TLS contexts in another way")
        return found

    def address_of_connection(self, tls: ssl.SSLSocket | ssl.SSLObject) -> int:
        """Where OpenSSL keeps a connection. Unavailable where what is found there is another's."""
        inner: Any = tls._sslobj  # type: ignore[union-attr]
        # Behind what every object begins with stands the socket, and behind that what we want.
        at = object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p)
        if inner is None or type(inner).__basicsize__ < at + ctypes.sizeof(ctypes.c_void_p):
            raise Unavailable("the connection is over")
        found = ctypes.c_void_p.from_address(id(inner) + at).value
        if not found or self.context_of(found) != self.address_of(tls.context):
            raise Unavailable("this Python keeps its TLS connections in another way")
        return found

    def staple(self, context: ssl.SSLContext, choose: Choose) -> object:
        """Ask `choose` in each handshake whose client wants a response. What is returned must live as long as the
        context."""
        address = self.address_of(context)

        def answer(connection: int, _: int) -> int:
            # Called by OpenSSL in the middle of a handshake: nothing may leave this function.
            try:
                response = choose(lambda: self.shown(connection))
                if not response:
                    return LEFT_OUT
                # OpenSSL will free it.
                memory = self.allocate(len(response), None, 0)
                if not memory:
                    return LEFT_OUT
                ctypes.memmove(memory, response, len(response))
                self.control(connection, SET_STATUS_RESPONSE, len(response), memory)
                return TAKEN
            except Exception:
                return LEFT_OUT

        callback = StatusCallback(answer)
        self.set_callback(address, SET_STATUS_CALLBACK, callback)
        return callback

    def shown(self, connection: int) -> bytes:
        """The certificate that a handshake shows, in DER; b"" for none."""
        certificate = self.certificate(connection)
        if not certificate:
            return b""
        size = self.encode(certificate, None)
        if size <= 0:
            return b""
        room = ctypes.create_string_buffer(size)
        # It moves the pointer that it is given.
        pointer = ctypes.c_void_p(ctypes.addressof(room))
        self.encode(certificate, ctypes.byref(pointer))
        return room.raw[:size]


@lru_cache(maxsize=1)
def library() -> Library:
    """The functions, found once. Raises Unavailable."""
    return Library()


@lru_cache(maxsize=1)
def obstacle() -> str:
    """Why OpenSSL's functions must not be used here; "" where a process of its own has proven that they may."""
    try:
        library()
    except Unavailable as fault:
        return str(fault)
    return tried(PROVE)


def tried(program: str) -> str:
    """Run it in a process of its own, with this one's path for `{!r}`: what it says of why it failed; "" for well."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", program.format(sys.path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
        return f"a trial of OpenSSL's functions did not end: {fault}"
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"a trial of OpenSSL's functions failed: {told[-1] if told else f'signal {-done.returncode}'}"
    return ""


def prove() -> None:
    """A handshake with a response, from one end of this process to the other. Raises or ends the process where it does
    not work."""
    used = library()
    for option in (ssl.OP_NO_TICKET, ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.options |= option
        used.address_of(context)
    server, der = server_context()
    used.configure(server, (("Options", "-SessionTicket"),))
    used.set_ticket_keys(server, bytes(TICKET_KEYS))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    used.control_context(used.address_of(client), SET_STATUS_TYPE, OCSP, None)
    seen: list[bytes] = []
    given: list[bytes] = []

    def choose(shown: Callable[[], bytes]) -> bytes:
        seen.append(shown())
        return b"a response"

    def look(connection: int, _: int) -> int:
        pointer = ctypes.c_void_p()
        size = used.control(connection, GET_STATUS_RESPONSE, 0, ctypes.addressof(pointer))
        given.append(ctypes.string_at(pointer.value, size) if size > 0 and pointer.value else b"")
        return 1

    kept = used.staple(server, choose), StatusCallback(look)
    used.set_callback(used.address_of(client), SET_STATUS_CALLBACK, kept[1])
    shake(server, client)
    if seen != [der] or given != [b"a response"]:
        raise Unavailable(f"a handshake went by without its response: {given}")


def shake(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """A whole handshake within memory; answers the server's end."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends: list[Any] = [
        client.wrap_bio(to_client, to_server, server_side=False),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    ours: ssl.SSLObject = ends[1]
    for _ in range(10):
        for end in tuple(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)
    if ends:
        raise Unavailable("a handshake did not end")
    return ours


def server_context() -> tuple[ssl.SSLContext, bytes]:
    """A server's context with a certificate of its own, and that certificate in DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return context, certify(context)


def certify(context: ssl.SSLContext) -> bytes:
    """Give it a certificate that nobody else has signed; answers that in DER."""
    import datetime
    import tempfile

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "trial")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        context.load_cert_chain(file.name)
    return made.public_bytes(serialization.Encoding.DER)
