"""Cases of load.py, the published configurations, and what must hold for any text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.config.known import KNOWN
from evenflow.config.load import load
from evenflow.config.render import render
from evenflow.config.settings import UNSET, Address
from tests.config.cases import Case, all_cases, cases_of, check_case, load_text
from tests.peers import CHECKOUT, require_peer

EXAMPLES = CHECKOUT / "examples"


@cases_of(__file__)
def test_case(case: Case) -> None:
    check_case(case)


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        (
            "datacenter.conf",
            [
                (9, "manager-shadowed"),
                (10, "manager-open-to-everyone"),
                (25, "balancers-split"),
                (41, "sticky-cookie-never-set"),
            ],
        ),
        ("datacenter-complete.conf", []),
        ("synchrony-direct.conf", [(14, "question-mark-refused")]),
    ],
)
def test_the_published_configurations_load_with_their_known_faults(name: str, faults: list[tuple[int, str]]) -> None:
    loaded = load(str(EXAMPLES / name))
    assert loaded.settings is not None
    assert not loaded.errors
    assert [(one.span.line, one.code) for one in loaded.warnings if one.span] == faults


def test_the_first_configuration_in_full() -> None:
    loaded = load(str(EXAMPLES / "datacenter.conf"))
    assert loaded.settings is not None
    main = loaded.settings.main
    assert [(one.host, one.port) for one in main.core.listens or ()] == [("", 8080)]
    (host,) = main.blocks
    assert host.kind == "virtualhost"
    assert [(one.host, one.port) for one in host.addresses] == [("", 8080)]
    assert host.core.server_name is not UNSET
    assert host.core.server_name.host == "wiki.example.com"
    assert [(one.kind, one.pattern) for one in host.blocks] == [
        ("location", "/balancer-manager"),
        ("proxy", "balancer://synchrony-http"),
        ("proxy", "balancer://synchrony-ws"),
        ("proxy", "balancer://confluence-cluster"),
    ]
    assert host.blocks[0].core.handler == "balancer-manager"
    assert [(one.url, one.parameters.route) for one in host.blocks[2].proxy.members or ()] == [
        ("ws://127.0.0.1:8091", "synnode1"),
        ("ws://127.0.0.2:8091", "synnode2"),
    ]
    assert [(one.path, one.target) for one in host.proxy.mappings or ()] == [
        ("/synchrony", "balancer://synchrony-http/synchrony"),
        ("/", "balancer://confluence-cluster/"),
    ]
    assert host.rewrite.engine is True
    (rule,) = host.rewrite.rules or ()
    assert (rule.pattern, rule.substitution, rule.flags) == (
        "/(.*)",
        "balancer://synchrony-ws/$1",
        (("P", None), ("L", None)),
    )
    assert [(one.test, one.pattern, one.flags) for one in rule.conditions] == [
        ("%{REQUEST_URI}", "^/synchrony/(.*)/bayeux-sync1", (("NC", None),))
    ]
    assert rule.origin.line == 35
    (said,) = host.blocks[3].proxy.sets or ()
    assert (said.target, said.balancer.stickysession) == ("balancer://confluence-cluster", "ROUTEID")


WRAPPED = """\
Define EXAMPLE {example}
Define LOGS "/tmp"
ServerRoot "{root}"
PidFile ${{LOGS}}/wrapped.pid
Mutex file:${{LOGS}} default
{loads}
<IfModule unixd_module>
    User daemon
    Group daemon
