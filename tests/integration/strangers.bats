#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; variables of jq)
# Who is no container's: a process in a cgroup, or a unit, that has the name of one of ours.
# Legs: short v2
load helpers
load containers

FAKE='' STRANGER='' CGROUP=''

teardown() {
  local pid found=0 id
  for pid in $FAKE $STRANGER; do kill "$pid"; wait "$pid" || true; done 2>/dev/null
  for id in "$ROOT"/*; do
    [ ! -e "$id" ] || runtime delete --force "${id##*/}" || found=1
  done
  remove_cgroups "$TOKEN"
  check_nothing_left || found=1
  return "$found"
}

fake() { # MODE TIMEOUT: a systemd that is none
  : >"$TMP/log"
  python3 "$BATS_TEST_DIRNAME/fake_systemd.py" "$TMP/bus" "$TMP/log" "$1" 3>&- &
  FAKE=$!
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$TMP/bus HUSK_SYSTEMD_TIMEOUT=$2
  wait_until [ -S "$TMP/bus" ]
}
stranger_in() { # CGROUP: a process of the host, in any hierarchy
  local top=/sys/fs/cgroup
  [ ! -d "$top/pids" ] || top=$top/pids
  CGROUP=$top/$1
  mkdir -p "$CGROUP"
  sleep 300 3>&- &
  STRANGER=$!
  echo "$STRANGER" >"$CGROUP/cgroup.procs"
}
calls() { cut -d' ' -f1 "$TMP/log" | tr '\n' ' '; }

@test "a start that systemd has refused kills nobody in a cgroup of the unit's name" {
  drop_namespace pid
  config '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
  config --arg t "$TOKEN" '.linux.cgroupsPath = $t + ".slice:a:b"'
  fake silent 2
  runtime --systemd-cgroup run -b "$BUNDLE" "$ID" >"$TMP/out" 2>&1 </dev/null &
  local husk=$!
  wait_until grep -q StartTransientUnit "$TMP/log"
  stranger_in "$TOKEN.slice/a-b.scope"
  wait "$husk" && false
  grep -q 'systemd does not answer' "$TMP/out"
  alive "$STRANGER"
}

@test "a unit that systemd did not make for us is not stopped" {
  fake error 20
  ask --systemd-cgroup run -b "$BUNDLE" "$ID" </dev/null
  exits 1
  same "$(calls)" 'StartTransientUnit '
}

@test "delete leaves a unit alone that somebody else has made since" {
  fake 'done' 20
  config '.process.args = ["/bin/true"]'
  launch
  wait_until is_phase stopped
  stranger_in "$TOKEN.scope"
  # As if systemd had made it, and its unit had ended long ago.
  cgroups_of >"$TMP/cgroups"
  mend_state ".systemdUnit = \"$TOKEN.scope\" | .cgroups = [\"$CGROUP\"]"
  ask delete "$ID"
  exits 1
  [[ $stderr == *'process(es) are still in it'* ]]
  same "$(calls)" ''
  alive "$STRANGER"
  kill "$STRANGER"
  wait "$STRANGER" || true
  STRANGER=''
  runtime delete "$ID"
  same "$(calls)" 'StopUnit ResetFailedUnit '
  xargs rmdir <"$TMP/cgroups"
}

@test "kill --all of a container that has ended spares another one in its cgroup" {
  config --arg t "$TOKEN" '.linux.cgroupsPath = "/" + $t | .process.args = ["/bin/true"]'
  launch
  wait_until is_phase stopped
  config '.process.args = ["/bin/sleep", "1000"]'
  launch "$ID-2"
  runtime kill --all "$ID" KILL
  alive "$(pid_of "$ID-2")"
  is_phase running "$ID-2"
  runtime delete --force "$ID-2"
}
