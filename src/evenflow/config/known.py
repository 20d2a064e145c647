"""Every directive of httpd 2.4's modules: its name, its module and where it may stand.

The names and contexts were printed by `apache2 -L` (2.4.71) with every module of Debian's package loaded; which of
them are refused in virtual hosts and sections was found by trying each. The file knows nothing of what a directive
does: those that we act on have a row in `directives`. To add one, add a line below its module. Our own, which httpd
does not know, stand below `evenflow_module`.

A line is `NAME CONTEXT [WHY]`. Contexts: G main server, S also virtual hosts, SP also Proxy, SLP also Location and
Proxy, D only in Location, Proxy, Directory and Files, A anywhere. WHY says that ignoring it cannot change a proxied
answer: `tuning` (of httpd's own processes, memory or logs), `local` (only how files of this machine are found and
named) or `lines` (what a line of the error log looks like).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evenflow.config.contexts import LETTERS, Context


@dataclass(frozen=True, slots=True)
class Known:
    """A directive that httpd has.

    `module` is the identifier (`proxy_module`), `source` its file (`mod_proxy.c`); sections begin with `<`.
    """

    name: str
    module: str
    source: str
    contexts: Context
    ignorable: str
    """"tuning", "local", or "" where ignoring it would change an answer."""


TABLE: Final = """\
[access_compat_module mod_access_compat.c]
Allow D
Deny D
Order D
Satisfy D
[actions_module mod_actions.c]
Action A
Script A
[alias_module mod_alias.c]
Alias SLP
AliasMatch S
AliasPreservePath A
Redirect A
RedirectMatch A
RedirectPermanent A
RedirectRelative A
RedirectTemp A
ScriptAlias SLP
ScriptAliasMatch S
[allowmethods_module mod_allowmethods.c]
AllowMethods D
[auth_basic_module mod_auth_basic.c]
AuthBasicAuthoritative D
AuthBasicFake D
AuthBasicProvider D
AuthBasicUseDigestAlgorithm D
[auth_digest_module mod_auth_digest.c]
AuthDigestAlgorithm D
AuthDigestDomain D
AuthDigestNcCheck D
AuthDigestNonceLifetime D
AuthDigestProvider D
AuthDigestQop D
AuthDigestShmemSize S
[auth_form_module mod_auth_form.c]
AuthFormAuthoritative D
AuthFormBody D
AuthFormDisableNoStore D
AuthFormFakeBasicAuth D
AuthFormLocation D
AuthFormLoginRequiredLocation D
AuthFormLoginSuccessLocation D
AuthFormLogoutLocation D
AuthFormMethod D
AuthFormMimetype D
AuthFormPassword D
AuthFormProvider D
AuthFormSitePassphrase D
AuthFormSize D
AuthFormUsername D
[authn_anon_module mod_authn_anon.c]
Anonymous D
Anonymous_LogEmail D
Anonymous_MustGiveEmail D
Anonymous_NoUserId D
Anonymous_VerifyEmail D
[authn_core_module mod_authn_core.c]
<AuthnProviderAlias G
AuthName D
AuthType D
[authn_dbd_module mod_authn_dbd.c]
AuthDBDUserPWQuery D
AuthDBDUserRealmQuery D
[authn_dbm_module mod_authn_dbm.c]
AuthDBMType D
AuthDBMUserFile D
[authn_file_module mod_authn_file.c]
AuthUserFile D
[authn_socache_module mod_authn_socache.c]
AuthnCacheContext D
AuthnCacheEnable S
AuthnCacheProvideFor D
AuthnCacheSOCache S
AuthnCacheTimeout D
[authnz_fcgi_module mod_authnz_fcgi.c]
AuthnzFcgiCheckAuthnProvider A
AuthnzFcgiDefineProvider S
[authnz_ldap_module mod_authnz_ldap.c]
AuthLDAPAuthorizePrefix D
AuthLDAPBindAuthoritative D
AuthLDAPBindDN D
AuthLDAPBindPassword D
AuthLDAPCharsetConfig S
AuthLDAPCompareAsUser D
AuthLDAPCompareDNOnServer D
AuthLDAPDereferenceAliases D
AuthLDAPGroupAttribute D
AuthLDAPGroupAttributeIsDN D
AuthLDAPInitialBindAsUser D
AuthLDAPInitialBindPattern D
AuthLDAPMaxSubGroupDepth D
AuthLDAPRemoteUserAttribute D
AuthLDAPRemoteUserIsDN D
AuthLDAPSearchAsUser D
AuthLDAPSubGroupAttribute D
AuthLDAPSubGroupClass D
AuthLDAPURL D
[authz_core_module mod_authz_core.c]
<AuthzProviderAlias G
<RequireAll D
<RequireAny D
<RequireNone D
AuthMerging D
AuthzSendForbiddenOnFailure D
Require D
[authz_dbd_module mod_authz_dbd.c]
AuthzDBDLoginToReferer D
AuthzDBDQuery D
AuthzDBDRedirectQuery D
[authz_dbm_module mod_authz_dbm.c]
AuthDBMGroupFile D
AuthzDBMType D
[authz_groupfile_module mod_authz_groupfile.c]
AuthGroupFile D
[autoindex_module mod_autoindex.c]
AddAlt A local
AddAltByEncoding A local
AddAltByType A local
AddDescription A local
AddIcon A local
AddIconByEncoding A local
AddIconByType A local
DefaultIcon A local
FancyIndexing A local
HeaderName A local
IndexHeadInsert A local
IndexIgnore A local
IndexIgnoreReset A local
IndexOptions A local
IndexOrderDefault A local
IndexStyleSheet A local
ReadmeName A local
[brotli_module mod_brotli.c]
BrotliAlterETag S
BrotliCompressionMaxInputBlock S tuning
BrotliCompressionQuality S
BrotliCompressionWindow S
BrotliFilterNote S
[buffer_module mod_buffer.c]
BufferSize D
[cache_disk_module mod_cache_disk.c]
CacheDirLength S
CacheDirLevels S
CacheMaxFileSize A
CacheMinFileSize A
CacheReadSize A
CacheReadTime A
CacheRoot S
[cache_module mod_cache.c]
CacheDefaultExpire A
CacheDetailHeader A
CacheDisable SLP
CacheEnable SLP
CacheHeader A
CacheIgnoreCacheControl S
CacheIgnoreHeaders S
CacheIgnoreNoLastMod A
CacheIgnoreQueryString S
CacheIgnoreURLSessionIdentifiers S
CacheKeyBaseURL S
CacheLastModifiedFactor A
CacheLock S
CacheLockMaxAge S
CacheLockPath S
CacheMaxExpire A
CacheMinExpire A
CacheQuickHandler S
CacheStaleOnError A
CacheStoreExpired A
CacheStoreNoStore A
CacheStorePrivate A
[cache_socache_module mod_cache_socache.c]
CacheSocache S
CacheSocacheMaxSize A
CacheSocacheMaxTime A
CacheSocacheMinTime A
CacheSocacheReadSize A
CacheSocacheReadTime A
[case_filter_in_module mod_case_filter_in.c]
CaseFilterIn S
[case_filter_module mod_case_filter.c]
CaseFilter S
[cern_meta_module mod_cern_meta.c]
MetaDir A
MetaFiles A
MetaSuffix A
[cgi_module mod_cgi.c]
CGIScriptTimeout A
ScriptLog S
ScriptLogBuffer S
ScriptLogLength S
[cgid_module mod_cgid.c]
CGIDScriptTimeout A
ScriptSock S
[charset_lite_module mod_charset_lite.c]
CharsetDefault A
CharsetOptions A
CharsetSourceEnc A
[core_module core.c]
<Directory S
<DirectoryMatch S
<Else A
<ElseIf A
<Files A
<FilesMatch A
<If A
<IfDefine A
<IfDirective A
<IfFile A
<IfModule A
<IfSection A
<Limit D
<LimitExcept D
<Location S
<LocationMatch S
<VirtualHost G
AcceptFilter G tuning
AcceptPathInfo A
AccessFileName S local
AddDefaultCharset A
AllowEncodedSlashes S
AllowOverride D
AllowOverrideList D local
CGIPassAuth D local
CGIVar A local
ContentDigest A local
CoreDumpDirectory G tuning
DefaultRuntimeDir A
DefaultType A
Define A
DocumentRoot S
EnableMMAP A tuning
EnableSendfile A tuning
Error A
ErrorDocument A
ErrorLog S
ErrorLogFormat S
ExtendedStatus G tuning
FileETag A
FlushMaxPipelined S tuning
FlushMaxThreshold S tuning
ForceType A
HostnameLookups A
HttpProtocolOptions S
Include A
IncludeOptional A
LimitInternalRecursion S
LimitRequestBody A
LimitRequestFields S
LimitRequestFieldsize S
LimitRequestLine S
LimitXMLRequestBody A local
LogLevel A
MaxConnectionsPerChild G tuning
MaxMemFree G tuning
MaxRangeOverlaps A local
MaxRangeReversals A local
MaxRanges A local
MaxRequestsPerChild G tuning
MergeSlashes S
MergeTrailers S
Mutex G tuning
NameVirtualHost S tuning
Options A
PidFile G
Port S
Protocol S tuning
Protocols S
ProtocolsHonorOrder S
QualifyRedirectURL A local
ReadBufferSize A tuning
RegexDefaultOptions G
RegisterHttpMethod G
RLimitCPU A tuning
RLimitMEM A tuning
RLimitNPROC A tuning
ScoreBoardFile G tuning
SeeRequestTail G tuning
ServerAdmin S
ServerAlias S
ServerName S
ServerPath S
ServerRoot A
ServerSignature A
ServerTokens G
SetHandler A
SetInputFilter A
SetOutputFilter A
StrictHostCheck S
ThreadStackSize G tuning
Timeout S
TraceEnable S
UnDefine A
UseCanonicalName A
UseCanonicalPhysicalPort A
[dav_fs_module mod_dav_fs.c]
DAVLockDB S
[dav_lock_module mod_dav_lock.c]
DAVGenericLockDB D
[dav_module mod_dav.c]
DAV D
DAVBasePath D
DAVDepthInfinity A
DAVLockDiscovery A
DAVMinTimeout A
[dbd_module mod_dbd.c]
DBDExptime S
DBDInitSQL S
DBDKeep S
DBDMax S
DBDMin S
DBDParams S
DBDPersist S
DBDPrepareSQL S
DBDriver S
[deflate_module mod_deflate.c]
DeflateAlterEtag S
DeflateBufferSize S tuning
DeflateCompressionLevel S
DeflateFilterNote S
DeflateInflateLimitRequestBody A
DeflateInflateRatioBurst A
DeflateInflateRatioLimit A
DeflateMemLevel S
DeflateWindowSize S
[dialup_module mod_dialup.c]
ModemStandard D
[dir_module mod_dir.c]
DirectoryCheckHandler A
DirectoryIndex A
DirectoryIndexRedirect A
DirectorySlash A
FallbackResource A
[dumpio_module mod_dumpio.c]
DumpIOInput S
DumpIOOutput S
[echo_module mod_echo.c]
ProtocolEcho S
[env_module mod_env.c]
PassEnv A
SetEnv A
UnsetEnv A
[expires_module mod_expires.c]
ExpiresActive A
ExpiresByType A
ExpiresDefault A
[ext_filter_module mod_ext_filter.c]
ExtFilterDefine S
ExtFilterOptions D
[file_cache_module mod_file_cache.c]
cachefile S
mmapfile S
[filter_module mod_filter.c]
AddOutputFilterByType A
FilterChain A
FilterDeclare A
FilterProtocol A
FilterProvider A
FilterTrace A lines
[headers_module mod_headers.c]
Header A
RequestHeader A
[heartbeat_module mod_heartbeat.c]
HeartbeatAddress S
[heartmonitor_module mod_heartmonitor.c]
HeartbeatListen G
HeartbeatMaxServers G
HeartbeatStorage G
[http2_module mod_http2.c]
H2CopyFiles A tuning
H2Direct S
H2EarlyHint A
H2EarlyHints S
H2MaxDataFrameLen S
H2MaxHeaderBlockLen S
H2MaxSessionStreams S
H2MaxStreamErrors S
H2MaxWorkerIdleSeconds S tuning
H2MaxWorkers S tuning
H2MinWorkers S tuning
H2ModernTLSOnly S
H2OutputBuffering S tuning
H2Padding S tuning
H2ProxyRequests A
H2Push A
H2PushDiarySize S tuning
H2PushPriority S tuning
H2PushResource A
H2SerializeHeaders S
H2SessionExtraFiles S tuning
H2StreamMaxMemSize S tuning
H2StreamTimeout S
H2TLSCoolDownSecs S tuning
H2TLSWarmUpSize S tuning
H2Upgrade A
H2WebSockets S
H2WindowSize S
[http_module http_core.c]
KeepAlive S
KeepAliveTimeout S
MaxKeepAliveRequests S
[ident_module mod_ident.c]
IdentityCheck A
IdentityCheckTimeout A
[imagemap_module mod_imagemap.c]
ImapBase A
ImapDefault A
ImapMenu A
[include_module mod_include.c]
SSIEndTag S
SSIErrorMsg A
SSIEtag D
SSILastModified D
SSILegacyExprParser D
SSIStartTag S
SSITimeFormat A
SSIUndefinedEcho A
XBitHack A
[info_module mod_info.c]
AddModuleInfo S
[ldap_module util_ldap.c]
LDAPCacheEntries S tuning
LDAPCacheTTL S tuning
LDAPConnectionPoolTTL S
LDAPConnectionTimeout S
LDAPLibraryDebug S
LDAPOpCacheEntries S
LDAPOpCacheTTL S
LDAPReferralHopLimit D
LDAPReferrals D
LDAPRetries S
LDAPRetryDelay S
LDAPSharedCacheFile S
LDAPSharedCacheSize S tuning
LDAPTimeout S
LDAPTrustedClientCert D
LDAPTrustedGlobalCert S
LDAPTrustedMode S
LDAPVerifyServerCert S
[log_config_module mod_log_config.c]
BufferedLogs S tuning
CustomLog S
GlobalLog G
LogFormat S
TransferLog S
[log_debug_module mod_log_debug.c]
LogMessage A
[log_forensic_module mod_log_forensic.c]
ForensicLog S
[logio_module mod_logio.c]
LogIOTrackTTFB A tuning
[lua_module mod_lua.c]
<LuaHookAccessChecker A
<LuaHookAuthChecker A
<LuaHookCheckUserID A
<LuaHookFixups A
<LuaHookMapToStorage A
<LuaHookPreTranslateName A
<LuaHookTranslateName A
<LuaHookTypeChecker A
<LuaQuickHandler A
Lua_____ByteCodeHack A
LuaAuthzProvider S
LuaCodeCache A
LuaHookAccessChecker A
LuaHookAuthChecker A
LuaHookCheckUserID A
LuaHookFixups A
LuaHookInsertFilter A
LuaHookLog A
LuaHookMapToStorage A
LuaHookPreTranslateName A
LuaHookTranslateName A
LuaHookTypeChecker A
LuaInherit A
LuaInputFilter A
LuaMapHandler A
LuaOutputFilter A
LuaPackageCPath A
LuaPackagePath A
LuaQuickHandler A
LuaRoot A
LuaScope A
[macro_module mod_macro.c]
<Macro A
MacroIgnoreBadNesting A
MacroIgnoreEmptyArgs A
UndefMacro A
Use A
[md_module mod_md.c]
<MDomain S
<MDomainSet S
MDActivationDelay S
MDBaseServer S
MDCACertificateFile S
MDCAChallenges S
MDCertificateAgreement S
MDCertificateAuthority S
MDCertificateCheck S
MDCertificateFile S
MDCertificateKeyFile S
MDCertificateProtocol S
MDCertificateStatus S
MDChallengeDns01 S
MDChallengeDns01Version S
MDCheckInterval S
MDContactEmail S
MDDriveMode S
MDExternalAccountBinding S
MDHttpProxy S
MDHttpProxyCACertificateFile S
MDInitialDelay S
MDMatchNames S
MDMember S
MDMembers S
MDMessageCmd S
MDMustStaple S
MDNotifyCmd S
MDomain S
MDPortMap S
MDPrivateKeys S
MDProfile S
MDProfileMandatory S
MDRenewMode S
MDRenewViaARI S
MDRenewWindow S
MDRequireHttps A
MDRetryDelay S
MDRetryFailover S
MDServerStatus S
MDStapleOthers S
MDStapling S
MDStaplingKeepResponse S
MDStaplingRenewWindow S
MDStoreDir S
MDStoreLocks S
MDWarnWindow S
[mime_magic_module mod_mime_magic.c]
MimeMagicFile S local
[mime_module mod_mime.c]
AddCharset A
AddEncoding A
AddHandler A
AddInputFilter A
AddLanguage A
AddOutputFilter A
AddType A
DefaultLanguage A
ModMimeUsePathInfo D local
MultiviewsMatch A local
RemoveCharset A
RemoveEncoding A
RemoveHandler A
RemoveInputFilter A
RemoveLanguage A
RemoveOutputFilter A
RemoveType A
TypesConfig S
[mpm_event_module event.c]
AsyncRequestWorkerFactor G tuning
GracefulShutdownTimeout G tuning
Listen G
ListenBacklog G
ListenCoresBucketsRatio G tuning
ListenTCPDeferAccept G tuning
MaxClients G tuning
MaxRequestWorkers G tuning
MaxSpareThreads G tuning
MinSpareThreads G tuning
ReceiveBufferSize G tuning
SendBufferSize G tuning
ServerLimit G tuning
StartServers G tuning
ThreadLimit G tuning
ThreadsPerChild G tuning
[mpm_prefork_module prefork.c]
MaxSpareServers G tuning
MinSpareServers G tuning
[negotiation_module mod_negotiation.c]
CacheNegotiatedDocs S local
ForceLanguagePriority A local
LanguagePriority A local
[proxy_connect_module mod_proxy_connect.c]
AllowCONNECT S
[proxy_express_module mod_proxy_express.c]
ProxyExpressDBMFile A
ProxyExpressDBMType A
ProxyExpressEnable A
[proxy_fcgi_module mod_proxy_fcgi.c]
ProxyFCGIBackendType A
ProxyFCGISetEnvIf A
[proxy_ftp_module mod_proxy_ftp.c]
ProxyFtpDirCharset A
ProxyFtpEscapeWildcards A
ProxyFtpListOnWildcard A
[proxy_hcheck_module mod_proxy_hcheck.c]
ProxyHCExpr A
ProxyHCTemplate A
ProxyHCTPsize G tuning
[proxy_html_module mod_proxy_html.c]
ProxyHTMLBufSize A
ProxyHTMLCharsetOut A
ProxyHTMLDoctype A
ProxyHTMLEnable A
ProxyHTMLEvents A
ProxyHTMLExtended A
ProxyHTMLFixups A
ProxyHTMLInterp A
ProxyHTMLLinks A
ProxyHTMLMeta A
ProxyHTMLStripComments A
ProxyHTMLURLMap A
[proxy_module mod_proxy.c]
<Proxy S
<ProxyMatch S
BalancerGrowth S tuning
BalancerInherit S
BalancerMember A
BalancerPersist S
NoProxy S
Proxy100Continue A
ProxyAddHeaders A
ProxyBadHeader S
ProxyBlock S
ProxyDomain S
ProxyErrorOverride A
ProxyIOBufferSize S tuning
ProxyMaxForwards S
ProxyPass SLP
ProxyPassInherit S
ProxyPassInterpolateEnv A
ProxyPassMatch SLP
ProxyPassReverse SLP
ProxyPassReverseCookieDomain A
ProxyPassReverseCookiePath A
ProxyPreserveHost A
ProxyReceiveBufferSize S tuning
ProxyRemote S
ProxyRemoteMatch S
ProxyRequests S
ProxySet A
ProxySourceAddress S
ProxyStatus S
ProxyTimeout S
ProxyVia S
[proxy_scgi_module mod_proxy_scgi.c]
ProxySCGIInternalRedirect A
ProxySCGISendfile A
[proxy_wstunnel_module mod_proxy_wstunnel.c]
ProxyWebsocketFallbackToProxyHttp A
[reflector_module mod_reflector.c]
ReflectorHeader A
[remoteip_module mod_remoteip.c]
RemoteIPHeader S
RemoteIPInternalProxy S
RemoteIPInternalProxyList S
RemoteIPProxiesHeader S
RemoteIPProxyProtocol S
RemoteIPProxyProtocolExceptions S
RemoteIPTrustedProxy S
RemoteIPTrustedProxyList S
[reqtimeout_module mod_reqtimeout.c]
RequestReadTimeout S
[request_module mod_request.c]
KeptBodySize D
[rewrite_module mod_rewrite.c]
RewriteBase A
RewriteCond A
RewriteEngine A
RewriteMap S
RewriteOptions A
RewriteRule A
[sed_module mod_sed.c]
InputSed D
OutputSed D
[session_cookie_module mod_session_cookie.c]
SessionCookieName A
SessionCookieName2 A
SessionCookieRemove A
[session_crypto_module mod_session_crypto.c]
SessionCryptoCipher A
SessionCryptoDriver S
SessionCryptoPassphrase A
SessionCryptoPassphraseFile A
[session_dbd_module mod_session_dbd.c]
SessionDBDCookieName A
SessionDBDCookieName2 A
SessionDBDCookieRemove A
SessionDBDDeleteLabel A
SessionDBDInsertLabel A
SessionDBDPerUser A
SessionDBDSelectLabel A
SessionDBDUpdateLabel A
[session_module mod_session.c]
Session A
SessionEnv A
SessionExclude A
SessionExpiryUpdateInterval A
SessionHeader A
SessionInclude A
SessionMaxAge A
[setenvif_module mod_setenvif.c]
BrowserMatch A
BrowserMatchNoCase A
SetEnvIf A
SetEnvIfExpr A
SetEnvIfNoCase A
[so_module mod_so.c]
LoadFile A tuning
LoadModule A
[socache_memcache_module mod_socache_memcache.c]
MemcacheConnTTL S
[socache_redis_module mod_socache_redis.c]
RedisConnPoolTTL S
RedisTimeout S
[speling_module mod_speling.c]
CheckBasenameMatch A local
CheckCaseOnly A local
CheckSpelling A local
[ssl_module mod_ssl.c]
SSLCACertificateFile A
SSLCACertificatePath A
SSLCADNRequestFile S
SSLCADNRequestPath S
SSLCARevocationCheck S
SSLCARevocationFile S
SSLCARevocationPath S
SSLCertificateChainFile S
SSLCertificateFile S
SSLCertificateKeyFile S
SSLCipherSuite A
SSLCompression S tuning
SSLCryptoDevice G tuning
SSLEngine S
SSLFIPS G
SSLHonorCipherOrder S
SSLInsecureRenegotiation S
SSLLog A
SSLLogLevel A
SSLOCSPDefaultResponder S
SSLOCSPEnable S
SSLOCSPNoVerify S
SSLOCSPOverrideResponder S
SSLOCSPProxyURL S
SSLOCSPResponderCertificateFile S
SSLOCSPResponderTimeout S
SSLOCSPResponseMaxAge S
SSLOCSPResponseTimeSkew S
SSLOCSPUseRequestNonce S
SSLOpenSSLConfCmd S
SSLOptions A
SSLPassPhraseDialog G
SSLProtocol S
SSLProxyCACertificateFile SP
SSLProxyCACertificatePath SP
SSLProxyCARevocationCheck SP
SSLProxyCARevocationFile SP
SSLProxyCARevocationPath SP
SSLProxyCheckPeerCN SP
SSLProxyCheckPeerExpire SP
SSLProxyCheckPeerName SP
SSLProxyCipherSuite SP
SSLProxyEngine SP
SSLProxyMachineCertificateChainFile SP
SSLProxyMachineCertificateFile SP
SSLProxyMachineCertificatePath SP
SSLProxyProtocol SP
SSLProxyVerify SP
SSLProxyVerifyDepth SP
SSLRandomSeed G tuning
SSLRenegBufferSize D
SSLRequire D
SSLRequireSSL D
SSLSessionCache G tuning
SSLSessionCacheTimeout S tuning
SSLSessionTicketKeyFile S
SSLSessionTickets S
SSLSRPUnknownUserSeed S
SSLSRPVerifierFile S
SSLStaplingCache G
SSLStaplingErrorCacheTimeout S
SSLStaplingFakeTryLater S
SSLStaplingForceURL S
SSLStaplingResponderTimeout S
SSLStaplingResponseMaxAge S
SSLStaplingResponseTimeSkew S
SSLStaplingReturnResponderErrors S
SSLStaplingStandardCacheTimeout S
SSLStrictSNIVHostCheck S
SSLUserName A
SSLUseStapling S
SSLVerifyClient A
SSLVerifyDepth A
SSLVHostSNIPolicy G
[substitute_module mod_substitute.c]
Substitute A
SubstituteInheritBefore A
SubstituteMaxLineLength A
[suexec_module mod_suexec.c]
SuexecUserGroup S
[unixd_module mod_unixd.c]
ChrootDir G
Group G
Suexec G tuning
User G
[userdir_module mod_userdir.c]
UserDir S local
[usertrack_module mod_usertrack.c]
CookieDomain A
CookieExpires A
CookieHttpOnly A
CookieName A
CookieSameSite A
CookieSecure A
CookieStyle A
CookieTracking A
[version_module mod_version.c]
<IfVersion A
[vhost_alias_module mod_vhost_alias.c]
VirtualDocumentRoot S
VirtualDocumentRootIP S
VirtualScriptAlias S
VirtualScriptAliasIP S
[watchdog_module mod_watchdog.c]
WatchdogInterval S tuning
[xml2enc_module mod_xml2enc.c]
xml2EncAlias S
xml2EncDefault A
xml2StartParse A
[evenflow_module mod_evenflow.c]
EvenflowAccessLog S
EvenflowEject SP
EvenflowExplain S
EvenflowGoodbye G
EvenflowHash SP
EvenflowMaxConnections G
EvenflowMaxConnectionsPerAddress G
EvenflowMembersFrom SP
EvenflowReservedPorts G
EvenflowResolver G
EvenflowRetryBudget SP
EvenflowSessionIdle SP
EvenflowSlowStart SP
EvenflowTrace G
"""


MODULE_FILES: Final = """\
access_compat_module mod_access_compat.c
actions_module mod_actions.c
alias_module mod_alias.c
allowmethods_module mod_allowmethods.c
asis_module mod_asis.c
auth_basic_module mod_auth_basic.c
auth_digest_module mod_auth_digest.c
auth_form_module mod_auth_form.c
authn_anon_module mod_authn_anon.c
authn_core_module mod_authn_core.c
authn_dbd_module mod_authn_dbd.c
authn_dbm_module mod_authn_dbm.c
authn_file_module mod_authn_file.c
authn_socache_module mod_authn_socache.c
authnz_fcgi_module mod_authnz_fcgi.c
authnz_ldap_module mod_authnz_ldap.c
authz_core_module mod_authz_core.c
authz_dbd_module mod_authz_dbd.c
authz_dbm_module mod_authz_dbm.c
authz_groupfile_module mod_authz_groupfile.c
authz_host_module mod_authz_host.c
authz_owner_module mod_authz_owner.c
authz_user_module mod_authz_user.c
autoindex_module mod_autoindex.c
brotli_module mod_brotli.c
bucketeer_module mod_bucketeer.c
buffer_module mod_buffer.c
cache_disk_module mod_cache_disk.c
cache_module mod_cache.c
cache_socache_module mod_cache_socache.c
case_filter_in_module mod_case_filter_in.c
case_filter_module mod_case_filter.c
cern_meta_module mod_cern_meta.c
cgi_module mod_cgi.c
cgid_module mod_cgid.c
charset_lite_module mod_charset_lite.c
core_module core.c
data_module mod_data.c
dav_fs_module mod_dav_fs.c
dav_lock_module mod_dav_lock.c
dav_module mod_dav.c
dbd_module mod_dbd.c
deflate_module mod_deflate.c
dialup_module mod_dialup.c
dir_module mod_dir.c
dumpio_module mod_dumpio.c
echo_module mod_echo.c
env_module mod_env.c
expires_module mod_expires.c
ext_filter_module mod_ext_filter.c
file_cache_module mod_file_cache.c
filter_module mod_filter.c
headers_module mod_headers.c
heartbeat_module mod_heartbeat.c
heartmonitor_module mod_heartmonitor.c
http2_module mod_http2.c
http_module http_core.c
ident_module mod_ident.c
imagemap_module mod_imagemap.c
include_module mod_include.c
info_module mod_info.c
lbmethod_bybusyness_module mod_lbmethod_bybusyness.c
lbmethod_byrequests_module mod_lbmethod_byrequests.c
lbmethod_bytraffic_module mod_lbmethod_bytraffic.c
lbmethod_heartbeat_module mod_lbmethod_heartbeat.c
ldap_module mod_ldap.c
ldap_module util_ldap.c
log_config_module mod_log_config.c
log_debug_module mod_log_debug.c
log_forensic_module mod_log_forensic.c
logio_module mod_logio.c
lua_module mod_lua.c
macro_module mod_macro.c
md_module mod_md.c
mime_magic_module mod_mime_magic.c
mime_module mod_mime.c
mpm_event_module event.c
mpm_event_module mod_mpm_event.c
mpm_prefork_module prefork.c
negotiation_module mod_negotiation.c
proxy_ajp_module mod_proxy_ajp.c
proxy_balancer_module mod_proxy_balancer.c
proxy_connect_module mod_proxy_connect.c
proxy_express_module mod_proxy_express.c
proxy_fcgi_module mod_proxy_fcgi.c
proxy_fdpass_module mod_proxy_fdpass.c
proxy_ftp_module mod_proxy_ftp.c
proxy_hcheck_module mod_proxy_hcheck.c
proxy_html_module mod_proxy_html.c
proxy_http2_module mod_proxy_http2.c
proxy_http_module mod_proxy_http.c
proxy_module mod_proxy.c
proxy_scgi_module mod_proxy_scgi.c
proxy_uwsgi_module mod_proxy_uwsgi.c
proxy_wstunnel_module mod_proxy_wstunnel.c
ratelimit_module mod_ratelimit.c
reflector_module mod_reflector.c
remoteip_module mod_remoteip.c
reqtimeout_module mod_reqtimeout.c
request_module mod_request.c
rewrite_module mod_rewrite.c
sed_module mod_sed.c
session_cookie_module mod_session_cookie.c
session_crypto_module mod_session_crypto.c
session_dbd_module mod_session_dbd.c
session_module mod_session.c
setenvif_module mod_setenvif.c
slotmem_plain_module mod_slotmem_plain.c
slotmem_shm_module mod_slotmem_shm.c
so_module mod_so.c
socache_dbm_module mod_socache_dbm.c
socache_memcache_module mod_socache_memcache.c
socache_redis_module mod_socache_redis.c
socache_shmcb_module mod_socache_shmcb.c
speling_module mod_speling.c
ssl_module mod_ssl.c
status_module mod_status.c
substitute_module mod_substitute.c
suexec_module mod_suexec.c
unique_id_module mod_unique_id.c
unixd_module mod_unixd.c
userdir_module mod_userdir.c
usertrack_module mod_usertrack.c
version_module mod_version.c
vhost_alias_module mod_vhost_alias.c
watchdog_module mod_watchdog.c
xml2enc_module mod_xml2enc.c
evenflow_module mod_evenflow.c
"""


def _read_table(table: str) -> dict[str, Known]:
    known: dict[str, Known] = {}
    module = source = ""
    for line in table.splitlines():
        if line.startswith("["):
            module, source = line.strip("[]").split()
            continue
        name, letters, *why = line.split()
        known[name.lower()] = Known(name, module, source, LETTERS[letters], why[0] if why else "")
    return known


def _read_modules(table: str) -> dict[str, str]:
    return {line.split()[1]: line.split()[0] for line in table.splitlines()}


KNOWN: Final = _read_table(TABLE)
"""By lower-case name; sections with their `<`."""

ALSO: Final = {"heartbeatstorage": "lbmethod_heartbeat_module"}
"""By lower-case name: the second module that has a directive of that name."""

MODULES: Final = _read_modules(MODULE_FILES)
"""Source file (`mod_proxy.c`) to identifier (`proxy_module`)."""


def known_directive(name: str) -> Known | None:
    """What httpd knows under this name, in any case; a section's name is asked for with its `<`."""
    return KNOWN.get(name.lower())


