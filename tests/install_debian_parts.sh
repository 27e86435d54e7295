#!/bin/sh
# Installs what the browser lane, the nginx lane and the PostgreSQL 15 lane need, where apt may be used; never fails.
set -u
missing=""
command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 \
    || missing="$missing chromium-headless-shell"
[ -n "$(find /usr/share/fonts -iname '*NotoSansCJK*' -print -quit 2>/dev/null)" ] || missing="$missing fonts-noto-cjk"
[ -x /usr/lib/postgresql/15/bin/postgres ] || missing="$missing postgresql-15"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
    echo "Not installed, so their tests will be skipped:$missing (root and apt-get are needed)"
    exit 0
fi
echo "== Debian packages:$missing (once) =="
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1 || {
    tail -n 5 "$log"
    echo "Could not install:$missing; their tests will be skipped"
}
rm -f "$log"
exit 0
