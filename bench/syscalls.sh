#!/bin/bash
# syscalls.sh [--names] [--native] [HUSK [BUNDLE]]: how many system calls one `run` takes.
#
# Prints one line for each process of the runtime and a sum, for a test to read:
#
#   PROCESS parent 180      the process that was started
#   PROCESS init 210        the one that became the container's program, up to and including that execve
#   PROCESS other 12        any other process or thread, in the order of their first call (what it did before an execve of
#                           its own included)
#   TOTAL 402
#
# With --names, lines `CALL parent openat 12` come before. What the container's program does itself is not counted; the
# bundle should run something like /bin/true that starts no process. Without BUNDLE it is the standard one of bench.sh.
# HUSK is build/release/husk if not given; any OCI runtime will do. The exit status is that of the container.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${self%/*}/lib.sh"

names='' native='' arguments=("$@")
while [[ ${1:-} == --* ]]; do
    case $1 in
    --names) names=1 ;;
    --native) native=1 ;;
    *) sed -n '2,/^set /{ s/^# \{0,1\}//p }' "$self" && exit 2 ;;
    esac
    shift
done
[ -n "$native" ] || enter_cgroup2_view "$self" "${arguments[@]}"
command -v strace >/dev/null || die "strace is missing (apt-get install strace)"
bin[husk]=$(readlink -m "${1:-${HUSK:-$repo/build/release/husk}}")
[ -x "${bin[husk]}" ] || die "${bin[husk]}: no such program"

clean_up_at_exit
make_work
bundle=${2:-$work/true}
[ $# -ge 2 ] || make_bundle "$bundle" '"/bin/true"'

active["husk $prefix"]=1
status=0
strace -f -qq -s 16 -e signal=none -o "$work/trace" \
    "${bin[husk]}" --root "$state/husk" run --bundle "$bundle" "$prefix" </dev/null >&2 || status=$?
[ "$status" != 0 ] || unset "active[husk $prefix]"

# A call that another one interrupts takes two lines; the second (<... name resumed>) only tells how it ended. The last
# execve that succeeds is the container's program.
awk -v names="$names" '
    !($1 in total) { order[++processes] = $1; total[$1] = 0 }
    $2 == "<..." { name = $3 }
    $2 != "<..." {
        name = $2
        sub(/\(.*/, "", name)
        if (name !~ /^[a-z0-9_]+$/) next
        total[$1]++
        per_name[$1, name]++
        if (!(name in seen)) { seen[name] = 1; name_order[++name_count] = name }
    }
    name ~ /^execve(at)?$/ && / = 0$/ {
        init = $1
        init_total = total[$1]
        for (i = 1; i <= name_count; i++) init_name[name_order[i]] = per_name[$1, name_order[i]]
    }
    END {
        for (p = 1; p <= processes; p++) {
            pid = order[p]
            role = p == 1 ? "parent" : pid == init ? "init" : "other"
            calls = role == "init" ? init_total : total[pid]
            for (i = 1; names && i <= name_count; i++) {
                n = role == "init" ? init_name[name_order[i]] : per_name[pid, name_order[i]]
                if (n) print "CALL", role, name_order[i], n
            }
            lines[p] = "PROCESS " role " " calls
            sum += calls
        }
        for (p = 1; p <= processes; p++) print lines[p]
        print "TOTAL", sum
    }' "$work/trace"
exit "$status"
