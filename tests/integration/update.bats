#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# husk update
# Legs: short v2
load helpers
load containers

# Limits whose change can be seen, and a container with them.
limited() {
  if [[ $LEG == v2* ]] || [ ! -d /sys/fs/cgroup/memory ]; then skip "needs the controllers of cgroup v1"; fi
  config '.linux.resources += {memory: {limit: 33554432, reservation: 25165824}, pids: {limit: 20},
          cpu: {shares: 100, quota: 500000, period: 1000000}}'
  launch
}
updates() { # ARG...
  ask update "$@"
  says ''
}
cpu_limits() { echo "$(limit cpu.cfs_quota_us) $(limit cpu.cfs_period_us) $(limit cpu.shares)"; }

@test "options behind the id: pids" {
  limited
  updates "$ID" --pids-limit 10
  same "$(limit pids.max)" 10
}

@test "pids: no limit" {
  limited
  updates --pids-limit -1 "$ID"
  same "$(limit pids.max)" max
}

@test "pids: 0 is a limit, and not \"as it is\"" { # (written as 1, as runc does: a cgroup that has a process has no room either way)
  limited
  updates --pids-limit 0 "$ID"
  same "$(limit pids.max)" 1
  updates --pids-limit 10 "$ID"
  runtime update --resources - "$ID" <<<'{"pids": {"limit": 0}}'
  same "$(limit pids.max)" 1
  updates --memory 50M "$ID"
  same "$(limit pids.max)" 1
}

@test "memory in bytes, and with a unit" {
  limited
  updates "$ID" --memory 67108864
  same "$(limit memory.limit_in_bytes)" 67108864
  updates "$ID" --memory 50M
  same "$(limit memory.limit_in_bytes)" 52428800
}

@test "memory: no limit" {
  limited
  updates --memory 30M --memory-swap 50M "$ID"
  updates --memory -1 "$ID"
  [ "$(limit memory.limit_in_bytes)" -gt $((1 << 60)) ]
  [ "$(limit memory.memsw.limit_in_bytes)" -gt $((1 << 60)) ]
}

@test "memory and swap, raised above the old one and lowered again" {
  limited
  local values
  for values in '30 50' '60 80' '10 20'; do
    updates --memory "${values% *}M" --memory-swap "${values#* }M" "$ID"
    same "$(limit memory.limit_in_bytes) $(limit memory.memsw.limit_in_bytes)" \
      "$((${values% *} << 20)) $((${values#* } << 20))"
  done
}

@test "memory reservation" {
  limited
  updates --memory-reservation 32M "$ID"
  same "$(limit memory.soft_limit_in_bytes)" 33554432
}

@test "memory below what is used: refused with the numbers, and it stays" {
  limited
  ask update --memory 4096 "$ID"
  exits 1
  refused 'unable to set memory limit to 4096 \(current usage: [0-9]+, peak usage: [0-9]+\)'
  same "$(limit memory.limit_in_bytes)" 33554432
}

@test "what is not named stays: period, then quota, then shares" {
  limited
  updates "$ID" --cpu-period 900000
  same "$(cpu_limits)" '500000 900000 100'
  updates "$ID" --cpu-quota 600000
  same "$(cpu_limits)" '600000 900000 100'
  updates "$ID" --cpu-quota -1
  same "$(cpu_limits)" '-1 900000 100'
  updates "$ID" --cpu-share 200
  same "$(cpu_limits)" '-1 900000 200'
}

