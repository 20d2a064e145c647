"""The trees that distributions install load from their top file.

Debian's is the installed one, copied and with the modules of a reverse proxy enabled by Debian's own tool; Red Hat's
is written here, with the directives that its packages use. `STILL` names what evenflow does not act on yet.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

import pytest

from evenflow.config.load import Loaded, load
from evenflow.config.render import render
from tests.faults.members import Visit, member
from tests.nodes.fronts import evenflow_front
from tests.peers import free_port, require_peer

STILL: Final[frozenset[str]] = frozenset()
"""The refusals left; what is struck out here may not come back."""

SWITCHED_OFF: Final = (("a2dismod", "ssl"), ("a2dissite", "default-ssl"))
"""What `STILL` leaves out of the tree that is served."""

ENABLED: Final = (
    "proxy proxy_http proxy_balancer lbmethod_byrequests proxy_wstunnel headers rewrite ssl remoteip deflate"
)


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    require_peer("apache2")
    top = tmp_path / "apache2"
    shutil.copytree("/etc/apache2", top, symlinks=True)
    tools = {**os.environ, "APACHE_CONFDIR": str(top)}
    for tool, names in (("a2enmod", ENABLED), ("a2ensite", "default-ssl")):
        subprocess.run(
            [f"/usr/sbin/{tool}", "-q", *names.split()], env=tools, capture_output=True, timeout=60, check=True
        )
    return top / "apache2.conf"


def loads(names: str) -> str:
    return "".join(f"LoadModule {name}_module modules/mod_{name}.so\n" for name in names.split())


RED_HAT: Final = {
    "conf/httpd.conf": """\
