#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# Limits, as a process meets them: on cgroup v1, and (in the guest) on v2.
# Legs: short v2
load helpers
load containers

on_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }
needs() { # CONTROLLER
  if on_v2; then grep -qw "$1" /sys/fs/cgroup/cgroup.controllers; else [ -e "/sys/fs/cgroup/$1/cgroup.procs" ]; fi ||
    skip "needs the controller $1"
}
value() { # V1-FILE V2-FILE: of the container
  local dir file=$1
  ! on_v2 || file=$2
  for dir in $(cgroups_of); do
    on_v2 || [ ! -e "$dir/cgroup.controllers" ] || continue # the v2 tree beside those of v1 has a cpu.stat, too
    if [ -e "$dir/$file" ]; then cat "$dir/$file"; return; fi
  done
  echo "there is no $file" >&2
  return 1
}
count() { awk -v key="$1" '$1 == key { print $2 }'; } # KEY: its number in "KEY NUMBER" lines

# A container with these resources that waits for the word go, runs the script, and says so.
waiting() { # RESOURCES SCRIPT
  config --argjson r "$1" --arg s "while [ ! -e /go ]; do sleep 0.02; done; $2
    : >/done; exec sleep 1000" '.linux.resources += $r | .process.args = ["/bin/sh", "-c", $s]'
  launch
}
go() {
  : >"$ROOTFS/go"
  wait_until [ -e "$ROOTFS/done" ]
}

store='dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null; echo $? >/status' # 40 MB of memory
bomb='(i=0; while [ $i -lt 40 ]; do sleep 1000 & i=$((i + 1)); done) 2>/why'       # 40 processes
stopped_at() { # NUMBER: so many processes there are at most, and more were asked for
  grep -q "can't fork" "$ROOTFS/why"
  [ "$(members | wc -l)" -le "$1" ]
  [ "$(members | wc -l)" -ge $(($1 - 1)) ] # the shell that could not fork has ended
}

@test "memory: a process that takes more than the limit is killed, the container lives" {
  needs memory
  waiting '{"memory": {"limit": 20000000, "swap": 20000000}}' "$store"
  go
  same "$(<"$ROOTFS/status")" 137
  same "$(phase)" running
  [ "$(value memory.oom_control memory.events | count oom_kill)" -ge 1 ]
}

@test "memory: what is below the limit is not killed" {
  needs memory
  waiting '{"memory": {"limit": 80000000, "swap": 80000000}}' "$store"
  go
  same "$(<"$ROOTFS/status")" 0
  same "$(value memory.oom_control memory.events | count oom_kill)" 0
}

@test "memory: run says that its process was killed" {
  needs memory
  config '.linux.resources.memory = {limit: 20000000, swap: 20000000} | .process.args = ["/bin/tail", "/dev/zero"]'
  start
  exits 137
}

@test "memory: events says oom" {
  needs memory
  waiting '{"memory": {"limit": 20000000, "swap": 20000000}}' "$store"
  runtime events --interval 50ms "$ID" </dev/null >"$TMP/events" 2>&1 &
  local watcher=$!
  wait_until [ -s "$TMP/events" ]
  go
  wait_until grep -qx "{\"type\":\"oom\",\"id\":\"$ID\"}" "$TMP/events"
  kill "$watcher"
}

@test "memory: update lowers the limit of what runs" {
  needs memory
  waiting '{"memory": {"limit": 80000000, "swap": 80000000}}' "$store"
  runtime update --memory 20000000 --memory-swap 20000000 "$ID"
  go
  same "$(<"$ROOTFS/status")" 137
}

@test "memory: update raises the limit of what runs" {
  needs memory
  waiting '{"memory": {"limit": 20000000, "swap": 20000000}}' "$store"
  runtime update --memory 80000000 --memory-swap 80000000 "$ID"
  go
  same "$(<"$ROOTFS/status")" 0
}

@test "pids: a fork bomb is stopped" {
  needs pids
  waiting '{"pids": {"limit": 10}}' "$bomb"
  go
  stopped_at 10
  [ "$(value pids.events pids.events | count max)" -ge 1 ]
}

@test "pids: update lowers the limit of what runs" {
  needs pids
  waiting '{"pids": {"limit": 1000}}' "$bomb"
  runtime update --pids-limit 6 "$ID"
  go
  stopped_at 6
}

# What a busy container gets of one processor, in percent. The clock is the kernel's count of periods (of 100 ms, in each
# of which it got something): the clock of the wall would measure how busy the machine is.
used() { # nanoseconds of processor time, and periods
  if on_v2; then
    value '' cpu.stat | awk '$1 == "usage_usec" { u = $2 * 1000 } $1 == "nr_periods" { n = $2 } END { printf "%.0f %d\n", u, n }'
  else
    echo "$(value cpuacct.usage '') $(value cpu.stat '' | count nr_periods)"
  fi
}
ten_periods() { [ "$(used | cut -d' ' -f2)" -ge $(($1 + 10)) ]; }
share_of_time() {
  local began ended
  read -r -a began < <(used)
  wait_until ten_periods "${began[1]}" || return
  read -r -a ended < <(used)
  echo $(((ended[0] - began[0]) / 1000000 / (ended[1] - began[1])))
}

@test "cpu: a fifth of a processor is no more than that" {
  needs cpu
  config '.linux.resources.cpu = {quota: 20000, period: 100000} | .process.args = ["/bin/sh", "-c", "while :; do :; done"]'
  launch
  local percent
  percent=$(share_of_time)
  [ "$percent" -ge 1 ] && [ "$percent" -le 50 ] || { echo "$percent %"; return 1; }
  [ "$(value cpu.stat cpu.stat | count nr_throttled)" -ge 5 ]
}

@test "cpu: update limits what runs" {
  needs cpu
  config '.process.args = ["/bin/sh", "-c", "while :; do :; done"]'
  launch
  runtime update --cpu-period 100000 --cpu-quota 10000 "$ID"
  local percent
  percent=$(share_of_time)
  [ "$percent" -ge 1 ] && [ "$percent" -le 50 ] || { echo "$percent %"; return 1; }
}

@test "cpuset: nproc sees one processor, and after an update the other one" {
  needs cpuset
  [ "$(nproc)" -gt 1 ] || skip "needs two processors"
  config '.linux.resources.cpu = {cpus: "1"}'
  launch
  ask exec "$ID" sh -c 'nproc; sed -n "s/Cpus_allowed_list:.//p" /proc/self/status'
  says $'1\n1'
  runtime update --cpuset-cpus 0 "$ID"
  ask exec "$ID" sed -n 's/Cpus_allowed_list:.//p' /proc/self/status
  says 0
  same "$(sed -n 's/Cpus_allowed_list:.//p' "/proc/$(pid_of)/status")" 0
}

@test "freezer: a frozen container with processes below is ended" {
  launch
  local dir
  for dir in $(cgroups_of); do
    mkdir "$dir/below"
    [ ! -e "$dir/below/cpuset.cpus" ] || on_v2 || { cat "$dir/cpuset.cpus" >"$dir/below/cpuset.cpus"; cat "$dir/cpuset.mems" >"$dir/below/cpuset.mems"; }
  done
  runtime exec -d --cgroup below --pid-file "$TMP/pid" "$ID" sleep 1001 </dev/null >/dev/null 2>&1
  runtime pause "$ID"
  ask delete --force "$ID"
  says ''
  wait_until dead "$(<"$TMP/pid")"
}
