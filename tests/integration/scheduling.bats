#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# Scheduler, I/O priority, memory policy, CPUs and clocks, read back from the kernel by a program inside: of the container's
# own process and of one that exec adds.
# Legs: short long
load helpers
load containers
load exec

setup() {
  prepare
  bundle_busybox
  cp "$HELPERS/attributes" "$ROOTFS/bin/"
  cp "$BUNDLE/config.json" "$TMP/without-budget.json"
  # Where the kernel has budgets of real time, a cgroup has none unless asked.
  [ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || config '.linux.resources.cpu.realtimeRuntime = 10000'
  cp "$BUNDLE/config.json" "$TMP/plain.json"
}

# what WORD JQ-FILTER: what the kernel says about the process when the configuration is changed by the filter.
what() {
  config "$2 | .process.args = [\"/bin/attributes\", \"$1\"]"
  start
  cp "$TMP/plain.json" "$BUNDLE/config.json"
}
gives() { # WORD JQ-FILTER TEXT
  what "$1" "$2"
  says "$3" || { echo "with: $2"; return 1; }
}
not() { # WORD JQ-FILTER REGEX
  what "$1" "$2"
  refused "$3" || { echo "with: $2"; return 1; }
}
added() { # WORD JQ-FILTER TEXT: of a process that exec adds
  process "$2 | .args = [\"/bin/attributes\", \"$1\"]"
  ask exec -p "$TMP/process.json" "$ID"
  says "$3" || { echo "with: $2"; return 1; }
}
sleeper() { config '.process.args = ["/bin/sleep", "1000"]' && launch; }

policies() { # CHECK PREFIX: policy flags nice priority runtime deadline period
  local slice
  slice=$("$HELPERS/attributes" scheduler | cut -d' ' -f5) # of ordinary processes, since Linux 6.12
  $1 scheduler "$2.scheduler = {policy: \"SCHED_OTHER\", nice: -5}" "0 0 -5 0 $slice 0 0"
  $1 scheduler "$2.scheduler = {policy: \"SCHED_BATCH\", nice: 19}" "3 0 19 0 $slice 0 0"
  $1 scheduler "$2.scheduler = {policy: \"SCHED_IDLE\"}" "5 0 $(nice) 0 $slice 0 0" # (nice is the caller's: the kernel sets none for it)
  $1 scheduler "$2.scheduler = {policy: \"SCHED_FIFO\", priority: 1}" '1 0 0 1 0 0 0'
  $1 scheduler "$2.scheduler = {policy: \"SCHED_RR\", priority: 99}" '2 0 0 99 0 0 0'
}

@test "scheduler: every policy" { policies gives .process; }

@test "scheduler: every policy, exec" {
  sleeper
  policies added ''
}

@test "scheduler: deadline, run and exec" {
  local all='{policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 30000000, period: 40000000}'
  gives scheduler ".process.scheduler = $all" '6 0 0 0 2000000 30000000 40000000'
  sleeper
  added scheduler ".scheduler = $all | .scheduler.flags = [\"SCHED_FLAG_RECLAIM\"]" '6 2 0 0 2000000 30000000 40000000'
}

@test "scheduler: deadline without a period has the deadline as its period" {
  gives scheduler '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 30000000}' \
    '6 0 0 0 2000000 30000000 30000000'
}

@test "scheduler: flags" {
  gives scheduler '.process.scheduler = {policy: "SCHED_FIFO", priority: 7, flags: ["SCHED_FLAG_RESET_ON_FORK"]}' '1 1 0 7 0 0 0'
  gives scheduler '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 30000000, period: 30000000,
    flags: ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]}' '6 7 0 0 2000000 30000000 30000000'
}

@test "scheduler: flags that keep the policy, or policy and parameters" {
  local slice
  slice=$("$HELPERS/attributes" scheduler | cut -d' ' -f5)
  gives scheduler '.process.scheduler = {policy: "SCHED_BATCH", nice: 4, flags: ["SCHED_FLAG_KEEP_POLICY"]}' "0 0 4 0 $slice 0 0"
  gives scheduler '.process.scheduler = {policy: "SCHED_BATCH", nice: 4, flags: ["SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS"]}' \
    "0 0 $(nice) 0 $slice 0 0"
}

# The specification names the flags and has no values for them. Not every kernel can.
@test "scheduler: flags of utilization reach the kernel in the form that it wants" {
  local flag
  for flag in MIN MAX; do
    what scheduler ".process.scheduler = {policy: \"SCHED_OTHER\", flags: [\"SCHED_FLAG_UTIL_CLAMP_$flag\"]}"
    [ "$status" -eq 0 ] || refused 'operation not supported'
  done
}

