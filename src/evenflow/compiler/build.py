"""From settings to a plan that can serve, or to everything that is wrong with them.

The one entrance of this room: virtual hosts are merged from the main server and their own block, backends are
identified, and everything that is text there is compiled here, once. What cannot be compiled is a diagnostic; nothing
is left out silently.
"""

from __future__ import annotations

import platform
import socket
from dataclasses import dataclass, replace

import evenflow
from evenflow.compiler.alias import compile_aliases, compile_redirects
from evenflow.compiler.edits import compile_early
from evenflow.compiler.enclosure import shut_in
from evenflow.compiler.environment import compile_conditions
from evenflow.compiler.files import types_of
from evenflow.compiler.filters import check_chains
from evenflow.compiler.findings import Findings
from evenflow.compiler.heartbeats import compile_heartbeats
from evenflow.compiler.http2 import compile_http2, require_library
from evenflow.compiler.identity import Identities, Server, handler_targets, rule_handlers
from evenflow.compiler.lookups import absolute, host_tables, is_journal, listeners, log_targets
from evenflow.compiler.mappings import compile_mappings
from evenflow.compiler.maps import Maps, compile_maps
from evenflow.compiler.named_values import named_values
from evenflow.compiler.networks import compile_network
from evenflow.compiler.read_timeouts import compile_read_timeouts
from evenflow.compiler.remoteip import compile_preambles, compile_remoteip
from evenflow.compiler.reserved_ports import reserve_ports
from evenflow.compiler.rewrite import compile_rules, server_rules, warn_of_files
from evenflow.compiler.sections import (
    base_scope,
    compile_branches,
    compile_section,
    directory_order,
    misplaced_files,
    options_of,
    rules_in_branches,
    rules_of,
)
from evenflow.compiler.texts import to_bytes
from evenflow.compiler.through import reach_members
from evenflow.compiler.tls import asks_later, compile_front, compile_member_tls, miss_cache, miss_lists
from evenflow.compiler.tracing import compile_tracing
from evenflow.config.diagnostics import Diagnostic
from evenflow.config.garbage import kept
from evenflow.config.merge import merge
from evenflow.config.settings import UNSET, Block, Settings
from evenflow.plan import files, mapping_index
from evenflow.plan.environment import asked_by
from evenflow.plan.error_lines import ErrorLines
from evenflow.plan.ground_rules import METHODS, TRACE_EXTENDED, TRACE_OFF, TRACE_ON
from evenflow.plan.locations import Section
from evenflow.plan.mapping import Mapping
from evenflow.plan.maps import ProgramMap
from evenflow.plan.model import Plan, VirtualHost
from evenflow.plan.paths import SLASHES
from evenflow.plan.rewrite import Rule
from evenflow.plan.rule_index import index_of

METRICS = "evenflow-metrics"
MANAGER = "balancer-manager"
"""The handler that shows what is measured."""


