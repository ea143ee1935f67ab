#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# husk events
# Legs: short v2
load helpers
load containers

on_v1() { [[ $LEG != v2* ]] && [ -d /sys/fs/cgroup/memory ]; }
needs_v1() { on_v1 || skip "needs the controllers of cgroup v1"; }

numbers() { # JQ-FILTER: of the numbers of $ID, once
  runtime events --stats "$ID" | jq "$1"
}
watch() { # [OPTION...]: in the background; lines go to $TMP/events
  runtime events "$@" "$ID" </dev/null >"$TMP/events" 2>"$TMP/err" &
  WATCHER=$!
}
lines() { [ "$(wc -l <"$TMP/events")" -ge "$1" ]; }
ended() { ! kill -0 "$WATCHER" 2>/dev/null; }

# A container that waits for a word, and then runs the script.
waiting() { # SCRIPT
  config --arg s "while [ ! -e /go ]; do sleep 0.01; done; $1" '.process.args = ["/bin/sh", "-c", $s]'
  config '.linux.resources.memory = {limit: 20000000, swap: 20000000}'
  launch
}
kills() { grep -c '"oom"' "$TMP/events"; }
has_kill() { grep -qx "{\"type\":\"oom\",\"id\":\"$ID\"}" "$TMP/events"; }

@test "--stats: one line of JSON, in the order that clients know" {
  launch
  ask events --stats "$ID"
  ok
  same "${#lines[@]}" 1
  [[ $output == "{\"type\":\"stats\",\"id\":\"$ID\",\"data\":{\"cpu\":{\"usage\":{"* ]]
  same "$(jq -c '.data | keys_unsorted' <<<"$output")" \
    '["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]'
}

@test "--stats: the time of processors grows" {
  config '.process.args = ["/bin/sh", "-c", "while :; do :; done"]'
  launch
  local before
  before=$(numbers .data.cpu.usage.total)
  [ "$before" -gt 0 ]
  grows() { [ "$(numbers .data.cpu.usage.total)" -gt $((before + 10000000)) ]; }
  wait_until grows
}

@test "--stats: processes" {
  config '.process.args = ["/bin/sh", "-c", "sleep 1001 & sleep 1002 & exec sleep 1000"]'
  launch
  three() { [ "$(numbers .data.pids.current)" = 3 ]; }
  wait_until three
}

@test "--stats: the limit of processes" {
  needs_v1
  config '.linux.resources.pids = {limit: 77}'
  launch
  same "$(numbers .data.pids.limit)" 77
}

@test "--stats: memory" {
  needs_v1
  config '.linux.resources.memory = {limit: 40960000}
        | .process.args = ["/bin/sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=8 2>/dev/null; touch /ready; sleep 1000"]'
  launch
  wait_until [ -e "$ROOTFS/ready" ]
  same "$(numbers .data.memory.usage.limit)" 40960000
  [ "$(numbers .data.memory.usage.usage)" -ge 8388608 ]
  [ "$(numbers .data.memory.raw.total_shmem)" -ge 8388608 ]
}

@test "--stats: pressure" {
  [[ $LEG == v2* ]] || skip "needs cgroup v2"
  [ -e /proc/pressure/cpu ] || skip "the kernel keeps no pressure"
  launch
  same "$(numbers '.data | [.cpu.psi.some.total, .memory.psi.full.avg10, .blkio.psi.some.avg300] | map(type) | unique | .[]')" \
    '"number"'
}

@test "--stats of a paused container" {
  launch
  runtime pause "$ID"
  ask events --stats "$ID"
  ok
}

@test "a stopped container" {
  launch
  end_of
  ask events --stats "$ID"
  exits 1
  refused "container with id $ID is not running"
  ask events "$ID"
  exits 1
  refused "container with id $ID is not running"
}

@test "a container that is not there" {
  ask events --stats "$ID"
  exits 1
  refused 'container does not exist'
}

@test "--interval: numbers come again and again, each line at once" {
  launch
  watch --interval 20ms
  wait_until lines 3
  kill "$WATCHER"
  jq -e . "$TMP/events" >/dev/null
}

@test "--interval: an hour is not a moment" {
  launch
  watch --interval 1h0m0.5s
  sleep 0.3
  kill -0 "$WATCHER"
  kill "$WATCHER"
  same "$(cat "$TMP/events")" ''
}

@test "--interval that is none" {
  launch
  ask events --interval 5x "$ID"
  exits 1
  refused 'invalid value .*5x.* for flag -interval: parse error'
  ask events --interval 0s "$ID"
  exits 1
  refused 'duration interval must be greater than 0'
}

@test "it ends when the container ends" {
  launch
  watch --interval 1h
  sleep 0.1
  kill -0 "$WATCHER"
  end_of
  wait_until ended
  wait "$WATCHER"
}

@test "it ends when the container is deleted" {
  launch
  watch --interval 20ms
  wait_until lines 1
  runtime delete --force "$ID"
  wait_until ended
  wait "$WATCHER"
}

@test "it ends when nobody reads" {
  launch
  runtime events --interval 20ms "$ID" </dev/null 2>/dev/null | head -n 1 >"$TMP/events"
  lines 1
}

@test "waiting costs no time of processors" {
  launch
  watch --interval 1h
  sleep 0.5
  local ticks
  ticks=$(awk '{ print $14 + $15 }' "/proc/$WATCHER/stat")
  kill "$WATCHER"
  [ "$ticks" -le 2 ]
}

@test "oom: a process that is killed for lack of memory" {
  needs_v1
  waiting 'tail /dev/zero; sleep 1000'
  watch --interval 50ms
  wait_until lines 1
  touch "$ROOTFS/go"
  wait_until has_kill
  same "$(phase)" running
  kill "$WATCHER"
}

@test "oom: none without a lack of memory" {
  needs_v1
  waiting 'touch /ready; sleep 1000'
  watch --interval 20ms
  wait_until lines 1
  touch "$ROOTFS/go"
  wait_until [ -e "$ROOTFS/ready" ]
  end_of
  wait_until ended
  same "$(kills)" 0
}

@test "oom: the container's own process" {
  needs_v1
  waiting 'exec tail /dev/zero'
  watch --interval 50ms
  wait_until lines 1
  touch "$ROOTFS/go"
  wait_until ended
  has_kill
}
