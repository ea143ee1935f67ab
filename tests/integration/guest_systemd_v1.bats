#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # (set by run; expanded inside; each test is a shell of its own)
# The systemd driver on cgroup v1: systemd has a tree of its own (name=systemd) and uses some controllers.
load helpers
load containers
load systemd

setup() { systemd_setup; }
teardown() { systemd_teardown; }
file() { cat "/sys/fs/cgroup/$1/system.slice/$UNIT/$2"; } # CONTROLLER FILE

@test "a scope, and a cgroup of its name in every hierarchy" {
  launch
  same "$(value Slice) $(value Delegate) $(value ActiveState)" 'system.slice yes active'
  grep -qx "1:name=systemd:/system.slice/$UNIT" "/proc/$(pid_of)/cgroup"
  same "$(grep -vc ":/system.slice/$UNIT\$" "/proc/$(pid_of)/cgroup")" 0
}

@test "limits are in the unit and in the files, and stay when systemd reloads" {
  config '.linux.resources += {pids: {limit: 20}, cpu: {shares: 2048, quota: 50000, period: 100000}}'
  launch
  systemctl daemon-reload
  systemctl set-property --runtime "$UNIT" BlockIOAccounting=yes
  same "$(value TasksMax) $(value CPUShares) $(value CPUQuotaPerSecUSec)" '20 2048 500ms'
  same "$(file pids pids.max) $(file cpu cpu.shares) $(file cpu cpu.cfs_quota_us)" '20 2048 50000'
}

@test "the rules about devices stay when systemd reloads" {
  config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "r"}]'
  launch
  local before
  before=$(file devices devices.list)
  [[ $before == *'c 1:11 r'* && $before != *'a *:* rwm'* ]]
  systemctl daemon-reload
  systemctl set-property --runtime "$UNIT" BlockIOAccounting=yes
  same "$(file devices devices.list | sort)" "$(sort <<<"$before")"
}

@test "update changes the unit and the files" {
  launch
  ask update --pids-limit 30 --cpu-share 512 "$ID"
  says ''
  same "$(value TasksMax) $(value CPUShares)" '30 512'
  same "$(file pids pids.max) $(file cpu cpu.shares)" '30 512'
}

@test "exec joins every hierarchy" {
  launch
  ask exec "$ID" cat /proc/self/cgroup
  says "$(cat "/proc/$(pid_of)/cgroup")"
}

@test "a paused container is deleted by force: no unit, no cgroup" {
  launch
  ask pause "$ID"
  says ''
  same "$(file freezer freezer.state)" FROZEN
  ask delete --force "$ID"
  says ''
  same "$(systemctl list-units --all --no-legend "$UNIT")" ''
  same "$(find /sys/fs/cgroup -type d -name "$UNIT")" ''
}

@test "a limit of a controller that the host does not have is refused" {
  [ ! -e /sys/fs/cgroup/memory/cgroup.procs ] || skip "it has that of memory"
  config '.linux.resources.memory = {limit: 33554432}'
  ask run -b "$BUNDLE" "$ID"
  exits 1
  refused memory
}
