"""No directive is taken and then forgotten: wherever one may stand, it changes the plan, or the loader says why not.

Each line below is loaded in each place that its directive allows, and the plan is held against the one without it.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from evenflow.compiler.build import build
from evenflow.config.contexts import Context
from evenflow.config.registry import DIRECTIVES
from evenflow.origin import Origin
from tests.config.cases import load_text

LINES = """\
ServerName other.example:81
ServerAlias alias.example
ServerAdmin me@example.com
DocumentRoot other
Timeout 7
KeepAlive Off
KeepAliveTimeout 7
MaxKeepAliveRequests 7
LimitRequestLine 777
LimitRequestFieldSize 777
LimitRequestFields 7
SetHandler server-status
ServerSignature On
ErrorDocument 404 "text of it"
UseCanonicalName On
UseCanonicalPhysicalPort On
StrictHostCheck On
ServerPath /path
HttpProtocolOptions LenientMethods
RegisterHttpMethod FOO
TraceEnable Off
LimitInternalRecursion 7
LimitRequestBody 7
AllowEncodedSlashes On
MergeSlashes Off
ErrorLog logs/other
ErrorLogFormat "%t %M"
FilterProvider PACK DEFLATE "true"
FilterChain deflate
FilterDeclare PACK
FilterProtocol PACK proxy=no
Substitute s/a/b/
SubstituteInheritBefore On
SubstituteMaxLineLength 7
LogLevel debug
Listen 127.0.0.1:8123
ListenBacklog 77
PidFile run/pid
User nobody
Group nogroup
ChrootDir /usr
ServerTokens Min
ProxyPassInterpolateEnv On
ProxyPassReverseCookiePath /a /b
ProxyPassReverseCookieDomain a b
ProxyPreserveHost On
ProxyErrorOverride On
ProxyErrorOverride On 404
ProxyTimeout 7
ProxyRemote * http://127.0.0.1:3128
ProxyRemoteMatch ^http http://127.0.0.1:3128
ProxyBlock *
ProxySourceAddress 127.0.0.1
NoProxy .example.com
ProxyDomain .example.com
AllowCONNECT 443
HostnameLookups On
HeartbeatListen 239.0.0.1:27999
EvenflowTrace http://127.0.0.1:4318
ProxyVia On
ProxyAddHeaders Off
Proxy100Continue Off
ProxyWebsocketFallbackToProxyHttp Off
BalancerPersist On
ProxyMaxForwards 7
ProxyBadHeader Ignore
ProxyStatus On
ProxyRequests On
BalancerMember balancer://c http://m:80
ProxySet balancer://c lbset=7
RewriteEngine Off
RewriteRule ^/x /y
RewriteOptions Inherit
RewriteBase /x
RewriteMap m int:tolower
Header set X y
RequestHeader set X y
SetEnvIf X y z
SetEnvIfNoCase X y z
SetEnvIfExpr true z
BrowserMatch y z
BrowserMatchNoCase y z
SetEnv x y
PassEnv PATH
UnsetEnv x
RedirectMatch ^/x$ http://o/
RedirectRelative On
AliasMatch ^/x$ /y
AliasPreservePath On
ScriptAliasMatch ^/x$ /y
DirectoryIndex other.html
DirectoryIndexRedirect On
DirectorySlash Off
DirectoryCheckHandler On
FallbackResource /other
AddType text/x .x
AddCharset utf-8 .x
AddEncoding gzip .x
AddLanguage de .x
AddHandler server-status .x
AddOutputFilter DEFLATE .x
RemoveType .x
RemoveCharset .x
RemoveEncoding .x
RemoveLanguage .x
RemoveHandler .x
RemoveOutputFilter .x
AddInputFilter DEFLATE .y
RemoveInputFilter .x
DefaultLanguage de
Options None
FileETag None
AllowOverride All
AcceptPathInfo Off
ForceType text/x
AddDefaultCharset utf-8
Require all denied
AuthMerging And
AuthzSendForbiddenOnFailure On
AllowMethods GET
AuthType Basic
AuthName realm
AuthUserFile users
AuthGroupFile groups
AuthBasicAuthoritative Off
AuthBasicFake user
AuthBasicUseDigestAlgorithm MD5
Order Deny,Allow
Allow from all
Deny from all
Satisfy Any
RemoteIPHeader X-Other
RemoteIPProxiesHeader Y
RemoteIPInternalProxy 10.0.0.0/8
RemoteIPTrustedProxy 10.0.0.0/8
RemoteIPProxyProtocol Off
RemoteIPProxyProtocolExceptions 10.0.0.0/8
RequestReadTimeout header=7
CustomLog logs/other "%h"
GlobalLog logs/other "%h"
TransferLog logs/other
LogFormat "%h" common
SetOutputFilter DEFLATE
SetInputFilter DEFLATE
DeflateInflateLimitRequestBody 77
DeflateInflateRatioLimit 7
DeflateInflateRatioBurst 7
AddOutputFilterByType DEFLATE text/html
DeflateCompressionLevel 3
DeflateMemLevel 3
DeflateWindowSize 10
DeflateAlterEtag NoChange
BrotliCompressionQuality 3
BrotliCompressionWindow 12
BrotliAlterETag NoChange
DeflateFilterNote ratio
BrotliFilterNote ratio
EvenflowExplain from 10.0.0.1
EvenflowGoodbye 5
EvenflowMaxConnections 5
EvenflowMaxConnectionsPerAddress 5
EvenflowReservedPorts 8123 connections=5
EvenflowMembersFrom balancer://c srv://_http._tcp.wiki.example
EvenflowResolver 127.0.0.1:5353
EvenflowAccessLog logs/access.json env=x
EvenflowHash balancer://c uri
EvenflowRetryBudget balancer://c 50%
EvenflowEject balancer://c errors=50%
EvenflowSessionIdle balancer://c 30
EvenflowSlowStart balancer://c 30
ProtocolsHonorOrder off
H2MaxSessionStreams 7
H2WindowSize 7777
H2Direct Off
H2Upgrade Off
H2ModernTLSOnly Off
H2MaxDataFrameLen 777
H2MaxHeaderBlockLen 7777
H2MaxStreamErrors 7
H2StreamTimeout 7
H2WebSockets On
H2EarlyHints On
H2SerializeHeaders On
H2EarlyHint Link x
H2PushResource /x
H2ProxyRequests On
ExpiresActive On
ExpiresByType text/html A7
ExpiresDefault A7
SSLProtocol TLSv1.3
SSLCipherSuite HIGH
SSLHonorCipherOrder On
SSLSessionTickets Off
SSLOptions +StdEnvVars
SSLVerifyClient require
SSLVerifyDepth 7
SSLUserName SSL_CLIENT_S_DN_CN
SSLRequireSSL
SSLStrictSNIVHostCheck On
SSLVHostSNIPolicy insecure
SSLInsecureRenegotiation On
SSLFIPS On
SSLUseStapling On
SSLRenegBufferSize 7
SSLOCSPEnable On
SSLCertificateFile other.crt
SSLCertificateKeyFile other.key
SSLCertificateChainFile chain.pem
SSLCACertificateFile ca.pem
SSLCACertificatePath ca
SSLRequire %{REMOTE_ADDR} == "x"
SSLCADNRequestFile names.pem
SSLCADNRequestPath names
SSLSessionTicketKeyFile ticket.key
SSLOpenSSLConfCmd Curves P-256
SSLCARevocationFile lists.pem
SSLCARevocationPath lists
SSLCARevocationCheck leaf
SSLProxyCARevocationFile lists.pem
SSLProxyCARevocationPath lists
SSLProxyCARevocationCheck leaf
SSLProxyCACertificateFile ca.pem
SSLProxyCACertificatePath ca
SSLProxyMachineCertificateFile own.pem
SSLProxyMachineCertificatePath own
SSLProxyMachineCertificateChainFile chain.pem
SSLProxyEngine Off
SSLProxyProtocol TLSv1.3
SSLProxyCipherSuite HIGH
SSLProxyVerify require
SSLProxyVerifyDepth 7
SSLProxyCheckPeerName off
SSLProxyCheckPeerCN off
SSLProxyCheckPeerExpire off
"""

AROUND = """\
Listen 8000
HttpProtocolOptions RegisteredMethods
ServerName main.example
DocumentRoot htdocs
RewriteEngine On
SSLProxyEngine On
SSLEngine On
SSLCertificateFile wiki.crt
SSLCertificateKeyFile wiki.key
Protocols http/1.1 h2
AddOutputFilterByType DEFLATE text/plain
AddOutputFilterByType BROTLI_COMPRESS text/other
CustomLog logs/access common
RemoteIPHeader X-Client
RemoteIPProxyProtocol On
RewriteRule ^/map ${m:$0}
ProxyPass /main https://main/
<Proxy balancer://c>
BalancerMember http://one:80
</Proxy>
#SERVER
<VirtualHost *:8000>
ServerName host.example
RewriteRule ^/map ${m:$0}
ProxyPass /x balancer://c/
#VHOST
<Location /x>
SetEnv around 1
#LOCATION
</Location>
<Proxy https://main/>
SetEnv around 1
#PROXY
</Proxy>
<Directory /srv>
SetEnv around 1
#DIRECTORY
</Directory>
<Files x>
SetEnv around 1
#FILES
</Files>
<If "true">
SetEnv around 1
#IF
</If>
</VirtualHost>
"""

ELSEWHERE = frozenset(
    (
        # they are acted on while the file is read, and have tests of their own
        *("define", "undefine", "include", "includeoptional", "serverroot", "loadmodule", "error", "use", "undefmacro"),
        *("macroignorebadnesting", "macroignoreemptyargs"),
        # one of them alone changes nothing, as in httpd
        *("proxypassinherit", "balancerinherit"),
        # members name them, and nobody else
        *("proxyhcexpr", "proxyhctemplate"),
        # they stand with a path in one place and without in another
        *("proxypass", "proxypassmatch", "proxypassreverse", "alias", "scriptalias", "redirect", "redirecttemp"),
        *("redirectpermanent", "rewritecond"),
        # only what holds anyhow may be said
        *("authbasicprovider", "hostnamelookups", "protocols", "mergetrailers", "h2push"),
        # it says how patterns below it are read: test_writer.py, and parity
        "regexdefaultoptions",
        "sslpassphrasedialog",
        # they say how something is done that another one asks for: test_tls.py
        *("sslstaplingcache", "sslstaplingrespondertimeout", "sslstaplingresponsetimeskew"),
        "sslstaplingresponsemaxage",
        *("sslstaplingstandardcachetimeout", "sslstaplingerrorcachetimeout", "sslstaplingreturnrespondererrors"),
        *("sslstaplingfaketrylater", "sslstaplingforceurl", "sslocspproxyurl", "sslocspdefaultresponder"),
        *("sslocspoverrideresponder", "sslocsprespondertimeout", "sslocspresponsetimeskew", "sslocspresponsemaxage"),
        *("sslocspuserequestnonce", "sslocspnoverify", "sslocsprespondercertificatefile"),
        # they say how something is done that another one asks for: test_heartbeats.py
        *("heartbeatstorage", "heartbeatmaxservers", "defaultruntimedir"),
        # their values name files that must be there
        *("typesconfig", "remoteipinternalproxylist", "remoteiptrustedproxylist"),
    )
)

NO_USE = {
    # httpd too takes it in any section and says so, if at all, in its log
    "AllowOverride": Context.LOCATION | Context.PROXY | Context.FILES | Context.IF,
    # a key belongs to a certificate, and there is one
    "SSLCertificateKeyFile": Context.SERVER,
    # it is said of balancers, and here the virtual host has none of its own
    "BalancerPersist": Context.VHOST,
}
"""Where a directive may stand and can do nothing."""


def told(text: str) -> tuple[Counter[str], object]:
    """What is said of a configuration, and its plan as a tree of plain values; None where there is none."""
    loaded = load_text(text)
    said = Counter(diagnostic.headline for diagnostic in loaded.diagnostics)
    if loaded.settings is None:
        return said, None
    made = build(loaded.settings)
    said.update(diagnostic.headline for diagnostic in made.diagnostics)
    return said, plain(made.plan, {})


def plain(value: object, seen: dict[int, int]) -> object:
    """The same values, without the places that they were written at."""
    if isinstance(value, Origin):
        return None
    if value is None or isinstance(value, (str, bytes, int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [plain(item, seen) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if id(value) in seen:
        return seen[id(value)]
    seen[id(value)] = len(seen)
    if isinstance(value, dict):
        return [(plain(key, seen), plain(item, seen)) for key, item in value.items()]
    names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    names += list(getattr(value, "__dict__", ()))
    if not names:
        return re.sub(" at 0x[0-9a-f]+", "", repr(value))
    return [type(value).__name__, *((name, plain(getattr(value, name, None), seen)) for name in names)]


def cases() -> list[tuple[str, Context]]:
    return [
        (line, place)
        for line, name in ((line, line.split()[0]) for line in LINES.splitlines())
        for place in Context
        if place in DIRECTIVES[name.lower()].contexts and place not in NO_USE.get(name, Context(0))
    ]


def test_every_directive_is_looked_at() -> None:
    looked_at = {line.split()[0].lower() for line in LINES.splitlines()}
    assert looked_at | ELSEWHERE >= set(DIRECTIVES) - {"sslengine"}


@pytest.mark.parametrize(("line", "place"), cases())
def test_it_changes_the_plan_or_is_answered(line: str, place: Context) -> None:
    mark = f"#{place.name}\n"
    without = told(AROUND)
    assert without[1] is not None, without[0]
    said, plan = told(AROUND.replace(mark, line + "\n"))
    assert plan != without[1] or said != without[0]
