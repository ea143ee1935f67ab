#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # (set by run; expanded inside; exported for one test)
# NOTIFY_SOCKET: a container says READY=1, and the service manager outside hears that and nothing else.
load helpers
load lifecycle

setup() {
  prepare
  bundle_busybox
  cp "$HELPERS/sockets" "$ROOTFS/bin/sockets"
  MANAGER=$TMP/manager
  HEARD=$TMP/heard
}

manager() { # [hold]
  listener manager "$MANAGER" "$HEARD" "$@"
  export NOTIFY_SOCKET=$MANAGER
}

heard_ready() { # PID-REGEX: the three messages, and no other
  local lines
  mapfile -t lines <"$HEARD"
  [[ ${#lines[@]} = 3 && ${lines[0]} = 'READY=1|' && ${lines[1]} =~ ^MAINPID=$1\|$ && ${lines[2]} = 'BARRIER=1 (1)' ]] ||
    { cat "$HEARD"; return 1; }
}

wait_for_go='until [ -e /go ]; do sleep 0.01; done;'

@test "the container has the variable" {
  manager
  inside 'echo $NOTIFY_SOCKET'
  says /run/notify/notify.sock
}

@test "it takes the place of one in config.json" {
  manager
  config '.process.env += ["NOTIFY_SOCKET=/elsewhere"]'
  inside 'env | grep ^NOTIFY_SOCKET='
  says NOTIFY_SOCKET=/run/notify/notify.sock
}

@test "the socket's directory is mounted without rights" {
  manager
  inside "$(mount_line /run/notify)"
  has '^ro,nosuid,nodev,noexec'
}

@test "nothing of it without NOTIFY_SOCKET" {
  unset NOTIFY_SOCKET
  inside 'echo ${NOTIFY_SOCKET-none}; ls -d /run/notify 2>&1; true'
  has '^none' 'No such file'
}

@test "nobody in the container can put something else into its place" {
  manager
  config '.process.capabilities.bounding += ["CAP_DAC_OVERRIDE", "CAP_FOWNER"] | .process.capabilities.permitted = .process.capabilities.bounding
    | .process.capabilities.effective = .process.capabilities.bounding'
  inside 'cd /run/notify; rm -f notify.sock 2>/dev/null || echo kept; ln -s / link 2>/dev/null || echo no link; ls'
  says $'kept\nno link\nnotify.sock'
}

@test "run passes READY=1 on" {
  manager
  script "sockets send READY=1; $wait_for_go"
  in_background runtime run -b "$BUNDLE" "$ID"
  local runner=$!
  wait_until has_line 'BARRIER=1 (1)' "$HEARD"
  heard_ready '[0-9]+'
  touch "$ROOTFS/go"
  wait "$runner"
}

@test "MAINPID is the container's process" {
  manager
  script 'sockets send READY=1; exec sleep 1000'
  attempt run -d -b "$BUNDLE" --pid-file "$TMP/pid" "$ID"
  ok
  heard_ready "$(<"$TMP/pid")"
}

@test "only READY=1 is passed on" {
  manager
  script 'sockets send STATUS=x MAINPID=1 FDSTORE=1 STOPPING=1 READY=0 XREADY=1 "WATCHDOG=1\nREADY=1\nSTATUS=y\nMAINPID=1" READY=1; exec sleep 1000'
  attempt run -d -b "$BUNDLE" "$ID"
  ok
  heard_ready '[0-9]{2,}'
}

@test "an abstract socket" {
  MANAGER=@$TOKEN
  manager
  script 'sockets send READY=1; exec sleep 1000'
  attempt run -d -b "$BUNDLE" "$ID"
  ok
  heard_ready '[0-9]+'
}

@test "from a user namespace" {
  manager
  user_namespace
  script 'sockets send READY=1; exec sleep 1000'
  attempt run -d -b "$BUNDLE" "$ID"
  ok
  heard_ready '[0-9]+'
}

@test "from a user without privileges" {
  manager
  config '.process.user = {uid: 1000, gid: 1000}'
  script 'sockets send READY=1; exec sleep 1000'
  attempt run -d -b "$BUNDLE" "$ID"
  ok
  heard_ready '[0-9]+'
}

@test "run --detach waits for READY=1" {
  manager
  script "$wait_for_go sockets send READY=1; exec sleep 1000"
  in_background runtime run -d -b "$BUNDLE" "$ID"
  local runner=$!
  wait_until is_phase running
  still_runs "$runner"
  same "$(<"$HEARD")" ''
  touch "$ROOTFS/go"
  wait "$runner"
  heard_ready '[0-9]+'
}

@test "run --detach ends with a container that never says it" {
  manager
  script 'exit 3'
  attempt run -d -b "$BUNDLE" "$ID"
  ok
  same "$(<"$HEARD")" ''
}

@test "start waits for READY=1" {
  manager
  script "$wait_for_go sockets send READY=1; exec sleep 1000"
  create
  ok
  in_background runtime start "$ID"
  local starter=$!
  wait_until is_phase running
  still_runs "$starter"
  touch "$ROOTFS/go"
  wait "$starter"
  heard_ready "$(<"$TMP/pid")"
}

@test "start: READY=1 at once, and the end right after" {
  manager
  script 'exec sockets send READY=1'
  create
  go
  ok
  heard_ready "$(<"$TMP/pid")"
}

@test "start ends with a container that never says it" {
  manager
  script 'exit 3'
  create
  go
  ok
  same "$(<"$HEARD")" ''
}

@test "start waits until the manager has read the barrier" {
  manager hold
  script 'sockets send READY=1; exec sleep 1000'
  create
  in_background runtime start "$ID"
  local starter=$!
  wait_until has_line 'BARRIER=1 (1)' "$HEARD"
  still_runs "$starter"
  kill -9 "$LISTENER"
  wait "$starter"
}

@test "while start waits, others can do something with the container" {
  manager
  script 'sleep 1000'
  create
  in_background runtime start "$ID"
  local starter=$!
  wait_until is_phase running
  runtime delete --force "$ID"
  wait "$starter"
}

@test "delete removes the socket" {
  manager
  script 'sockets send READY=1'
  attempt run -d -b "$BUNDLE" "$ID"
  ok
  wait_until is_phase stopped
  runtime delete "$ID"
  [ ! -e "$ROOT/$ID" ]
}

@test "run goes on without a manager that is gone" {
  export NOTIFY_SOCKET=$TMP/gone
  inside 'echo ran'
  says ran
}

@test "start says that the manager is gone, before the program runs" {
  is_husk || skip "runc says so afterwards"
  export NOTIFY_SOCKET=$TMP/gone
  create
  ok
  go
  refused 'notify socket .*/gone: no such file or directory'
  is_phase created
}

@test "a container without a mount namespace of its own stays without" {
  is_husk || skip "of husk"
  manager
  drop_namespace mount
  config 'del(.linux.maskedPaths, .linux.readonlyPaths) | .mounts = []'
  inside 'echo ${NOTIFY_SOCKET-none}'
  says none
  [[ $stderr =~ NOTIFY_SOCKET\ is\ ignored ]]
}
