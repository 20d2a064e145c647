"""The picture of a diagnostic, byte for byte."""

from __future__ import annotations

from pathlib import Path

from evenflow.config.diagnostics import HINT, Diagnostic, Label, error
from evenflow.config.load import load
from evenflow.config.render import COLOURS, render, render_one, summary
from evenflow.config.source import make_source
from evenflow.config.syntax import Span
from tests.config.cases import load_text


def shown(text: str) -> str:
    loaded = load_text(text)
    return render(loaded.diagnostics, loaded.sources)


def test_two_places_on_two_lines() -> None:
    text = "# one\n" * 17 + (
        "    ProxyPass /          http://127.0.0.1:8090/\n\n\n    ProxyPass /synchrony http://127.0.0.1:8091/synchrony\n"
    )
    assert shown(text) == (
        "warning[mapping-shadowed]: `ProxyPass /synchrony` can never match\n"
        "  --> case.conf:21:5\n"
        "   |\n"
        "18 |     ProxyPass /          http://127.0.0.1:8090/\n"
        "   |     ----------- this mapping takes every path first\n"
        "21 |     ProxyPass /synchrony http://127.0.0.1:8091/synchrony\n"
        "   |     ^^^^^^^^^^^^^^^^^^^^\n"
        "   = note: mappings are tried in the order they are written\n"
        "help: move line 21 above line 18\n"
    )


def test_one_place_with_httpds_sentence() -> None:
    text = "<Proxy balancer://a>\n\tBalancerMember http://127.0.0.1 loadfactor=250\n</Proxy>\n"
    assert shown(text) == (
        "error[value-out-of-range]: `loadfactor` must be between 1 and 100, not 250\n"
        " --> case.conf:2:34\n"
        "  |\n"
        "2 |     BalancerMember http://127.0.0.1 loadfactor=250\n"
        "  |                                     ^^^^^^^^^^^^^^\n"
        "  = note: httpd says: BalancerMember LoadFactor must be a number between 1..100\n"
    )


def test_an_empty_line_stands_between_two() -> None:
    text = "Xyzzy\n<Location /balancer-manager>\n"
    assert shown(text) == (
        "error[unknown-directive]: `Xyzzy` is not a directive of httpd\n"
        " --> case.conf:1:1\n"
        "  |\n"
        "1 | Xyzzy\n"
        "  | ^^^^^\n"
        "  = note: httpd says: Invalid command 'Xyzzy', perhaps misspelled or defined by a module not included in"
        " the server configuration\n"
        "\n"
        "error[section-not-closed]: `<Location /balancer-manager>` opened on line 2 is never closed\n"
        " --> case.conf:2:1\n"
        "  |\n"
        "2 | <Location /balancer-manager>\n"
        "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = note: httpd says: <Location> was not closed.\n"
        "help: write `</Location>` where the section ends\n"
    )


def test_what_has_no_place() -> None:
    assert (
        render([error("file-not-readable", "`a` cannot be read", None)], {})
        == "error[file-not-readable]: `a` cannot be read\n"
    )
    assert render([], {}) == ""


def test_a_label_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "inner.conf").write_text("ProxyPass /a http://127.0.0.1/a\n")
    main = tmp_path / "main.conf"
    main.write_text("ProxyPass / http://127.0.0.1/\nInclude inner.conf\n")
    loaded = load(str(main))
    assert render(loaded.diagnostics, loaded.sources).replace(str(tmp_path), "DIR") == (
        "warning[mapping-shadowed]: `ProxyPass /a` can never match\n"
        " --> DIR/inner.conf:1:1\n"
        "  |\n"
        "1 | ProxyPass /a http://127.0.0.1/a\n"
        "  | ^^^^^^^^^^^^\n"
        " ::: DIR/main.conf:1:1\n"
        "  |\n"
        "1 | ProxyPass / http://127.0.0.1/\n"
        "  | ----------- this mapping takes every path first\n"
        "  = note: mappings are tried in the order they are written\n"
        "help: move line 1 above line 1 of DIR/main.conf\n"
    )


def test_two_labels_on_one_line() -> None:
    source = make_source("a", "one two")
    labels = (Label(Span("a", 1, 5, 3), "second"), Label(Span("a", 1, 1, 3), "first", primary=False))
    assert render([Diagnostic("x", "error", "text", labels)], {"a": source}).splitlines()[3:] == [
        "1 | one two",
        "  | --- first",
        "  |     ^^^ second",
    ]


def test_a_terminal_does_not_obey_a_file() -> None:
    text = shown("Xyz\x1b[31mzy \x07\udcff\n")
    assert "\x1b" not in text
    assert "\x07" not in text
    text.encode("utf-8")


def test_colour_only_repeats_the_marks() -> None:
    loaded = load_text("Xyzzy\n")
    coloured = render(loaded.diagnostics, loaded.sources, color=True)
    assert "\x1b[1;31merror[unknown-directive]\x1b[0m" in coloured
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(loaded.diagnostics, loaded.sources)


def test_the_count() -> None:
    assert summary(load_text("Xyzzy\nXyzzx\nMutex pthread\n").diagnostics) == "2 errors, 1 warning"
    assert summary([]) == ""


def test_many_ignored_directives_are_told_together() -> None:
    names = ("StartServers", "MinSpareThreads", "MaxSpareThreads", "ThreadLimit", "ThreadsPerChild", "ServerLimit")
    loaded = load_text("".join(f"{name} 5\n" for name in names) + "KeepAlive soon\n")
    said = render(loaded.diagnostics, loaded.sources)
    assert said.startswith(
        "warning[directive-ignored]: 6 directives are ignored: they tune httpd itself, and what is proxied does not "
        "depend on them\n"
    )
    assert "note: case.conf: `StartServers` (1), `MinSpareThreads` (2), " in said
    assert said.count("directive-ignored") == 1
    assert "error[value-not-allowed]" in said
    assert "--> case.conf:7:11" in said
    assert len(loaded.warnings) == 6


def test_a_few_ignored_directives_are_told_one_by_one() -> None:
    loaded = load_text("StartServers 5\nMinSpareThreads 5\n")
    said = render(loaded.diagnostics, loaded.sources)
    assert said.count("warning[directive-ignored]") == 2


def test_a_configuration_cannot_bring_colours_of_its_own() -> None:
    loaded = load_text("Listen 80\n\x1b[31mEvil\x07 on\n")
    for color in (False, True):
        text = render(loaded.diagnostics, loaded.sources, color)
        assert "Evil" in text and "\x1b[31mEvil" not in text and "\x07" not in text


def test_a_hint_has_a_colour_of_its_own() -> None:
    said = Diagnostic("a-code", HINT, "why")
    assert render_one(said, {}) == "hint[a-code]: why\n"
    assert render_one(said, {}, color=True).startswith(f"{COLOURS['hint']}hint[a-code]{COLOURS['off']}")