</IfModule>
ErrorLog /dev/null
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog /dev/null common
IncludeOptional no-such-directory/*.conf
<IfDefine EXAMPLE>
    Include ${{EXAMPLE}}
</IfDefine>
"""

MODULES = (
    "authz_core authz_host headers lbmethod_byrequests mpm_event proxy proxy_balancer proxy_http proxy_wstunnel "
    "rewrite slotmem_shm socache_shmcb ssl"
)


def wrapped(name: str, root: Path) -> str:
    """An example the way it stands in a whole httpd.conf."""
    folder = "/usr/lib/apache2/modules"
    loads = "\n".join(f"LoadModule {module}_module {folder}/mod_{module}.so" for module in MODULES.split())
    return WRAPPED.format(example=EXAMPLES / name, root=root, loads=loads)


@pytest.mark.parametrize("name", ["datacenter.conf", "datacenter-complete.conf", "synchrony-direct.conf"])
def test_an_example_says_the_same_inside_a_whole_configuration(name: str, tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text(wrapped(name, tmp_path))
    whole, bare = load(str(path)), load(str(EXAMPLES / name))
    assert whole.settings is not None and bare.settings is not None
    assert whole.settings.main.blocks == bare.settings.main.blocks
    assert whole.settings.main.core.listens == bare.settings.main.core.listens
    assert (whole.settings.main.core.user, whole.settings.main.core.pid_file) == ("daemon", "/tmp/wrapped.pid")
    assert [one.code for one in whole.warnings] == ["directive-ignored", *(one.code for one in bare.warnings)]
    assert whole.settings.files == (str(path), str(EXAMPLES / name))


@pytest.mark.parametrize("name", ["datacenter.conf", "synchrony-direct.conf"])
def test_httpd_reads_the_same_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    (tmp_path / "htdocs").mkdir()
    path.write_text(wrapped(name, tmp_path))
    done = subprocess.run(
        [require_peer("apache2"), "-t", "-f", path], capture_output=True, text=True, timeout=20, check=False
    )
    assert "Syntax OK" in done.stderr, done.stderr


def test_a_debian_layout_is_read_from_its_one_file(tmp_path: Path) -> None:
    (tmp_path / "mods-enabled").mkdir()
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "apache2.conf").write_text(
        "DefaultRuntimeDir ${RUN}\nPidFile ${RUN}/apache2.pid\nUser ${USER_NAME}\n"
        "ErrorLog ${LOGS}/error.log\nLogLevel warn\n"
        "IncludeOptional mods-enabled/*.load\nIncludeOptional mods-enabled/*.conf\nInclude ports.conf\n"
        "<Directory />\n\tOptions FollowSymLinks\n\tAllowOverride None\n\tRequire all denied\n</Directory>\n"
        '<FilesMatch "^\\.ht">\n\tRequire all denied\n</FilesMatch>\n'
        'LogFormat "%h" common\nIncludeOptional conf-enabled/*.conf\nIncludeOptional sites-enabled/*.conf\n'
    )
    (tmp_path / "ports.conf").write_text("Listen 80\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n")
    for name in ("authz_core", "proxy", "proxy_http", "mpm_event", "mime"):
        (tmp_path / "mods-enabled" / f"{name}.load").write_text(f"LoadModule {name}_module /usr/lib/mod_{name}.so\n")
    (tmp_path / "mods-enabled" / "mpm_event.conf").write_text("StartServers 2\n")
    (tmp_path / "sites-enabled" / "wiki.conf").write_text(
        "<VirtualHost *:80>\n\tServerName wiki\n\tProxyPass / http://127.0.0.1:8090/\n"
        "\tCustomLog ${LOGS}/a.log common\n</VirtualHost>\n"
    )
    path = str(tmp_path / "apache2.conf")
    loaded = load(path, environment={"RUN": "/run/x", "USER_NAME": "www-data", "LOGS": "/var/log/x"})
    assert loaded.errors == ()
    assert {one.code for one in loaded.warnings} == {"directive-ignored"}
    assert loaded.settings is not None
    assert loaded.settings.server_root == str(tmp_path)
    assert loaded.settings.main.core.user == "www-data"
    assert [one.port for one in loaded.settings.main.core.listens or ()] == [80]
    assert "proxy_module" in loaded.settings.modules
    assert "ssl_module" not in loaded.settings.modules
    assert [one.kind for one in loaded.settings.main.blocks] == ["directory", "files", "virtualhost"]
    assert loaded.settings.main.blocks[2].proxy.mappings
    assert loaded.settings.files[0] == path
    assert str(tmp_path / "sites-enabled" / "wiki.conf") in loaded.settings.files


def test_a_file_that_is_not_there() -> None:
    loaded = load("/no/such/file.conf")
    assert loaded.settings is None
    (one,) = loaded.diagnostics
    assert (one.code, one.span) == ("file-not-readable", None)
    assert "No such file or directory" in one.headline


def test_a_device_is_no_configuration() -> None:
    loaded = load_text("Include /dev/zero\n")
    # load_text reads everything from memory, so ask the real reader
    assert load("/dev/zero").errors[0].code == "file-not-readable"
    assert load("/dev/null").settings is not None
    assert loaded.errors


def test_server_root_leads_relative_names() -> None:
    loaded = load_text("ServerRoot /etc\nListen 80\n")
    assert loaded.settings is not None
    assert loaded.settings.server_root == "/etc"
    assert loaded.settings.main.core.listens == (Address("", 80, loaded.settings.main.core.listens[0].origin),)


def test_defines_come_from_the_command_line_the_file_and_the_environment() -> None:
    text = "Define B file\nServerAdmin ${A}-${B}-${C}\n"
    loaded = load("x", {"A": "line"}, environment={"C": "environment", "B": "hidden"}, read=reading(text))
    assert loaded.settings is not None
    assert loaded.settings.main.core.server_admin == "line-file-environment"


def reading(text: str):  # type: ignore[no-untyped-def]
    from evenflow.config.source import make_source

    return lambda path: make_source(path, text)


def test_without_load_module_lines_all_that_we_do_counts_as_loaded() -> None:
    loaded = load_text("ProxyTimeout 5\n")
    assert loaded.settings is not None
    assert {"proxy_module", "rewrite_module", "evenflow_module"} <= loaded.settings.modules
    assert "usertrack_module" not in loaded.settings.modules


def test_a_refused_directive_is_shown_once_with_its_places() -> None:
    loaded = load_text("CacheRoot /tmp\n" * 5)
    (one,) = loaded.diagnostics
    assert [label.span.line for label in one.labels] == [1, 2, 3]
    assert "and 2 more times" in one.notes


def test_a_file_that_includes_itself_twice_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("Include a.conf\nInclude a.conf\nServerName x\n")
    loaded = load(str(path))
    assert [one.code for one in loaded.errors] == ["include-too-deep"]


def test_an_include_guard_is_no_loop(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("<IfDefine !ONCE>\nDefine ONCE\nInclude a.conf\nTimeout 3\n</IfDefine>\n")
    loaded = load(str(path))
    assert loaded.settings is not None
    assert loaded.settings.main.core.timeout == 3.0


@pytest.mark.parametrize("line", ["<IfDefine !X>\n", "<Location /a>\n", "<IfDefine X>\n"])
def test_sections_without_end_do_not_exhaust_us(line: str) -> None:
    loaded = load_text(line * 5000)
    assert "section-too-deep" in {one.code for one in loaded.errors}


WORDS = st.sampled_from(
    [one.name for one in KNOWN.values()]
    + [
        "</Location>",
        "</VirtualHost>",
        "</Proxy>",
        "</IfModule>",
        "<Else>",
        "\\",
        '"',
        "'",
        "${A}",
        "${",
        "}",
        "[P,L]",
        "[R=",
        "~",
        "!",
    ]
    + [
        "/",
        "balancer://c",
        "balancer://",
        "http://",
        "http://a:1/",
        "http://[::1",
        "On",
        "*:80",
        "[::1]:80",
        "5",
        "-1",
        "9" * 400,
    ]
    + [
        "timeout=5",
        "route=",
        "=",
        "env=",
        "expr=",
        "loadfactor=" + "9" * 400,
        "status=+",
        "stickysession=A|b",
        ">",
        "#",
        "%{X}",
    ]
)
LINES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


def nothing_is_raised(text: str) -> None:
    loaded = load_text(text, A="1")
    assert (loaded.settings is None) == bool(loaded.errors)
    shown = render(loaded.diagnostics, loaded.sources)
    assert shown.count("\n\n") >= max(0, len(loaded.diagnostics) - 1)
    shown.encode("utf-8")
    for one in loaded.diagnostics:
        assert one.headline and not one.headline.endswith(".")
        for label in one.labels:
            assert label.span.line >= 1 and label.span.column >= 1 and label.span.width >= 1


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_words_of_the_language_in_any_order_never_raise(text: str) -> None:
    nothing_is_raised(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_never_raises(text: str) -> None:
    nothing_is_raised(text)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_case_never_raises(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([case.text for case in all_cases()]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    nothing_is_raised(text[:start] + data.draw(st.text(max_size=5)) + text[end:])


def test_a_line_is_at_most_16_mib_long() -> None:
    longest = "ServerAdmin " + "a" * (16 * 2**20 - len("ServerAdmin "))
    assert load_text(longest + "\n").diagnostics == ()
    (problem,) = load_text(longest + "a\nServerAdmin b\n").errors
    assert problem.code == "line-too-long"
    assert problem.span is not None
    assert problem.span.line == 1
