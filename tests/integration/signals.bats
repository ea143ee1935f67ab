#!/usr/bin/env bats
# Signals to the runtime in the foreground, and processes that must not be left as zombies.
load helpers

# Starts the script in the background and waits until it has made /tmp/ready.
start_in_background() { # SCRIPT
  bundle_busybox
  script "$1"
  "$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null >"$TMP/out" 2>"$TMP/err" 3>&- &
  wait_until test -e "$ROOTFS/tmp/ready"
}

ends_with() { # STATUS: of the last background job
  local status=0
  wait $! || status=$?
  same "$status" "$1"
}

forwards() { # SIGNAL
  start_in_background "trap 'exit 42' $1; touch /tmp/ready; while :; do sleep 0.02; done"
  kill "-$1" $!
  ends_with 42
}

@test "TERM is forwarded" { forwards TERM; }
@test "HUP is forwarded" { forwards HUP; }
@test "USR1 is forwarded" { forwards USR1; }
@test "USR2 is forwarded" { forwards USR2; }

@test "a process without a handler is pid 1 and does not feel TERM" {
  start_in_background 'touch /tmp/ready; for i in $(seq 20); do sleep 0.02; done; exit 6'
  kill -TERM $!
  ends_with 6
}

@test "a signal that ends the process: 128 + its number" {
  bundle_busybox
  drop_namespace pid
  script 'touch /tmp/ready; exec sleep 100'
  husk run -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
  wait_until test -e "$ROOTFS/tmp/ready"
  pkill -TERM -P "$(pgrep -P $!)" 2>/dev/null || pkill -TERM -f "nothing"
  local status=0
  wait $! || status=$?
  same "$status" 143
}

@test "orphans of a container in the host's pid namespace are reaped" {
  bundle_busybox
  drop_namespace pid
  inside '(sleep 0.01 & ) ; (true & ) ; sleep 0.1'
  ok
}

@test "children of pid 1 end with it" {
  bundle_busybox
  inside 'sleep 100 & sleep 100 & exit 0'
  ok
}

@test "a child that has ended does not end the container" {
  bundle_busybox
  inside '(exit 1) & wait; echo still'
  says still
}

@test "a stopped and continued process does not end the container" {
  start_in_background 'touch /tmp/ready; for i in $(seq 20); do sleep 0.02; done; exit 8'
  local init
  init=$(pgrep -P "$(pgrep -P $!)")
  kill -STOP "$init"
  kill -CONT "$init"
  ends_with 8
}

@test "signals that the caller ignores are not ignored in the container" {
  bundle_busybox
  config '.process.args = ["/bin/grep", "^SigIgn", "/proc/self/status"]'
  output=$(sh -c 'trap "" HUP PIPE USR1; exec "$@"' sh "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null)
  is_husk || skip "runc passes SIGHUP on"
  same "$output" $'SigIgn:\t0000000000000000'
}