@test "scheduler: what cannot be is refused with a sentence" {
  not scheduler '.process.scheduler = {policy: "SCHED_EXT"}' 'SCHED_EXT'
  not scheduler '.process.scheduler = {policy: "SCHED_OTHER", nice: 20}' 'nice.*20'
  not scheduler '.process.scheduler = {policy: "SCHED_BATCH", nice: -21}' 'nice.*-21'
  not scheduler '.process.scheduler = {policy: "SCHED_BATCH", priority: 3}' 'SCHED_FIFO or SCHED_RR'
  not scheduler '.process.scheduler = {policy: "SCHED_FIFO", priority: 100}' '1\.\.99'
  not scheduler '.process.scheduler = {policy: "SCHED_RR"}' '1\.\.99'
  not scheduler '.process.scheduler = {policy: "SCHED_OTHER", runtime: 5}' 'SCHED_DEADLINE'
  not scheduler '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 3000000, deadline: 2000000}' 'above the deadline'
  not scheduler '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 3000000, period: 2000000}' 'above the period'
  not scheduler '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_NONE"]}' 'SCHED_FLAG_NONE'
  not scheduler '.process.scheduler = {policy: "SCHED_ISO"}' 'invalid argument' # known to the specification, to no kernel
}

@test "scheduler: deadline beside a cpuset is refused as by runc" {
  [ -d /sys/fs/cgroup/cpuset ] || skip "needs the cpuset controller"
  [ "$(nproc)" -gt 1 ] || skip "needs two processors"
  not scheduler '.linux.resources.cpu.cpus = "0"
    | .process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 30000000}' \
    "process scheduler can't be used together with AllowedCPUs"
}

@test "scheduler and ioPriority: exec has those of process.json, and without any the container's" {
  config '.process.scheduler = {policy: "SCHED_BATCH", nice: 3} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 2}'
  sleeper
  local slice
  slice=$("$HELPERS/attributes" scheduler | cut -d' ' -f5)
  added scheduler 'del(.scheduler)' "3 0 3 0 $slice 0 0"
  added scheduler '.scheduler = {policy: "SCHED_OTHER", nice: 2}' "0 0 2 0 $slice 0 0"
  added io 'del(.ioPriority)' '2 2'
  added io '.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 5}' '2 5'
}

@test "scheduler: a real-time policy without time for it on cgroup v1: the sentence says what is missing" {
  [ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "needs a kernel with budgets of real time"
  cp "$TMP/without-budget.json" "$BUNDLE/config.json"
  not scheduler '.process.scheduler = {policy: "SCHED_FIFO", priority: 1}' 'operation not permitted|realtimeRuntime'
  ! is_husk || refused realtimeRuntime
}

@test "ioPriority: every class, from 0 to 7" {
  local class=0 name level
  for name in RT BE IDLE; do
    class=$((class + 1))
    for level in 0 7; do
      gives io ".process.ioPriority = {class: \"IOPRIO_CLASS_$name\", priority: $level}" "$class $level"
    done
  done
}

@test "ioPriority: exec" {
  sleeper
  added io '.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 3}' '1 3'
  added io '.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}' '3 0'
}

@test "ioPriority: what cannot be is refused" {
  not io '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}' '8.*0\.\.7'
  not io '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: -1}' '-1.*0\.\.7'
  not io '.process.ioPriority = {class: "IOPRIO_CLASS_NONE", priority: 0}' 'IOPRIO_CLASS_NONE'
}

memory() { gives memory ".linux.memoryPolicy = $1" "$2"; }
has_numa() { [ -e /proc/self/numa_maps ] || skip "a kernel without memory policies"; }

@test "memoryPolicy: every mode" {
  has_numa
  memory '{mode: "MPOL_DEFAULT"}' '0 0'
  memory '{mode: "MPOL_PREFERRED", nodes: "0"}' '1 1'
  memory '{mode: "MPOL_BIND", nodes: "0"}' '2 1'
  memory '{mode: "MPOL_INTERLEAVE", nodes: "0"}' '3 1'
  memory '{mode: "MPOL_LOCAL"}' '4 0'
  memory '{mode: "MPOL_PREFERRED_MANY", nodes: "0"}' '5 1'
  memory '{mode: "MPOL_PREFERRED"}' '4 0' # of no node: the kernel's name for that is "local"
  what memory '.linux.memoryPolicy = {mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0"}'
  [ "$status" -ne 0 ] || says '6 1' # since Linux 6.9
}

@test "memoryPolicy: every flag" {
  has_numa
  memory '{mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}' "$((2 + (1 << 15))) 1"
  memory '{mode: "MPOL_INTERLEAVE", nodes: "0", flags: ["MPOL_F_RELATIVE_NODES"]}' "$((3 + (1 << 14))) 1"
  what memory '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_NUMA_BALANCING"]}'
  [ "$status" -ne 0 ] || says "$((2 + (1 << 13))) 1"
}

@test "memoryPolicy: exec has the container's" {
  has_numa
  config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
  sleeper
  added memory . '2 1'
}

@test "memoryPolicy: what cannot be is refused, in runc's words" {
  has_numa
  not memory '.linux.memoryPolicy = {mode: "MPOL_DEFAULT", nodes: "0"}' 'mode requires 0 nodes but got 1'
  not memory '.linux.memoryPolicy = {mode: "MPOL_LOCAL", nodes: "0-1"}' 'mode requires 0 nodes but got 2'
  not memory '.linux.memoryPolicy = {mode: "MPOL_BIND"}' 'mode requires at least one node but got 0'
  not memory '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "x"}' 'invalid memory policy nodes'
  not memory '.linux.memoryPolicy = {mode: "bind", nodes: "0"}' 'invalid memory policy mode'
  not memory '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_X"]}' 'invalid memory policy flag'
  not memory '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0",
    flags: ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}' 'invalid argument'
  not memory '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "900"}' 'invalid argument'
}