ServerRoot "{root}"
Listen 80
Include conf.modules.d/*.conf
User apache
Group apache
ServerAdmin root@localhost
<Directory />
    AllowOverride none
    Require all denied
</Directory>
DocumentRoot "/var/www/html"
<Directory "/var/www/html">
    Options Indexes FollowSymLinks
    AllowOverride None
    Require all granted
</Directory>
<IfModule dir_module>
    DirectoryIndex index.html
</IfModule>
<Files ".ht*">
    Require all denied
</Files>
ErrorLog "logs/error_log"
LogLevel warn
<IfModule log_config_module>
    LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
    LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
    <IfModule logio_module>
        LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\" %I %O" combinedio
    </IfModule>
    CustomLog "logs/access_log" combined
</IfModule>
<IfModule alias_module>
    ScriptAlias /cgi-bin/ "/var/www/cgi-bin/"
</IfModule>
<Directory "/var/www/cgi-bin">
    AllowOverride None
    Options None
    Require all granted
</Directory>
<IfModule mime_module>
    TypesConfig /etc/mime.types
    AddType application/x-gzip .gz .tgz
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
</IfModule>
AddDefaultCharset UTF-8
<IfModule mime_magic_module>
    MIMEMagicFile conf/magic
</IfModule>
EnableSendfile on
IncludeOptional conf.d/*.conf
""",
    "conf.modules.d/00-base.conf": loads(
        "access_compat actions alias allowmethods auth_basic auth_digest authn_anon authn_core authn_dbd "
        "authn_dbm authn_file authn_socache authz_core authz_dbd authz_dbm authz_groupfile authz_host "
        "authz_owner authz_user autoindex brotli cache cache_disk cache_socache data dbd deflate dir dumpio "
        "echo env expires ext_filter filter headers include info log_config logio macro mime_magic mime "
        "negotiation remoteip reqtimeout request rewrite setenvif slotmem_plain slotmem_shm socache_dbm "
        "socache_memcache socache_redis socache_shmcb status substitute suexec unique_id unixd userdir "
        "version vhost_alias watchdog "
    ),
    "conf.modules.d/00-mpm.conf": "LoadModule mpm_event_module modules/mod_mpm_event.so\n",
    "conf.modules.d/00-proxy.conf": loads(
        "proxy lbmethod_bybusyness lbmethod_byrequests lbmethod_bytraffic lbmethod_heartbeat proxy_ajp "
        "proxy_balancer proxy_connect proxy_express proxy_fcgi proxy_fdpass proxy_ftp proxy_http proxy_hcheck "
        "proxy_scgi proxy_uwsgi proxy_wstunnel "
    ),
    "conf.modules.d/00-ssl.conf": "LoadModule ssl_module modules/mod_ssl.so\n",
    "conf.modules.d/00-systemd.conf": "LoadModule systemd_module modules/mod_systemd.so\n",
    "conf.modules.d/01-cgi.conf": """\
<IfModule mpm_worker_module>
    LoadModule cgid_module modules/mod_cgid.so
</IfModule>
<IfModule mpm_event_module>
    LoadModule cgid_module modules/mod_cgid.so
</IfModule>
<IfModule mpm_prefork_module>
    LoadModule cgi_module modules/mod_cgi.so
</IfModule>
""",
    "conf.d/README": "Everything here that ends in .conf is read.\n",
    "conf.d/autoindex.conf": """\
IndexOptions FancyIndexing HTMLTable VersionSort
Alias /icons/ "/usr/share/httpd/icons/"
<Directory "/usr/share/httpd/icons">
    Options Indexes MultiViews FollowSymlinks
    AllowOverride None
    Require all granted
</Directory>
AddIconByType (TXT,/icons/text.gif) text/*
AddIcon /icons/binary.gif .bin .exe
DefaultIcon /icons/unknown.gif
ReadmeName README.html
HeaderName HEADER.html
IndexIgnore .??* *~ *# HEADER* README* RCS CVS *,v *,t
""",
    "conf.d/ssl.conf": """\
Listen 443 https
SSLPassPhraseDialog exec:/usr/libexec/httpd-ssl-pass-dialog
SSLSessionCache shmcb:/run/httpd/sslcache(512000)
SSLSessionCacheTimeout 300
<VirtualHost _default_:443>
    ErrorLog logs/ssl_error_log
    TransferLog logs/ssl_access_log
    LogLevel warn
    SSLEngine on
    SSLHonorCipherOrder on
    SSLCipherSuite PROFILE=SYSTEM
    SSLProxyCipherSuite PROFILE=SYSTEM
    SSLCertificateFile /etc/pki/tls/certs/localhost.crt
    SSLCertificateKeyFile /etc/pki/tls/private/localhost.key
    <FilesMatch "\\.(cgi|shtml|phtml|php)$">
        SSLOptions +StdEnvVars
    </FilesMatch>
    <Directory "/var/www/cgi-bin">
        SSLOptions +StdEnvVars
    </Directory>
    BrowserMatch "MSIE [2-5]" \\
        nokeepalive ssl-unclean-shutdown \\
        downgrade-1.0 force-response-1.0
    CustomLog logs/ssl_request_log \\
        "%t %h %{{SSL_PROTOCOL}}x %{{SSL_CIPHER}}x \\"%r\\" %b"
</VirtualHost>
""",
    "conf.d/userdir.conf": """\
<IfModule mod_userdir.c>
    UserDir disabled
</IfModule>
<Directory "/home/*/public_html">
    AllowOverride FileInfo AuthConfig Limit Indexes
    Options MultiViews Indexes SymLinksIfOwnerMatch IncludesNoExec
    Require method GET POST OPTIONS
</Directory>
""",
    "conf.d/welcome.conf": """\
<LocationMatch "^/+$">
    Options -Indexes
    ErrorDocument 403 /.noindex.html
</LocationMatch>
<Directory /usr/share/httpd/noindex>
    AllowOverride None
    Require all granted
</Directory>
Alias /.noindex.html /usr/share/httpd/noindex/index.html
""",
    "conf.d/wiki.conf": """\
<VirtualHost *:80>
    ServerName wiki.example.com
    ProxyPass / http://127.0.0.1:8090/
    ProxyPassReverse / http://127.0.0.1:8090/
