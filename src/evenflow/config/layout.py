"""The same file, laid out evenly: indentation by nesting, httpd's own spelling of names, single blank lines.

It works on one file's text and follows no Include. Nothing that could mean something is touched: arguments keep every
byte, comments keep their text, continued lines stay continued where they are, and in a macro only the indentation
changes, since a parameter may stand for anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from evenflow.config.known import known_directive
from evenflow.config.lexer import BLANKS, logical_lines, next_word, split_rewrite, split_words
from evenflow.config.macros import opens_or_closes
from evenflow.config.source import Source, make_source

STEP: Final = 4
"""Columns for each section around a line; a tab in a continued line counts as many."""

TAKEN_AS_IT_IS: Final = frozenset({"error", "require"})
"""Directives that read their arguments as one text: blanks inside continued lines stay."""


@dataclass(slots=True)
class Piece:
    """A logical line with its physical lines, continuation marks included; `text` is joined, outer blanks removed."""

    lines: list[str]
    text: str

    @property
    def is_blank(self) -> bool:
        return not self.text and len(self.lines) == 1

    @property
    def is_comment(self) -> bool:
        return self.text.startswith("#")

    @property
    def is_closing(self) -> bool:
        return self.text.startswith("</")

    @property
    def is_opening(self) -> bool:
        return self.text.startswith("<") and not self.is_closing


def pieces(source: Source) -> Iterator[Piece]:
    """The file's logical lines, comments and blank lines included."""
    lines: list[str] = []
    joined: list[str] = []
    for line in source.lines:
        lines.append(line)
        if not line and joined and joined[-1].endswith("\\"):
            # As the lexer has it: behind two backslashes an empty line goes on.
            joined[-1] = joined[-1][:-1]
            continue
        joined.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield Piece(lines, "".join(joined).strip(BLANKS))
            lines, joined = [], []
    if lines:
        yield Piece(lines, "".join(joined).strip(BLANKS))


def laid_out(source: Source) -> str:
    """The file's text in our layout, every line with its LF. Laid out again it stays the same."""
    made: list[str] = []
    around: list[str] = []
    blank = opened = False
    macros = 0
    found = list(pieces(source))
    aligned = columns_kept(found)
    for place, piece in enumerate(found):
        if piece.is_blank:
            blank = True
            continue
        if piece.is_closing:
            close(around, piece)
        if blank and made and not opened and not piece.is_closing:
            made.append("")
        blank, opened = False, piece.is_opening
        macros = max(macros + min(opens_or_closes(piece.text), 0), 0)
        made.extend(laid_out_piece(piece, STEP * len(around), in_macro=macros > 0, aligned=place in aligned))
        macros += max(opens_or_closes(piece.text), 0)
        if piece.is_opening:
            around.append(tag_name(piece))
    return "".join(f"{line}\n" for line in made)


def close(around: list[str], piece: Piece) -> None:
    """Leave the innermost section of this name, and what was left open in it."""
    name = tag_name(piece)
    if name in around:
        while around.pop() != name:
            pass


def tag_name(piece: Piece) -> str:
    """`virtualhost` for `<VirtualHost *:80>` and for `</VirtualHost>`."""
    return next_word(piece.text, 0)[0].lstrip("</").removesuffix(">").lower()


def columns_kept(found: list[Piece]) -> set[int]:
    """The statements whose arguments begin at the column of a neighbour's: somebody has aligned them."""
    columns = [argument_column(piece) for piece in found]
    kept = set()
    for place, column in enumerate(columns):
        beside = (columns[place - 1 : place] if place else []) + columns[place + 1 : place + 2]
        if column is not None and column in beside:
            kept.add(place)
    return kept


def argument_column(piece: Piece) -> int | None:
    """Where the first argument begins, counted from the name; None where there is none, or a tab before it."""
    body = piece.lines[0].lstrip(BLANKS)
    if not piece.text or piece.is_comment or piece.text.startswith("<"):
        return None
    name = next_word(body, 0)[0]
    rest = body[len(name) :]
    column = len(body) - len(rest.lstrip(" "))
    return column if column < len(body) and body[column] not in BLANKS else None


def laid_out_piece(piece: Piece, indent: int, *, in_macro: bool, aligned: bool) -> list[str]:
    """The physical lines of one logical line."""
    first = piece.lines[0]
    if not piece.text or not first.removesuffix("\\").strip(BLANKS):
        return as_it_is(piece.lines)  # a continued line that begins empty: any change could join something else
    if any(line.endswith("\\\\") for line in piece.lines):
        return as_it_is(piece.lines)  # what follows goes on if it is empty, and must not become so
    alone = len(piece.lines) == 1 and not first.endswith("\\")
    body = first.lstrip(BLANKS)
    if not piece.is_comment and not in_macro:
        body = respelt(body, piece, aligned=aligned)
    if alone:
        body = trimmed(body)
    made = [" " * indent + body]
    if alone:
        return made
    before = len(widened(first)) - len(widened(first).lstrip(BLANKS))
    if len(piece.lines) == 1:
        return made
    made += (
        continued(piece, indent, indent - before) if may_move(piece, in_macro=in_macro) else as_it_is(piece.lines[1:])
    )
    return made


