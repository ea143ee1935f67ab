#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# The cgroup mount of a container: which part of the tree it shows, and who may write there.
load helpers

is_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }
v1() { if is_v2 || [ ! -d /sys/fs/cgroup/memory ]; then skip "v1"; fi; }
v2() { is_v2 || skip "v2"; }

options() { # OPTION...: of the cgroup mount
  config '(.mounts[] | select(.type == "cgroup") | .options) = $ARGS.positional' --args "$@"
}

# "root mount-point options type" of each cgroup mount inside.
kLines='while read -r _ _ _ root at flags rest; do case $rest in *"- cgroup"*) echo "$root $at $flags";; esac; done </proc/self/mountinfo'

@test "v1: a hierarchy of its own for each of the host, with the container's group as root" {
  v1
  bundle_busybox
  inside "$kLines"
  ok
  local controllers path
  while IFS=: read -r _ controllers path; do
    [ -n "$controllers" ] || continue
    controllers=${controllers#name=}
    [ "$path" != / ] || path=
    grep -qE "^$path/$ID /sys/fs/cgroup/$controllers ro," <<<"$output" || { echo "no $controllers"; show; return 1; }
  done </proc/self/cgroup
}

@test "v1: the options asked for" {
  v1
  bundle_busybox
  options nosuid noexec nodev relatime ro
  inside "$kLines"
  ok
  same "$(grep -vc ' ro,nosuid,nodev,noexec,relatime$' <<<"$output")" 0
}

@test "v1: none of the host's other groups can be seen" {
  v1
  bundle_busybox
  inside 'cd /sys/fs/cgroup; for d in */; do ls -d "$d"*/ 2>/dev/null; done; true'
  says ''
}

@test "v1 with a cgroup namespace: the roots are the container's" {
  v1
  bundle_busybox
  add_namespace cgroup
  inside "$kLines"
  ok
  same "$(grep -vc '^/ ' <<<"$output")" 0
}

@test "v1, not read-only: the container makes groups in its own" {
  v1
  bundle_busybox
  options nosuid noexec nodev
  inside 'cd /sys/fs/cgroup; mkdir memory/below pids/below && rmdir memory/below pids/below && echo made'
  says made
}

@test "v1, read-only: it does not" {
  v1
  bundle_busybox
  inside 'cd /sys/fs/cgroup; mkdir memory/below 2>/dev/null; mkdir new 2>/dev/null; ls -d memory/below new 2>/dev/null; true'
  says ''
}

@test "v2 with a cgroup namespace: one mount, the container's part of the tree" {
  v2
  bundle_busybox
  add_namespace cgroup
  inside "$kLines; find /sys/fs/cgroup -type d"
  has '^/ /sys/fs/cgroup ro,'
  same "$(wc -l <<<"$output")" 2
}

@test "v2 without a cgroup namespace: the whole tree, as it is asked for" {
  v2
  bundle_busybox
  inside "$kLines; ls -d /sys/fs/cgroup/$ID"
  has '^/ /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime' "/sys/fs/cgroup/$ID\$"
}

@test "v2: the options asked for, not read-only" {
  v2
  bundle_busybox
  add_namespace cgroup
  options nosuid noexec nodev relatime
  inside "$kLines"
  says '/ /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime'
}

@test "v2: the host's mount keeps its options" {
  v2
  bundle_busybox
  add_namespace cgroup
  local before
  before=$(grep ' - cgroup2 ' /proc/self/mountinfo)
  inside true
  ok
  same "$(grep ' - cgroup2 ' /proc/self/mountinfo)" "$before"
}

# What somebody on the host owns there would be theirs to change from inside (CVE-2023-25809).
# A cgroup of the host that its files would let the container's root write to.
refused_in_their_own() {
  mkdir "/sys/fs/cgroup/$TOKEN-theirs"
  chown 100000 "/sys/fs/cgroup/$TOKEN-theirs"
  inside "mkdir /sys/fs/cgroup/$TOKEN-theirs/below"
  rmdir "/sys/fs/cgroup/$TOKEN-theirs/below" 2>/dev/null || true
  rmdir "/sys/fs/cgroup/$TOKEN-theirs"
  exits 1
  [[ $stderr$output =~ 'Read-only file system' ]] || { show; return 1; }
}

@test "v2 in a user namespace without a cgroup namespace: read-only, whatever was asked for" {
  v2
  bundle_busybox
  user_namespace
  options nosuid noexec nodev rw
  refused_in_their_own
}

@test "a mount of the host's /sys brings no cgroup that can be written to" {
  v2
  bundle_busybox
  user_namespace
  config 'del(.mounts[] | select(.type == "cgroup"))
    | (.mounts[] | select(.destination == "/sys")) |= {destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]}'
  refused_in_their_own
}