IGNORED_BECAUSE: Final = {
    "tuning": "it tunes httpd itself, and what is proxied does not depend on it",
    "local": "it concerns files that are served from this machine, not what is proxied",
    "lines": "it concerns what lines of the error log look like, not what is proxied",
}
"""What `Known.ignorable` means, in words for a message."""

ALL_IGNORED_BECAUSE: Final = {
    IGNORED_BECAUSE["tuning"]: "they tune httpd itself, and what is proxied does not depend on them",
    IGNORED_BECAUSE["local"]: "they concern files that are served from this machine, not what is proxied",
    IGNORED_BECAUSE["lines"]: "they concern what lines of the error log look like, not what is proxied",
}
"""The same of several directives."""

NO_BODIES: Final = "evenflow does not change bodies: let the application do it"
NO_USERS: Final = "authenticate in the application, or with AuthUserFile"
NO_CACHE: Final = "put a cache between evenflow and the members, or let clients cache"
NO_FORWARDING: Final = "evenflow is no forward proxy"
NO_SCRIPTS: Final = "run the program in a server of its own that speaks HTTP, and forward to it with ProxyPass"
NO_SESSIONS: Final = "let the application keep its sessions"

INSTEAD: Final = {
    "actions_module": NO_SCRIPTS,
    "buffer_module": "leave it out: answers are passed on as they come, and clients that are slow make members wait",
    "case_filter_module": NO_BODIES,
    "case_filter_in_module": NO_BODIES,
    "auth_digest_module": "use `AuthType Basic` over TLS",
    "auth_form_module": NO_USERS,
    "authn_anon_module": NO_USERS,
    "authn_dbd_module": NO_USERS,
    "authn_dbm_module": NO_USERS,
    "authn_socache_module": "passwords are checked in memory: nothing has to be cached",
    "authnz_fcgi_module": NO_USERS,
    "authnz_ldap_module": NO_USERS,
    "authz_dbd_module": NO_USERS,
    "authz_dbm_module": NO_USERS,
    "cache_module": NO_CACHE,
    "cache_disk_module": NO_CACHE,
    "cache_socache_module": NO_CACHE,
    "cern_meta_module": "write `Header set NAME VALUE`",
    "cgi_module": NO_SCRIPTS,
    "cgid_module": NO_SCRIPTS,
    "charset_lite_module": NO_BODIES,
    "dav_module": "forward to a server that speaks WebDAV",
    "dav_fs_module": "forward to a server that speaks WebDAV",
    "dav_lock_module": "forward to a server that speaks WebDAV",
    "dbd_module": "let the application ask the database; tables for rules are files: `RewriteMap NAME txt:FILE`",
    "dialup_module": "write `SetOutputFilter RATE_LIMIT` and `SetEnv rate-limit KIB_PER_SECOND`",
    "dumpio_module": "ask for one request with `evenflow explain`, or watch the port with tcpdump",
    "echo_module": "leave it out: it is an example",
    "ext_filter_module": NO_BODIES,
    "file_cache_module": "leave it out: the system keeps files in memory",
    "heartbeat_module": "leave it out: it is for members, which say by it how busy they are",
    "ident_module": "leave it out: `%l` is `-`",
    "imagemap_module": "let the page say it: every browser has client-side image maps",
    "include_module": NO_BODIES,
    "info_module": "type `evenflow show FILE`",
    "ldap_module": NO_USERS,
    "log_debug_module": "write what you want to know into a LogFormat, or ask `evenflow explain`",
    "log_forensic_module": "write a CustomLog with `%{UNIQUE_ID}e` and look at server-status",
    "lua_module": "say it with RewriteRule, `<If>` and Header, or in the application",
    "md_module": "let an ACME client fetch certificates, and name its files in SSLCertificateFile",
    "proxy_express_module": "write one `<VirtualHost>` for each name",
    "proxy_fcgi_module": NO_SCRIPTS,
    "proxy_ftp_module": NO_FORWARDING,
    "proxy_html_module": "let the application know its public address, and use ProxyPassReverse for its redirects;"
    " where it cannot, write `Substitute`",
    "proxy_scgi_module": NO_SCRIPTS,
    "reflector_module": "leave it out: it is an example",
    "request_module": "leave it out: bodies of requests are passed on, not kept",
    "sed_module": "write what it replaces as `Substitute s/PATTERN/TEXT/` and `SetOutputFilter SUBSTITUTE`",
    "session_module": NO_SESSIONS,
    "session_cookie_module": NO_SESSIONS,
    "session_crypto_module": NO_SESSIONS,
    "session_dbd_module": NO_SESSIONS,
    "socache_memcache_module": "leave it out: nothing is kept for several machines",
    "socache_redis_module": "leave it out: nothing is kept for several machines",
    "suexec_module": NO_SCRIPTS,
    "usertrack_module": "let the application set its cookies",
    "vhost_alias_module": "write one `<VirtualHost>` for each name; `<Macro>` saves the typing",
    "xml2enc_module": NO_BODIES,
}
"""What to do where a module's directives are refused, by the module's identifier."""
