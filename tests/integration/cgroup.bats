#!/usr/bin/env bats
# The container's cgroup: made, joined, shown, removed. (Limits are another matter.)
load helpers

# The directories of the host where this test's cgroup exists.
groups_of() { find /sys/fs/cgroup -maxdepth 5 -type d -name "$1" 2>/dev/null; }

@test "the process is in a cgroup of its own, named after the container" {
  bundle_busybox
  inside 'cat /proc/self/cgroup'
  has "/$ID"
}

@test "cgroupsPath" {
  bundle_busybox
  config --arg p "/$TOKEN-parent/leaf" '.linux.cgroupsPath = $p'
  inside 'cat /proc/self/cgroup'
  has "/$TOKEN-parent/leaf"
  remove_cgroups "$TOKEN-parent" # the parent is not the runtime's to remove
}

@test "every hierarchy of the host: v1" {
  [[ $LEG != v2* ]] && [ -d /sys/fs/cgroup/memory ] || skip "needs cgroup v1"
  bundle_busybox
  inside 'cat /proc/self/cgroup'
  local line
  while IFS=: read -r _ line _; do
    [ -z "$line" ] || [[ $output =~ :$line:[^$'\n']*/$ID ]] || { echo "not in $line"; show; return 1; }
  done < <(grep -E ':(cpu|cpuacct|cpuset|memory|devices|freezer|blkio|pids):' /proc/self/cgroup)
}

@test "it is removed when the container ends" {
  bundle_busybox
  start
  ok
  same "$(groups_of "$ID")" ''
}

@test "it is removed with what was made below it" {
  bundle_busybox
  config --arg p "/$TOKEN" '.linux.cgroupsPath = $p'
  add_namespace cgroup # without it, on v2, the whole tree of the machine would be there to make something below
  config '(.mounts[] | select(.type == "cgroup") | .options) |= map(select(. != "ro"))'
  inside 'find /sys/fs/cgroup -maxdepth 2 -type d | while read -r d; do mkdir "$d/below" 2>/dev/null; done; true'
  ok
}

@test "it is removed when the start fails" {
  bundle_busybox
  config '.process.args = ["/no/such/program"]'
  start
  refused
  same "$(groups_of "$ID")" ''
}

@test "a process that outlives the first one is ended (shared pid namespace)" {
  bundle_busybox
  drop_namespace pid
  inside 'sleep 100 </dev/null >/dev/null 2>&1 & exit 0'
  ok
}

@test "the mount: read-only" {
  bundle_busybox
  inside 'awk "/ - cgroup/ { print \$5, \$6 }" /proc/self/mountinfo | grep -v " ro"'
  exits 1
  same "$output" ""
}

@test "the mount shows the container's own group as its root: v1" {
  [[ $LEG != v2* ]] && [ -d /sys/fs/cgroup/memory ] || skip "needs cgroup v1"
  bundle_busybox
  inside 'grep -c . /sys/fs/cgroup/memory/cgroup.procs; ls -d /sys/fs/cgroup/memory/'"$ID"
  exits 1
  [ "${output%%$'\n'*}" -ge 1 ]
}

@test "the mount with a cgroup namespace: v1" {
  [[ $LEG != v2* ]] && [ -d /sys/fs/cgroup/memory ] || skip "needs cgroup v1"
  bundle_busybox
  add_namespace cgroup
  inside 'cat /proc/self/cgroup | grep -v ":/$" | grep -c .; grep -c . /sys/fs/cgroup/memory/cgroup.procs'
  ok
  [ "${output%%$'\n'*}" -eq 0 ]
}

@test "the mount: v2" {
  [[ $LEG == v2* ]] || [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || skip "needs cgroup v2"
  bundle_busybox
  inside "$(mount_line /sys/fs/cgroup)"
  has '^ro,' ' - cgroup2 '
}

@test "the mount with a cgroup namespace: v2" {
  [[ $LEG == v2* ]] || [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || skip "needs cgroup v2"
  bundle_busybox
  add_namespace cgroup
  inside 'grep ^0:: /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs'
  has '^0::/'$'\n' $'\n1($|\n)'
}

@test "with a cgroup namespace the container's group is its root" {
  bundle_busybox
  add_namespace cgroup
  inside 'cat /proc/self/cgroup'
  has '^[0-9]+:[a-z_,=]*:/' ':/$'
  lacks "$ID"
}

@test "a cgroup mount that is not read-only" {
  bundle_busybox
  add_namespace cgroup
  config '(.mounts[] | select(.type == "cgroup") | .options) |= map(select(. != "ro"))'
  inside 'd=$(awk "\$9 ~ /^cgroup2?\$/ && \$5 !~ /cpuset/ { print \$5; exit } \$8 ~ /^cgroup2?\$/ && \$5 !~ /cpuset/ { print \$5; exit }" /proc/self/mountinfo); mkdir "$d/below" && rmdir "$d/below"'
  ok
}

@test "no cgroup mount at all" {
  bundle_busybox
  config '.mounts |= map(select(.type != "cgroup"))'
  inside 'ls -A /sys/fs/cgroup'
  says ''
}

@test "two containers, two groups" {
  bundle_busybox
  script 'touch /tmp/ready; while test ! -e /tmp/go; do sleep 0.01; done'
  husk run -b "$BUNDLE" "$ID" </dev/null &
  wait_until test -e "$ROOTFS/tmp/ready"
  script 'cat /proc/self/cgroup; touch /tmp/go'
  ID=$TOKEN-b
  start
  has "/$TOKEN-b"
  wait $!
}

@test "a start charges less than 1 MB to the container" {
  is_husk || skip "others charge more"
  [[ $LEG != v2* ]] && [ -d /sys/fs/cgroup/memory ] || skip "needs the memory controller of cgroup v1"
  bundle_busybox
  config '.process.args = ["/bin/cat", "/sys/fs/cgroup/memory/memory.max_usage_in_bytes"]'
  start
  ok
  [ "$output" -lt 1048576 ] || { show; return 1; }
}

@test "a cgroup with somebody else's process in one hierarchy only is refused, and the process lives" {
  [[ $LEG != v2* ]] || skip "v1: more than one hierarchy"
  is_husk || skip "runc asks the devices hierarchy only"
  bundle_busybox
  mkdir "/sys/fs/cgroup/memory/$TOKEN-busy"
  sleep 100 3>&- &
  local other=$!
  echo "$other" >"/sys/fs/cgroup/memory/$TOKEN-busy/cgroup.procs"
  config ".linux.cgroupsPath = \"/$TOKEN-busy\""
  start
  refused 'is not empty'
  kill -0 "$other"
  kill "$other"
  wait "$other" || true
  rmdir "/sys/fs/cgroup/memory/$TOKEN-busy"
}