@test "quota and period together, in whichever order the limit above allows" {
  config --arg p "/$TOKEN-p/x" '.linux.cgroupsPath = $p'
  limited
  local above
  above=$(dirname "$(dirname "$(file_of cpu.cfs_quota_us)")")
  [[ $above == *"$TOKEN-p" ]]
  echo 50000 >"$above/cpu.cfs_quota_us" # half a processor
  updates --cpu-period 10000 --cpu-quota 3000 "$ID"
  same "$(cpu_limits)" '3000 10000 100'
  updates --cpu-period 1000000 --cpu-quota 450000 "$ID"
  same "$(cpu_limits)" '450000 1000000 100'
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "burst" {
  limited
  [ -e "$(file_of cpu.cfs_burst_us)" ] || skip "the kernel has no burst"
  updates --cpu-burst 1000 "$ID"
  same "$(limit cpu.cfs_burst_us)" 1000
}

@test "idle, and back to shares" {
  limited
  [ -e "$(file_of cpu.idle)" ] || skip "the kernel has no idle cgroups"
  updates --cpu-idle 1 "$ID"
  same "$(limit cpu.idle)" 1
  updates --cpu-period 10000 "$ID"
  same "$(limit cpu.idle)" 1
  updates --cpu-idle 0 --cpu-share 300 "$ID"
  same "$(limit cpu.idle) $(limit cpu.shares)" '0 300'
}

@test "cpuset" {
  limited
  [ "$(nproc)" -gt 1 ] || skip "needs two processors"
  updates --cpuset-cpus 1 --cpuset-mems 0 "$ID"
  same "$(limit cpuset.cpus) $(limit cpuset.mems)" '1 0'
}

@test "weight of block I/O" {
  limited
  local file=blkio.bfq.weight
  file_of "$file" || file=blkio.weight
  file_of "$file" || skip "no I/O scheduler with weights"
  updates --blkio-weight 250 "$ID"
  same "$(limit "$file")" 250
}

@test "limits of one block device" {
  limited
  local device
  device=$(lsblk -dno MAJ:MIN | head -n 1 | tr -d ' ')
  [ -n "$device" ] || skip "no block device"
  runtime update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadBpsDevice\":
    [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 10485760}]}}"
  same "$(limit blkio.throttle.read_bps_device)" "$device 10485760"
}

@test "JSON from standard input" {
  limited
  runtime update --resources - "$ID" <<<'{"memory": {"limit": 41943040}, "pids": {"limit": 9}, "cpu": {"shares": 300}}'
  same "$(limit memory.limit_in_bytes) $(limit pids.max) $(limit cpu.shares)" '41943040 9 300'
}

@test "JSON from a file, and then the other options do not count" {
  limited
  echo '{"pids": {"limit": 9}}' >"$TMP/resources"
  updates -r "$TMP/resources" --memory 50M "$ID"
  same "$(limit memory.limit_in_bytes) $(limit pids.max)" '33554432 9'
}

@test "bad JSON, a bad value, no such file" {
  launch
  ask update -r "$TMP/nothing" "$ID"
  exits 1
  refused 'open .*/nothing: no such file or directory'
  echo '{"memory": {"limit": "x"}}' >"$TMP/resources"
  ask update -r "$TMP/resources" "$ID"
  exits 1
  refused 'memory.limit'
  echo '{' >"$TMP/resources"
  ask update -r "$TMP/resources" "$ID"
  refused
}

@test "bad options" {
  launch
  ask update --memory 5X "$ID"
  exits 1
  refused "invalid value for memory: invalid suffix: 'x'"
  ask update --cpu-quota 1.5 "$ID"
  exits 1
  refused 'invalid value for cpu-quota: '
  ask update --cpu-share -1 "$ID"
  refused 'invalid value for cpu-share: '
}

@test "a value that is refused: those before it are put back" {
  is_husk || skip "runc sets its own record back, and not the kernel's"
  limited
  ask update --memory 40M --cpu-quota 7 "$ID"
  exits 1
  refused 'cpu.cfs_quota_us: invalid argument'
  same "$(limit memory.limit_in_bytes) $(cpu_limits)" '33554432 500000 1000000 100'
}

@test "kernel memory: a warning and no more" {
  launch
  ask update --kernel-memory 5000 "$ID"
  ok
  [[ $stderr == *'level=warning'*'Kernel memory settings are ignored and will be removed'* ]]
}

@test "Intel RDT: refused where there is none" {
  ! grep -q ' - resctrl ' /proc/self/mountinfo || skip "there is"
  launch
  ask update --l3-cache-schema 'L3:0=1' "$ID"
  exits 1
  refused '[Ii]ntel RDT'
}

