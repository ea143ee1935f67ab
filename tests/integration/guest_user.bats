#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016,SC2034 # (set by run; expanded inside; read by the checks)
# Without root: a user whose systemd has been given cgroups to make and limit others below (Delegate=). The leg's tests
# run in such a scope.
load helpers
load containers
load user

setup() { user_bundle; }
teardown() { user_teardown; }

@test "a user's container without limits" {
  config '.process.args = ["/bin/sh", "-c", "id -u; cat /proc/self/cgroup"]'
  start
  says $'0\n0::/'
}

@test "it has a cgroup of its own, below what the user was given" {
  with '{}'
  [[ $(cgroups_of) == /sys/fs/cgroup/user.slice/user-$(id -u).slice/user@*/$ID ]]
  same "$(members)" "$(pid_of)"
}

@test "limits are there" {
  with '{"memory": {"limit": 67108864, "swap": 67108864}, "pids": {"limit": 20}, "cpu": {"quota": 50000, "period": 100000}}'
  same "$(limit memory.max) $(limit memory.swap.max) $(limit pids.max) $(limit cpu.max)" '67108864 0 20 50000 100000'
}

@test "more memory than allowed: killed" {
  config '.linux.resources.memory = {limit: 20000000, swap: 20000000} | .process.args = ["/bin/tail", "/dev/zero"]'
  start
  exits 137
}

@test "update" {
  with '{"pids": {"limit": 20}}'
  ask update --pids-limit 10 --memory 50M "$ID"
  says ''
  same "$(limit pids.max) $(limit memory.max)" '10 52428800'
}

@test "exec joins the cgroup" {
  with '{"pids": {"limit": 20}}'
  attempt exec -d --pid-file "$TMP/pid" "$ID" sleep 1001
  ok
  members | grep -qx "$(<"$TMP/pid")"
}

@test "pause and resume" {
  with '{}'
  ask pause "$ID"
  says ''
  is_phase paused
  grep -qx 'frozen 1' "$(cgroups_of)/cgroup.events"
  ask resume "$ID"
  says ''
  is_phase running
}

@test "a paused container is deleted by force" {
  with '{}'
  runtime pause "$ID"
  ask delete --force "$ID"
  says ''
  gone
}

@test "events --stats" {
  with '{"pids": {"limit": 20}}'
  ask events --stats "$ID"
  ok
  same "$(jq '.data.pids.limit' <<<"$output")" 20
}

@test "kill, delete" {
  with '{}'
  local dir
  dir=$(cgroups_of)
  end_of
  runtime delete "$ID"
  [ ! -e "$dir" ]
}

@test "a cgroup of somebody else's is refused" {
  config '.linux.cgroupsPath = "/system.slice/'"$TOKEN"'"'
  start
  exits 1
  refused '[Pp]ermission denied'
}
