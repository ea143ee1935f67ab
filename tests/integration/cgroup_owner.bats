#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# Whose the container's cgroup is (v2), and what its root may do there.
load helpers
load containers

is_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

writable_mount() { config '(.mounts[] | select(.type == "cgroup") | .options) -= ["ro"]'; }

# Everything that it takes: a cgroup namespace, a user namespace, a mount that is not read-only.
own_tree() {
  is_v2 || skip "v2"
  user_namespace
  add_namespace cgroup
  writable_mount
}

owner() { stat -c %u "$(cgroups_of)/$1"; } # [FILE]

# Files that are not the owner's: every one but those of the kernel's list.
others_files() {
  local file
  for file in "$(cgroups_of)"/*; do
    grep -qx "${file##*/}" /sys/kernel/cgroup/delegate || [ "$(stat -c %u "$file")" = 0 ] || echo "$file"
  done
}

@test "in a user namespace, with a tree of its own that it may write to: the cgroup is that of its root" {
  own_tree
  launch
  same "$(owner)" 100000
}

@test "the files that the kernel lets be delegated go with it" {
  own_tree
  launch
  local file
  while read -r file; do
    [ ! -e "$(cgroups_of)/$file" ] || same "$file $(owner "$file")" "$file 100000"
  done </sys/kernel/cgroup/delegate
}

@test "the limits do not" {
  own_tree
  config '.linux.resources.hugepageLimits = []'
  launch
  same "$(others_files)" ''
}

@test "the group stays" {
  own_tree
  launch
  same "$(stat -c %g "$(cgroups_of)")" 0
}

@test "its user is the one the process runs as" {
  own_tree
  config '.process.user = {uid: 5, gid: 5}'
  launch
  same "$(owner)" 100005
}

@test "its root makes cgroups and moves processes" {
  own_tree
  launch
  ask exec "$ID" sh -c 'mkdir /sys/fs/cgroup/a && echo $$ >/sys/fs/cgroup/a/cgroup.procs && grep ^0: /proc/self/cgroup'
  says '0::/a'
}

@test "delete takes what was made inside, whoever owns it" {
  own_tree
  config '.process.args = ["/bin/sh", "-c", "mkdir -p /sys/fs/cgroup/a/b && echo $$ >/sys/fs/cgroup/a/b/cgroup.procs && touch /ready && exec sleep 1000"]'
  launch
  wait_until [ -e "$ROOTFS/ready" ]
  local dir
  dir=$(cgroups_of)
  ask delete --force "$ID"
  says ''
  [ ! -e "$dir" ]
}

@test "a cgroup that was there before is given away as well" {
  own_tree
  mkdir "/sys/fs/cgroup/$TOKEN-p"
  config --arg p "/$TOKEN-p" '.linux.cgroupsPath = $p'
  launch
  same "$(owner)" 100000
}

@test "the cgroups above stay" {
  own_tree
  config --arg p "/$TOKEN-p/x" '.linux.cgroupsPath = $p'
  launch
  same "$(stat -c %u "/sys/fs/cgroup/$TOKEN-p")" 0
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "a read-only mount: it stays root's" {
  own_tree
  config '(.mounts[] | select(.type == "cgroup") | .options) += ["ro"]'
  launch
  same "$(owner)" 0
}

@test "without a cgroup namespace it stays root's" {
  own_tree
  drop_namespace cgroup
  launch
  same "$(owner)" 0
}

@test "without a mount it stays root's" {
  own_tree
  config 'del(.mounts[] | select(.type == "cgroup"))'
  launch
  same "$(owner)" 0
}

@test "without a user namespace: the user of the process" {
  is_v2 || skip "v2"
  add_namespace cgroup
  writable_mount
  config '.process.user = {uid: 1234, gid: 0}'
  launch
  same "$(owner)" 1234
}

@test "a container that fails leaves nothing of it" {
  own_tree
  config '.process.args = ["/no/such/program"]'
  husk run -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 && return 1
  same "$(find /sys/fs/cgroup -name "$ID")" ''
}
