#!/usr/bin/env bash
# guest.sh FILE...: the part of run.sh that runs in the guest: unpacks the tests beside itself, and runs these files, half
# of them at a time on each of the guest's two processors. LEG and FILTER as in run.sh. A user gets a scope whose cgroup
# is the user's to divide.
set -euo pipefail
if [ "$(id -u)" != 0 ] && [ -z "${IN_SCOPE:-}" ]; then
  exec systemd-run --user --scope --quiet -p Delegate=yes env IN_SCOPE=1 bash "$0" "$@"
fi
here=$(dirname "$(readlink -f "$0")")
top=/var/tmp/husk-tests
mkdir "$top"
tar -xf "$here/tests.tar" -C "$top"
export HELPERS=$top/helpers BUSYBOX_ROOTFS=$top/busybox RUNTIME
RUNTIME=$(echo "$top"/runtime/*)

halves=('' '') i=0
for file in "$@"; do
  halves[i]+="$top/integration/$file.bats "
  i=$((1 - i))
done
run() { # FILES
  # shellcheck disable=SC2086 # words
  [ -z "$1" ] || bats --timing ${FILTER:+--filter "$FILTER"} $1
}
run "${halves[1]}" >"$top/log" 2>&1 3>&- &
failed=0
run "${halves[0]}" || failed=1
wait $! || failed=1
cat "$top/log"
exit $failed