def as_it_is(lines: list[str]) -> list[str]:
    """The same lines, but for blanks at the end of the last, unless they keep it from being empty where that counts."""
    if len(lines) > 1 and lines[-2].endswith("\\\\"):
        return lines
    last = lines[-1]
    return [*lines[:-1], last if last.endswith("\\") else trimmed(last)]


def respelt(body: str, piece: Piece, *, aligned: bool) -> str:
    """The first physical line with the name spelt as httpd spells it, and one blank behind it unless arguments are
    aligned."""
    mark = "\\" if body.endswith("\\") and len(piece.lines) > 0 and piece.lines[0].endswith("\\") else ""
    text = body[: len(body) - len(mark)]
    if text[:1] in ("'", '"'):
        return body
    end = next((place for place, character in enumerate(text) if character in BLANKS), len(text))
    name = text[:end]
    if not piece.text.startswith(name) or piece.text[len(name) : len(name) + 1] not in ("", *BLANKS):
        return body  # the name itself is continued on the next line
    rest = text[end:].lstrip(BLANKS)
    gap = text[end : len(text) - len(rest)] if aligned else " " if end < len(text) else ""
    return spelt(name) + gap + rest + mark


def spelt(name: str) -> str:
    """A directive's name or a tag as httpd spells it; what httpd does not have stays as it is."""
    start = "</" if name.startswith("</") else "<" if name.startswith("<") else ""
    end = ">" if start and name.endswith(">") else ""
    bare = name[len(start) : len(name) - len(end)]
    known = known_directive(("<" if start else "") + bare)
    return start + known.name.lstrip("<") + end if known is not None else name


def may_move(piece: Piece, *, in_macro: bool) -> bool:
    """Whether blanks at the beginning of continued lines mean no more than that words end there."""
    if piece.is_comment or in_macro:
        return False
    if next_word(piece.text, 0)[0].lower() in TAKEN_AS_IT_IS:
        return False
    joined = ""
    for place, line in enumerate(piece.lines[:-1]):
        joined += line.removesuffix("\\")
        after = piece.lines[place + 1]
        parted = joined[-1:] in (*BLANKS, "") or after[:1] in BLANKS
        if not parted or in_quotes(joined):
            return False
        # a blank behind a backslash may belong to a pattern
        if joined.rstrip(BLANKS).endswith("\\") or not after.removesuffix("\\").strip(BLANKS):
            return False
    return True


def in_quotes(text: str) -> bool:
    """Whether one of the ways in which directives split their arguments could see an open quote at the end."""
    if text.count('"') % 2 or text.count("'") % 2:
        return True
    for escapes in (True, False):
        pos = 0
        while pos < len(text):
            if text[pos] in BLANKS:
                pos += 1
                continue
            quote = text[pos] if text[pos] in "\"'" else ""
            pos += len(quote)
            while pos < len(text) and text[pos] not in (quote or BLANKS):
                pos += 2 if escapes and quote and text[pos] == "\\" else 1
            if quote and pos >= len(text):
                return True
            pos += len(quote)
    return False


def continued(piece: Piece, indent: int, shift: int) -> list[str]:
    """The lines behind the first, moved as far as the first one was."""
    made = []
    for place, line in enumerate(piece.lines[1:], 2):
        wide = widened(line)
        body = line.lstrip(BLANKS)
        columns = max(len(wide) - len(wide.lstrip(BLANKS)) + shift, indent + STEP)
        last = place == len(piece.lines) and not line.endswith("\\")
        made.append(" " * columns + (trimmed(body) if last else body))
    return made


def trimmed(body: str) -> str:
    """Without blanks at the end, unless a backslash would be the last character then and join the next line."""
    text = body.rstrip(BLANKS)
    return f"{text} " if text.endswith("\\") else text


def widened(line: str) -> str:
    """The line with the tabs at its beginning as blanks."""
    body = line.lstrip(BLANKS)
    return line[: len(line) - len(body)].expandtabs(STEP) + body


# --- the net below ------------------------------------------------------------------------------------------------


def meaning(source: Source) -> list[Any]:
    """What httpd's reader makes of each logical line: its name, its words, and mod_rewrite's arguments.

    Two texts with the same meaning give the same settings: in a macro the whole lines are compared.
    """
    found: list[Any] = []
    depth = 0
    for line in logical_lines(source):
        name, _, _, after = next_word(line.text, 0)
        lower = name.lower()
        depth = max(depth + min(opens_or_closes(line.text), 0), 0)
        inside = depth > 0
        depth += max(opens_or_closes(line.text), 0)
        if inside:
            found.append(line.text)
            continue
        words = [word.text for word in split_words(line, after, len(line.text))]
        rest = line.text[after:].strip(BLANKS)
        whole = rest if lower in TAKEN_AS_IT_IS else ""
        found.append((lower, words, [argument for argument, _, _ in split_rewrite(rest)], whole))
    return found


def comments(source: Source) -> list[str]:
    """The text of every comment, continued ones joined."""
    return [piece.text for piece in pieces(source) if piece.is_comment]


def keeps_meaning(before: Source, after: str) -> bool:
    """Whether the text says what the file says, comments included."""
    made = make_source(before.path, after)
    return meaning(before) == meaning(made) and comments(before) == comments(made)
