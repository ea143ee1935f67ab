#!/usr/bin/env bash
# run.sh [short|long|enosys]... [-- FILE...]: the attacks of tests/attacks, as root, and the table of what became of them.
#
#   short    against husk, and against the weak build, where each must succeed (the default)
#   long     the same on the long way of starting
#   enosys   against husk alone, as on a kernel without clone3, openat2 and the descriptor mount calls
#
# FILE: files, processes ... (default: all)
#
# RUNTIME=PATH       the husk to be tested (default: build/release/husk)
# WEAK_RUNTIME=PATH  the weak build (default: build/weak/husk)
# FILTER=REGEX       only the tests whose names match
# ROUNDS=N           rounds of each race (default: 40)
# JOBS=N             files at once (default: one for each processor)
# BATS=1             by bats itself and not by tests/runner
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
[ "$(id -u)" = 0 ] || { echo "run.sh: the attacks need root" >&2; exit 2; }

legs=() files=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    short | long | enosys) legs+=("$1") ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ $# -eq 0 ] || shift
for file in "$@"; do
  file=${file%.bats}
  files+=("$here/${file##*/}.bats")
done
[ ${#files[@]} -gt 0 ] || files=("$here"/*.bats)
[ ${#legs[@]} -gt 0 ] || legs=(short)

RUNTIME=$(readlink -f "${RUNTIME:-$top/build/release/husk}")
WEAK_RUNTIME=$(readlink -f "${WEAK_RUNTIME:-$top/build/weak/husk}")
for program in "$RUNTIME" "$WEAK_RUNTIME"; do
  [ -x "$program" ] || { echo "run.sh: no husk at $program" >&2; exit 2; }
done
# The one must know nothing of weaknesses, the other must.
if grep -qa HUSK_WEAKEN "$RUNTIME"; then echo "run.sh: $RUNTIME can be weakened" >&2; exit 2; fi
grep -qa HUSK_WEAKEN "$WEAK_RUNTIME" || { echo "run.sh: $WEAK_RUNTIME cannot be weakened" >&2; exit 2; }
export RUNTIME WEAK_RUNTIME
BUSYBOX_ROOTFS=$("$top/tests/rootfs.sh" busybox)
DEBIAN_ROOTFS=''
HELPERS=$top/build/tests
export BUSYBOX_ROOTFS DEBIAN_ROOTFS HELPERS
mkdir -p "$HELPERS"
for source in "$top"/tests/integration/{agent,enosys,forge,orphans,sockets}.c "$here"/*.c; do
  program=$HELPERS/$(basename "$source" .c)
  [ "$program" -nt "$source" ] || cc -Wall -Wextra -O1 -static -pthread -o "$program" "$source"
done

# shellcheck source=../runner/plan.bash
. "$top/tests/runner/plan.bash"
# shellcheck source=../runner/run.bash
. "$top/tests/runner/run.bash"
# shellcheck source=../integration/busybox.bash
. "$top/tests/integration/busybox.bash"

enter_leg() { # LEG COMMAND...: in a mount namespace of its own, so that nothing that is mounted is seen by the machine
  local leg=$1 way=()
  shift
  case $leg in
    long) way=(env HUSK_LONG_START=1) ;;
    enosys) way=(env WEAK_RUNTIME= "$HELPERS/enosys") ;;
  esac
  env -u HUSK_LONG_START -u HUSK_WEAKEN "TABLE=$logs/$leg.table" unshare --mount --propagation private "${way[@]}" "$@"
}

logs=$(mktemp -d)
chmod 711 "$logs" # attackers of other users pass here
trap 'rm -rf --one-file-system "$logs"' EXIT
small_busybox "$logs/busybox"
BUSYBOX_ROOTFS=$logs/busybox
mkdir "$logs/t"
for leg in "${legs[@]}"; do
  for file in "${files[@]}"; do echo "$leg $(basename "$file" .bats)"; done
done | plan "$logs/t" "$here"
failed=0
if [ -n "${BATS:-}" ]; then with_bats "$logs/t" "$here" || failed=$?; else run_plan "$logs/t" "$here" || failed=$?; fi
[ $failed != 130 ] || exit 130

for leg in "${legs[@]}"; do
  echo
  echo "== $leg"
  printf '%-20s %-84s %-34s %-8s %s\n' row attack 'without which it succeeds' held shown
  [ -e "$logs/$leg.table" ] || continue
  sort -V "$logs/$leg.table" | while IFS='|' read -r row what weakness held shown; do
    printf '%-20s %-84s %-34s %-8s %s\n' "$row" "$what" "$weakness" "$held" "$shown"
  done
done
cat "$logs"/*.table | awk -F'|' '
  $4 == "held" { held++ }
  $4 ~ /^not applicable/ { none++ }
  $4 == "NOT HELD" { bad++ }
  $5 == "NO" { unshown++ }
  END { printf "\n%d held, %d not held, %d not applicable; %d not shown able to fail\n", held, bad, none, unshown }'
exit "$failed"
