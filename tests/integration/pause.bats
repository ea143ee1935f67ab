#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# husk pause, husk resume
# Legs: short v2
load helpers
load containers

# A container that writes as fast as it can.
counter() {
  config '.process.args = ["/bin/sh", "-c", "while :; do echo >>/count; done"]'
  launch
  wait_until [ -s "$ROOTFS/count" ]
}
size() { stat -c %s "$ROOTFS/count"; }
grows_beyond() { [ "$(size)" -gt "$1" ]; }

pauses() {
  ask pause "$ID"
  says ''
}

# What the kernel itself says of the cgroup.
kernel_says() { # V1-WORD V2-LINE
  local dir
  for dir in $(cgroups_of); do
    if [ -e "$dir/freezer.state" ]; then same "$(<"$dir/freezer.state")" "$1"; return; fi
  done
  grep -qx "$2" "$(cgroups_of | head -n 1)/cgroup.events"
}

@test "pause: the processes stop, and resume: they go on" {
  counter
  pauses
  local before
  before=$(size)
  sleep 0.3 # time in which a process that was not stopped writes
  same "$(size)" "$before"
  ask resume "$ID"
  says ''
  wait_until grows_beyond "$before"
}

@test "pause comes back when the kernel has done it, with many processes" {
  config '.process.args = ["/bin/sh", "-c", "for i in $(seq 100); do sh -c \"while :; do :; done\" & done; touch /ready; wait"]'
  launch
  wait_until [ -e "$ROOTFS/ready" ]
  pauses
  kernel_says FROZEN 'frozen 1'
}

@test "resume comes back when the kernel has done it" {
  launch
  pauses
  ask resume "$ID"
  says ''
  kernel_says THAWED 'frozen 0'
}

@test "state and list say paused, and running again" {
  launch
  pauses
  same "$(phase)" paused
  same "$(runtime list --format json | jq -r '.[].status')" paused
  ask resume "$ID"
  same "$(phase)" running
}

@test "a created container can be paused, and is created again after that" {
  create
  pauses
  same "$(phase)" paused
  ask resume "$ID"
  says ''
  same "$(phase)" created
}

@test "a paused container cannot be paused" {
  launch
  pauses
  ask pause "$ID"
  exits 1
  refused 'container not running'
}

@test "a running container cannot be resumed" {
  launch
  ask resume "$ID"
  exits 1
  refused 'container not paused'
}

@test "a stopped container can be neither paused nor resumed" {
  launch
  end_of
  ask pause "$ID"
  refused 'container not running'
  ask resume "$ID"
  refused 'container not paused'
}

@test "a container that is not there" {
  ask pause "$ID"
  exits 1
  refused 'container does not exist'
  ask resume "$ID"
  refused 'container does not exist'
}

@test "a path with /freezer/ in it misleads nobody" {
  config --arg p "/$TOKEN-p/freezer/x" '.linux.cgroupsPath = $p'
  launch
  same "$(phase)" running
  pauses
  same "$(phase)" paused
  ask resume "$ID"
  same "$(phase)" running
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "delete --force of a paused container" {
  launch
  pauses
  ask delete --force "$ID"
  says ''
  gone
}

@test "KILL ends a paused container" {
  launch
  pauses
  ask kill "$ID" KILL
  says ''
  wait_until is_phase stopped
}

@test "without a cgroup: says so" {
  is_husk || skip "husk's own option"
  runtime --cgroup-manager=disabled run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  ask pause "$ID"
  exits 1
  refused "cannot pause container $ID: the container has no cgroup"
}

@test "a container in a cgroup that is frozen from above cannot be resumed" {
  is_husk || skip "husk's own words"
  [[ $LEG != v2* ]] && [ -d /sys/fs/cgroup/freezer ] || skip "needs the freezer of cgroup v1"
  config --arg p "/$TOKEN-p/x" '.linux.cgroupsPath = $p'
  launch
  echo FROZEN >"/sys/fs/cgroup/freezer/$TOKEN-p/freezer.state"
  ask resume "$ID"
  echo THAWED >"/sys/fs/cgroup/freezer/$TOKEN-p/freezer.state"
  refused 'unable to thaw .*a cgroup above it is frozen'
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}
