#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# create: a container that waits for its start, and what it was given.
load helpers
load lifecycle

setup() {
  prepare
  bundle_busybox
  script 'exec sleep 1000'
}

@test "create leaves a process that waits" {
  create
  ok
  same "$output" ''
  is_phase created
  still_runs "$(<"$TMP/pid")"
}

@test "the program does not run before start" {
  script 'touch /ran; exec sleep 1000'
  create
  ok
  sleep 0.1 # there is nothing to wait for
  [ ! -e "$ROOTFS/ran" ]
}

@test "the pid file is a number and nothing else" {
  create
  ok
  same "$(runtime state "$ID" | jq -j .pid | od -c)" "$(od -c <"$TMP/pid")"
}

@test "the state file is there and is the owner's" {
  is_husk || skip "runc's own file has another mode"
  create
  ok
  same "$(stat -c %a "$ROOT/$ID/state.json")" 600
}

@test "an id that is taken" {
  create
  ok
  create
  refused 'container with given ID already exists'
  is_phase created
}

@test "a create that fails leaves nothing" {
  config '.mounts += [{destination: "/mnt", type: "bind", source: "/no/such/directory", options: ["bind"]}]'
  create
  refused
  [ ! -e "$ROOT/$ID" ]
  [ ! -e "$TMP/pid" ]
}

@test "a terminal without --console-socket is refused" {
  config '.process.terminal = true'
  create
  refused 'cannot allocate tty if .* will detach without setting console socket'
}

@test "--console-socket without a terminal is refused" {
  create --console-socket "$TMP/console"
  refused 'cannot use console socket if .* will not detach or allocate tty'
}

@test "--console-socket gets one message with one descriptor" {
  config '.process.terminal = true'
  listener receive "$TMP/console" "$TMP/messages"
  create --console-socket "$TMP/console"
  ok
  wait_until has_line end "$TMP/messages"
  same "$(wc -l <"$TMP/messages")" 2
  grep -q ' (1)$' "$TMP/messages"
}

@test "what --console-socket got is the container's terminal" {
  config '.process.terminal = true'
  script 'tty; exec sleep 1000'
  listener receive "$TMP/console" "$TMP/messages"
  create --console-socket "$TMP/console"
  ok
  go
  ok
  same "$(readlink "/proc/$LISTENER/fd/"* | grep -c ptmx)" 1
}

@test "--pidfd-socket gets one message with one descriptor" {
  [ "$LEG" != enosys ] || skip "needs pidfd_open"
  listener receive "$TMP/pidfd" "$TMP/messages"
  create --pidfd-socket "$TMP/pidfd"
  ok
  wait_until has_line end "$TMP/messages"
  same "$(wc -l <"$TMP/messages")" 2
  grep -q ' (1)$' "$TMP/messages"
  grep -q "^Pid:[[:space:]]$(<"$TMP/pid")\$" "/proc/$LISTENER/fdinfo/"*
}

@test "--preserve-fds" {
  echo word >"$TMP/file"
  script 'cat <&3; exec sleep 1000'
  with_file() { "$RUNTIME" --root "$ROOT" create --preserve-fds 1 -b "$BUNDLE" "$ID" </dev/null >"$TMP/out" 3<"$TMP/file"; }
  with_file
  go
  wait_until has_line word "$TMP/out"
}

@test "--preserve-fds of a descriptor that is not open" {
  create --preserve-fds 1
  refused
  [ ! -e "$ROOT/$ID" ]
}

@test "--preserve-fds of a descriptor that is not open: neither the log nor anything else of ours is taken for it" {
  attempt --log "$TMP/log" run --preserve-fds 1 -b "$BUNDLE" "$ID"
  refused 'descriptor 3 '
  attempt --log "$TMP/log" create --preserve-fds 1 -b "$BUNDLE" "$ID"
  refused 'descriptor 3 '
  [ ! -e "$ROOT/$ID" ]
}

@test "LISTEN_FDS" {
  echo word >"$TMP/file"
  script 'echo $LISTEN_FDS $LISTEN_PID $$; cat <&3; exec sleep 1000'
  activated() {
    sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh "$RUNTIME" --root "$ROOT" create -b "$BUNDLE" "$ID" \
      </dev/null >"$TMP/out" 3<"$TMP/file"
  }
  activated
  go
  wait_until has_line word "$TMP/out"
  same "$(<"$TMP/out")" $'1 1 1\nword'
}

@test "SIGTERM ends a container that waits" {
  create
  ok
  kill -TERM "$(<"$TMP/pid")"
  wait_until is_phase stopped
  runtime delete "$ID"
}

@test "a created container can be deleted" {
  create
  ok
  runtime delete --force "$ID"
  [ ! -e "$ROOT/$ID" ]
  same "$(still_runs "$(<"$TMP/pid")" && echo alive)" ''
}

@test "run --detach comes back while the program runs" {
  attempt run -d -b "$BUNDLE" --pid-file "$TMP/pid" "$ID"
  ok
  is_phase running
  same "$(runtime state "$ID" | jq -j .pid)" "$(<"$TMP/pid")"
}

@test "whatever a create was killed at, delete --force removes it" {
  local step
  hook createRuntime 'exit 0' # one more thing to be killed at
  for ((step = 0; step <= 40; step++)); do
    timeout -s KILL "$(printf '0.00%02d' $((step * 2 + 1)))" "$RUNTIME" --root "$ROOT" create -b "$BUNDLE" "$ID" \
      </dev/null >"$TMP/out" 2>&1 3>&- || true
    runtime delete --force "$ID" || { echo "after step $step"; return 1; }
    [ ! -e "$ROOT/$ID" ] || { echo "the state is left after step $step"; return 1; }
    report "cgroups after step $step" "$(find /sys/fs/cgroup -maxdepth 3 -type d -name "*$TOKEN*")"
  done
}
