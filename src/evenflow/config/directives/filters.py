"""mod_deflate, mod_brotli, and what says where they act: SetOutputFilter, AddOutputFilterByType."""

from __future__ import annotations

import difflib
from typing import Any, Final

from evenflow.config.arguments import count_words, number, one, one_of, raw
from evenflow.config.contexts import ANYWHERE, SERVERS
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import ChainLink, ProviderLine, TypeFilters
from evenflow.config.syntax import Section, Statement, Word

FILTERS: Final = ("DEFLATE", "BROTLI_COMPRESS", "INFLATE", "SUBSTITUTE")
"""What an answer's body can be led through here."""

ANYTHING: Final = (*FILTERS, "RATE_LIMIT")
"""What SetOutputFilter takes."""

INSTEAD: Final = {
    "PROXY-HTML": "let the application run below the public path, or write `Substitute` and the filter SUBSTITUTE",
    "SED": "write it as `Substitute s/PATTERN/TEXT/` and the filter SUBSTITUTE",
    "XML2ENC": "let the application write what it means: evenflow does not change encodings",
    "INCLUDES": "let the application include it: evenflow has no server-side includes",
    "RATE_LIMIT": "write `SetOutputFilter RATE_LIMIT` in a `<Location>`: it does not depend on types and names",
}


def filter_names(word: Word, known: tuple[str, ...] = FILTERS) -> tuple[str, ...]:
    """`DEFLATE;BROTLI_COMPRESS` as names in upper case; `NONE` is none."""
    names = tuple(name.strip().upper() for name in word.text.split(";") if name.strip())
    if names == ("NONE",):
        return ()
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
            raise Wrong(
                "filter-not-supported",
                f"evenflow has no output filter `{name}`",
                word.span,
                help=f"write `{near[0]}`"
                if near
                else INSTEAD.get(name, "the filters are " + ", ".join(f"`{one}`" for one in known)),
            )
    return names


def set_output_filter(draft: Draft, statement: Statement | Section, value: Any) -> None:
    (word,) = count_words(
        statement,
        1,
        1,
        "takes one argument, filter (or ; delimited list of filters) to be run on the request content",
    )
    draft.put("filters", "output", filter_names(word, ANYTHING))


def set_input_filter(draft: Draft, statement: Statement | Section, value: Any) -> None:
    (word,) = count_words(
        statement,
        1,
        1,
        "takes one argument, filter (or ; delimited list of filters) to be run on the request content",
    )
    draft.put("filters", "input", input_names(word))


def input_names(word: Word) -> tuple[str, ...]:
    """`DEFLATE` as a name in upper case; `NONE` is none."""
    names = tuple(name.strip().upper() for name in word.text.split(";") if name.strip())
    for name in names:
        if name != "DEFLATE" and names != ("NONE",):
            raise Wrong(
                "filter-not-supported",
                f"evenflow has no input filter `{name}`",
                word.span,
                help="write `DEFLATE`, which unpacks what clients send in gzip",
            )
    return () if names == ("NONE",) else names


def add_by_type(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 2, None, "requires at least two arguments")
    types = tuple(word.text for word in words[1:])
    draft.add("filters", "by_type", TypeFilters(filter_names(words[0]), types))


def declare(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 1, 2, "takes 1-2 arguments, filter-name [filter-type]")
    draft.add("filters", "providers", ProviderLine(words[0].text, "", "", statement.origin))


def provide(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 3, 3, "takes three arguments, filter-name provider-name match-expression")
    (provider,) = filter_names(words[1]) or ("",)
    if not provider:
        raise Wrong("filter-not-supported", "`NONE` is no filter", words[1].span, help="write `DEFLATE`")
    line = ProviderLine(words[0].text, provider, words[2].text, statement.origin)
    draft.add("filters", "providers", line)


PROTOCOL: Final = frozenset(
    ("change=yes", "change=no", "change=1:1", "byteranges=no", "proxy=no", "proxy=transform", "cache=no")
)


