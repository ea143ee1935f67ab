#!/bin/bash
# bench.sh [--ops LIST] [--tools LIST] [--rounds N] [--json FILE] [--native]: what husk costs beside its peers.
#
# In every round each pair of operation and tool is measured once, in an order shuffled anew, after the kernel has had
# time to settle. bench/README.md says how to read the figures; bench/ops.sh what the operations are.
#
#   --ops LIST    comma-separated: version, run, create, start, exec, state, list, kill, delete, delete-force, or all
#                 (default: run,version)
#   --tools LIST  comma-separated: husk, crun, runc, floor, floor+, empty, or all (default: all but floor+)
#   --rounds N    (default: $ROUNDS or 40)
#   --json FILE   writes the figures to FILE as well
#   --native      measures on the machine's own cgroups rather than in a private cgroup2 view
#
# Variables: HUSK (default: build/release/husk), PEERS (folder with crun and runc; default: got by bench/peers.sh),
# ROUNDS, SETTLE (milliseconds, default 60), HUSK_CACHE.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${self%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=ops.sh
. "${self%/*}/ops.sh"

rounds=${ROUNDS:-40} settle=${SETTLE:-60} json='' native='' floor_cgroup=''
ops=(run version) tools=(husk crun runc floor empty)
declare -A refused=() failures=()
samples=0

usage() {
    sed -n '2,/^set /{ s/^# \{0,1\}//p }' "$self"
    exit "$1"
}

# choose NAME VALUE KNOWN...: prints the words of the comma-separated VALUE, all of them known.
choose() {
    local what=$1 word words
    IFS=, read -ra words <<<"$2"
    shift 2
    [ "${words[*]}" != all ] || words=("$@")
    for word in "${words[@]}"; do
        [[ " $* " == *" $word "* ]] || die "$word: no such $what (there are: $*)"
        echo "$word"
    done
}

parse() {
    local list
    while [ $# -gt 0 ]; do
        case $1 in
        --native) native=1 ;;
        --help | -h) usage 0 ;;
        --ops | --tools | --rounds | --json)
            [ $# -ge 2 ] || usage 2 >&2
            case $1 in
            --rounds) rounds=$2 ;;
            --json) json=$(readlink -m "$2") ;;
            --ops)
                list=$(choose operation "$2" "${all_ops[@]}")
                mapfile -t ops <<<"$list"
                ;;
            --tools)
                list=$(choose tool "$2" "${all_tools[@]}")
                mapfile -t tools <<<"$list"
                ;;
            esac
            shift
            ;;
        *) usage 2 >&2 ;;
        esac
        shift
    done
    [[ $rounds =~ ^[1-9][0-9]*$ ]] || die "--rounds: $rounds is not a number"
}

# ------------------------------------------------------------------------ tools

find_tools() {
    local tool
    bin[husk]=$(readlink -m "${HUSK:-$repo/build/release/husk}")
    if [ -z "${PEERS:-}" ]; then "$bench/peers.sh" "$peers" >/dev/null || echo "bench.sh: no peers to compare with" >&2; fi
    for tool in crun runc; do bin[$tool]=$peers/$tool; done
    for tool in husk crun runc; do
        [ -x "${bin[$tool]}" ] || bin[$tool]=''
    done
}

set_up() {
    make_work
    find_tools
    make_bundle "$work/true" '"/bin/true"'
    make_bundle "$work/sleep" '"/bin/sleep", "1000"'
    [ -z "$native" ] || return 0
    floor_cgroup=/sys/fs/cgroup/$prefix-floor
    mkdir "$floor_cgroup"
}

# ------------------------------------------------------------------ one sample

# sample OP TOOL PROGRAM...: one cycle with the command run under PROGRAM; its line of figures goes to $line, the
# command's exit status to $status. Fails when the set-up does.
sample() {
    local op=$1 tool=$2 id
    shift 2
    samples=$((samples + 1))
    id=$prefix-$samples
    status=setup line=''
    if prepare "$op" "$tool" "$id"; then
        line=$("$@" "${command[@]}" 2>>"$work/log") && status=${line##* } || status=125
    fi
    teardown "$op" "$tool" "$id" "$status"
    [ "$status" = 0 ]
}

# Tries each pair once, so that what a runtime cannot do is known, and said, before anything is measured. It warms
# the caches as well.
try_pair() {
    local op=$1 tool=$2 reason
    if [ -n "$native" ] && [[ $tool == floor* ]]; then
        refused["$op $tool"]="knows cgroup2 only"
    elif [ "${bin[$tool]-none}" = '' ]; then
        refused["$op $tool"]="no such program"
    else
        : >"$work/log"
        sample "$op" "$tool" "$programs/measure" && return
        reason=$(grep -m 1 . "$work/log" | tr -d '"\\\000-\037') || true
        refused["$op $tool"]="${reason:-no message} (status $status)"
    fi
    echo "na $op $tool ${refused["$op $tool"]}" >>"$work/figures"
}

measure_pair() {
    if sample "$1" "$2" "$programs/measure" -s "$settle"; then
        echo "time $1 $2 $line" >>"$work/figures"
    else
        failures["$1 $2"]=$((${failures["$1 $2"]:-0} + 1))
    fi
}

# Memory is not a matter of luck: a few runs, the largest counts.
weigh_pair() {
    local tries=3
    while ((tries-- > 0)); do
        sample "$1" "$2" "$programs/memory" -x "$work/rootfs/bin/busybox" || continue
        echo "memory $1 $2 $line" >>"$work/figures"
    done
}

# ------------------------------------------------------------------------- main

measure_all() {
    local op tool pair round pairs=()
    for op in "${ops[@]}"; do
        for tool in "${tools[@]}"; do
            has_op "$op" "$tool" || continue
            try_pair "$op" "$tool"
            [ -n "${refused["$op $tool"]:-}" ] || pairs+=("$op $tool")
        done
    done
    [ ${#pairs[@]} -gt 0 ] || die "nothing to measure"
    for ((round = 1; round <= rounds; round++)); do
        [ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$rounds" >&2
        while read -r op tool; do measure_pair "$op" "$tool"; done < <(printf '%s\n' "${pairs[@]}" | shuf)
    done
    [ ! -t 2 ] || printf '\r\033[K' >&2
    for pair in "${pairs[@]}"; do weigh_pair "${pair% *}" "${pair#* }"; done
    for pair in "${!failures[@]}"; do echo "failed $pair ${failures[$pair]}" >>"$work/figures"; done
}

report() {
    local view="private cgroup2 view"
    [ -z "${HUSK_BENCH_VIEW:-}" ] && view="the machine's own cgroups"
    sort -s -k1,1 -k2,2 -k3,3 -k4,4n "$work/figures" |
        awk -v ops="${ops[*]}" -v tools="${tools[*]}" -v json="$json" -v rounds="$rounds" -v settle="$settle" \
            -v kernel="$(uname -r)" -v view="$view" -v cpus="$(nproc)" -v date="$(date -u +%FT%TZ)" \
            -v busy="$1 -> $(cut -d' ' -f1 /proc/loadavg)" -f "$bench/report.awk"
}

parse "$@"
[ -n "$native" ] || enter_cgroup2_view "$self" "$@"
[ "$(id -u)" = 0 ] || die "needs root (namespaces, cgroups)"
build_programs
enter_reaper "$self" "$@"
clean_up_at_exit
set_up
load_before=$(cut -d' ' -f1 /proc/loadavg)
measure_all
report "$load_before"
