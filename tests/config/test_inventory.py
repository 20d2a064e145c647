"""What a reverse proxy's configuration says in practice: every name and value of it is accepted, or refused by name.

The names are those of httpd 2.4.71 that a front for applications needs, or that most configurations in the wild have.
Who takes one away, or forgets one, is told here.
"""

from __future__ import annotations

import pytest

from evenflow.compiler.build import build
from evenflow.config.diagnostics import ERROR, Diagnostic
from evenflow.config.known import known_directive
from evenflow.config.registry import DIRECTIVES
from evenflow.config.sections import SECTIONS
from tests.config.cases import load_text

NAMES = """
<Directory <DirectoryMatch <Location <LocationMatch <Files <FilesMatch <Limit <LimitExcept <VirtualHost <Proxy
<ProxyMatch <If <ElseIf <Else <RequireAll <RequireAny <RequireNone <AuthnProviderAlias <AuthzProviderAlias

DocumentRoot ServerName ServerAlias ServerAdmin ServerPath ErrorLog ErrorLogFormat Timeout KeepAlive KeepAliveTimeout
MaxKeepAliveRequests LimitRequestLine LimitRequestFieldSize LimitRequestFields LimitInternalRecursion
AllowEncodedSlashes MergeSlashes MergeTrailers HttpProtocolOptions Protocols ProtocolsHonorOrder StrictHostCheck
TraceEnable AccessFileName Protocol FlushMaxThreshold FlushMaxPipelined NameVirtualHost

Define UnDefine Include IncludeOptional Error ErrorDocument LogLevel UseCanonicalName UseCanonicalPhysicalPort
HostnameLookups ServerSignature LimitRequestBody LimitXMLRequestBody SetHandler SetInputFilter SetOutputFilter ForceType
AddDefaultCharset Options FileETag EnableMMAP EnableSendfile ReadBufferSize MaxRanges MaxRangeOverlaps MaxRangeReversals
QualifyRedirectURL AcceptPathInfo ContentDigest RLimitCPU RLimitMEM RLimitNPROC CGIVar AllowOverride AllowOverrideList
CGIPassAuth

ServerTokens Mutex PidFile ExtendedStatus RegexDefaultOptions SeeRequestTail RegisterHttpMethod AcceptFilter
ScoreBoardFile CoreDumpDirectory MaxMemFree ThreadStackSize MaxConnectionsPerChild MaxRequestsPerChild ServerRoot
DefaultRuntimeDir LoadModule LoadFile

Listen ListenBacklog ListenCoresBucketsRatio ListenTCPDeferAccept SendBufferSize ReceiveBufferSize StartServers
ServerLimit ThreadLimit ThreadsPerChild MinSpareThreads MaxSpareThreads MaxRequestWorkers MaxClients
AsyncRequestWorkerFactor GracefulShutdownTimeout User Group ChrootDir Suexec

ProxyPass ProxyPassMatch ProxyPassReverse ProxyRequests ProxyVia ProxyTimeout ProxyBadHeader ProxyIOBufferSize
ProxyReceiveBufferSize ProxyMaxForwards ProxyPassInherit BalancerInherit BalancerGrowth BalancerPersist ProxyStatus
ProxyRemote ProxyRemoteMatch ProxyBlock NoProxy ProxyDomain ProxySourceAddress AllowCONNECT BalancerMember ProxySet
ProxyPreserveHost ProxyErrorOverride ProxyAddHeaders Proxy100Continue ProxyPassInterpolateEnv
ProxyPassReverseCookiePath ProxyPassReverseCookieDomain ProxyWebsocketFallbackToProxyHttp ProxyHCExpr ProxyHCTemplate
ProxyHCTPsize HeartbeatStorage HeartbeatListen HeartbeatMaxServers

RewriteEngine RewriteCond RewriteRule RewriteOptions RewriteBase RewriteMap Header RequestHeader SetEnvIf
SetEnvIfNoCase SetEnvIfExpr BrowserMatch BrowserMatchNoCase SetEnv PassEnv UnsetEnv

Require AuthMerging AuthzSendForbiddenOnFailure AuthType AuthName AuthUserFile AuthGroupFile AuthBasicProvider
AuthBasicAuthoritative AuthBasicFake AuthBasicUseDigestAlgorithm AllowMethods Order Allow Deny Satisfy

Redirect RedirectMatch RedirectTemp RedirectPermanent RedirectRelative AliasPreservePath Alias ScriptAlias AliasMatch
ScriptAliasMatch DirectoryIndex DirectorySlash FallbackResource DirectoryCheckHandler DirectoryIndexRedirect

CustomLog TransferLog LogFormat BufferedLogs GlobalLog LogIOTrackTTFB

RemoteIPHeader RemoteIPProxiesHeader RemoteIPInternalProxy RemoteIPTrustedProxy RemoteIPInternalProxyList
RemoteIPTrustedProxyList RemoteIPProxyProtocol RemoteIPProxyProtocolExceptions RequestReadTimeout

SSLEngine SSLCertificateFile SSLCertificateKeyFile SSLCertificateChainFile SSLProtocol SSLHonorCipherOrder
SSLCompression SSLSessionTickets SSLSessionTicketKeyFile SSLSessionCacheTimeout SSLInsecureRenegotiation
SSLStrictSNIVHostCheck SSLCADNRequestFile SSLCADNRequestPath SSLCARevocationFile SSLCARevocationPath
SSLCARevocationCheck SSLOpenSSLConfCmd SSLUseStapling SSLStaplingResponseTimeSkew SSLStaplingResponderTimeout
SSLStaplingResponseMaxAge SSLStaplingStandardCacheTimeout SSLStaplingErrorCacheTimeout SSLStaplingReturnResponderErrors
SSLStaplingFakeTryLater SSLStaplingForceURL SSLOCSPEnable SSLOCSPResponseTimeSkew SSLOCSPResponseMaxAge
SSLOCSPResponderTimeout SSLOCSPUseRequestNonce SSLOCSPOverrideResponder SSLOCSPDefaultResponder SSLOCSPProxyURL
SSLOCSPNoVerify SSLOCSPResponderCertificateFile SSLCipherSuite SSLCACertificateFile SSLCACertificatePath
SSLVerifyClient SSLVerifyDepth SSLOptions SSLUserName SSLRequireSSL SSLRequire SSLRenegBufferSize SSLSessionCache
SSLStaplingCache SSLPassPhraseDialog SSLRandomSeed SSLCryptoDevice SSLFIPS SSLVHostSNIPolicy SSLProxyEngine
SSLProxyProtocol SSLProxyCipherSuite SSLProxyVerify SSLProxyVerifyDepth SSLProxyCACertificateFile
SSLProxyCACertificatePath SSLProxyCARevocationFile SSLProxyCARevocationPath SSLProxyCARevocationCheck
SSLProxyMachineCertificateFile SSLProxyMachineCertificatePath SSLProxyMachineCertificateChainFile
SSLProxyCheckPeerName SSLProxyCheckPeerCN SSLProxyCheckPeerExpire

H2MaxSessionStreams H2WindowSize H2MinWorkers H2MaxWorkers H2MaxWorkerIdleSeconds H2StreamMaxMemSize H2SerializeHeaders
H2ModernTLSOnly H2Direct H2TLSWarmUpSize H2TLSCoolDownSecs H2PushPriority H2PushDiarySize H2EarlyHints H2Padding
H2OutputBuffering H2StreamTimeout H2MaxDataFrameLen H2MaxHeaderBlockLen H2MaxStreamErrors H2WebSockets
H2SessionExtraFiles H2Upgrade H2Push H2PushResource H2EarlyHint H2CopyFiles H2ProxyRequests

DeflateCompressionLevel DeflateMemLevel DeflateWindowSize DeflateBufferSize DeflateFilterNote DeflateAlterETag
DeflateInflateLimitRequestBody DeflateInflateRatioLimit DeflateInflateRatioBurst AddOutputFilterByType FilterDeclare
FilterProvider FilterChain FilterProtocol FilterTrace BrotliCompressionQuality BrotliCompressionWindow
BrotliCompressionMaxInputBlock BrotliFilterNote BrotliAlterETag ExpiresActive ExpiresByType ExpiresDefault Substitute
SubstituteMaxLineLength SubstituteInheritBefore AddType AddHandler AddEncoding AddCharset AddLanguage AddInputFilter
AddOutputFilter RemoveType RemoveHandler RemoveEncoding RemoveCharset RemoveLanguage RemoveInputFilter
RemoveOutputFilter DefaultLanguage TypesConfig
"""

