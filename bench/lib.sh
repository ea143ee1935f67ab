# shellcheck shell=bash disable=SC2034 # what is set here is used by the scripts that read this file
# lib.sh: what bench.sh and syscalls.sh share: the cgroup2 view, the programs, the bundles, and the way out.
#
# Everything a script here makes on the machine carries $prefix in its name (containers, and so their cgroups) or lies
# in $work or $state, so that clean_up finds it again whatever was interrupted.

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(dirname "$bench")
cache=${HUSK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk}
programs=$cache/bench
peers=${PEERS:-$cache/peers}
prefix=husk-bench-$$
work='' state=''
declare -A bin=() active=()

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# ---------------------------------------------------------------- surroundings

# crun refuses a machine with v1 controllers. In a mount namespace of its own the script can see nothing but cgroup2,
# and the machine's mounts stay as they are.
enter_cgroup2_view() {
    [ "$(id -u)" = 0 ] || die "needs root (namespaces, cgroups)"
    [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || return 0
    [ -z "${HUSK_BENCH_VIEW:-}" ] || die "the cgroup2 view could not be made"
    # shellcheck disable=SC2016 # $@ is for the inner shell
    HUSK_BENCH_VIEW=1 exec unshare --mount --propagation private sh -c \
        'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$@"
}

build_programs() {
    local name
    mkdir -p "$programs"
    for name in floor measure memory empty reap; do
        [ "$bench/$name.c" -nt "$programs/$name" ] || continue
        "${CC:-gcc}" -std=gnu11 -O2 -static -Wall -Wextra -Werror -o "$programs/$name.$$" "$bench/$name.c"
        mv "$programs/$name.$$" "$programs/$name"
    done
}

# Orphaned containers are reaped by this script's own parent (see reap.c). Programs must have been built.
enter_reaper() {
    [ -z "${HUSK_BENCH_REAPED:-}" ] || return 0
    HUSK_BENCH_REAPED=1 exec "$programs/reap" "$@"
}

# State goes where it is on a real machine, to a tmpfs; bundles may not, as /run is noexec on Debian.
make_work() {
    local place
    work=$(mktemp -d "${TMPDIR:-/tmp}/husk-bench.XXXXXX")
    state=$work/state
    for place in /run /dev/shm; do
        if [ "$(stat -f -c %T "$place" 2>/dev/null)" = tmpfs ]; then
            state=$(mktemp -d "$place/husk-bench.XXXXXX")
            break
        fi
    done
    mkdir -p "$state"
    : >"$work/log"
}

# --------------------------------------------------------------------- bundles

static_busybox() {
    local candidate
    for candidate in /bin/busybox /usr/bin/busybox; do
        [ -x "$candidate" ] && ! ldd "$candidate" >/dev/null 2>&1 && echo "$candidate" && return
    done
    die "no static busybox (apt-get install busybox-static)"
}

make_rootfs() {
    local applet busybox
    busybox=$(static_busybox)
    mkdir -p "$1"/{bin,dev,etc,proc,sys,tmp}
    cp "$busybox" "$1/bin/busybox"
    for applet in sh true false sleep echo cat ls id mount hostname; do ln -s busybox "$1/bin/$applet"; done
    echo 'root:x:0:0:root:/:/bin/sh' >"$1/etc/passwd"
    echo 'root:x:0:' >"$1/etc/group"
}

# make_bundle DIR ARGS: the standard bundle with process.args replaced (ARGS is the inside of a JSON array). Which tool
# writes it makes no difference; runc is asked first because its spec is the standard.
make_bundle() {
    local writer
    mkdir -p "$1"
    [ -d "$work/rootfs" ] || make_rootfs "$work/rootfs"
    for writer in "${bin[runc]:-}" "${bin[husk]:-}"; do
        [ -n "$writer" ] && (cd "$1" && "$writer" spec) 2>>"$work/log" && break
    done
    [ -s "$1/config.json" ] || die "neither runc nor husk could write a config.json"
    sed -i -e 's/"terminal": true/"terminal": false/' -e 's/"noNewPrivileges": false/"noNewPrivileges": true/' \
        -e "s|^\\([[:space:]]*\\)\"sh\"\$|\\1$2|" -e "s|\"path\": \"rootfs\"|\"path\": \"$work/rootfs\"|" "$1/config.json"
    grep -qF "$2" "$1/config.json" || die "config.json looks different from what this script expects"
}

# --------------------------------------------------------------------- way out

# Containers first, with their own runtime; then cgroups that a killed runtime left; then files.
clean_up() {
    local key dir try
    trap '' INT TERM HUP
    set +e
    for key in "${!active[@]}"; do
        "${bin[${key%% *}]}" --root "$state/${key%% *}" delete --force "${key#* }" >/dev/null 2>&1
    done
    find /sys/fs/cgroup -depth -type d -path "*/$prefix*" 2>/dev/null | while read -r dir; do
        for try in 1 2 3 4 5 6 7 8 9 10; do
            [ -s "$dir/cgroup.procs" ] && xargs -r kill -KILL <"$dir/cgroup.procs" 2>/dev/null
            rmdir "$dir" 2>/dev/null && break
            [ "$try" = 10 ] && echo "${0##*/}: cgroup left behind: $dir" >&2
            sleep 0.05
        done
    done
    [ -z "$work" ] || rm -rf "$work" "$state"
}

clean_up_at_exit() {
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