@test "execCPUAffinity: lists beyond what the machine has" {
  sleeper
  local here
  here=$("$HELPERS/attributes" processors)
  added processors '.execCPUAffinity = {initial: "0-65535", final: "0-4095,8191"}' "$here"
  added processors '.execCPUAffinity = {initial: "0", final: " 0 , 1024-1030,"}' 1
  added processors '.execCPUAffinity = {final: "0,65535"}' 1
}

@test "execCPUAffinity: bad lists are refused" {
  sleeper
  local list
  for list in x 1- -1 3-1 0-65536 ','; do
    process ".execCPUAffinity = {initial: \"$list\"}"
    ask exec -p "$TMP/process.json" "$ID"
    fails 'is not a list of CPUs'
    process ".execCPUAffinity = {final: \"$list\"}"
    ask exec -p "$TMP/process.json" "$ID"
    fails 'is not a list of CPUs'
  done
}

# ------------------------------------------------------------------------------------------------ clocks

# clocks_of COMMAND...: how far the clocks inside are from ours, in tenths of a second.
difference() { # MONOTONIC-INSIDE BOOTTIME-INSIDE
  local now
  now=$("$HELPERS/attributes" clocks)
  echo "$((($1 - ${now% *} + 50000000) / 100000000)) $((($2 - ${now#* } + 50000000) / 100000000))"
}
near() { # GOT WANTED: not more than two seconds later than it should be
  [ "$1" -le $((${2} + 1)) ] && [ "$1" -ge $((${2} - 20)) ] || { echo "expected about $2, got $1"; return 1; }
}
offset() { # TEXT-OF-CLOCKS TENTHS-MONOTONIC TENTHS-BOOTTIME
  local both
  # shellcheck disable=SC2086 # two words
  both=$(difference $1)
  near "${both% *}" "$2" && near "${both#* }" "$3"
}

@test "clocks: both, forwards and back, with nanoseconds; exec is in the same namespace" {
  add_namespace time
  config '.linux.timeOffsets = {monotonic: {secs: 5000, nanosecs: 500000000}, boottime: {secs: -7, nanosecs: 300000000}}'
  sleeper
  ask exec "$ID" attributes clocks
  ok
  offset "$output" 50005 -67
  same "$(sed 's/  */ /g' "/proc/$(pid_of)/timens_offsets")" $'monotonic 5000 500000000\nboottime -7 300000000'
  same "$(readlink "/proc/$(pid_of)/ns/time")" "$(readlink "/proc/$(pid_of)/ns/time_for_children")"
}

@test "clocks: further back than the machine runs is refused" {
  add_namespace time
  config '.linux.timeOffsets = {monotonic: {secs: -1000000000}}'
  start
  refused 'numerical result out of range'
}

@test "clocks: nanoseconds beyond a second are refused" {
  add_namespace time
  config '.linux.timeOffsets = {boottime: {secs: 1, nanosecs: 1000000000}}'
  start
  refused 'out of range'
}

@test "clocks: a clock that has no offset is refused" {
  add_namespace time
  config '.linux.timeOffsets = {realtime: {secs: 1}}'
  start
  refused 'realtime'
}

@test "clocks: in a new user namespace, and those of a joined time namespace" {
  user_namespace
  add_namespace time
  config '.linux.timeOffsets = {monotonic: {secs: 60}, boottime: {secs: 70}}'
  sleeper
  ask exec "$ID" attributes clocks
  offset "$output" 600 700
  cp "$TMP/plain.json" "$BUNDLE/config.json"
  add_namespace time "/proc/$(pid_of)/ns/time"
  config '.process.args = ["/bin/attributes", "clocks"]'
  ask run -b "$BUNDLE" "$ID-b"
  offset "$output" 600 700
}
