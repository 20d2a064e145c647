#!/bin/sh
# Installs what the tests run beside us: Apache httpd, nginx, Tomcat, Node with two packages, Chromium, a C compiler, curl, and
# what looks at the files under packaging. With the argument `bench`, what the bench does: Apache httpd, nginx, HAProxy and wrk.
# Debian packages only when root, npm packages under build/npm and build/cache. Never fails: what is missing afterwards is said in one
# line each, and the tests that need it skip (or, with CI set, fail) with the same words.
set -u
cd "$(dirname "$0")/.." || exit 0

has() { command -v "$1" >/dev/null 2>&1 || [ -e "$1" ]; }

wanted=
want() { # want THING PACKAGE...: the packages are wanted when the thing is not there
    thing=$1; shift
    has "$thing" || wanted="$wanted $*"
}

want /usr/sbin/apache2 apache2
want /usr/sbin/nginx nginx
if [ "${1:-tests}" = bench ]; then
    want /usr/sbin/haproxy haproxy
    want wrk wrk
else
    want /usr/share/tomcat10/bin/catalina.sh tomcat10
    want tomcat10-instance-create tomcat10-user
    want /usr/share/tomcat10-examples tomcat10-examples
    want chromium chromium
    want node nodejs
    want cc gcc libc6-dev
    want openssl openssl
    want curl curl
    want npm npm
    want systemd-analyze systemd
    want strace strace
    want /usr/sbin/logrotate logrotate
fi

if [ -n "$wanted" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "install-peers: not root, so these stay missing:$wanted (apt-get install$wanted)" >&2
    elif ! has apt-get; then
        echo "install-peers: no apt-get here, so these stay missing:$wanted" >&2
    else
        echo "install-peers: installing$wanted"
        # Debian starts what it installs; a policy-rc.d that says 101 prevents that. One that is already there stays.
        policy=/usr/sbin/policy-rc.d
        ours=
        if [ ! -e "$policy" ]; then
            printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && ours=1
        fi
        trap '[ -z "$ours" ] || rm -f "$policy"' EXIT
        trap 'exit 130' INT TERM
        log=$(mktemp)
        # shellcheck disable=SC2086  # the words of $wanted are package names
        if ! { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $wanted; } >"$log" 2>&1; then
            tail -n 15 "$log" >&2
            echo "install-peers: apt-get failed, so these may be missing:$wanted" >&2
        fi
        rm -f "$log"
    fi
fi

npm_packages() { # npm_packages FROM TO: what FROM/package-lock.json names, unless TO has it already
    cmp -s "$1/package-lock.json" "$2/installed.json" && return
    if ! has npm; then
        echo "install-peers: npm is missing, so are the packages of $1/package.json" >&2
        return
    fi
    mkdir -p "$2"
    cp "$1/package.json" "$1/package-lock.json" "$2/"
    if npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund --loglevel=error; then
        cp "$1/package-lock.json" "$2/installed.json"
    else
        echo "install-peers: npm failed, so the packages of $1/package.json are missing" >&2
    fi
}

if [ "${1:-tests}" = tests ]; then
    npm_packages tests/nodes build/npm
    # Where `evenflow demo` looks with XDG_CACHE_HOME=build/cache.
    npm_packages src/evenflow/tools/demo/packages build/cache/evenflow/demo
fi
exit 0
