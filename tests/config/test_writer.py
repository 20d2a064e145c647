"""What a statement without a row says."""

from __future__ import annotations

from tests.config.cases import load_text


def test_a_byte_order_mark_is_named() -> None:
    (one,) = load_text("\ufeffListen 80\n").diagnostics
    assert one.code == "unknown-directive"
    assert "byte order mark" in one.notes[0]
    assert one.help == "did you mean `Listen`?"


def test_a_module_that_nobody_knows_may_be_the_reason() -> None:
    (one,) = load_text("LoadModule security2_module modules/mod_security2.so\nSecRuleEngine On\n").errors
    assert "it may belong to `security2_module`, which evenflow does not have" in one.notes


def test_a_missing_module_is_named_with_its_line() -> None:
    (one,) = load_text("LoadModule proxy_module modules/mod_proxy.so\nHeader set A b\n").errors
    assert one.code == "module-not-loaded"
    assert one.help.startswith("write `LoadModule headers_module modules/mod_headers.so` above")


def test_an_ignored_directive_is_said_once() -> None:
    loaded = load_text("Mutex a\nmutex b\nMUTEX c\n")
    assert [one.code for one in loaded.diagnostics] == ["directive-ignored"]


def test_patterns_are_read_as_it_was_last_said_above_them() -> None:
    text = (
        "ProxyPassMatch ^/a http://a/\nRegexDefaultOptions ICASE\n<LocationMatch ^/b>\nProxyPassMatch http://b/\n"
        "</LocationMatch>\n<VirtualHost *:80>\nProxyPassMatch ^/c http://c/\n</VirtualHost>\n"
        "RegexDefaultOptions -ICASE +DOTALL\nProxyPassMatch ^/d http://d/\n"
    )
    loaded = load_text(text)
    assert loaded.settings is not None
    main = loaded.settings.main
    section, host = main.blocks
    assert [line.origin.reads for line in main.proxy.mappings or ()] == [None, "s"]
    assert section.origin.reads == "i"
    assert [line.origin.reads for line in host.proxy.mappings or ()] == ["i"]
