"""What has acted already when the settings are written: the parser obeys these while it reads.

Their rows say where they may stand.
"""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import raw
from evenflow.config.contexts import ANYWHERE
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.syntax import Section, Statement


def done(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """Nothing is left to do."""


DIRECTIVES = (
    Directive(
        "Define", ANYWHERE, raw, done, "Give a name a value for `${NAME}` and `<IfDefine>`.", syntax="NAME [VALUE]"
    ),
    Directive("UnDefine", ANYWHERE, raw, done, "Forget a name.", syntax="NAME"),
    Directive(
        "Include",
        ANYWHERE,
        raw,
        done,
        "Read another file, a directory or a pattern here.",
        syntax="FILE|DIRECTORY|PATTERN",
    ),
    Directive(
        "IncludeOptional",
        ANYWHERE,
        raw,
        done,
        "Like Include, and nothing is said where there is no file.",
        syntax="FILE|DIRECTORY|PATTERN",
    ),
    Directive(
        "ServerRoot",
        ANYWHERE,
        raw,
        done,
        "The directory that relative paths start from.",
        syntax="DIRECTORY",
        default="the directory of the file that is loaded",
        differs="httpd's default is compiled in.",
    ),
    Directive(
        "LoadModule",
        ANYWHERE,
        raw,
        done,
        "Make a module's directives available.",
        syntax="NAME FILE",
        differs="Nothing is read from the file: its module counts as loaded if evenflow has it.",
    ),
    Directive("Error", ANYWHERE, raw, done, "Refuse the configuration with this text.", syntax="TEXT"),
    Directive(
        "Use",
        ANYWHERE,
        raw,
        done,
        "Bring in a macro's lines, with these words for its parameters.",
        syntax="MACRO [VALUE ...]",
    ),
    Directive("UndefMacro", ANYWHERE, raw, done, "Forget a macro.", syntax="MACRO"),
    Directive("MacroIgnoreBadNesting", ANYWHERE, raw, done, "Say nothing of macros that leave sections open."),
    Directive("MacroIgnoreEmptyArgs", ANYWHERE, raw, done, "Say nothing of empty arguments of macros."),
)

READ_TIME_SECTIONS = (
    ("IfModule", "[!]MODULE", "What is read only if the module counts as loaded (or, with `!`, does not)."),
    ("IfDefine", "[!]NAME", "What is read only if the name is defined."),
    ("IfVersion", "[[!]OPERATOR] VERSION", "What is read only by some versions of httpd; evenflow counts as 2.4.71."),
    ("IfFile", "[!]FILE", "What is read only if the file exists."),
    ("IfDirective", "[!]DIRECTIVE", "What is read only if the directive exists."),
    ("IfSection", "[!]SECTION", "What is read only if the section exists."),
    ("Macro", "NAME [PARAMETER ...]", "Lines under a name, for Use."),
)
"""The sections that are gone once a file is read: name, syntax, sentence."""
