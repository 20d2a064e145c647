"""The names of a trace's steps, and what each of them says.

A phase that decides or changes something leaves a note: `inquiry.note(NAME, origin, saw, result, detail)`. The names
stand here and nowhere else, so that whoever tells the story knows them all. What `saw` and `result` hold is said
beside each name; `detail` is a sentence for people or empty, `origin` the statement that had the say (`NOWHERE` for
what nobody wrote). The last step of every trace is one of `DECISIONS`.
"""

from __future__ import annotations

from typing import Final

VIRTUAL_HOST: Final = "virtual host"
"""The Host field -> its ServerName; why it was this one."""
PATH: Final = "path"
"""The path as received -> as everything matches it; only where they differ."""
ENVIRONMENT: Final = "environment"
"""A variable's name -> its value, as SetEnvIf, SetEnv, a rule's E flag or a named group set it; b"" and the detail
`unset` where it was taken away."""
SECTION: Final = "section"
"""What was compared (path, URL, file, expression) -> `met`. Sections that did not meet are not told."""
RULE: Final = "rule"
"""What the pattern was searched in -> `matches`, `fails`, or `skipped` (chain, skip)."""
CONDITION: Final = "condition"
"""The test string, expanded -> `holds` or `fails`. Conditions that are not looked at are not told."""
REWRITE: Final = "rewrite"
"""A rule whose conditions held: what it changes -> what it made of it; `-` where it changes nothing."""
RESTART: Final = "restart"
"""A rule in a section changed the path: the old one -> the new one, and all phases run again."""
MAP: Final = "map"
"""The key that was looked up in a RewriteMap -> its value; the origin is the map's."""
MAPPING: Final = "mapping"
"""The path -> the URL of the ProxyPass that covers it first; `!` for an exclusion."""
ALIAS: Final = "alias"
"""The path -> the file or URL of Alias and its like."""
ACCESS: Final = "access"
"""What a Require (or Order, or AuthType) looked at -> `granted`, `denied`, or `neutral`."""
HANDLER: Final = "handler"
"""The path or file -> the handler that SetHandler or a rule's H names."""
EXPRESSION: Final = "expression"
"""An expression that was evaluated -> its value, or `true` and `false`."""
FIELD: Final = "field"
"""A header field of the request that was changed before everything else (RequestHeader early, RemoteIPHeader): the
name -> the value."""
CLIENT: Final = "client"
"""The connection's address -> the address that counts as the client's (mod_remoteip, PROXY protocol)."""
OWN_NAME: Final = "own name"
"""Our address that the client has connected to -> what the resolver calls it (UseCanonicalName DNS)."""

FORWARD: Final = "forward"
"""Decided: the path -> scheme, balancer or member, and the path as it goes there."""
REDIRECT: Final = "redirect"
"""Decided: the path -> status and Location."""
ANSWER: Final = "answer"
"""Decided: the path -> the status of an answer of ours; why."""
LOCAL: Final = "local"
"""Decided: the path -> the name of a handler of ours."""
FILE: Final = "file"
"""Decided: the path -> the file."""

DECISIONS: Final = frozenset((FORWARD, REDIRECT, ANSWER, LOCAL, FILE))

NAMES: Final = frozenset(
    (
        VIRTUAL_HOST, PATH, ENVIRONMENT, SECTION, RULE, CONDITION, REWRITE, RESTART, MAP, MAPPING, ALIAS, ACCESS,
        HANDLER, EXPRESSION, FIELD, CLIENT, OWN_NAME, *DECISIONS,
    )
)  # fmt: skip
