#!/usr/bin/env bats
# shellcheck disable=SC2154
# The systemd driver against a systemd that is none (fake_systemd.py): what systemd may do to us, and no hang.
# Legs: short v2
load helpers

FAKE=''

setup() {
  prepare
  bundle_busybox
}
teardown() {
  if [ -n "$FAKE" ]; then kill "$FAKE"; wait "$FAKE" || true; fi 2>/dev/null
  check_nothing_left
}

fake() { # MODE: a bus at the address of the system's
  : >"$TMP/log"
  python3 "$BATS_TEST_DIRNAME/fake_systemd.py" "$TMP/bus" "$TMP/log" "$1" 3>&- &
  FAKE=$!
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$TMP/bus HUSK_SYSTEMD_TIMEOUT=${2:-20}
  wait_until [ -S "$TMP/bus" ]
}
start_by_systemd() { run --separate-stderr timeout 30 "$RUNTIME" --root "$ROOT" --systemd-cgroup run -b "$BUNDLE" "$ID" </dev/null; }
calls() { cut -d' ' -f1 "$TMP/log" | tr '\n' ' '; }

@test "an answer that never comes ends at the time-out, and says so" {
  fake silent 1
  start_by_systemd
  exits 1
  refused "unable to start unit .*husk-$ID\.scope.*: systemd does not answer \(waited for 1 s\)"
}

@test "a bus that lets nobody in ends at the time-out" {
  fake hang 1
  start_by_systemd
  exits 1
  refused 'systemd does not answer'
}

@test "a job that never ends ends at the time-out" {
  fake nojob 1
  start_by_systemd
  exits 1
  refused 'systemd does not answer'
}

@test "a refusal is told in systemd's words" {
  fake error
  start_by_systemd
  exits 1
  refused 'unable to start unit .*: Access denied \(org\.freedesktop\.DBus\.Error\.AccessDenied\)'
}

@test "a connection that closes in the middle" {
  fake close
  start_by_systemd
  exits 1
  refused 'systemd closed the connection'
}

@test "bytes that are no message" {
  fake garbage
  start_by_systemd
  exits 1
  refused 'unable to start unit'
}

@test "a job that fails" {
  fake failed
  start_by_systemd
  exits 1
  refused 'job ended with .*failed'
}

@test "a unit that failed before is forgotten" {
  fake once
  start_by_systemd
  [[ $(calls) == 'StartTransientUnit ResetFailedUnit StartTransientUnit '* ]]
  [[ $stderr != *'already exists'* ]]
}

@test "a unit that failed is forgotten with its container" {
  fake 'done'
  start_by_systemd # it is in no unit of this systemd, and so undone
  same "$(calls)" 'StartTransientUnit StopUnit ResetFailedUnit '
}

@test "a unit that exists is an error, and not ours to stop" {
  fake exists
  start_by_systemd
  exits 1
  refused 'Unit x\.scope already exists'
  same "$(calls)" 'StartTransientUnit ResetFailedUnit StartTransientUnit '
}

@test "a property that an old systemd does not know is left out" {
  fake old
  start_by_systemd
  [[ $(calls) == 'StartTransientUnit StartTransientUnit '* ]]
  [[ $stderr != *TasksAccounting* ]]
}

@test "the end of another's job, and one that somebody else tells, do not count" {
  fake early
  start_by_systemd
  [[ $stderr != *'job ended'* && $(calls) == 'StartTransientUnit '* ]]
}

@test "a process that is not in the unit's cgroup afterwards is not started" {
  fake 'done'
  start_by_systemd
  exits 1
  refused 'a cgroup of the unit '
}

@test "no systemd at all" {
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$TMP/none
  start_by_systemd
  exits 1
  refused 'no systemd to ask: .*no such file or directory'
}

@test "without libsystemd" {
  local library
  library=$(ldconfig -p | sed -n 's/.*libsystemd\.so\.0 .*=> //p' | head -n 1)
  own_mount --bind /dev/null "$(readlink -f "$library")"
  start_by_systemd
  exits 1
  refused 'needs libsystemd\.so\.0: .*apt install libsystemd0'
}

@test "a cgroupsPath that is none of systemd's" {
  config '.linux.cgroupsPath = "/a/b"'
  start_by_systemd
  exits 1
  refused 'expected cgroupsPath to be of format .*slice:prefix:name.* for systemd cgroups, got .*/a/b.* instead'
}

@test "an annotation that is no value, or a property that is ours" {
  config '.annotations["org.systemd.property.TasksMax"] = "oops"'
  start_by_systemd
  exits 1
  refused 'org\.systemd\.property\.TasksMax: cannot make a value of: oops'
  config '.annotations = {"org.systemd.property.Slice": "\u0027a.slice\u0027"}'
  start_by_systemd
  exits 1
  refused 'Slice is set by husk'
}
