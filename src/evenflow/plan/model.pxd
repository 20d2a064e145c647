cdef int FORWARD, REDIRECT, ANSWER, FILE, LOCAL, ASK


cdef class Member:
    cdef public bytes name, scheme, path, host_field, route, redirect, status
    cdef public str host, dial_host, blocked, source
    cdef public int dial_port
    cdef public bint through
    cdef public int port, loadfactor, lbset, max, smax, response_field_size, slot
    cdef public double timeout, connect_timeout, retry, ttl, acquire, ping, address_ttl
    cdef public int receive_buffer
    cdef public str socket
    cdef public bint disable_reuse, keepalive, generic, encrypted
    cdef public tuple upgrade
    cdef public Balancer balancer
    cdef public object probe, service, origin


cdef class Balancer:
    cdef public bytes name, sticky_cookie, sticky_path, sticky_separator, nonce
    cdef public tuple members, spares
    cdef public list reverses
    cdef public str lbmethod
    cdef public bint semicolon_ends, nofailover, failontimeout, forcerecovery, persist
    cdef public int maxattempts, growth, index
    cdef public double timeout
    cdef public frozenset failonstatus
    cdef public object origin, balancing


cdef class Reverse:
    cdef public tuple prefixes
    cdef public bytes replacement
    cdef public object texts, origin


cdef class Scope:
    cdef public bint preserve_host, error_override, add_headers, rewrite_on, interpolate
    cdef public tuple cookie_paths, cookie_domains
    cdef public bint canonical_name, name_by_dns, physical_port, forwards_expect
    cdef public long long body_limit, max_forwards
    cdef public int bad_header
    cdef public bint redirect_relative, alias_preserves
    cdef public frozenset error_override_codes
    cdef public bytes via, signature
    cdef public tuple reverses, request_edits, always_edits, onsuccess_edits, requires, places
    cdef public tuple conditions, variables, branches, output_filters, typed_filters, smart_filters, filter_chain, documents
    cdef public object compression, filter_words
    cdef public bint expires_on, rate_limited, http2_upgrade, inflates
    cdef public tuple substitutes
    cdef public long long inflate_limit, substitute_length
    cdef public int inflate_ratio, inflate_burst
    cdef public tuple expires_types
    cdef public object expires_default
    cdef public str handler
    cdef public object required, required_by, order, auth_type, auth_name, auth_origin
    cdef public frozenset allow_methods
    cdef public bytes user_file, group_file
    cdef public bint forbidden_on_failure, authoritative, digests
    cdef public tuple user_sources
    cdef public int hostname_lookups
    cdef public object lookups_origin
    cdef public tuple fake
    cdef public tuple redirects
    cdef public object redirect, alias
    cdef public tuple indexes, options, etags, names, filter_names
    cdef public int index_redirect
    cdef public bint slash, checks_handler
    cdef public bytes fallback, path_info, force_type, default_charset, default_language
    cdef public object handler_origin, place, plain
    cdef public tuple tls_options, member_tls, tls_requires
    cdef public bint tls_required
    cdef public object tls_required_by
    cdef public bytes tls_user, tls_verify
    cdef public object tls_verify_by
    cdef public Py_ssize_t tls_depth, tls_buffer


cdef class VirtualHost:
    cdef public int index, server_port, max_keep_alive_requests, most_restarts, most_lookups
    cdef public Py_ssize_t limit_request_line, limit_request_field_size, limit_request_fields
    cdef public bytes server_name, server_scheme, server_admin, document_root
    cdef public tuple aliases, wildcards, certificates, logs, rules, mappings, locations, proxies, directories, early
    cdef public tuple redirects, file_aliases, explain_from
    cdef public object types
    cdef public bint checks_links
    cdef public double timeout, proxy_timeout, keep_alive_timeout
    cdef public bint keep_alive, tls
    cdef public bint ordinary_paths, merge_slashes, maps_encoded, strict_host
    cdef public int encoded_slashes, trace
    cdef public bytes server_path
    cdef public frozenset methods
    cdef public str error_log, log_level
    cdef public object error_lines
    cdef public bint proxy_status
    cdef public Scope base
    cdef public object backends, mapping_index, early_asked, remoteip, read_timeouts
    cdef public tuple early_edits, early_always, early_onsuccess
    cdef public object front, http2
    cdef public bint strict_sni
    cdef public str sni_policy
    cdef public dict combinations, branched
    cdef public object origin


cdef class ConnectionFacts:
    cdef public bytes remote_address, local_address, sni, proxied_address, unique, own_host
    cdef public int proxied_port
    cdef public bint spoken_for
    cdef public int remote_port, local_port
    cdef public bint tls
    cdef public object table, memo, tls_facts, http2, log_ids


cdef class Decision:
    cdef public int kind, status
    cdef public VirtualHost host
    cdef public Scope scope
    cdef public object origin
    cdef public bytes location, path, query, scheme, file, path_info, uri, filename, address, content_type
    cdef public tuple vary, cookies
    cdef public object early_fields, client_name
    cdef public str reason, handler
    cdef public Balancer balancer
    cdef public Member member
    cdef public bint keep_query, proxy_error
    cdef public dict env
    cdef public bytes user, auth_type
    cdef public tuple fields
    cdef public object question, inquiry

    cpdef bytes client(self, ConnectionFacts facts)
