#!/usr/bin/env bash
# run.sh [LEG...] [-- FILE...]: runs the integration tests, as root. A LEG is one of
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
# JOBS=N         files at once, each of another leg (default: one for each processor)
# LIMIT=SECONDS  the longest that a test may take (default: 120)
# BATS=1         the tests are run by bats itself and not by tests/runner: slower, and one after the other
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

# shellcheck source=../runner/plan.bash
. "$top/tests/runner/plan.bash"
# shellcheck source=../runner/run.bash
. "$top/tests/runner/run.bash"
# shellcheck source=guest.bash
. "$here/guest.bash"
# shellcheck source=busybox.bash
. "$here/busybox.bash"

# The tests run in a mount namespace of their own, so that nothing they mount is seen by the machine. Their files are on a
# disk's file system in the leg "short" and in memory in the others: both kinds are tested, and making and removing so many
# files on ext4 takes longer than the tests. Before Linux 6.6 a file system in memory lacks idmapped mounts or attributes.
case $(stat -fc %T "${TMPDIR:-/tmp}"):$(printf '%s\n' 6.6 "$(uname -r)" | sort -V | head -n 1) in
  tmpfs:* | *:6.6) memory='mount -t tmpfs -o mode=755 tests "$TESTS" && ' ;;
  *) memory='' ;;
esac
enter_leg() { # LEG COMMAND...
  local leg=$1 private=(env -u HUSK_LONG_START "TESTS=$logs/t/test" unshare --mount --propagation private)
  # shellcheck disable=SC2016 # for the inner shell to expand
  local in_memory=(sh -c "$memory"'exec "$@"' sh) \
    cgroup2=(sh -c "${memory}umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && "'exec "$@"' sh)
  shift
  case $leg in
    short) "${private[@]}" "$@" ;;
    long) "${private[@]}" "${in_memory[@]}" env HUSK_LONG_START=1 "$@" ;;
    v2) "${private[@]}" "${cgroup2[@]}" "$@" ;;
    v2long) "${private[@]}" "${cgroup2[@]}" env HUSK_LONG_START=1 "$@" ;;
    enosys) "${private[@]}" "${in_memory[@]}" "$HELPERS/enosys" "$@" ;;
  esac
}

wanted() { # LEG...: the lines for `plan`
  local leg file legs
  for file in "${files[@]}"; do
    legs=$(sed -n 's/^# Legs: //p;/^@test/q' "$file")
    file=${file##*/}
    for leg; do
      [ "$asked" = 0 ] && [ -n "$legs" ] && [[ " $legs " != *" ${leg/v2long/v2} "* ]] || echo "$leg ${file%.bats}"
    done
  done
}

logs=$(mktemp -d)
chmod 711 "$logs" # tests of other users pass here
trap 'rm -rf --one-file-system "$logs"' EXIT
small_busybox "$logs/busybox"
BUSYBOX_ROOTFS=$logs/busybox
guests=() machine=() failed=0
sort_legs # into `guests` and `machine`
if [ ${#machine[@]} -gt 0 ]; then
  mkdir "$logs/t"
  wanted "${machine[@]}" | plan "$logs/t" "$here"
  if [ -n "${BATS:-}" ]; then with_bats "$logs/t" "$here" || failed=$?; else ALONE=1 run_plan "$logs/t" "$here" || failed=$?; fi
fi
[ $failed = 130 ] || [ ${#guests[@]} = 0 ] || run_guests || failed=1
exit "$failed"
