"""mod_ssl towards clients: certificates, protocols, client certificates, and what requests learn of TLS.

Files are named here and opened by whoever serves.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import at, c_number, count_words, flag, one, raw, text
from evenflow.config.contexts import ANYWHERE, INSIDE, SERVER, SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives import ssl_words
from evenflow.config.directives.ssl_words import with_origin, wrong
from evenflow.config.scope import Draft, put
from evenflow.config.settings import Switches
from evenflow.config.syntax import Section, Statement, Word

OPTIONS: Final = ("stdenvvars", "exportcertdata", "strictrequire", "optrenegotiate", "fakebasicauth",
                  "legacydnstringformat")  # fmt: skip

REFUSED_OPTIONS: Final = {
    "legacydnstringformat": "read the parts: `%{SSL_CLIENT_S_DN_CN}s`, `%{SSL_CLIENT_S_DN_O}s`",
}


def options(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`SSLOptions [+|-]WORD ...`; a word without a sign replaces what was said before it."""
    whole: frozenset[str] | None = None
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    for word in statement.words:
        sign = word.text[:1] if word.text[:1] in ("+", "-") else ""
        name = word.text[len(sign) :].lower()
        if name not in OPTIONS:
            raise wrong(word, f"`{word.text[len(sign) :]}` is no option: the useful one is `StdEnvVars`",
                        f"SSLOptions: Illegal option '{word.text[len(sign) :]}'")  # fmt: skip
        if sign != "-" and name in REFUSED_OPTIONS:
            raise Wrong(
                "value-not-supported",
                f"evenflow does not have the option `{word.text[len(sign) :]}`",
                word.span,
                help=REFUSED_OPTIONS[name],
            )
        named = frozenset((name,))
        if sign == "+":
            added |= named
            removed -= named
        elif sign == "-":
            removed |= named
            added -= named
        else:
            whole, added, removed = named, frozenset(), frozenset()
    draft.add("tls", "options", Switches(whole, added, removed))


def engine(name: str, word: Word) -> bool:
    """On or Off; httpd has its own sentence here."""
    lower = word.text.lower()
    if lower not in ("on", "off"):
        if lower == "optional":
            raise Wrong(
                "value-not-supported",
                "`SSLEngine optional`, TLS begun within HTTP, is spoken by no browser",
                word.span,
                says="Argument must be On or Off",
                help="write `SSLEngine On`, and another `<VirtualHost>` for plain HTTP",
            )
        raise Wrong(
            "value-not-allowed",
            f"`{name}` must be `On` or `Off`, not `{word.text}`",
            word.span,
            says="Argument must be On or Off",
        )
    return lower == "on"


