#!/usr/bin/env bash
# guest.sh: the part of run.sh that runs in the guest, as root: unpacks what lies beside itself and runs the tests of the
# list there (guest.bash writes it), on both of the guest's processors.
#
# It takes the place of bats, whose own work for each test takes two seconds under emulation, more than most tests: what
# the tests of the guest use of bats is here. A test is a function in a shell of its own, in which a command that fails is
# the end; its teardown follows in any case, and what it wrote is shown when it failed.
# shellcheck disable=SC2034,SC1090 # (BATS_... are read by the tests; the path of a test is a variable)
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
top=/var/tmp/husk-tests
export BUSYBOX_ROOTFS=$top/busybox HELPERS=$top/helpers LEG RUNTIME

# ------------------------------------------------------------------------------------------------ what bats gives a test

bats_require_minimum_version() { :; }
load() { source "$top/tests/$1.bash"; }
setup() { :; }
teardown() { :; }
skip() {
  SKIPPED=" # skip ${1:-}"
  exit 0
}
run() { # [--separate-stderr] [!] COMMAND...: sets $status, $output, $lines, and $stderr if asked to
  local errors=
  if [ "$1" = --separate-stderr ]; then errors=$BATS_TEST_TMPDIR/stderr && shift; fi
  [ "$1" != ! ] || shift # bats would check the status; nobody here says so
  set +e
  if [ -n "$errors" ]; then output=$(set +eE && "$@" 2>"$errors"); else output=$(set +eE && "$@" 2>&1); fi
  status=$?
  set -e
  [ -z "$errors" ] || stderr=$(<"$errors")
  mapfile -t lines < <([ -z "$output" ] || printf '%s\n' "$output")
}

# ------------------------------------------------------------------------------------------------ one test, one worker

one() { # NUMBER FILE FUNCTION: in a subshell
  BATS_TEST_NUMBER=$1 BATS_TEST_DIRNAME=$top/tests BATS_RUN_TMPDIR=$QUEUE BATS_TEST_TMPDIR=$QUEUE/$1.tmp
  SKIPPED='' FAILED='' PASSED=''
  mkdir "$BATS_TEST_TMPDIR"
  trap finish EXIT
  trap 'FAILED="${BASH_SOURCE[0]##*/}, line $LINENO: $BASH_COMMAND"' ERR
  set +u
  set -eE
  source "$top/tests/$2"
  setup
  "$3"
  PASSED=1
}
finish() {
  trap - EXIT ERR
  set +eE
  local torn=0
  if [ -z "$PASSED$SKIPPED" ]; then echo "failed at $FAILED"; fi
  teardown || { torn=1 && echo "failed in teardown"; }
  printf %s "$SKIPPED" >"$QUEUE/$BATS_TEST_NUMBER.skip"
  if [ -n "$PASSED$SKIPPED" ] && [ $torn = 0 ]; then exit 0; else exit 1; fi
}

# Takes the tests that nobody has taken yet, one after the other.
work() { # LIST
  local number file function name began verdict mine
  while IFS=$'\t' read -r number LEG file function name <&4; do
    mine=1
    set -C
    { true >"$QUEUE/$number"; } 2>/dev/null || mine=
    set +C
    [ -n "$mine" ] || continue
    [ "$LEG" = guest-v1 ] || LEG=v2$LEG # the tests ask whether it begins so
    began=${EPOCHREALTIME/./}
    (one "$number" "$file" "$function") </dev/null 4<&- >"$QUEUE/$number.log" 2>&1
    verdict=$?
    printf '%s %s %s: %s%s in %sms\n' "$([ $verdict = 0 ] && echo ok || echo not ok)" "$((number - 99))" "$file" "$name" \
      "$(<"$QUEUE/$number.skip")" $(((${EPOCHREALTIME/./} - began) / 1000)) >"$QUEUE/$number.result"
    [ $verdict = 0 ] || sed 's/^/# /' "$QUEUE/$number.log" >>"$QUEUE/$number.result"
    cat "$QUEUE/$number.result"
  done 4<"$1"
}

# ------------------------------------------------------------------------------------------------ all of them

unpack() {
  mkdir "$top"
  tar -xf "$here/tests.tar" -C "$top"
  chmod -R a+rX "$top/busybox" # a user copies it
  mkdir "$top/bin"
  mkdir -m 1777 "$QUEUE"
  ! command -v gojq >/dev/null || ln -s "$(command -v gojq)" "$top/bin/jq" # jq takes half a second to start there
  local list=$top/tests/list
  awk -F '\t' -v list="$list" '{
    whose = $2 != "guest-user" ? "root" : $3 == "guest_user_systemd" ? "session" : "scope"
    print >(list "." whose)
  }' "$list"
}

# What did not say ok has failed, whatever the reason.
judge() {
  local number result failed=0
  while read -r number _; do
    result='not ok: did not end'
    [ ! -e "$QUEUE/$number.result" ] || read -r result <"$QUEUE/$number.result"
    [[ $result == 'ok '* ]] || { failed=1 && echo "failed: $((number - 99)) ($result)"; }
  done <"$top/tests/list"
  return $failed
}

QUEUE=$top/run
PATH=$top/bin:$PATH
[ -e "$top" ] || unpack
RUNTIME=$(echo "$top"/runtime/*)
list=$top/tests/list
case ${1:-} in
  session) # tester's; besides, those that need a cgroup which the user may divide
    if [ -e "$list.scope" ]; then systemd-run --user --scope --quiet -p Delegate=yes bash "$0" scope & fi
    if [ -e "$list.session" ]; then work "$list.session"; fi
    wait
    ;;
  scope) work "$list.scope" ;;
  *)
    echo "1..$(wc -l <"$list")"
    if [ -e "$list.root" ]; then
      work "$list.root" &
      work "$list.root"
      wait
    fi
    if [ -e "$list.session" ] || [ -e "$list.scope" ]; then runuser -l tester -c "exec bash $top/tests/guest.sh session"; fi
    judge
    ;;
esac