@dataclass(frozen=True, slots=True)
class Built:
    """What became of settings. `plan` is None if there is an error among the `diagnostics`."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


@kept()
def build(settings: Settings) -> Built:
    """The plan for settings. Never raises for what a configuration says."""
    findings = Findings()
    plan = Plan()
    main = settings.main
    root = settings.server_root
    blocks = [block for block in main.blocks if block.kind == "virtualhost"]
    identities = Identities(findings)
    identities.values = named_values(main)
    servers = [identities.add_server(block, settings.files) for block in (main, *blocks)]

    main_maps = compile_maps(main.rewrite.maps or (), root, findings)
    running: dict[int, ProgramMap] = {}
    sections = sections_of(main)
    host = make_host(len(blocks), main, None, servers[0], findings, root, main_maps, running, sections)
    plan.main = host
    plan.hosts = tuple(
        make_host(index, main, block, server, findings, root, main_maps, running, sections)
        for index, (block, server) in enumerate(zip(blocks, servers[1:], strict=True))
    )
    all_hosts = (host, *plan.hosts)
    identities.add_rule_targets([(server, all_rules(one)) for one, server in zip(all_hosts, servers, strict=True)])
    for one, block, server in zip(all_hosts, (main, *blocks), servers, strict=True):
        targets = handler_targets(main) + (handler_targets(block) if block is not main else [])
        identities.add_handler_targets(server, targets + rule_handlers(all_rules(one)))
    proxies = (main.proxy, *(merge(main.proxy, one.proxy) for one in blocks))
    check_chains(main, findings)
    reach_members(list(zip(servers, proxies, strict=True)), findings)
    plan.members = tuple(identities.members)
    plan.balancers = tuple(identities.balancers)
    plan.tracing = compile_tracing(main.evenflow.trace or None, findings)
    plan.heartbeats = compile_heartbeats(main, root, plan.balancers, findings)
    plan.tables = host_tables(
        host, [(one, block.addresses) for one, block in zip(plan.hosts, blocks, strict=True)], findings
    )
    core = main.core
    if not core.listens:
        findings.error(
            "listen-missing",
            "nothing listens: there is no `Listen`",
            main.origin,
            notes=("httpd says: no listening sockets available, shutting down (AH00015)",),
            help="write `Listen 8080`",
        )
    plan.listeners = listeners(core.listens or (), plan)
    if "reqtimeout_module" not in settings.modules:
        for one in all_hosts:
            one.read_timeouts = None
    require_library(all_hosts, settings.modules, findings)
    plan.unique_ids = settings.says_unique_id and "unique_id_module" in settings.modules
    plan.server_token = server_token(core.server_tokens or "")
    plan.server_root = root
    plan.preambles = compile_preambles(main, blocks)
    plan.pid_file = absolute(root, core.pid_file) if core.pid_file else ""
    plan.error_log = error_log(core.error_log or "", root)
    plan.log_level = core.log_level or "warn"
    plan.user = core.user or ""
    plan.group = core.group or ""
    shut_in(main, plan, findings)
    plan.listen_backlog = core.listen_backlog or 511
    plan.goodbye = main.evenflow.goodbye if isinstance(main.evenflow.goodbye, float) else 30.0
    plan.most_connections = main.evenflow.most_connections or 0
    plan.name_servers = main.evenflow.name_servers or ()
    plan.most_of_address = main.evenflow.most_of_address or 0
    reserve_ports(main, plan, findings)
    plan.programs = tuple(running.values())
    plan.managed = shows(main, MANAGER)
    plan.measures = shows(main, METRICS) or any(
        rule.handler is not None and rule.handler.literal == METRICS.encode()
        for one in all_hosts
        for rule in all_rules(one)
    )
    return Built(None if findings.failed else plan, tuple(findings.diagnostics))


def make_host(
    index: int,
    main: Block,
    block: Block | None,
    server: Server,
    findings: Findings,
    root: str,
    main_maps: Maps,
    programs: dict[int, ProgramMap],
    sections: tuple[Block, ...],
) -> VirtualHost:
    """A virtual host, or with `block` None the main server. Programs of its maps that must run go into `programs`;
    `sections` are the main server's."""
    both = main if block is None else merged(main, block)
    core = both.core
    name = core.server_name
    named = name if name is not UNSET else None
    origin = block.origin if block is not None else main.origin
    host = VirtualHost(index, to_bytes(named.host) if named else to_bytes(socket.gethostname().lower()), origin)
    # A port or scheme that only the main server's ServerName has is not the virtual host's.
    own = (block or main).core.server_name
    if own is not UNSET:
        host.server_port = own.port or 0
        host.server_scheme = to_bytes((own.scheme or "").lower())
    aliases = [to_bytes(alias.lower()) for alias in (block or main).core.server_aliases or ()]
    host.aliases = tuple(alias for alias in aliases if b"*" not in alias and b"?" not in alias)
    host.wildcards = tuple(alias for alias in aliases if b"*" in alias or b"?" in alias)
    host.server_admin = to_bytes(core.server_admin or "")
    if core.document_root:
        host.document_root = to_bytes(absolute(root, core.document_root))
    set_times_and_limits(host, both)
    host.explain_from = tuple(compile_network(text) for text in both.evenflow.explain_from or ())
    host.tls = bool(both.tls.engine)
    if host.tls:
        heard = (*sections, *(sections_of(block) if block is not None else ()))
        host.front = compile_front(both.tls, both.ocsp, root, asks_later(heard))
        miss_cache(both.ocsp, main.ocsp.cache, findings)
        miss_lists(both.tls, "SSL", findings)
        host.certificates = host.front.certificates
        if not host.certificates:
            findings.error(
                "certificate-missing",
                "`SSLEngine on` needs a certificate",
                origin,
                help="write `SSLCertificateFile` and `SSLCertificateKeyFile`",
            )
    host.strict_sni = bool(both.tls.strict_sni)
    host.sni_policy = main.tls.sni_policy or "secure"
    host.http2 = compile_http2(both)
    host.read_timeouts = compile_read_timeouts(both.reqtimeout)
    host.early_edits, *early_answer = compile_early(both.headers.edits or (), findings)
    host.early_always, host.early_onsuccess = early_answer
    host.remoteip = compile_remoteip(both.remoteip, root, findings)
    host.logs = log_targets(main, block, findings, root)
    host.error_log = error_log((block.core.error_log if block is not None else "") or "", root)
    host.error_lines = compile_error_lines(main, block)
    host.proxy_status = both.proxy.status not in (UNSET, "off")
    host.log_level = core.log_level or ""

    backends = server.backends
    host.backends = backends
    early = compile_conditions(main.environment.conditions or (), findings)
    if block is not None:
        early += compile_conditions(block.environment.conditions or (), findings)
    host.early = early
    host.early_asked = asked_by(early)
    host.types = types_of(both, root, findings)
    owners = (main,) if block is None else (block, main)
    host.redirects = tuple(made for one in owners for made in compile_redirects(one.alias.redirects or (), findings))
    host.file_aliases = tuple(made for one in owners for made in compile_aliases(one.alias.aliases or (), findings))
    own_maps = main_maps if block is None else compile_maps(block.rewrite.maps or (), root, findings)
    lines, maps = server_rules(main, block, both, own_maps, main_maps)
    if both.rewrite.engine:
        programs.update({id(one): one for one in maps.values() if isinstance(one, ProgramMap)})
    host.base = base_scope(both, backends, findings, maps)
    host.base.member_tls = compile_member_tls(both.member_tls, root)
    if both.member_tls.engine is True:
        miss_lists(both.member_tls, "SSLProxy", findings)
    host.rules = compile_rules(lines, findings, maps)
    index_of(host.rules)
    warn_of_files(host.rules, host.document_root, findings)
    host.mappings = compile_mappings(both.proxy.mappings or (), findings)
    host.mapping_index = mapping_index.index_of(host.mappings)
    inner = [*sections, *(sections_of(block) if block is not None else ())]
    for one in inner:
        for misplaced in misplaced_files(replace(one, blocks=(one,)) if one.blocks else one):
            findings.warning(
                "section-never-runs",
                "nothing in this section ever counts: files are looked at in servers and `<Directory>` only",
                misplaced,
                notes=("httpd takes it, and passes over it too",),
                help="write it beside the section around it, with an `<If>` in it",
            )
    host.base.branches = compile_branches(tuple(inner), backends, findings, maps)
    host.locations = compile_all(inner, ("location",), server, findings, root, maps)
    set_paths(host, block or main)
    host.proxies = compile_all(inner, ("proxy",), server, findings, root, maps)
    inner.sort(key=lambda one: directory_order(one, root))
    host.directories = compile_directories(inner, server, findings, root, maps)
    host.checks_links = any(
        not files.fold(files.DEFAULT_OPTIONS, said) & files.FOLLOW
        for said in (host.base.options, *(options_of(section) for section in host.directories))
    )
    return host


