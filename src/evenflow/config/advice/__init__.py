"""What experience says about a configuration that is legal and does what it says: `evenflow check` tells it, `serve`
does not.

The same shape as the checks: one file per topic, one function per finding, which looks at a server and yields warnings.
Where a finding rests on what usually runs on a port or below a path, its notes say so. Every code has a page under
docs/checks, whose examples are run as tests.
"""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice import (
    answers,
    answers_kept,
    client_certificates,
    forwarded,
    httpd_too,
    limits,
    members,
    modules,
    security,
    sessions,
    synchrony,
    timeouts,
    tls,
    upgrades,
    urls,
)
from evenflow.config.checks.view import Places, servers
from evenflow.config.diagnostics import Diagnostic
from evenflow.config.loaded import Loaded

ADVICE = (
    synchrony.check_routed,
    synchrony.check_path,
    synchrony.check_context,
    synchrony.check_internal_proxy,
    synchrony.check_sticky,
    synchrony.check_login,
    synchrony.check_connection_compared,
    upgrades.check_rules,
    upgrades.check_fields,
    upgrades.check_tunnels,
    upgrades.check_old_versions,
    urls.check_redirects_shadowed,
    timeouts.check_tunnels,
    timeouts.check_long_polls,
    timeouts.check_waiting,
    timeouts.check_setup,
    limits.check_bodies,
    limits.check_read_times,
    limits.check_fields,
    limits.check_spooling,
    members.check_flapping,
    members.check_probes,
    members.check_addresses,
    sessions.check_separator,
    sessions.check_duplicate_routes,
    sessions.check_cookie_path,
    sessions.check_crossed,
    sessions.check_cookie_flags,
    sessions.check_same_site,
    sessions.check_shared_cookies,
    urls.check_redirects,
    urls.check_paths,
    urls.check_plain_beside_tls,
    urls.check_encoded_slashes,
    urls.check_temporary,
    urls.check_query,
    answers.check_error_override,
    answers.check_failonstatus,
    answers.check_balancer_variables,
    answers_kept.check_kept,
    answers_kept.check_encodings,
    forwarded.check_addresses,
    forwarded.check_scheme,
    security.check_backend_from_request,
    security.check_origin,
    tls.check_members,
    tls.check_versions,
    client_certificates.check_asked_early,
    client_certificates.check_names,
    modules.check_loaded,
)


def advise(loaded: Loaded) -> Iterator[Diagnostic]:
    """Every finding for every server; what two servers share is said once. Needs settings."""
    places = Places(loaded)
    said: set[Diagnostic] = set()
    yield from httpd_too.check_guards(loaded)
    for server in servers(loaded):
        for check in ADVICE:
            for diagnostic in check(server, places):
                if diagnostic not in said:
                    said.add(diagnostic)
                    yield diagnostic
