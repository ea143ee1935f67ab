#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# linux.resources: what is asked for is there, and what the host cannot give is an error.
# Legs: short v2
load helpers
load containers

on_v2() { [[ $LEG == v2* ]]; }
needs_v1() { if on_v2 || [ ! -d /sys/fs/cgroup/memory ]; then skip "needs the controllers of cgroup v1"; fi; }
needs_v2() { on_v2 || skip "needs cgroup v2"; }

resources() { config --argjson r "$1" '.linux.resources += $r'; }
# The container is not made, and the error names the field.
is_refused() { # RESOURCES REGEX
  resources "$1"
  config '.process.args = ["/bin/true"]'
  ask run -b "$BUNDLE" "$ID"
  exits 1
  refused "$2"
  gone
}

@test "memory: what is asked of v1 besides limits" {
  needs_v1
  resources '{"memory": {"swappiness": 30, "disableOOMKiller": true, "useHierarchy": true, "kernelTCP": 50003968}}'
  launch
  same "$(limit memory.swappiness) $(limit memory.use_hierarchy) $(head -n 1 "$(file_of memory.oom_control)")" \
    '30 1 oom_kill_disable 1'
  is_husk || return 0 # runc leaves kernelTCP out
  same "$(limit memory.kmem.tcp.limit_in_bytes)" 50003968
}

@test "memory: nothing asked for is fine everywhere" {
  resources '{"memory": {"disableOOMKiller": false, "useHierarchy": false, "kernelTCP": 0, "swappiness": null},
              "network": {}, "hugepageLimits": [], "rdma": {}, "blockIO": {"leafWeight": 0},
              "cpu": {"realtimeRuntime": 0, "realtimePeriod": 0, "shares": 0}}'
  launch
}

@test "memory.kernel: a warning, as no kernel has it" {
  resources '{"memory": {"kernel": 50003968}}'
  config '.process.args = ["/bin/true"]'
  ask run -b "$BUNDLE" "$ID"
  ok
  [[ $stderr == *level=warning*[Kk]ernel* ]]
}

@test "v2: swappiness is refused" {
  needs_v2
  is_refused '{"memory": {"swappiness": 60}}' '/linux/resources/memory/swappiness: not possible on cgroup v2'
}

@test "v2: disableOOMKiller is refused" {
  needs_v2
  is_refused '{"memory": {"disableOOMKiller": true}}' '/linux/resources/memory/disableOOMKiller: not possible on cgroup v2'
}

@test "v2: kernelTCP is refused" {
  needs_v2
  is_refused '{"memory": {"kernelTCP": 1000000}}' '/linux/resources/memory/kernelTCP: not possible on cgroup v2'
}

@test "v2: realtime limits are refused" {
  needs_v2
  is_refused '{"cpu": {"realtimePeriod": 1000000}}' '/linux/resources/cpu/realtimePeriod: not possible on cgroup v2'
}

@test "v2: network classes are refused" {
  needs_v2
  is_refused '{"network": {"classID": 7}}' '/linux/resources/network/classID: not possible on cgroup v2'
}

@test "v2: leaf weights are refused" {
  needs_v2
  is_refused '{"blockIO": {"leafWeight": 30}}' '/linux/resources/blockIO/leafWeight: not possible on cgroup v2'
}

@test "a controller that v1 hosts rarely mount: says which" {
  needs_v1
  [ ! -d /sys/fs/cgroup/net_cls ] || skip "it is mounted"
  is_refused '{"network": {"classID": 7}}' 'net_cls'
}

@test "rdma: refused where there is none" {
  grep -q '^rdma' /proc/cgroups && skip "the kernel has it"
  is_refused '{"rdma": {"mlx5_0": {"hcaHandles": 3}}}' 'rdma'
}

@test "rdma: an entry without a limit is refused" {
  is_husk || skip "runc writes an empty one"
  is_refused '{"rdma": {"mlx5_0": {}}}' '/linux/resources/rdma/mlx5_0: must have hcaHandles or hcaObjects'
}

@test "huge pages: used and reserved ones" {
  needs_v2
  grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers || skip "no hugetlb controller"
  resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
  launch
  same "$(limit hugetlb.2MB.max) $(limit hugetlb.2MB.rsvd.max)" '4194304 4194304'
}

@test "huge pages: a size that the host does not have is refused" {
  is_refused '{"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}' 'hugetlb'
}

@test "cpu shares that the kernel would change" {
  needs_v1
  is_refused '{"cpu": {"shares": 1}}' 'the minimum allowed cpu-shares is 2'
}

@test "pids: no process at all means the container's own" {
  needs_v1
  is_husk || skip "runc before 1.4 takes it for no limit"
  resources '{"pids": {"limit": 0}}'
  launch
  same "$(limit pids.max)" 1
}

@test "devices: the letter a in an access" {
  config '.linux.resources.devices = [{allow: false, access: "rwm"},
          {allow: false, type: "c", major: 1, minor: 11, access: "rwa"}]'
  launch
  same "$(phase)" running
}
