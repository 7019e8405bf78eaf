#!/usr/bin/env bash
# Run tests where other people work: as an ordinary user, as one without a name and a home (as in a
# container), and in a checkout that cannot be written. It takes root, which can make users and
# mounts of its own; outside of them nothing changes.
#
#   tools/test_elsewhere.sh                                    # what depends on the machine
#   tools/test_elsewhere.sh -n auto -m "not slow" tests        # all tests
#   PLACES="homeless" tools/test_elsewhere.sh tests/test_sweeps.py
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
PLACES=${PLACES:-user homeless read-only}
MACHINE=(-n auto --maxprocesses 4 -m "not slow" tests/test_command_line.py tests/test_course.py
    tests/test_data_*.py tests/test_figures.py tests/test_membrane.py tests/test_network*.py
    tests/test_plugins.py tests/test_processes.py tests/test_simulat*.py tests/test_spice*.py
    tests/test_sweeps.py tests/test_training.py)

# Let everybody enter the folders on the way to these: a folder of root's is covered by an empty
# one, in which only they stand.
open_ways() {
    local path way closed="" k part
    for path in "$@"; do
        way=""
        for part in $(tr / ' ' <<< "$path"); do
            way+=/$part
            if [ -z "$closed" ] && [ -z "$(find "$way" -maxdepth 0 -perm -o=x)" ]; then closed=$way; fi
        done
    done
    [ -n "$closed" ] || return 0
    local covered=()
    for path in "$@"; do
        case $path in "$closed"/*) covered+=("$path") ;; esac
    done
    for k in "${!covered[@]}"; do
        mkdir -p "$WORK/way/$k"
        mount --bind "${covered[k]}" "$WORK/way/$k"
    done
    mount -t tmpfs -o mode=755 tmpfs "$closed"
    for k in "${!covered[@]}"; do
        mkdir -p "${covered[k]}"
        mount --bind "$WORK/way/$k" "${covered[k]}"
    done
}

# In mounts of one's own: a copy of the checkout takes its place, with the same environment.
inside() {
    local place=$1 uid=65534
    shift
    [ "$place" != homeless ] || uid=54321
    chmod 755 "$WORK"
    mkdir "$WORK/checkout" "$WORK/venv" "$WORK/home" "$WORK/tmp"
    open_ways "$(.venv/bin/python -c 'import sys; print(sys.base_prefix)')" "$ROOT"
    tar -c --exclude=./.venv --exclude=./.git . | tar -x -C "$WORK/checkout"
    mkdir "$WORK/checkout/.venv"
    chown -R "$uid:$uid" "$WORK/checkout" "$WORK/home" "$WORK/tmp"
    mount --bind .venv "$WORK/venv"
    mount --bind "$WORK/checkout" "$ROOT"
    mount --bind "$WORK/venv" "$ROOT/.venv"
    if [ "$place" = read-only ]; then
        mount -o remount,bind,ro "$ROOT"
        mount -o remount,bind,ro "$ROOT/.venv"
    fi
    cd "$ROOT"
    local home=(HOME="$WORK/home")
    [ "$place" != homeless ] || home=()
    exec env -i PATH="$PATH" LANG=C.UTF-8 MPLBACKEND=Agg TMPDIR="$WORK/tmp" "${home[@]}" \
        setpriv --reuid "$uid" --regid "$uid" --clear-groups \
        .venv/bin/python -m pytest -p no:cacheprovider "$@"
}

if [ "${1:-}" = --inside ]; then
    WORK=$2
    shift 2
    inside "$@"
fi
if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null; then
    echo "tests elsewhere are skipped: it takes root and mounts of one's own" >&2
    exit 0
fi
[ $# -gt 0 ] || set -- "${MACHINE[@]}"
failed="" WORK=""
# Here, where nothing is mounted in it.
clear() { [ -z "$WORK" ] || rm -rf --one-file-system "$WORK"; }
trap clear EXIT
for place in $PLACES; do
    echo "== $place"
    WORK=$(mktemp -d)
    unshare --mount "$ROOT/tools/test_elsewhere.sh" --inside "$WORK" "$place" "$@" || failed+=" $place"
    clear
done
[ -z "$failed" ] || { echo "tests failed:$failed" >&2; exit 1; }
