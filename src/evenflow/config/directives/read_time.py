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
    Directive("Define", ANYWHERE, raw, done, "Give a name a value for `${NAME}` and `<IfDefine>`."),
    Directive("UnDefine", ANYWHERE, raw, done, "Forget a name."),
    Directive("Include", ANYWHERE, raw, done, "Read another file, a directory or a pattern here."),
    Directive("IncludeOptional", ANYWHERE, raw, done, "Like Include, and nothing is said where there is no file."),
    Directive("ServerRoot", ANYWHERE, raw, done, "The directory that relative paths start from."),
    Directive("LoadModule", ANYWHERE, raw, done, "Make a module's directives available."),
    Directive("Error", ANYWHERE, raw, done, "Refuse the configuration with this text."),
    Directive("Use", ANYWHERE, raw, done, "Bring in a macro's lines, with these words for its parameters."),
    Directive("UndefMacro", ANYWHERE, raw, done, "Forget a macro."),
    Directive("MacroIgnoreBadNesting", ANYWHERE, raw, done, "Say nothing of macros that leave sections open."),
    Directive("MacroIgnoreEmptyArgs", ANYWHERE, raw, done, "Say nothing of empty arguments of macros."),
)
