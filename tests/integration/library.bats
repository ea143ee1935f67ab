#!/usr/bin/env bats
# libhusk in a program with threads (tests/host/threaded.cpp): the threads that run containers and those that do
# something else must not get into each other's way, and the program is afterwards as it was.
#
# THREADED    that program (default: next to the runtime)
load helpers

RUNNERS=${RUNNERS:-4}       # threads that run containers
CONTAINERS=${CONTAINERS:-10} # that each of them runs

host_program() { # [JQ-FILTER]: runs it on a bundle changed by the filter; sets $status, $output, $stderr
  is_husk || skip "a test of libhusk"
  THREADED=${THREADED:-${RUNTIME%/*}/husk-threaded}
  [ -x "$THREADED" ] || { echo "no program at $THREADED: build the target husk-threaded"; return 1; }
  script 'exit 7'
  config "${1:-.}"
  jq '.process.args = ["/bin/missing"]' "$BUNDLE/config.json" >"$BUNDLE/missing-program.json"
  run --separate-stderr timeout 300 "$HELPERS/orphans" "$TMP/orphans" \
    "$THREADED" "$BUNDLE" "$ROOT" "$TOKEN" "$RUNNERS" "$CONTAINERS" 3>&-
}

nothing_found() { says "$((RUNNERS * CONTAINERS)) containers, 0 findings"; }

@test "containers from several threads at once" {
  bundle_busybox
  host_program
  nothing_found
}

@test "the same with hooks of all kinds and a filter" {
  bundle_busybox
  host_program '.hooks = {
      prestart: [{path: "/bin/true"}], createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "cat; echo err >&2"]}],
      createContainer: [{path: "/bin/true"}], startContainer: [{path: "/bin/true"}],
      poststart: [{path: "/bin/true"}], poststop: [{path: "/bin/sh", args: ["sh", "-c", "cat"]}]}
    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{names: ["swapon", "acct"], action: "SCMP_ACT_ERRNO"}]}'
  nothing_found
}

@test "the same with user namespaces" {
  bundle_busybox
  user_namespace
  host_program
  nothing_found
}

@test "no container sees a descriptor of the program or of another container" {
  bundle_busybox
  script 'set -- /proc/self/fd/*; [ $# -le 4 ] && exit 7; ls -l /proc/self/fd >&2; exit 9' # the fourth is the directory
  local process
  process=$(jq -c .process.args "$BUNDLE/config.json")
  host_program ".process.args = $process"
  nothing_found
}

@test "no container inherits the signal mask or the umask of the program" {
  bundle_busybox
  script 'grep -c "^Sig\(Blk\|Ign\):.0000000000000000" /proc/self/status | grep -qx 2 && [ "$(umask)" = 0022 ] && exit 7
    grep Sig /proc/self/status >&2; umask >&2; exit 9'
  local process
  process=$(jq -c .process.args "$BUNDLE/config.json")
  host_program ".process.args = $process"
  nothing_found
}
