#!/usr/bin/env bash
# run.sh [LEG...] [-- FILE...]: runs the integration tests (bats), as root. A LEG is one of
#
#   short    the start takes the shortest way that the configuration allows
#   long     the same tests, always by way of a child that makes and joins the namespaces (HUSK_LONG_START=1)
#   v2       the same tests where /sys/fs/cgroup is a cgroup2 mount and nothing else (in a mount namespace of their own)
#   v2long   v2 and long
#   enosys   the same tests as on a kernel without clone3, openat2 and the descriptor mount calls (a seccomp filter)
#
# or one in a guest with systemd, which tests/vm has built, where all controllers are there: those about cgroups,
#
#   guest          cgroup v2, root
#   guest-user     cgroup v2, a user with cgroups of its own
#   guest-systemd  cgroup v2, root: those in which systemd makes the cgroups
#   guest-v1       cgroup v1, root (boots for a minute)
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
    short | long | v2 | v2long | enosys | guest | guest-user | guest-systemd | guest-v1) legs+=("$1") ;;
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
for program in enosys forge orphans sockets; do
  [ "$HELPERS/$program" -nt "$here/$program.c" ] || cc -Wall -Wextra -O1 -static -o "$HELPERS/$program" "$here/$program.c"
done

if [ "$RUNTIME" = "$top/build/release/husk" ]; then
  cmake --build "$top/build/release" --target husk-threaded >/dev/null
fi

# The tests of a leg run in a mount namespace of their own, so that nothing they mount is seen by the machine.
private=(unshare --mount --propagation private)
# shellcheck disable=SC2016 # for the inner shell to expand
cgroup2=(sh -c 'umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' sh)
bats=(bats --timing ${FILTER:+--filter "$FILTER"} "${files[@]}")

# The guest gets one archive: reading many small files by way of a share takes long. So does copying a file system of four
# hundred links for each test: of busybox' programs those are left out that no test names.
pack_for_guest() { # DIR
  local unused
  mkdir -p "$1"
  cp "$here/guest.sh" "$1/"
  mapfile -t unused < <(LC_ALL=C comm -23 <(cd "$BUSYBOX_ROOTFS/bin" && printf '%s\n' * | LC_ALL=C sort) \
    <({ printf '%s\n' '[' '[['; grep -ohE '[a-zA-Z0-9_]+' "$here"/*.bats "$here"/*.bash; } | LC_ALL=C sort -u))
  tar -cf "$1/tests.tar.new" -C "$here" --transform 's|^\.|integration|' --exclude='*.c' --anchored . \
    -C "$(dirname "$BUSYBOX_ROOTFS")" --transform "s|^${BUSYBOX_ROOTFS##*/}|busybox|" \
    "${unused[@]/#/--exclude=${BUSYBOX_ROOTFS##*/}/bin/}" "${BUSYBOX_ROOTFS##*/}" \
    -C "$HELPERS" --transform 's|^\(enosys\|forge\|orphans\|sockets\)$|helpers/&|' enosys forge orphans sockets \
    -C "$(dirname "$RUNTIME")" --transform "s|^${RUNTIME##*/}\$|runtime/&|" "${RUNTIME##*/}"
  mv "$1/tests.tar.new" "$1/tests.tar"
}

guest_files() { # LEG: those that need what only the guest has; the others take long there, and are run when they are named
  case $1 in
    guest-user) echo guest_user ;;
    guest-systemd) (cd "$here" && ls -- systemd*.bats) ;;
    guest-v1) echo events update pause cgroup limits_bite ;;
    guest) echo events limits_bite guest_limits pause exec_cgroup devices_v2 ;;
  esac
}

run_guest() { # LEG
  local names=() options=() leg=v2guest file
  for file in "${files[@]}"; do names+=("$(basename "$file" .bats)"); done
  # shellcheck disable=SC2207 # words
  [ "$asked" != 0 ] || names=($(guest_files "$1"))
  case $1 in
    guest-v1) options=(--cgroup v1) leg=guest-v1 ;;
    guest-user) options=(--user tester) ;;
  esac
  "$top/tests/vm/vm" run --timeout 1200 "${options[@]}" --share "$logs/guest:/mnt/tests:ro" --env LEG=$leg \
    --env "FILTER=${FILTER:-}" -- bash /mnt/tests/guest.sh "${names[@]%.bats}"
}

run_leg() { # LEG
  local run
  case $1 in
    guest*) run_guest "$1" </dev/null; return ;;
    short) run=("${bats[@]}") ;;
    long) run=(env HUSK_LONG_START=1 "${bats[@]}") ;;
    v2) run=("${cgroup2[@]}" "${bats[@]}") ;;
    v2long) run=("${cgroup2[@]}" env HUSK_LONG_START=1 "${bats[@]}") ;;
    enosys) run=("$HELPERS/enosys" "${bats[@]}") ;;
  esac
  env -u HUSK_LONG_START LEG="$1" "${private[@]}" "${run[@]}" </dev/null
}

# As many legs at once as there are processors; the output of each is shown in one piece, the first one's as it comes.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
[[ " ${legs[*]}" != *' guest'* ]] || pack_for_guest "$logs/guest"
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