@pytest.mark.parametrize("name", NAMES.split())
def test_every_name_is_acted_on_or_told_of(name: str) -> None:
    known = known_directive(name)
    assert known is not None, "not a directive of httpd's"
    lower = name.lower()
    if name.startswith("<"):
        assert lower[1:] in SECTIONS
    else:
        assert lower in DIRECTIVES or known.ignorable


SERVER = """
RegexDefaultOptions +ICASE -DOTALL
RegexDefaultOptions none +DOLLAR_ENDONLY
UseCanonicalName DNS
HostnameLookups Double
ServerTokens ProductOnly
ServerSignature EMail
HttpProtocolOptions Strict RegisteredMethods Require1.0
Protocols h2 h2c http/1.1
AllowEncodedSlashes NoDecode
TraceEnable extended
LogLevel info proxy:trace3 rewrite_module:debug
ErrorLog syslog:local1
ErrorLog "|/bin/cat"
ErrorLogFormat "[%{cu}t] [%-m:%l] [pid %P] %7F: %E: [client\\ %a] %M% ,\\ referer\\ %{Referer}i"
CustomLog logs/a.log combined env=!quiet
CustomLog logs/a.log "%a %A %B %b %D %{ms}T %f %h %H %{X}i %k %l %m %{X}n %{X}o %p %{remote}p %P %q %r %R %s %>s %u"
CustomLog logs/a.log "%{%Y-%m-%d}t %{end:usec_frac}t %T %U %v %V %X %I %O %S %{a}C %{A}e %{X}^ti %400,501{Referer}i %L"
CustomLog logs/a.log common "expr=%{REQUEST_STATUS} -ge 400"
ErrorDocument 404 /page
ErrorDocument 503 https://away.example/
ErrorDocument 500 "text %{REQUEST_URI}"
ErrorDocument 403 default
ProxyPass /a http://b1/ min=1 max=5 smax=2 ttl=60 acquire=500 connectiontimeout=300ms timeout=5 retry=0
ProxyPass /a http://b1/ keepalive=On disablereuse=Off enablereuse=On ping=1 flushpackets=auto flushwait=10
ProxyPass /a http://b1/ iobuffersize=8192 receivebuffersize=0 responsefieldsize=16384 upgrade=websocket
ProxyPass /a http://b1/ addressttl=60 disablereuse=on nocanon
ProxyPass /a http://b1/ interpolate noquery
ProxyPass /a http://b1/ mapping=servlet
ProxyPass /a !
ProxyPass /a unix:/run/app.sock|http://app/
ProxyPass /a ws://b1/
ProxyPass /a wss://b1/
ProxyPassMatch ^/(.*)\\.gif$ http://b1/$1.gif
ProxyPassReverse / http://b1/
ProxyPassReverseCookiePath /a /
ProxyPassReverseCookieDomain b1 www.example
ProxyBadHeader StartBody
ProxyVia Block
ProxyErrorOverride On 404 503
ProxyRemote * http://proxy.example:3128
ProxyRemoteMatch ^http://b http://proxy.example:3128
ProxySourceAddress 127.0.0.1
ProxyStatus Full
RewriteRule ^/a http://b1/ [P,B,NE,QSA,E=A:1,E=!B]
RewriteRule ^/a /b [PT,L,NC,QSD,QSL,C]
RewriteRule ^/a /b [R=permanent,END]
RewriteRule ^/a - [F]
RewriteRule ^/a - [G]
RewriteRule ^/a - [S=1,NS,T=text/plain,H=server-status,DPI]
RewriteRule ^/a /b [N=10,BNP,CO=a:b:.example:10:/:secure:httponly:lax]
RewriteRule ^/a /b [B=\\s,BNE=/,BCTLS,UnsafeAllow3F,UnsafePrefixStat,UNC,NE,R]
RewriteRule ^/a /b?%{ENV:A}%{HTTP:X}%{SSL:SSL_CIPHER}%{LA-U:REMOTE_USER}%{LA-F:REMOTE_USER}%{TIME_YEAR} [PT]
RewriteOptions Inherit InheritBefore AllowNoSlash AllowAnyURI MergeBase IgnoreContextInfo LegacyPrefixDocRoot
RewriteMap up int:toupper
RewriteMap table txt:/dev/null
RewriteMap some rnd:/dev/null
RewriteMap program prg:/bin/cat
Header always set X-A "%D %t %l %i %b %{A}e %{SSL_CIPHER}s" env=!A
Header onsuccess merge X-A b "expr=%{REQUEST_STATUS} == 200"
Header edit* Set-Cookie ^(.*)$ "$1; Secure"
Header setifempty X-A b
Header echo ^X-
Header note X-A kept
Header unset X-A early
RequestHeader add X-A b early
SetEnvIfExpr "req('X') =~ /(.*)/" A=$1
BrowserMatch MSIE nokeepalive downgrade-1.0 force-response-1.0
Redirect 307 /a http://b/
Redirect gone /a
Redirect seeother /a /b
RedirectMatch 410 ^/a
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 10.0.0.0/8 2001:db8::/32 localhost
RemoteIPProxyProtocol On
RequestReadTimeout handshake=5 header=20-40,MinRate=500 body=20,MinRate=500
AddOutputFilterByType INFLATE;SUBSTITUTE;DEFLATE text/html
AddOutputFilterByType BROTLI_COMPRESS;DEFLATE application/json
SetOutputFilter INFLATE;SUBSTITUTE;DEFLATE
SetOutputFilter RATE_LIMIT;DEFLATE
SetInputFilter DEFLATE
Substitute "s|http://inner|https://outer|inq"
SubstituteMaxLineLength 10m
DeflateFilterNote Ratio ratio
DeflateAlterETag Remove
ExpiresByType text/html "access plus 1 month 15 days"
ExpiresDefault M604800
AddHandler server-status .status
Options -Indexes +FollowSymLinks
FileETag All -INode
Require all denied
SSLProtocol all -SSLv3 -TLSv1 +TLSv1.3
SSLProtocol -all TLSv1.2
SSLCipherSuite HIGH:!aNULL
SSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384
SSLHonorCipherOrder On
SSLSessionTickets Off
SSLSessionCache shmcb:cache(512000)
SSLOptions +StdEnvVars -ExportCertData +StrictRequire +OptRenegotiate
SSLVHostSNIPolicy authonly
SSLVerifyDepth 2
SSLOpenSSLConfCmd Curves X25519:P-256
SSLProxyEngine On
SSLProxyProtocol all -TLSv1
SSLProxyVerify require
SSLProxyCheckPeerName off
SSLProxyCheckPeerCN off
SSLProxyCheckPeerExpire off
SSLPassPhraseDialog builtin
SSLInsecureRenegotiation Off
SSLCompression Off
SSLFIPS Off
H2Direct On
H2PushPriority * After 16
H2WebSockets On
H2Push On
H2EarlyHints Off
H2ProxyRequests Off
Proxy100Continue Off
ProxyMaxForwards 5
BalancerPersist On
ListenBacklog 100
"""
"""Lines of a server; those of a section stand in INSIDE."""