</VirtualHost>
""",
}


@pytest.fixture
def red_hat(tmp_path: Path) -> Path:
    for name, text in RED_HAT.items():
        file = tmp_path / "httpd" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(root=tmp_path / "httpd") if "{" in text else text)
    return tmp_path / "httpd" / "conf" / "httpd.conf"


def refused(loaded: Loaded) -> set[str]:
    """What is not acted on yet, by name; any other error is a fault of ours."""
    found = set()
    for diagnostic in loaded.errors:
        name = diagnostic.headline.split("`")[1]
        assert diagnostic.code.endswith("-not-supported"), render([diagnostic], loaded.sources)
        found.add(name)
    return found


def test_debians_tree_loads_but_for_what_is_still_missing(debian: Path) -> None:
    loaded = load(str(debian), {}, environment={})
    assert refused(loaded) <= STILL
    assert loaded.envvars == str(debian.with_name("envvars"))
    assert not any(diagnostic.code == "undefined-variable" for diagnostic in loaded.diagnostics)
    assert "proxy_balancer_module" in loaded.tree.names.modules
    assert any(path.endswith("sites-enabled/default-ssl.conf") for path in loaded.sources)


def test_red_hats_tree_loads_but_for_what_is_still_missing(red_hat: Path) -> None:
    loaded = load(str(red_hat), {}, environment={})
    assert refused(loaded) <= STILL
    assert [os.path.relpath(path, red_hat.parent.parent) for path in loaded.sources] == [
        "conf/httpd.conf",
        *sorted(name for name in RED_HAT if name.startswith("conf.modules.d/")),
        *sorted(name for name in RED_HAT if name.startswith("conf.d/") and name.endswith(".conf")),
    ]


def test_red_hats_tree_is_one_that_httpd_could_read(red_hat: Path) -> None:
    """Debian's httpd has the same directives; modules that it lacks, and files that only Red Hat has, are left out."""
    httpd = require_peer("apache2")
    root = red_hat.parent.parent
    (root / "logs").mkdir()
    (root / "modules").symlink_to("/usr/lib/apache2/modules")
    for file in (root / "conf.modules.d").iterdir():
        lines = file.read_text().splitlines()
        kept = [line for line in lines if "LoadModule" not in line or (root / line.split()[2]).exists()]
        file.write_text("".join(f"{line}\n" for line in kept))
    ssl = root / "conf.d" / "ssl.conf"
    ssl.write_text("".join(line for line in ssl.read_text().splitlines(True) if "SSLCertificate" not in line))
    done = subprocess.run(
        [httpd, "-t", "-f", red_hat, "-C", f"DefaultRuntimeDir {root}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "Invalid command" not in done.stderr, done.stderr
    assert "Syntax OK" in done.stderr or "bad user name" in done.stderr, done.stderr


def test_debians_tree_serves(debian: Path) -> None:
    """The installed files as they are, but for ports and directories, and without what `STILL` names."""
    top = debian.parent
    tools = {**os.environ, "APACHE_CONFDIR": str(top)}
    for tool, names in SWITCHED_OFF:
        subprocess.run(
            [f"/usr/sbin/{tool}", "-q", *names.split()], env=tools, capture_output=True, timeout=60, check=True
        )
    port = free_port()
    (top / "ports.conf").write_text(f"Listen 127.0.0.1:{port}\n")
    envvars = top / "envvars"
    text = envvars.read_text()
    for name in ("run", "lock", "log"):
        (top / name).mkdir()
        (top / name).chmod(0o777)
        text = text.replace(f"/var/{name}/apache2$SUFFIX", str(top / name))
    envvars.write_text(text)

    def answer(visit: Visit) -> bool:
        visit.answer(b"from the member", "200 OK", "Content-Type: text/plain")
        return True

    with member(answer) as behind:
        (top / "sites-enabled" / "000-default.conf").unlink()
        (top / "sites-enabled" / "wiki.conf").write_text(
            f"<VirtualHost *:{port}>\n    ServerName wiki.example.com\n    ServerAdmin webmaster@localhost\n"
            "    DocumentRoot /var/www/html\n    ErrorLog ${APACHE_LOG_DIR}/wiki-error.log\n"
            "    CustomLog ${APACHE_LOG_DIR}/wiki.log combined\n"
            f"    ProxyPass / http://127.0.0.1:{behind.port}/\n</VirtualHost>\n"
        )
        with evenflow_front(debian, port):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/x", timeout=10) as got:
                assert (got.status, got.read()) == (200, b"from the member")
            with pytest.raises(urllib.error.HTTPError) as refused_trace:
                urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/x", method="TRACE"), timeout=10)
            assert refused_trace.value.code == 405, "conf-enabled/security.conf says TraceEnable Off"
            assert (top / "run" / "apache2.pid").is_file()
            # the mapping takes the path before the handler of mods-enabled/status.conf does
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/server-status", timeout=10) as got:
                assert got.read() == b"from the member"
    written = (top / "log" / "wiki.log").read_text()
    assert '"GET /x HTTP/1.1" 200 ' in written
    assert '"TRACE /x HTTP/1.1" 405 ' in written
