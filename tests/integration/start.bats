#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# start: the program of a created container is let through.
load helpers
load lifecycle

setup() {
  prepare
  bundle_busybox
  script 'echo started; exec sleep 1000'
}

now_ms() { echo "$((${EPOCHREALTIME/./} / 1000))"; }

@test "start runs the program" {
  create
  go
  ok
  is_phase running
  wait_until has_line started "$TMP/out"
}

@test "start comes back after startContainer hooks" {
  hook startContainer 'sleep 0.3'
  create
  local before
  before=$(now_ms)
  go
  ok
  [ $(($(now_ms) - before)) -ge 300 ]
}

@test "start comes back once the program has been executed" {
  config '.process.args = ["/bin/sleep", "1000"]'
  hook startContainer 'sleep 0.1'
  create
  go
  ok
  same "$(tr '\0' ' ' <"/proc/$(<"$TMP/pid")/cmdline")" '/bin/sleep 1000 '
}

@test "a startContainer hook that fails is start's error" {
  hook startContainer 'echo told >&2; exit 3'
  create
  ok
  go
  refused 'startContainer'
  wait_until is_phase stopped
  same "$output" ''
}

@test "poststart hooks see the program running" {
  config '.process.args = ["/bin/sleep", "1000"]'
  hook poststart "tr '\\0' ' ' </proc/\$(<\"$TMP/pid\" cat)/cmdline >$TMP/seen"
  create
  [ ! -e "$TMP/seen" ]
  go
  ok
  same "$(<"$TMP/seen")" '/bin/sleep 1000 '
}

@test "a poststart hook that fails is start's error, and ends the container" {
  is_husk || skip "runc's is running"
  hook poststart 'exit 3'
  create
  go
  refused 'poststart'
  wait_until is_phase stopped
}

@test "start twice" {
  create
  go
  ok
  go
  refused 'cannot start an already running container'
  is_phase running
}

@test "start of one that has stopped" {
  create
  kill -KILL "$(<"$TMP/pid")"
  wait_until is_phase stopped
  go
  refused 'cannot start a container that has stopped'
}

@test "start of one that does not exist" {
  : >"$TMP/out"
  go
  refused 'container does not exist'
}

@test "reading exec.fifo starts it, too" {
  create
  ok
  timeout 60 cat "$ROOT/$ID/exec.fifo" >/dev/null
  wait_until has_line started "$TMP/out"
}

@test "two starts at once: one of them is refused" {
  hook startContainer 'sleep 0.1'
  create
  ok
  in_background runtime start "$ID"
  local first=$! ended=0
  go
  wait "$first" || ended=$?
  same "$(((status != 0) + (ended != 0)))" 1
  is_phase running
}

@test "a start that was killed right after: the container counts as running" {
  create
  go
  mkfifo -m 600 "$ROOT/$ID/exec.fifo" # what it had not yet removed
  same "$(phase)" running
  run --separate-stderr runtime delete "$ID"
  refused "not stopped"
}

@test "a poststart hook may do something with the container" {
  hook poststart "'$RUNTIME' --root '$ROOT' pause '$ID' && '$RUNTIME' --root '$ROOT' resume '$ID'"
  create
  go
  same "$(phase)" running
}

@test "a poststart hook may do something with the container, in run" {
  hook poststart "'$RUNTIME' --root '$ROOT' pause '$ID' && '$RUNTIME' --root '$ROOT' resume '$ID'"
  attempt run -d -b "$BUNDLE" "$ID"
  same "$(phase)" running
}