INSIDE = """
Require ip 10 172.16.0.0/12 2001:db8::/32
Require host example.com
Require forward-dns a.example.com
Require local
Require env A
Require method GET POST
Require expr "%{HTTP_HOST} == 'a' && -R '10.0.0.0/8'"
Require valid-user
Require user a b
Require group staff
AuthMerging Or
AllowMethods reset
Order deny,allow
Deny from all
Allow from 10.0.0.0/8 env=A .example.com
Satisfy Any
AuthBasicFake a b
ProxyPass http://b1/
ProxyPass !
RewriteRule .* ws://b1%{REQUEST_URI} [P]
RewriteBase /a
SetHandler balancer-manager
SetHandler server-status
SetHandler "proxy:http://b1/"
SetHandler None
UseCanonicalName DNS
SSLRequireSSL
SSLVerifyClient optional
"""

MEMBERS = """
BalancerMember http://b1 route=a redirect=b loadfactor=1.5 lbset=1 status=+H
BalancerMember http://b1 status=DSIHRNE-D
BalancerMember http://b1 retry=5min max=x
BalancerMember http://b1 hcmethod=GET hcuri=/up hcinterval=5 hcpasses=2 hcfails=2
ProxySet lbmethod=bytraffic stickysession=A|a stickysessionsep=- scolonpathdelim=On nofailover=On maxattempts=2
ProxySet lbmethod=bybusyness timeout=5 failonstatus=500,503 failontimeout=On forcerecovery=Off growth=5
ProxySet lbmethod=byrequests nonce=None
ProxySet lbmethod=heartbeat
"""

