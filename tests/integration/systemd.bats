#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # (set by run; expanded inside; each test is a shell of its own)
# The systemd driver with a real systemd, on cgroup v2: runs in the guest.
load helpers
load containers
load systemd

setup() {
  if [ ! -d /run/systemd/system ] || [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then skip "needs systemd on v2"; fi
  systemd_setup
}
teardown() { [ -z "${UNIT:-}" ] || systemd_teardown; }
file() { cat "/sys/fs/cgroup/system.slice/$UNIT/$1"; }

@test "a container is a scope of the system's slice, delegated" {
  launch
  same "$(value Slice) $(value Delegate) $(value ActiveState)" 'system.slice yes active'
  same "$(cat "/proc/$(pid_of)/cgroup")" "0::/system.slice/$UNIT"
}

@test "slice, prefix and name of cgroupsPath" {
  config --arg t "$TOKEN" '.linux.cgroupsPath = "machine.slice:pre:" + $t'
  UNIT=pre-$TOKEN.scope
  launch
  same "$(value Slice)" machine.slice
  same "$(cat "/proc/$(pid_of)/cgroup")" "0::/machine.slice/$UNIT"
}

@test "limits are in the unit and in the files" {
  config '.linux.resources += {memory: {limit: 33554432, reservation: 16777216, swap: 50331648}, pids: {limit: 20},
          cpu: {shares: 2048, quota: 50000, period: 100000, cpus: "0"}}'
  launch
  same "$(value MemoryMax) $(value MemoryLow) $(value MemorySwapMax) $(value TasksMax)" '33554432 16777216 16777216 20'
  same "$(value CPUQuotaPerSecUSec) $(value AllowedCPUs)" '500ms 0'
  same "$(value CPUWeight)" "$(file cpu.weight)"
  same "$(file memory.max) $(file memory.low) $(file pids.max) $(file cpu.max) $(file cpuset.cpus)" \
    '33554432 16777216 20 50000 100000 0'
}

@test "a reload of systemd and a property set by hand take no limit away" {
  config '.linux.resources += {memory: {limit: 33554432}, pids: {limit: 20}, cpu: {quota: 50000, period: 100000}}'
  launch
  systemctl daemon-reload
  systemctl set-property --runtime "$UNIT" CPUWeight=50
  same "$(file memory.max) $(file pids.max) $(file cpu.max) $(file cpu.weight)" '33554432 20 50000 100000 50'
}

@test "nor the rules about devices" {
  config '.process.args = ["/bin/sh", "-c", "mknod /dev/kmsg2 c 1 11; while sleep 0.1; do cat /go 2>/dev/null && break; done;
    (: </dev/kmsg2) 2>/dev/null; echo $? >/answer; sleep 1000"]
    | .process.capabilities[] += ["CAP_MKNOD"] | .root.readonly = false
    | .linux.resources.devices = [{allow: false, access: "rwm"}]'
  launch
  systemctl daemon-reload
  systemctl set-property --runtime "$UNIT" CPUWeight=50
  touch "$ROOTFS/go"
  wait_until [ -s "$ROOTFS/answer" ]
  differ "$(cat "$ROOTFS/answer")" 0
}

@test "update changes the unit and the files" {
  launch
  ask update --memory 64M --pids-limit 30 "$ID"
  says ''
  same "$(value MemoryMax) $(value TasksMax)" '67108864 30'
  same "$(file memory.max) $(file pids.max)" '67108864 30'
}

@test "keys of unified" {
  config '.linux.resources.unified = {"memory.high": "20M", "pids.max": "25"}'
  launch
  same "$(value MemoryHigh) $(value TasksMax)" '20971520 25'
  same "$(file memory.high) $(file pids.max)" '20971520 25'
}

@test "annotations are properties" {
  config '.annotations = {"org.systemd.property.TimeoutStopSec": "7", "org.systemd.property.Description": "\u0027it is\u0027"}'
  launch
  same "$(value TimeoutStopUSec) $(value Description)" '7s it is'
}

@test "a property that systemd does not know is refused in its words, and nothing stays" {
  config '.annotations = {"org.systemd.property.NoSuch": "true"}'
  ask run -b "$BUNDLE" "$ID"
  exits 1
  refused 'unable to start unit .*NoSuch'
}

@test "delete leaves no unit and no cgroup" {
  launch
  end_of
  runtime delete "$ID"
  same "$(systemctl list-units --all --no-legend "$UNIT")" ''
  [ ! -e "/sys/fs/cgroup/system.slice/$UNIT" ]
}

@test "CPU time is counted as systemd counts it, in the unit and in the file" {
  config '.linux.resources.cpu = {quota: 500000, period: 900000}'
  launch
  same "$(value CPUQuotaPerSecUSec)" 560ms
  same "$(file cpu.max)" '504000 900000'
  runtime update --cpu-quota 600000 "$ID"
  same "$(file cpu.max)" '603000 900000'
}

@test "idle: a weight beside it is left out, and one after it ends it" {
  launch
  ask update --cpu-share 200 --cpu-idle 1 "$ID"
  ok
  [[ $stderr == *'unable to apply both'* ]]
  same "$(file cpu.idle)" 1
  runtime update --cpu-share 1024 "$ID"
  same "$(file cpu.idle) $(file cpu.weight)" '0 100'
}

@test "a unit that failed stays for as long as its container" {
  config '.annotations = {"org.systemd.property.RuntimeMaxSec": "1", "org.systemd.property.TimeoutStopSec": "1"}'
  launch
  wait_until is_phase stopped
  wait_until systemctl is-failed --quiet "$UNIT"
  runtime delete "$ID"
  same "$(systemctl list-units --all --no-legend "$UNIT")" ''
}

@test "a frozen cgroup in the unit's place is refused, and left alone" {
  mkdir "/sys/fs/cgroup/system.slice/$UNIT"
  echo 1 >"/sys/fs/cgroup/system.slice/$UNIT/cgroup.freeze"
  ask run -b "$BUNDLE" "$ID"
  exits 1
  refused "container's cgroup unexpectedly frozen.*$UNIT"
  rmdir "/sys/fs/cgroup/system.slice/$UNIT"
}

@test "a unit of that name is an error" {
  systemd-run --quiet --scope --unit="$UNIT" sleep 1000 3>&- >/dev/null 2>&1 &
  wait_until systemctl is-active --quiet "$UNIT"
  ask run -b "$BUNDLE" "$ID"
  systemctl stop "$UNIT"
  exits 1
  refused "container's cgroup is not empty: 1 process.*$UNIT"
}
