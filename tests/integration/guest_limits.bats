#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# Limits on a host with cgroup v2 and all its controllers: what the kernel has been told.
load helpers
load containers

limit() { cat "$(cgroups_of)/$1"; } # FILE
with() { # RESOURCES: a container that has them
  config --argjson r "$1" '.linux.resources += $r'
  launch
}
update() { runtime update -r - "$ID" <<<"$1"; } # RESOURCES
disk() { cat /sys/block/vda/dev; }

@test "memory: limit, swap apart from it, reservation" {
  with '{"memory": {"limit": 67108864, "swap": 100663296, "reservation": 33554432}}'
  same "$(limit memory.max) $(limit memory.swap.max) $(limit memory.low)" '67108864 33554432 33554432'
}

@test "memory: as much swap as memory is none" {
  with '{"memory": {"limit": 67108864, "swap": 67108864}}'
  same "$(limit memory.swap.max)" 0
}

@test "memory: no limit" {
  with '{"memory": {"limit": -1, "swap": -1}}'
  same "$(limit memory.max) $(limit memory.swap.max)" 'max max'
}

@test "cpu: shares, quota, period, burst" {
  with '{"cpu": {"shares": 1024, "quota": 50000, "period": 200000, "burst": 10000}}'
  same "$(limit cpu.max) $(limit cpu.max.burst)" '50000 200000 10000'
  [ "$(limit cpu.weight)" -ge 38 ] && [ "$(limit cpu.weight)" -le 100 ]
}

@test "cpu: idle" {
  with '{"cpu": {"idle": 1}}'
  same "$(limit cpu.idle)" 1
}

@test "cpuset: processors and memory nodes" {
  with '{"cpu": {"cpus": "0", "mems": "0"}}'
  same "$(limit cpuset.cpus) $(limit cpuset.mems)" '0 0'
}

@test "pids" {
  with '{"pids": {"limit": 33}}'
  same "$(limit pids.max)" 33
}

@test "blockIO: the rates of a disk" {
  local device
  device=$(disk)
  with "$(jq -nc --arg d "$device" '($d | split(":") | map(tonumber)) as [$major, $minor] | {blockIO: {
    throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1048576}],
    throttleWriteBpsDevice: [{major: $major, minor: $minor, rate: 2097152}],
    throttleReadIOPSDevice: [{major: $major, minor: $minor, rate: 100}],
    throttleWriteIOPSDevice: [{major: $major, minor: $minor, rate: 200}]}}')"
  same "$(limit io.max)" "$device rbps=1048576 wbps=2097152 riops=100 wiops=200"
}

@test "blockIO: update of the rates of a disk" {
  local device
  device=$(disk)
  launch
  update "{\"blockIO\": {\"throttleWriteBpsDevice\": [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 1048576}]}}"
  same "$(limit io.max)" "$device rbps=max wbps=1048576 riops=max wiops=max"
}

@test "blockIO: a disk that writes no faster than allowed" {
  local device began
  device=$(disk)
  config --arg s 'dd if=/dev/zero of=/file bs=64k count=16 conv=fsync 2>/dev/null; : >/done; exec sleep 1000' \
    '.process.args = ["/bin/sh", "-c", $s]'
  began=$(date +%s%N)
  with "{\"blockIO\": {\"throttleWriteBpsDevice\": [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 262144}]}}"
  while [ ! -e "$ROOTFS/done" ]; do sleep 0.05; done
  [ $(($(date +%s%N) - began)) -ge 2500000000 ] # 1 MB at 256 KB a second
}

@test "hugepages" {
  with '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
  same "$(limit hugetlb.2MB.max)" 4194304
}

@test "unified: memory.high, which is felt" {
  config --arg s 'dd if=/dev/zero of=/dev/shm/x bs=1M count=9 2>/dev/null; : >/done; exec sleep 1000' \
    '.process.args = ["/bin/sh", "-c", $s]'
  with '{"unified": {"memory.high": "8388608", "pids.max": "44"}}'
  same "$(limit memory.high) $(limit pids.max)" '8388608 44'
  felt() { [ "$(awk '$1 == "high" { print $2 }' "$(cgroups_of)/memory.events")" -ge 1 ]; }
  wait_until felt
}

@test "unified: a file of a controller that does not exist is refused" {
  config '.linux.resources.unified = {"nothing.max": "1"}'
  start
  exits 1
  refused 'nothing'
}

@test "update: everything at once" {
  with '{"memory": {"limit": 33554432}, "pids": {"limit": 20}, "cpu": {"quota": 500000, "period": 1000000}}'
  update '{"memory": {"limit": 50331648, "swap": 67108864, "reservation": 16777216}, "pids": {"limit": 10},
    "cpu": {"quota": 300000, "period": 500000, "cpus": "0"}, "unified": {"memory.high": "41943040"}}'
  same "$(limit memory.max) $(limit memory.swap.max) $(limit memory.low) $(limit pids.max)" \
    '50331648 16777216 16777216 10'
  same "$(limit cpu.max) $(limit cpuset.cpus) $(limit memory.high)" '300000 500000 0 41943040'
}

@test "update: what is not named stays" {
  with '{"pids": {"limit": 20}, "cpu": {"quota": 500000, "period": 1000000, "shares": 512}}'
  local weight
  weight=$(limit cpu.weight)
  runtime update --cpu-period 900000 "$ID"
  same "$(limit cpu.max) $(limit cpu.weight) $(limit pids.max)" "500000 900000 $weight 20"
  runtime update --cpu-quota -1 "$ID"
  same "$(limit cpu.max)" 'max 900000'
}

@test "update: memory below what is used is refused when that is to be looked at, and the old limit stays" {
  with '{"memory": {"limit": 33554432}}'
  run --separate-stderr runtime update -r - "$ID" <<<'{"memory": {"limit": 4096, "checkBeforeUpdate": true}}'
  exits 1
  refused 'memory'
  same "$(limit memory.max)" 33554432
}

@test "a cgroup of the root whose controllers nobody had asked for" {
  config --arg p "/$TOKEN-p/q/x" '.linux.cgroupsPath = $p'
  with '{"memory": {"limit": 67108864}, "pids": {"limit": 20}}'
  same "$(limit memory.max) $(limit pids.max)" '67108864 20'
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "a cgroup whose place was chosen has every controller, limits or not" {
  config --arg p "/$TOKEN-p/q" '.linux.cgroupsPath = $p'
  launch
  same "$(limit cgroup.controllers)" "$(cat /sys/fs/cgroup/cgroup.controllers)"
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "events --stats: numbers of each controller" {
  with '{"memory": {"limit": 67108864}, "pids": {"limit": 20}}'
  ask events --stats "$ID"
  ok
  same "$(jq -c '.data | [.memory.usage.limit, .pids.limit, .pids.current]' <<<"$output")" '[67108864,20,1]'
  same "$(jq '.data.cpu.usage.total > 0 and .data.memory.usage.usage > 0' <<<"$output")" true
}