CONDITIONS = (
    *("^a$ [NC,OR]", "!^a", "=a", "<a", ">a", "<=a", ">=a", '=""', "-eq1", "-ne1", "-gt1", "-ge1", "-lt1", "-le1"),
    *("-f", "-d", "-s", "-l", "-L", "-h", "-x", "-U", "-F", "!-f"),
)

TOLD = {
    "HttpProtocolOptions Unsafe": "value-not-supported",
    "ProxyPass /a ajp://b1/": "scheme-not-supported",
    "ProxyPass /a fcgi://b1/": "scheme-not-supported",
    "ProxyPass /a scgi://b1/": "scheme-not-supported",
    "ProxyPass /a uwsgi://b1/": "scheme-not-supported",
    "ProxyPass /a h2://b1/": "scheme-not-supported",
    "ProxyPass /a h2c://b1/": "scheme-not-supported",
    "ProxyRequests On": "forward-proxy",
    "RewriteMap a dbm:map.dbm": "map-not-supported",
    "RewriteMap a dbd:sql": "map-not-supported",
    "RewriteMap a fastdbd:sql": "map-not-supported",
    "SetOutputFilter INCLUDES": "filter-not-supported",
    "<Location /x>\nAuthType Digest\n</Location>": "value-not-supported",
    "<Location /x>\nAuthBasicProvider ldap\n</Location>": "value-not-supported",
    "<Location /x>\nRequire ldap-group a\n</Location>": "require-not-supported",
    "SSLProtocol SSLv3": "value-not-allowed",
    "SSLFIPS on": "value-not-supported",
    "SSLOptions +LegacyDNStringFormat": "value-not-supported",
}
"""What is refused, and with which code."""

