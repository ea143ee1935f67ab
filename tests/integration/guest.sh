#!/usr/bin/env bash
# guest.sh: the part of run.sh that runs in the guest, as root: unpacks what lies beside itself and runs the tests of the
# list there (plan.bash wrote it), on both of the guest's processors.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
top=/var/tmp/husk-tests
export BUSYBOX_ROOTFS=$top/busybox HELPERS=$top/helpers LIMIT=300 MOST=3 KEEP=1
[ -e "$top" ] || {
  mkdir "$top"
  tar -xf "$here/tests.tar" -C "$top"
}
RUNTIME=$(echo "$top"/runtime/*)
PATH=$top/bin:$PATH
export RUNTIME PATH
# shellcheck source=../runner/run.bash
. "$top/tests/runner/run.bash"

# Whose tests they are: root's; those of a user's session; and those that need a cgroup which the user may divide. On cgroup
# v1, systemd takes processes of others out of their cgroups when a unit with a new controller comes or goes, and removes these
# cgroups: what wants them to itself comes first.
divide() {
  local who
  for who in first root session scope; do
    mkdir -p "$top/$who"
    ln -s ../tests/src "$top/$who/src"
  done
  chown tester "$top/session" "$top/scope"
  awk -F '\t' -v top="$top" '{
    who = $2 == "guest-v1" && $3 != "guest_systemd_v1" ? "first" : $2 != "v2guest-user" ? "root" : $3 == "guest_user_systemd" ? "session" : "scope"
    print >(top "/" who "/list")
  }' "$top/tests/list"
}

run_of() { # WHO JOBS: the tests of that list, if there is one
  [ ! -e "$top/$1/list" ] || JOBS=$2 run_plan "$top/$1" "$top/tests"
}

case ${1:-} in
  session) # tester's
    scope=''
    if [ -e "$top/scope/list" ]; then
      systemd-run --user --scope --quiet -p Delegate=yes bash "$0" scope &
      scope=$!
    fi
    status=0
    run_of session 1 || status=1
    [ -z "$scope" ] || wait "$scope" || status=1
    exit $status
    ;;
  scope) run_of scope 1 ;;
  *)
    chmod -R a+rX "$top/busybox" # a user copies it
    mkdir "$top/bin"
    ! command -v gojq >/dev/null || ln -s "$(command -v gojq)" "$top/bin/jq" # jq takes half a second to start there
    divide
    status=0
    run_of first 1 || status=1
    run_of root 2 || status=1
    if [ -e "$top/session/list" ] || [ -e "$top/scope/list" ]; then
      runuser -l tester -c "exec bash $top/tests/guest.sh session" || status=1
    fi
    exit $status
    ;;
esac