def compile_error_lines(main: Block, block: Block | None) -> ErrorLines | None:
    """ErrorLogFormat of a server; each of its three parts is taken over whole from the main server if it has none."""
    own = (block or main).log
    message = own.error_format or main.log.error_format or None
    requests = own.error_requests or main.log.error_requests or ()
    connections = own.error_connections or main.log.error_connections or ()
    said = [*([message] if message else []), *requests, *connections]
    if not said:
        return None
    return ErrorLines(
        message[0] if message else "",
        tuple(text for text, _ in requests),
        tuple(text for text, _ in connections),
        said[0][1],
    )


def shows(block: Block, handler: str) -> bool:
    """Whether `SetHandler` names this handler somewhere in it."""
    return block.core.handler == handler or any(shows(inner, handler) for inner in block.blocks)


def sections_of(server: Block) -> tuple[Block, ...]:
    """The sections of a server, virtual hosts apart."""
    return tuple(one for one in server.blocks if one.kind != "virtualhost")


def compile_all(
    blocks: list[Block], kinds: tuple[str, ...], server: Server, findings: Findings, root: str, maps: Maps
) -> tuple[object, ...]:
    """The sections of these kinds, in order."""
    made = [compile_section(block, server.backends, findings, root, maps) for block in blocks if block.kind in kinds]
    return tuple(section for section in made if section is not None)


