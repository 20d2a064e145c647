"""What mod_ssl's directives become in a plan."""

from __future__ import annotations

import pytest

from evenflow.compiler.build import build
from evenflow.plan.fronts import Front, member_tls_of
from evenflow.plan.model import Plan
from evenflow.plan.tls import options_of
from tests.config.cases import load_text


def plan_of(text: str) -> Plan:
    loaded = load_text("Listen 443\n" + text)
    assert loaded.settings is not None, loaded.diagnostics
    plan = build(loaded.settings).plan
    assert plan is not None
    return plan


def test_a_virtual_host_takes_over_what_the_main_server_says() -> None:
    plan = plan_of(
        "SSLProtocol TLSv1.2\nSSLVHostSNIPolicy authonly\nSSLProxyVerify require\n"
        "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile a.crt\nSSLCertificateChainFile c.pem\n"
        "SSLVerifyClient require\nSSLProxyEngine on\n</VirtualHost>\n"
    )
    host = plan.hosts[0]
    assert isinstance(host.front, Front)
    assert host.front.certificates == (("/a.crt", None),) == host.certificates
    assert (host.front.chain, host.front.protocols, host.front.verify) == ("/c.pem", {"TLSv1.2"}, "require")
    assert host.sni_policy == "authonly"
    said = member_tls_of(host.base.member_tls)  # type: ignore[arg-type]
    assert said.engine and said.verify == "require"
    assert plan.main is not None and plan.main.front is None


def test_the_old_switch_takes_the_check_of_names_away_unless_the_new_one_is_said() -> None:
    def checks(text: str) -> tuple[bool, bool]:
        made = plan_of(text).main
        assert made is not None
        said = member_tls_of(made.base.member_tls)  # type: ignore[arg-type]
        return said.check_name, said.check_cn

    assert checks("") == (True, False)
    assert checks("SSLProxyCheckPeerCN off\n") == (False, False)
    assert checks("SSLProxyCheckPeerName off\n") == (False, False)
    assert checks("SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN on\n") == (False, True)
    assert checks("SSLProxyCheckPeerName on\nSSLProxyCheckPeerCN off\n") == (True, False)


def test_options_of_sections_change_those_outside() -> None:
    host = plan_of("SSLOptions StdEnvVars\nSSLOptions +ExportCertData\n").main
    assert host is not None
    assert options_of(host.base) == {b"stdenvvars", b"exportcertdata"}


def test_certificates_are_looked_up_in_something() -> None:
    def told(text: str) -> list[tuple[str, str, int]]:
        loaded = load_text(f"Listen 443\nSSLEngine on\nSSLCertificateFile a.crt\n{text}")
        assert loaded.settings is not None, loaded.diagnostics
        diagnostics = build(loaded.settings).diagnostics
        return [(one.severity, one.code, one.span.line if one.span else 0) for one in diagnostics]

    assert told("SSLCARevocationCheck leaf\n") == [("error", "revocation-lists-missing", 4)]
    assert told("SSLCARevocationFile a.crl\n") == [("warning", "revocation-unchecked", 4)]
    assert told("SSLCARevocationFile a.crl\nSSLCARevocationCheck chain\n") == []
    assert told("SSLProxyCARevocationCheck leaf\n") == []
    assert told("SSLProxyCARevocationCheck leaf\nSSLProxyEngine on\n") == [("error", "revocation-lists-missing", 4)]


def test_stapling_needs_a_cache() -> None:
    loaded = load_text("Listen 443\nSSLEngine on\nSSLCertificateFile a.crt\nSSLUseStapling on\n")
    assert loaded.settings is not None
    (found,) = build(loaded.settings).diagnostics
    assert found.code == "stapling-cache-missing" and found.span is not None and found.span.line == 4


