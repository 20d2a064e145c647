"""Lines and words, as httpd cuts them."""

from __future__ import annotations

import pytest

from evenflow.config.lexer import LogicalLine, logical_lines, next_word, replace_variables, split_rewrite, split_words
from evenflow.config.source import make_source


def lines_of(text: str) -> list[LogicalLine]:
    return list(logical_lines(make_source("a.conf", text)))


def test_blank_lines_and_comments_say_nothing() -> None:
    assert [line.text for line in lines_of("\n  \n# Listen 1\n   # Listen 2\n\t Listen 3 \t\n")] == ["Listen 3"]


def test_a_backslash_joins_before_comments_are_seen() -> None:
    assert lines_of("# note \\\nListen 80\n") == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_continued_line_counts_as_its_last(end: str) -> None:
    (line,) = lines_of(f"  ProxyPass /a \\{end}   http://b/ \\{end}   timeout=5{end}")
    assert line.text == "ProxyPass /a    http://b/    timeout=5"
    assert line.number == 3
    assert line.span(0, 9) == line.span(0, 9).__class__("a.conf", 1, 3, 9)
    start = line.text.index("timeout")
    assert (line.span(start, len(line.text)).line, line.span(start, len(line.text)).column) == (3, 4)


def test_a_backslash_at_the_end_of_the_file_joins_nothing() -> None:
    assert [line.text for line in lines_of("Listen 80\\")] == ["Listen 80"]


def test_behind_two_backslashes_an_empty_line_goes_on() -> None:
    """Seen with `apache2 -t`: it looks at the end of all that it has joined."""
    lines = lines_of("ServerAdmin x\\\\\n\nNothing\nListen 80\n")
    assert [line.text for line in lines] == ["ServerAdmin xNothing", "Listen 80"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        ("'a \"b\"' c", ['a "b"', "c"]),
        (r'"a \"b\" \\ \n"', [r'a "b" \ \n']),
        (r"a\\b a\b", [r"a\b", r"a\b"]),
        (r"a\ b", ["a\\", "b"]),
        ('a="b c"', ['a="b', 'c"']),
        ('"open to the end', ["open to the end"]),
        ('"" b', ["", "b"]),
        ('"a"b', ["a", "b"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    line = LogicalLine("a.conf", 1, text, text, ((0, 1, 1, 0),))
    assert [word.text for word in split_words(line, 0, len(text))] == words


def test_a_words_place_covers_its_quotes() -> None:
    (line,) = lines_of('  Header set "X Y" z')
    _, words = line, split_words(line, 6, len(line.text))
    assert (words[1].text, words[1].span.column, words[1].span.width) == ("X Y", 14, 5)


def test_next_word_at_the_end() -> None:
    assert next_word("a  ", 1) == ("", 3, 3, 3)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("^/a b [L]", ["^/a", "b", "[L]"]),
        (r"^/a\ b c", [r"^/a\ b", "c"]),
        ('"^/a b" \'c d\' "[L, R]"', ["^/a b", "c d", "[L, R]"]),
        (r'"a\"b" c', ["a\\", 'b"', "c"]),
        ("a b c d", ["a", "b", "c"]),
        ("a", ["a"]),
        ("", []),
    ],
)
def test_rewrite_has_its_own_splitter(text: str, arguments: list[str]) -> None:
    assert [argument for argument, _, _ in split_rewrite(text)] == arguments


def test_variables_are_replaced_once_and_on_the_raw_line() -> None:
    (line,) = lines_of("ServerAlias ${A} x${B}y ${map:key} ${} ${open")
    made, missing = replace_variables(line, {"A": "one two", "map:key": "never"}.get)
    assert made.text == "ServerAlias one two x${B}y ${map:key} ${} ${open"
    assert [(name, span.column, span.width) for name, span in missing] == [("B", 19, 4)]
    assert made.written == line.text


def test_what_came_from_a_variable_points_at_its_name() -> None:
    (line,) = lines_of("A ${X}c d")
    made, _ = replace_variables(line, {"X": "long value "}.get)
    words = split_words(made, 1, len(made.text))
    assert [(word.text, word.span.column, word.span.width) for word in words] == [
        ("long", 3, 4),
        ("value", 3, 4),
        ("c", 7, 1),
        ("d", 9, 1),
    ]


def test_a_value_is_not_looked_at_again() -> None:
    (line,) = lines_of("A ${X}")
    made, missing = replace_variables(line, {"X": "${Y}", "Y": "no"}.get)
    assert (made.text, missing) == ("A ${Y}", [])


def test_a_long_line_keeps_its_places() -> None:
    long = "a" * 5_000_000
    (line,) = lines_of(f"Header set X \\\n{long} b")
    words = split_words(line, 6, len(line.text))
    assert [(word.span.line, word.span.column, word.span.width) for word in words] == [
        (1, 8, 3),
        (1, 12, 1),
        (2, 1, len(long)),
        (2, len(long) + 2, 1),
    ]