def compile_directories(
    blocks: list[Block], server: Server, findings: Findings, root: str, maps: Maps
) -> tuple[object, ...]:
    """Directory sections, Files sections, and then the Files sections inside of Directories."""
    outer: list[Section] = []
    inner: list[Section] = []
    for block in blocks:
        if block.kind not in ("directory", "files"):
            continue
        section = compile_section(block, server.backends, findings, root, maps)
        if section is None:
            continue
        outer.append(section)
        for one in block.blocks if block.kind == "directory" else ():
            made = compile_section(one, server.backends, findings, root, maps) if one.kind == "files" else None
            if made is not None:
                made.within = section
                inner.append(made)
    return (*outer, *inner)


def merged(main: Block, block: Block) -> Block:
    """A virtual host with what it takes over from the main server; its rules and names are its own."""
    return replace(
        block,
        core=merge(main.core, block.core),
        proxy=merge(main.proxy, block.proxy),
        rewrite=merge(main.rewrite, block.rewrite),
        headers=merge(main.headers, block.headers),
        remoteip=merge(main.remoteip, block.remoteip),
        reqtimeout=merge(main.reqtimeout, block.reqtimeout),
        environment=merge(main.environment, block.environment),
        alias=merge(main.alias, block.alias),
        files=merge(main.files, block.files),
        tls=merge(main.tls, block.tls),
        ocsp=merge(main.ocsp, block.ocsp),
        member_tls=merge(main.member_tls, block.member_tls),
        filters=merge(main.filters, block.filters),
        expires=merge(main.expires, block.expires),
        http2=merge(main.http2, block.http2),
        evenflow=merge(main.evenflow, block.evenflow),
    )


def error_log(target: str, root: str) -> str:
    """An ErrorLog's target with a file's path absolute."""
    known = target.startswith(("|", "syslog")) or is_journal(target)
    return absolute(root, target) if target and not known else target


def server_token(words: str) -> bytes:
    """What Server says; each word of ServerTokens says one thing more than the one before it."""
    product, version = "evenflow", evenflow.__version__
    numbers = version.split(".")
    said = {
        "": product,
        "prod": product,
        "major": f"{product}/{numbers[0]}",
        "minor": f"{product}/{'.'.join(numbers[:2])}",
        "min": f"{product}/{version}",
        "os": f"{product}/{version} ({platform.system()})",
        "full": f"{product}/{version} ({platform.system()}) Python/{platform.python_version()}",
    }
    return said[words].encode()


def set_paths(host: VirtualHost, block: Block) -> None:
    """How paths are read; `block` is the server's own, as the main server's AllowEncodedSlashes is not taken over."""
    host.server_path = to_bytes(block.core.server_path or "")
    host.encoded_slashes = SLASHES[block.core.encoded_slashes or "off"]
    mappings = [mapping for mapping in host.mappings if isinstance(mapping, Mapping)]
    mappings += [one.mapping for one in host.locations if isinstance(one, Section) and one.mapping is not None]
    host.maps_encoded = any(mapping.encoded for mapping in mappings)
    host.ordinary_paths = not host.maps_encoded and host.merge_slashes and host.encoded_slashes == 0


def set_times_and_limits(host: VirtualHost, block: Block) -> None:
    core = block.core
    if core.timeout is not UNSET:
        host.timeout = core.timeout
    host.proxy_timeout = host.timeout if block.proxy.timeout is UNSET else block.proxy.timeout
    if core.keep_alive is not UNSET:
        host.keep_alive = core.keep_alive
    if core.keep_alive_timeout is not UNSET:
        host.keep_alive_timeout = core.keep_alive_timeout
    if core.max_keep_alive_requests is not UNSET:
        host.max_keep_alive_requests = core.max_keep_alive_requests
    if core.limit_request_line is not UNSET:
        host.limit_request_line = core.limit_request_line
    if core.limit_request_field_size is not UNSET:
        host.limit_request_field_size = core.limit_request_field_size
    if core.limit_request_fields is not UNSET:
        host.limit_request_fields = core.limit_request_fields
    host.strict_host = bool(core.strict_host)
    if core.registered_methods:
        host.methods = METHODS | {to_bytes(method) for method in core.methods or ()}
    host.trace = {"on": TRACE_ON, "off": TRACE_OFF, "extended": TRACE_EXTENDED}[core.trace or "on"]
    host.most_restarts, host.most_lookups = core.internal_recursion or (10, 10)
    host.merge_slashes = core.merge_slashes is not False


def all_rules(host: VirtualHost) -> list[Rule]:
    """Every rule of a virtual host, those in its sections too."""
    own = [rule for rule in host.rules if isinstance(rule, Rule)]
    own += rules_in_branches(host.base.branches)
    return own + rules_of(host.locations) + rules_of(host.proxies) + rules_of(host.directories)