@test "a created container" {
  limited
  runtime delete --force "$ID"
  create
  updates --pids-limit 11 "$ID"
  same "$(limit pids.max)" 11
}

@test "a paused container stays paused" {
  limited
  runtime pause "$ID"
  updates --pids-limit 30 "$ID"
  same "$(limit pids.max) $(phase)" '30 paused'
}

@test "a stopped container is refused" {
  launch
  end_of
  ask update --memory 50M "$ID"
  exits 1
  refused 'container not running'
}

@test "a container that is not there" {
  ask update --memory 50M "$ID"
  exits 1
  refused 'container does not exist'
}

@test "nothing at all is no error" {
  launch
  updates "$ID"
}

# The kernel's log under another name stands for a device that nobody has allowed.
with_log_device() {
  config '.process.capabilities |= map_values(. + ["CAP_MKNOD", "CAP_SYSLOG"])'
  launch
  ask exec "$ID" mknod /tmp/log c 1 11
}
log_opens() { "$RUNTIME" --root "$ROOT" exec "$ID" sh -c ': </tmp/log' 2>/dev/null; }
log='{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rwm"}'

@test "devices: one more is allowed, and taken away again" {
  with_log_device
  run log_opens
  [ "$status" -ne 0 ]
  runtime update -r - "$ID" <<<"{\"devices\": [{\"allow\": false, \"access\": \"rwm\"}, $log]}"
  log_opens
  runtime update -r - "$ID" <<<'{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 2, "access": "m"}]}'
  run log_opens
  [ "$status" -ne 0 ]
}

@test "devices: the configured rules change nothing, as clients send all they know" {
  with_log_device
  local devices before=''
  devices=$(jq -c '{devices: .linux.resources.devices}' "$BUNDLE/config.json")
  before=$(file_of devices.list) && before=$(<"$before")
  runtime update -r - "$ID" <<<"$devices"
  run log_opens
  [ "$status" -ne 0 ]
  [ -z "$before" ] || same "$(limit devices.list)" "$before"
}

@test "devices: back to the configured rules, after others" {
  with_log_device
  runtime update -r - "$ID" <<<'{"devices": [{"allow": true, "access": "rwm"}]}'
  log_opens
  runtime update -r - "$ID" <<<"$(jq -c '{devices: .linux.resources.devices}' "$BUNDLE/config.json")"
  run log_opens
  [ "$status" -ne 0 ]
}

@test "unified: any file of cgroup v2" {
  [[ $LEG == v2* ]] || skip "needs cgroup v2"
  launch
  runtime update -r - "$ID" <<<'{"unified": {"cgroup.max.depth": "3"}}'
  same "$(limit cgroup.max.depth)" 3
}

@test "a controller that the host does not have: says which" {
  [[ $LEG == v2* ]] || skip "needs cgroup v2"
  launch
  ! file_of memory.max || skip "it has it"
  ask update --memory 50M "$ID"
  exits 1
  refused 'memory.max: no such file or directory'
}

@test "names of members in any case" {
  limited
  runtime update -r - "$ID" <<<'{"Memory": {"LIMIT": 41943040}, "PIDS": {"Limit": 9}}'
  same "$(limit memory.limit_in_bytes) $(limit pids.max)" '41943040 9'
}

@test "huge pages" {
  is_husk || skip "runc does not change them"
  [[ $LEG == v2* ]] && grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers || skip "needs the hugetlb controller"
  config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
  launch
  runtime update -r - "$ID" <<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}'
  same "$(limit hugetlb.2MB.max) $(limit hugetlb.2MB.rsvd.max)" '2097152 2097152'
}

@test "what cgroup v2 does not have is refused" {
  is_husk || skip "runc leaves it out"
  [[ $LEG == v2* ]] || skip "needs cgroup v2"
  launch
  echo '{"memory": {"swappiness": 3}}' >"$TMP/resources"
  ask update -r "$TMP/resources" "$ID"
  exits 1
  refused '/linux/resources/memory/swappiness: not possible on cgroup v2'
}
