#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034 # (set by run; expanded inside; a shell for each test; the checks)
# Without root, the user's own systemd makes the cgroups. These run in a login session, whose cgroup is root's: the user
# may not move processes from there into what is the user's, and the user's systemd does it.
load helpers
load containers
load user

setup() {
  user_bundle
  UNIT=husk-$ID.scope
  USERS=user.slice/user-$(id -u).slice/user@$(id -u).service
}
teardown() {
  local found=0
  user_teardown || found=1
  report units "$(systemctl --user list-units --all --no-legend "*$TOKEN*")" || found=1
  return "$found"
}
runtime() { "$RUNTIME" --root "$ROOT" --systemd-cgroup "$@" 3>&-; }
value() { systemctl --user show --value -p "$1" "$UNIT"; }

@test "a container is a scope of the user's systemd, below its slice" {
  with '{}'
  same "$(value ActiveState) $(value Delegate)" 'active yes'
  same "$(cat "/proc/$(pid_of)/cgroup")" "0::/$USERS/user.slice/$UNIT"
}

@test "slice, prefix and name of cgroupsPath" {
  config --arg t "$TOKEN" '.linux.cgroupsPath = "app.slice:pre:" + $t'
  UNIT=pre-$TOKEN.scope
  with '{}'
  same "$(cat "/proc/$(pid_of)/cgroup")" "0::/$USERS/app.slice/$UNIT"
}

@test "limits are in the unit and in the files, and update changes both" {
  with '{"memory": {"limit": 67108864}, "pids": {"limit": 20}, "cpu": {"quota": 50000, "period": 100000}}'
  same "$(value MemoryMax) $(value TasksMax) $(value CPUQuotaPerSecUSec)" '67108864 20 500ms'
  same "$(limit memory.max) $(limit pids.max) $(limit cpu.max)" '67108864 20 50000 100000'
  ask update --pids-limit 10 "$ID"
  says ''
  same "$(value TasksMax) $(limit pids.max)" '10 10'
}

@test "more memory than allowed: killed" {
  config '.linux.resources.memory = {limit: 20000000, swap: 20000000} | .process.args = ["/bin/tail", "/dev/zero"]'
  start_by_systemd() { run --separate-stderr runtime run -b "$BUNDLE" "$ID" </dev/null; }
  start_by_systemd
  exits 137
}

@test "exec from the session joins the unit" {
  with '{"pids": {"limit": 20}}'
  grep -q 'session-.*\.scope$' /proc/self/cgroup # this is what the test is about
  attempt exec -d --pid-file "$TMP/pid" "$ID" sleep 1001
  ok
  same "$stderr" ''
  members | grep -qx "$(<"$TMP/pid")"
}

@test "a paused container is deleted by force: no unit, no cgroup" {
  with '{}'
  local dir
  dir=$(cgroups_of)
  runtime pause "$ID"
  grep -qx 'frozen 1' "$dir/cgroup.events"
  ask delete --force "$ID"
  says ''
  same "$(systemctl --user list-units --all --no-legend "$UNIT")" ''
  [ ! -e "$dir" ]
}
