"""Comments that allow a warning."""

from __future__ import annotations

from evenflow.config.diagnostics import error, warning
from evenflow.config.silence import silence
from tests.config.cases import load_text

TEXT = """\
# evenflow: allow mapping-shadowed, slash-doubled (both are meant)

# an ordinary comment
ProxyPass /a http://b1/a \\
    timeout=3
ProxyPass /b http://b1/b
"""


def codes(text: str, *found: tuple[str, int]) -> tuple[list[tuple[str, int]], list[str]]:
    loaded = load_text(text)
    name = next(iter(loaded.sources))
    spans = {node.span.line: node.span for node in loaded.tree.nodes}  # type: ignore[union-attr]
    assert name
    kept, wrong = silence(loaded, [warning(code, "x", spans[line]) for code, line in found])
    return [(one.code, one.span.line) for one in kept if one.span], [one.code for one in wrong]


def test_it_speaks_of_the_next_statement_with_all_its_lines() -> None:
    kept, wrong = codes(TEXT, ("mapping-shadowed", 4), ("slash-doubled", 6), ("other", 4))
    assert kept == [("slash-doubled", 6), ("other", 4)]
    assert wrong == ["allow-unused"]


def test_a_whole_file() -> None:
    text = "# evenflow: allow-in-file other\n" + TEXT
    kept, wrong = codes(text, ("other", 5), ("other", 7), ("mapping-shadowed", 5), ("slash-doubled", 5))
    assert (kept, wrong) == ([], [])


def test_errors_are_never_silenced() -> None:
    loaded = load_text(TEXT)
    span = loaded.tree.nodes[0].span  # type: ignore[union-attr]
    kept, _ = silence(loaded, [error("mapping-shadowed", "x", span)])
    assert len(kept) == 1


def test_what_cannot_be_read_is_told() -> None:
    kept, wrong = codes("# evenflow: allow\n# evenflow: allow Mapping\nProxyPass /a http://b1/a\n")
    assert (kept, wrong) == ([], ["comment-not-understood"] * 2)
