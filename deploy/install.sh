#!/bin/sh
# Installs Closedloop from this folder into another, without a network. `sh install.sh --help` says how.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-}

fail() { echo "install.sh: $*" >&2; exit 2; }

case ${1:-} in
    '' | -h | --help)
        echo "sh install.sh FOLDER     FOLDER is new, one per release: /opt/closedloop-2026-11"
        echo "PYTHON=/path/to/python3.11 sh install.sh FOLDER"
        echo "The data lie elsewhere (CLOSEDLOOP_HOME), so the release before stays beside this one."
        [ $# -gt 0 ] || exit 2
        exit 0
        ;;
esac
[ $# -eq 1 ] || fail "one folder, please: sh install.sh FOLDER"
case $1 in /*) target=$1 ;; *) target=$PWD/$1 ;; esac
[ -r "$here/FITS" ] && [ -r "$here/SHA256SUMS" ] || fail "$here is no unpacked bundle: FITS or SHA256SUMS is missing"

# --- is it whole
# Whatever language the machine speaks, the answers below are read in one.
LC_ALL=C
export LC_ALL
cd "$here"
if ! bad=$(sha256sum --check --quiet SHA256SUMS 2>&1); then
    echo "$bad" | sed -n 's/: FAILED.*//p' | while read -r name; do
        [ -e "$name" ] && echo "  $name is damaged" >&2 || echo "  $name is missing" >&2
    done
    fail "the bundle is not what was packed; copy it again and compare its SHA-256 with the one make bundle printed"
fi

# --- does it fit
. ./FITS
[ "$(uname -s)" = "$SYSTEM" ] && [ "$(uname -m)" = "$MACHINE" ] ||
    fail "this bundle is for $SYSTEM on $MACHINE, and this is $(uname -s) on $(uname -m); pack it on a machine like this one"
[ -n "$python" ] || python=$(command -v "python$PYTHON") || python=python3
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
    fail "no Python at $python; name Python $PYTHON: PYTHON=/path/to/python$PYTHON sh install.sh $target"
[ "$version" = "$PYTHON" ] ||
    fail "the packages are for Python $PYTHON, and $python is $version; name the other: PYTHON=/path/to/python$PYTHON sh install.sh $target"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python cannot make a virtual environment; on Debian: apt-get install python$PYTHON-venv"

# --- install
[ ! -e "$target" ] || [ -z "$(ls -A "$target" 2>/dev/null || echo x)" ] ||
    fail "$target is not empty; every release gets a folder of its own"
mkdir -p "$target"
target=$(cd "$target" && pwd)
unfinished() { fail "$target is not finished (see above); remove it and install again"; }
cp -R closedloop/. "$target/" || unfinished
"$python" -m venv "$target/.venv" || unfinished
# --isolated: no setting of this machine may point pip elsewhere. Every file is held against its SHA-256 once more.
"$target/.venv/bin/python" -m pip --isolated --disable-pip-version-check install --quiet --no-cache-dir \
    --no-index --find-links wheels --no-deps --require-hashes --requirement wheels.txt || unfinished
"$target/.venv/bin/python" -m pip --isolated --disable-pip-version-check check >/dev/null || unfinished
"$target/.venv/bin/python" -m compileall -q "$target/closedloop" || unfinished
(cd "$target" && .venv/bin/python -m closedloop --help >/dev/null) || unfinished
# make run takes the environment for its own.
touch "$target/.venv/.installed"

echo "installed in $target (commit $COMMIT)"
echo "next:  cd $target && CLOSEDLOOP_HOME=/var/lib/closedloop .venv/bin/python -m closedloop run"
echo "or, to go on with the data of the release before: stop it, closedloop backup, then closedloop migrate from here"