def front_of(text: str) -> Front:
    found = plan_of(
        f"SSLStaplingCache shmcb:x\n<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile a.crt\n{text}</VirtualHost>\n"
    ).hosts[0].front
    assert isinstance(found, Front)
    return found


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("SSLStaplingResponderTimeout 5", "timeout", 5.0),
        ("SSLStaplingResponseTimeSkew 6", "skew", 6.0),
        ("SSLStaplingResponseMaxAge 7", "max_age", 7.0),
        ("SSLStaplingStandardCacheTimeout 8", "keeps", 8.0),
        ("SSLStaplingErrorCacheTimeout 9", "keeps_errors", 9.0),
        ("SSLStaplingReturnResponderErrors off", "returns_errors", False),
        ("SSLStaplingFakeTryLater off", "fakes_try_later", False),
        ("SSLStaplingForceURL http://a/", "url", "http://a/"),
        ("SSLOCSPProxyURL http://p/", "proxy", "http://p/"),
    ],
)
def test_how_is_stapled(line: str, field: str, value: object) -> None:
    plain, said = front_of("SSLUseStapling on\n").stapling, front_of(f"SSLUseStapling on\n{line}\n").stapling
    assert plain is not None and said is not None
    assert getattr(said, field) == value != getattr(plain, field)
    assert front_of(f"{line}\n").stapling is None


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("SSLOCSPEnable leaf", "chain", False),
        ("SSLOCSPEnable on no_ocsp_for_cert_ok", "lax", True),
        ("SSLOCSPDefaultResponder http://a/", "url", "http://a/"),
        ("SSLOCSPOverrideResponder on", "overrides", True),
        ("SSLOCSPResponderTimeout 5", "timeout", 5.0),
        ("SSLOCSPResponseTimeSkew 6", "skew", 6.0),
        ("SSLOCSPResponseMaxAge 7", "max_age", 7.0),
        ("SSLOCSPUseRequestNonce off", "nonce", False),
        ("SSLOCSPNoVerify on", "unsigned", True),
        ("SSLOCSPResponderCertificateFile r.pem", "believed", "/r.pem"),
        ("SSLOCSPProxyURL http://p/", "proxy", "http://p/"),
    ],
)
def test_how_authorities_are_asked_about_clients(line: str, field: str, value: object) -> None:
    plain, said = front_of("SSLOCSPEnable on\n").status, front_of(f"SSLOCSPEnable on\n{line}\n").status
    assert plain is not None and said is not None
    assert getattr(said, field) == value != getattr(plain, field)
    assert front_of("SSLOCSPEnable off\n").status is None


@pytest.mark.parametrize(
    ("section", "later"),
    [
        ("<Location /x>\nSSLVerifyClient require\n</Location>\n", True),
        ("<Location /x>\nSSLVerifyClient none\n</Location>\n", False),
        ('<Location /x>\n<If "true">\nSSLVerifyClient optional\n</If>\n</Location>\n', True),
        ("SSLVerifyClient optional\n", False),
    ],
)
def test_who_is_asked_later(section: str, later: bool) -> None:
    assert front_of(section).later is later


@pytest.mark.parametrize(
    ("server", "section", "generous"),
    [
        ("optional_no_ca", "none", True),
        ("none", "optional_no_ca", True),
        ("none", "require", False),
        # The handshake verifies, whatever sections say.
        ("optional", "optional_no_ca", False),
        ("require", "optional_no_ca", False),
    ],
)
def test_where_handshakes_end_well_with_unverified_certificates(server: str, section: str, generous: bool) -> None:
    inner = f'<Location /x>\n<If "true">\nSSLVerifyClient {section}\n</If>\n</Location>\n'
    made = front_of(f"SSLVerifyClient {server}\n{inner}")
    assert made.generous is generous



@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("SSLCADNRequestFile n.pem", "names_file", "/n.pem"),
        ("SSLCADNRequestPath n", "names_path", "/n"),
        ("SSLSessionTicketKeyFile t.key", "ticket_key", "/t.key"),
        ("SSLOpenSSLConfCmd Curves P-256", "commands", (("Curves", "P-256"),)),
    ],
)
def test_what_openssl_is_told(line: str, field: str, value: object) -> None:
    assert getattr(front_of(f"{line}\n"), field) == value != getattr(front_of(""), field)


def test_a_requirement_that_cannot_be_read() -> None:
    loaded = load_text("Listen 443\n<Location /x>\nSSLRequire true false\n</Location>\n")
    assert loaded.settings is not None
    (found,) = build(loaded.settings).diagnostics
    assert found.severity == "error" and found.span is not None and found.span.line == 3