AROUND = "Listen 127.0.0.1:8123\nServerName a\n"


def errors(text: str) -> list[Diagnostic]:
    loaded = load_text(AROUND + text)
    found = list(loaded.diagnostics)
    if loaded.settings is not None:
        found += build(loaded.settings).diagnostics
    return [one for one in found if one.severity == ERROR]


@pytest.mark.parametrize("line", SERVER.strip().splitlines())
def test_a_line_of_a_server(line: str) -> None:
    text = f"<Location /x>\n{line}\n</Location>\n" if line.startswith("Require ") else line + "\n"
    assert errors(text) == []


@pytest.mark.parametrize("line", INSIDE.strip().splitlines())
def test_a_line_of_a_section(line: str) -> None:
    assert errors(f"<Location /x>\nAuthType Basic\nAuthName a\nAuthUserFile users\n{line}\n</Location>\n") == []


@pytest.mark.parametrize("line", MEMBERS.strip().splitlines())
def test_a_line_of_a_balancer(line: str) -> None:
    members = f"<Proxy balancer://c>\n{line}\nBalancerMember http://b9 route=b\n</Proxy>\n"
    assert errors(members + "ProxyPass / balancer://c/\n") == []


@pytest.mark.parametrize("test", CONDITIONS)
def test_a_condition(test: str) -> None:
    assert errors(f"RewriteEngine On\nRewriteCond %{{REQUEST_URI}} {test}\nRewriteRule ^/a http://b/ [P]\n") == []


@pytest.mark.parametrize("line", TOLD)
def test_what_is_refused_is_named_and_said_what_to_do(line: str) -> None:
    (one,) = errors(line + "\n")
    assert one.code == TOLD[line]
    assert one.help, one