def add_certificate(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.add("tls", "certificates", (value, statement.origin))


def add_key(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.add("tls", "keys", (value, statement.origin))


def protocol(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("tls", "protocols", (ssl_words.protocols(statement, draft), statement.origin))


def cipher_suite(draft: Draft, statement: Statement | Section, value: Any) -> None:
    if draft.place in INSIDE:
        raise Wrong(
            "renegotiation-not-supported",
            "ciphers cannot be chosen for a part of a virtual host: TLS 1.3 has no renegotiation",
            help="write `SSLCipherSuite` in the `<VirtualHost>`",
        )
    ssl_words.ciphers(draft, statement, "tls")


def verify_client(draft: Draft, statement: Statement | Section, value: Any) -> None:
    word: Word
    (word,) = count_words(statement, 1, 1, "takes one argument, SSL Client verify type ('none', 'optional', 'require', "
                          "'optional_no_ca')")  # fmt: skip
    draft.put("tls", "verify", (ssl_words.verify(statement.name, word), statement.origin))


def authorities(field: str) -> ssl_words.Act:
    """SSLCACertificateFile and SSLCACertificatePath, which httpd takes in sections too."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        if draft.place in INSIDE:
            raise Wrong(
                "renegotiation-not-supported",
                f"`{statement.name}` cannot be said for a part of a virtual host",
                says="Your SSL library does not have support for per-directory CA",
                help=f"write `{statement.name}` in the `<VirtualHost>`",
            )
        draft.put("tls", field, (value, statement.origin))

    return act


def buffer_size(name: str, word: Word) -> int:
    """Bytes."""
    found = c_number(word.text)
    if found < 0:
        raise wrong(word, f"`{name}` must be 0 or more bytes, not `{word.text}`", f"Invalid size for {name}")
    return found


def require_tls(draft: Draft, statement: Statement | Section, value: Any) -> None:
    count_words(statement, 0, 0, "takes no arguments")
    draft.put("tls", "required", (True, statement.origin))


def require(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """The whole line is one expression, as it is written."""
    if draft.place not in INSIDE:
        raise Wrong("wrong-context", "`SSLRequire` may not stand outside of a section", at(statement),
                    says="SSLRequire not allowed in <VirtualHost> context")  # fmt: skip
    text = statement.rest.strip()
    if not text:
        raise Wrong("value-missing", "`SSLRequire` needs an expression", at(statement),
                    says="SSLRequire: syntax error, unexpected $end")  # fmt: skip
    draft.add("tls", "requires", (text, statement.origin))


def command(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`NAME VALUE`, for OpenSSL."""
    name, said = count_words(statement, 2, 2, "takes two arguments, OpenSSL configuration command")
    draft.add("tls", "commands", (name.text, said.text, statement.origin))


def only_off(why: str) -> ssl_words.Act:
    """A switch that may be off: on is refused."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        if value:
            raise Wrong("value-not-supported", f"evenflow does not do `{statement.name} on`", help=why)

    return act


def sni_policy(name: str, word: Word) -> str:
    lower = word.text.lower()
    if lower not in ("strict", "secure", "authonly", "insecure"):
        raise wrong(word, f"`{name}` must be `strict`, `secure`, `authonly` or `insecure`, not `{word.text}`",
                    f"Invalid SSLVhostSNIPolicy argument '{word.text}'")  # fmt: skip
    return lower


def dialog(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """Nobody is asked for a password: a key that needs one is an error of its own."""
    (word,) = count_words(
        statement, 1, 1,
        "takes one argument, SSL dialog mechanism for the pass phrase query ('builtin', '|/path/to/pipe_program', or "
        "'exec:/path/to/cgi_program')",
    )  # fmt: skip
    if word.text != "builtin" and not word.text.startswith(("exec:", "|")):
        raise wrong(word, f"`{word.text}` is neither `builtin` nor `exec:PROGRAM`",
                    "SSLPassPhraseDialog: Invalid argument")  # fmt: skip


DIRECTIVES = (
    Directive(
        "SSLEngine",
        SERVERS,
        one(engine),
        put("tls", "engine"),
        "Speak TLS on the addresses of this virtual host.",
        syntax="On|Off",
        default="Off",
    ),
    Directive(
        "SSLCertificateFile",
        SERVERS,
        one(text),
        add_certificate,
        "The certificate, with its chain behind it, in PEM.",
        syntax="FILE",
    ),
    Directive(
        "SSLCertificateKeyFile",
        SERVERS,
        one(text),
        add_key,
        "The certificate's private key in PEM, if it is not in the same file.",
        syntax="FILE",
    ),
    Directive(
        "SSLCertificateChainFile",
        SERVERS,
        one(text),
        with_origin("tls", "chain"),
        "The chain above the certificate, where it is kept apart.",
        syntax="FILE",
    ),
    Directive(
        "SSLProtocol",
        SERVERS,
        raw,
        protocol,
        "The versions of TLS that clients may speak.",
        syntax="[+|-]PROTOCOL ...",
        default="all -SSLv3",
    ),
    Directive(
        "SSLCipherSuite",
        ANYWHERE,
        raw,
        cipher_suite,
        "The ciphers that clients may use, as OpenSSL names them.",
        syntax="[SSL|TLSv1.3] LIST",
        differs="Not in sections. `PROFILE=SYSTEM` means the ciphers that the system's OpenSSL has chosen.",
    ),
    Directive(
        "SSLHonorCipherOrder",
        SERVERS,
        flag,
        put("tls", "prefers_own"),
        "The order of our ciphers counts, not of the client's.",
        default="Off",
    ),
    Directive(
        "SSLSessionTickets",
        SERVERS,
        flag,
        put("tls", "tickets"),
        "Give clients tickets with which they resume their session.",
        default="On",
    ),
    Directive(
        "SSLOptions",
        ANYWHERE,
        raw,
        options,
        "Put what is known of TLS into the environment of requests.",
        syntax="[+|-]WORD ...",
        differs="`LegacyDNStringFormat` is refused; `OptRenegotiate` has nothing to optimise. `FakeBasicAuth` takes "
        "verified certificates alone, whatever `SSLVerifyClient` says.",
    ),
    Directive(
        "SSLVerifyClient",
        ANYWHERE,
        raw,
        verify_client,
        "Ask clients for a certificate.",
        syntax="none|optional|require|optional_no_ca",
        default="none",
        differs="With `optional_no_ca` a certificate that nobody has verified never counts as verified: over a session "
        "that is resumed with TLS 1.2 httpd says `SUCCESS`, here it stays `GENEROUS`. In a section clients are asked "
        "once the request is known, over TLS 1.3. "
        "Nobody can be asked so over TLS 1.2, where clients of a virtual host with such a section are asked in the "
        "handshake (as by `optional`). A client that shows no certificate is answered 403.",
    ),
    Directive(
        "SSLVerifyDepth",
        ANYWHERE,
        one(ssl_words.depth),
        put("tls", "depth"),
        "How many authorities may stand above a client's certificate.",
        syntax="NUMBER",
        default="1",
    ),
    Directive(
        "SSLCACertificateFile",
        ANYWHERE,
        one(text),
        authorities("ca_file"),
        "Who may sign clients' certificates: one PEM file.",
        syntax="FILE",
        differs="Only for a whole virtual host, as in httpd.",
    ),
    Directive(
        "SSLCACertificatePath",
        ANYWHERE,
        one(text),
        authorities("ca_path"),
        "Who may sign clients' certificates: a directory of files named by their hashes.",
        syntax="DIRECTORY",
        differs="Only for a whole virtual host, as in httpd. Clients are not told the names of these authorities; "
        "`SSLCADNRequestPath` does it.",
    ),
    Directive(
        "SSLCARevocationFile",
        SERVERS,
        one(text),
        with_origin("tls", "crl_file"),
        "The lists of revoked certificates of clients' authorities: one PEM file, read when evenflow starts.",
        syntax="FILE",
    ),
    Directive(
        "SSLCARevocationPath",
        SERVERS,
        one(text),
        with_origin("tls", "crl_path"),
        "The lists of revoked certificates of clients' authorities: files named by their hashes (`.r0`).",
        syntax="DIRECTORY",
    ),
    Directive(
        "SSLCARevocationCheck",
        SERVERS,
        raw,
        ssl_words.revocation("tls"),
        "Look clients' certificates up in those lists. Without a list of its issuer a certificate is refused.",
        syntax="none|leaf|chain [no_crl_for_cert_ok]",
        default="none",
    ),
    Directive(
        "SSLUserName",
        ANYWHERE,
        one(text),
        put("tls", "user_name"),
        "The variable whose value is the user's name in logs and in REMOTE_USER.",
        syntax="VARIABLE",
    ),
    Directive(
        "SSLRenegBufferSize",
        INSIDE,
        one(buffer_size),
        put("tls", "buffer"),
        "How much of a request's body may wait for the certificate that a section asks for; more is answered 413.",
        syntax="BYTES",
        default="131072",
    ),
    Directive(
        "SSLRequireSSL",
        INSIDE,
        raw,
        require_tls,
        "Refuse requests that came without TLS.",
        differs="`Satisfy any` does not lift it, as if `SSLOptions +StrictRequire` were said.",
    ),
    Directive(
        "SSLRequire",
        INSIDE,
        raw,
        require,
        "Refuse requests over TLS for which an expression does not hold; the older form of `Require expr`.",
        syntax="EXPRESSION",
        differs="`Satisfy any` does not lift it.",
    ),
    Directive(
        "SSLCADNRequestFile",
        SERVERS,
        one(text),
        with_origin("tls", "names_file"),
        "The authorities that clients are told of when they are asked for a certificate: a PEM file.",
        syntax="FILE",
    ),
    Directive(
        "SSLCADNRequestPath",
        SERVERS,
        one(text),
        with_origin("tls", "names_path"),
        "The authorities that clients are told of: a directory of PEM files.",
        syntax="DIRECTORY",
    ),
    Directive(
        "SSLSessionTicketKeyFile",
        SERVERS,
        one(text),
        with_origin("tls", "ticket_key"),
        "48 bytes of chance by which several machines know each other's tickets.",
        syntax="FILE",
        differs="evenflow makes its keys of them in its own way: tickets of httpd with the same file are not known.",
    ),
    Directive(
        "SSLOpenSSLConfCmd",
        SERVERS,
        raw,
        command,
        "A command of OpenSSL's own configuration, for instance `Curves X25519:P-256`.",
        syntax="NAME VALUE",
    ),
    Directive(
        "SSLStrictSNIVHostCheck",
        SERVERS,
        flag,
        put("tls", "strict_sni"),
        "Refuse clients that name no host in their handshake.",
        default="Off",
    ),
    Directive(
        "SSLVHostSNIPolicy",
        SERVER,
        one(sni_policy),
        put("tls", "sni_policy"),
        "Which virtual hosts may be asked over a handshake that was made for another one.",
        syntax="strict|secure|authonly|insecure",
        default="secure",
    ),
    Directive(
        "SSLInsecureRenegotiation",
        SERVERS,
        flag,
        only_off("leave it out: clients that need it are older than 2010"),
        "Renegotiation with clients that cannot do it safely; only Off is taken.",
        default="Off",
    ),
    Directive(
        "SSLFIPS",
        SERVER,
        flag,
        only_off("switch it on for the whole system, in OpenSSL's own configuration"),
        "FIPS mode of OpenSSL; only Off is taken.",
        default="Off",
    ),
    Directive(
        "SSLPassPhraseDialog",
        SERVER,
        raw,
        dialog,
        "Who asks for the passwords of keys; evenflow asks nobody, and refuses keys with passwords.",
        syntax="builtin|exec:PROGRAM",
        default="builtin",
        differs="It has no effect: keys with passwords are refused, and an error says how to take the password away.",
    ),
)
