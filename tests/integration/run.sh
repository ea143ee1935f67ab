#!/usr/bin/env bash
# run.sh [LEG...] [-- FILE...]: runs the integration tests (bats), as root. A LEG is one of
#
#   short    the start takes the shortest way that the configuration allows
#   long     the same tests, always by way of a child that makes and joins the namespaces (HUSK_LONG_START=1)
#   v2       the same tests where /sys/fs/cgroup is a cgroup2 mount and nothing else (in a mount namespace of their own)
#   v2long   v2 and long
#   enosys   the same tests as on a kernel without clone3, openat2 and the descriptor mount calls (a seccomp filter)
#
# or one in a guest with systemd, which tests/vm has built, where all controllers are there. All but the last share a guest;
# guest.bash says which tests it gets, and guest.sh runs them there.
#
#   guest          cgroup v2, root
#   guest-user     cgroup v2, a user with cgroups and a systemd of its own
#   guest-systemd  cgroup v2, root: those in which systemd makes the cgroups
#   guest-v1       cgroup v1, root, with systemd and without (boots first: 40 s)
#   guest-selinux  SELinux in place of AppArmor, cgroup v2, root (boots first)
#
# A file with a line "# Legs: short v2" is about nothing that the other legs change, and left out there (unless FILE names it).
#
# Default: short long v2 enosys; v2 is left out where /sys/fs/cgroup is cgroup2 anyway. FILE: mounts, hooks ... (default: all
# that are for the leg)
#
# RUNTIME=PATH   another runtime to test (default: build/release/husk)
# FILTER=REGEX   only the tests whose names match
# JOBS=N         legs at once (default: one for each processor)
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
[ "$(id -u)" = 0 ] || { echo "run.sh: the integration tests need root" >&2; exit 2; }

legs=() files=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    short | long | v2 | v2long | enosys | guest | guest-user | guest-systemd | guest-v1 | guest-selinux) legs+=("$1") ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ $# -eq 0 ] || shift
for file in "$@"; do
  file=${file%.bats}
  files+=("$here/${file##*/}.bats")
done
asked=$#
if [ "$asked" = 0 ]; then # all but those that need the guest
  for file in "$here"/*.bats; do [[ ${file##*/} == guest_* ]] || files+=("$file"); done
fi
if [ ${#legs[@]} -eq 0 ]; then
  legs=(short long v2 enosys)
  [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] || legs=(short long enosys)
fi

export RUNTIME=${RUNTIME:-$top/build/release/husk}
[ -x "$RUNTIME" ] || { echo "run.sh: no runtime at $RUNTIME" >&2; exit 2; }
RUNTIME=$(readlink -f "$RUNTIME")
BUSYBOX_ROOTFS=$("$top/tests/rootfs.sh" busybox)
DEBIAN_ROOTFS=$([[ "${legs[*]/guest*/}" =~ ^\ *$ ]] || "$top/tests/rootfs.sh" debian) # the guest's tests need none
HELPERS=$top/build/tests
export BUSYBOX_ROOTFS DEBIAN_ROOTFS HELPERS
mkdir -p "$HELPERS"
for program in agent attributes calls enosys forge orphans sockets; do
  [ "$HELPERS/$program" -nt "$here/$program.c" ] || cc -Wall -Wextra -O1 -static -o "$HELPERS/$program" "$here/$program.c"
done

if [ "$RUNTIME" = "$top/build/release/husk" ]; then
  cmake --build "$top/build/release" --target husk-threaded >/dev/null
fi

# shellcheck source=guest.bash
. "$here/guest.bash"

# The tests of a leg run in a mount namespace of their own, so that nothing they mount is seen by the machine.
private=(unshare --mount --propagation private)
# shellcheck disable=SC2016 # for the inner shell to expand
cgroup2=(sh -c 'umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' sh)
bats=(bats --timing ${FILTER:+--filter "$FILTER"})

files_for() { # LEG: puts them into `chosen`
  local file legs
  chosen=()
  for file in "${files[@]}"; do
    legs=$(sed -n 's/^# Legs: //p;/^@test/q' "$file")
    if [ "$asked" != 0 ] || [ -z "$legs" ] || [[ " $legs " == *" ${1/v2long/v2} "* ]]; then chosen+=("$file"); fi
  done
}

run_leg() { # LEG
  local run chosen
  files_for "$1"
  case $1 in
    guest*) # shellcheck disable=SC2086 # several legs in one guest
      run_guest ${1//+/ } </dev/null
      return
      ;;
    short) run=("${bats[@]}" "${chosen[@]}") ;;
    long) run=(env HUSK_LONG_START=1 "${bats[@]}" "${chosen[@]}") ;;
    v2) run=("${cgroup2[@]}" "${bats[@]}" "${chosen[@]}") ;;
    v2long) run=("${cgroup2[@]}" env HUSK_LONG_START=1 "${bats[@]}" "${chosen[@]}") ;;
    enosys) run=("$HELPERS/enosys" "${bats[@]}" "${chosen[@]}") ;;
  esac
  env -u HUSK_LONG_START LEG="$1" "${private[@]}" "${run[@]}" </dev/null
}

# One guest for all legs of cgroup v2: it is a leg "guest+guest-user".
join_guests() {
  local leg joined='' others=()
  for leg in "${legs[@]}"; do
    case $leg in
      guest-v1 | guest-selinux) others+=("$leg") ;;
      guest*) joined+=${joined:++}$leg ;;
      *) others+=("$leg") ;;
    esac
  done
  legs=(${joined:+"$joined"} "${others[@]}")
}

# As many legs at once as there are processors; the output of each is shown in one piece, the first one's as it comes.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
join_guests
failed=()
at_once=${JOBS:-$(nproc)}
while [ ${#legs[@]} -gt 0 ]; do
  batch=("${legs[@]:0:at_once}") pids=()
  legs=("${legs[@]:at_once}")
  for leg in "${batch[@]:1}"; do
    run_leg "$leg" >"$logs/$leg" 2>&1 &
    pids+=($!)
  done
  echo "== integration, ${batch[0]}"
  run_leg "${batch[0]}" || failed+=("${batch[0]}")
  for i in "${!pids[@]}"; do
    leg=${batch[i + 1]}
    wait "${pids[i]}" || failed+=("$leg")
    echo "== integration, $leg"
    cat "$logs/$leg"
  done
done
[ ${#failed[@]} -eq 0 ] || { echo "integration: failed in: ${failed[*]}"; exit 1; }