def protocol(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """A provider's words are the provider's, whoever names it; a filter's are those of the filter that this section
    makes (httpd)."""
    words = count_words(
        statement, 2, 3, "takes two or three arguments, filter-name [provider-name] protocol-args"
    )
    lines = [line for line in draft.get("filters", "providers") or () if line.name == words[0].text]
    if not lines:
        raise Wrong(
            "filter-not-declared",
            f"this section makes no filter `{words[0].text}`",
            words[0].span,
            says="FilterProtocol: No such filter",
            help="write it below the FilterProvider, in the same section",
        )
    said: set[str] = set()
    for word in words[-1].text.lower().replace(";", " ").replace(",", " ").split():
        if word not in PROTOCOL:
            draft.reports.append(
                warning(
                    "parameter-ignored",
                    f"`{word}` says nothing of a filter",
                    words[-1].span,
                    notes=("httpd passes it over without a word",),
                    help="write one of " + ", ".join(f"`{known}`" for known in sorted(PROTOCOL)),
                )
            )
        elif word == "change=no":
            said -= {"change=yes", "change=1:1"}
        else:
            said.add(word)
    if len(words) == 2:
        draft.add("filters", "protocols", (words[0].text, frozenset(said)))
        return
    provider = words[1].text.upper()
    if provider not in [line.provider for line in lines]:
        raise Wrong(
            "filter-not-declared",
            f"`{words[1].text}` is no provider of `{words[0].text}`",
            words[1].span,
            says="FilterProtocol: No such provider for this filter",
            help="write the FilterProvider above it",
        )
    draft.main.add("filters", "provider_protocols", (provider, frozenset(said)))


def chain(draft: Draft, statement: Statement | Section, value: Any) -> None:
    says = "requires at least one argument, list of filter names with optional [+-=!@]"
    for word in count_words(statement, 1, None, says):
        sign, name = word.text[:1], word.text[1:]
        if sign not in tuple("+-=@!"):
            sign, name = "+", word.text
        draft.add("filters", "chain", ChainLink(sign, name, statement.origin))


NOTES: Final = ("input", "output", "ratio")


def filter_note(field: str, says: str) -> Any:
    """`[Input|Output|Ratio] NAME`"""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        words = count_words(statement, 1, 2, "takes one or two arguments, Set a note to report on compression ratio")
        kind = words[0].text.lower() if len(words) == 2 else "ratio"
        if kind not in NOTES:
            raise Wrong(
                "value-not-allowed",
                f"`{words[0].text}` is none of `Input`, `Output`, `Ratio`",
                words[0].span,
                says=says % words[0].text,
                help="write `Ratio`",
            )
        draft.add("filters", field, (kind, words[-1].text))

    return act


ALTER: Final = ("AddSuffix", "NoChange", "Remove")


def alter(says: str) -> Any:
    return one_of(*(word.lower() for word in ALTER), says=says)


DIRECTIVES = (
    Directive(
        "SetOutputFilter",
        ANYWHERE,
        raw,
        set_output_filter,
        "Lead answers through these filters, for example DEFLATE. INFLATE unpacks what is in gzip, SUBSTITUTE replaces"
        " texts; in whatever order they are written, these two act first."
        " RATE_LIMIT sends them at `SetEnv rate-limit` KiB a"
        " second after `SetEnv rate-initial-burst` KiB.",
        syntax="FILTER[;FILTER ...]",
    ),
    Directive(
        "SetInputFilter",
        ANYWHERE,
        raw,
        set_input_filter,
        "Lead request bodies through DEFLATE: what a client sends in gzip goes to the member unpacked, without its"
        " Content-Encoding.",
        syntax="DEFLATE|NONE",
    ),
    Directive(
        "DeflateInflateLimitRequestBody",
        ANYWHERE,
        one(number(0, says="DeflateInflateLimitRequestBody requires a non-negative integer.", unit="bytes")),
        put("filters", "inflate_limit"),
        "How long an unpacked request body may be; 413 beyond it. 0 is any length.",
        syntax="BYTES",
        default="0",
    ),
    Directive(
        "DeflateInflateRatioLimit",
        ANYWHERE,
        one(number(1, says="DeflateInflateRatioLimit must be positive")),
        put("filters", "inflate_ratio"),
        "How many times longer a body may become by being unpacked.",
        syntax="NUMBER",
        default="200",
    ),
    Directive(
        "DeflateInflateRatioBurst",
        ANYWHERE,
        one(number(1, says="DeflateInflateRatioBurst must be positive")),
        put("filters", "inflate_burst"),
        "For how many pieces of 8096 bytes in sequence the ratio may be higher.",
        syntax="NUMBER",
        default="3",
    ),
    Directive(
        "AddOutputFilterByType",
        ANYWHERE,
        raw,
        add_by_type,
        "Lead answers of these media types through a filter.",
        syntax="FILTER[;FILTER ...] MEDIA-TYPE ...",
    ),
    Directive(
        "FilterDeclare",
        ANYWHERE,
        raw,
        declare,
        "Name a filter; what it does, FilterProvider says.",
        syntax="FILTER [TYPE]",
    ),
    Directive(
        "FilterProvider",
        ANYWHERE,
        raw,
        provide,
        "What a filter does with answers for which an expression holds: DEFLATE, SUBSTITUTE and so on. The provider"
        " that is written last is asked first.",
        syntax="FILTER PROVIDER EXPRESSION",
    ),
    Directive(
        "FilterProtocol",
        ANYWHERE,
        raw,
        protocol,
        "What a filter, or a provider wherever it is named, does with HTTP. `proxy=no`: it does not act on members'"
        " answers; `proxy=transform`: not on those that say `no-transform`, and the others say `Warning: 214`. Of a"
        " provider also: `change=yes`, `change=1:1`: ETag and Content-MD5 go; `cache=no`: Last-Modified goes, and"
        " `Cache-Control: no-cache` comes; `byteranges=no`: it says `Accept-Ranges: none`.",
        syntax="FILTER [PROVIDER] WORD[,WORD ...]",
    ),
    Directive(
        "FilterChain",
        ANYWHERE,
        raw,
        chain,
        "Lead answers with status 200 through these filters: `+` adds one at the end, `@` at the beginning, `-` takes"
        " one away that the same section added, `=` begins anew with it, `!` begins anew with none.",
        syntax="[+|@|-|=|!]FILTER ...",
    ),
    Directive(
        "DeflateCompressionLevel",
        SERVERS,
        one(number(1, 9, says="Compression Level must be between 1 and 9")),
        put("filters", "deflate_level"),
        "How hard gzip tries, 1 to 9.",
        syntax="1-9",
        default="zlib's own",
    ),
    Directive(
        "DeflateMemLevel",
        SERVERS,
        one(number(1, 9, says="DeflateMemLevel must be between 1 and 9")),
        put("filters", "deflate_memory"),
        "How much memory gzip takes, 1 to 9.",
        syntax="1-9",
        default="9",
    ),
    Directive(
        "DeflateWindowSize",
        SERVERS,
        one(number(1, 15, says="DeflateWindowSize must be between 1 and 15")),
        put("filters", "deflate_window"),
        "How far gzip looks back, as the logarithm of bytes.",
        syntax="1-15",
        default="15",
    ),
    Directive(
        "DeflateAlterEtag",
        SERVERS,
        one(alter("DeflateAlterETAG accepts only 'NoChange', 'AddSuffix', and 'Remove'")),
        put("filters", "deflate_etag"),
        "What becomes of the ETag of an answer that gzip compresses.",
        syntax="AddSuffix|NoChange|Remove",
        default="AddSuffix",
    ),
    Directive(
        "DeflateFilterNote",
        SERVERS,
        raw,
        filter_note("deflate_notes", "Unknown note type %s"),
        "Keep what gzip took and gave as a note, for `%{NAME}n` in a LogFormat.",
        syntax="[Input|Output|Ratio] NAME",
    ),
    Directive(
        "BrotliFilterNote",
        SERVERS,
        raw,
        filter_note("brotli_notes", "Unknown BrotliFilterNote type '%s'"),
        "Keep what Brotli took and gave as a note, for `%{NAME}n` in a LogFormat.",
        syntax="[Input|Output|Ratio] NAME",
    ),
    Directive(
        "BrotliCompressionQuality",
        SERVERS,
        one(number(0, 11, says="BrotliCompressionQuality must be between 0 and 11")),
        put("filters", "brotli_quality"),
        "How hard Brotli tries, 0 to 11.",
        syntax="0-11",
        default="5",
    ),
    Directive(
        "BrotliCompressionWindow",
        SERVERS,
        one(number(10, 24, says="BrotliCompressionWindow must be between 10 and 24")),
        put("filters", "brotli_window"),
        "How far Brotli looks back, as the logarithm of bytes.",
        syntax="10-24",
        default="18",
    ),
    Directive(
        "BrotliAlterETag",
        SERVERS,
        one(alter("BrotliAlterETag accepts only 'AddSuffix', 'NoChange' and 'Remove'")),
        put("filters", "brotli_etag"),
        "What becomes of the ETag of an answer that Brotli compresses.",
        syntax="AddSuffix|NoChange|Remove",
        default="AddSuffix",
    ),
)
