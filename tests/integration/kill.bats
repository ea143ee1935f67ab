#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# husk kill
# Legs: short v2
load helpers
load containers

# A container that writes down which of these signals it gets, and says when it is ready to.
recorder() { # SIGNAL...
  local traps='' name
  for name in "$@"; do traps+="trap 'echo $name >>/tmp/got' $name; "; done
  config --arg text "$traps touch /tmp/ready; while :; do sleep 0.01; done" '.process.args = ["/bin/sh", "-c", $text]'
  launch
  wait_until [ -e "$ROOTFS/tmp/ready" ]
}

got() { [ "$(cat "$ROOTFS/tmp/got" 2>/dev/null)" = "$1" ]; }

hears() { # SIGNAL ARGUMENT...: `kill ID ARGUMENT` sends it
  recorder "$1"
  ask kill "$ID" "${@:2}"
  says ''
  wait_until got "$1"
}

# In the host's PID namespace: init and two more processes, which do not end with it.
shared_pid_namespace() {
  drop_namespace pid
  config '.process.args = ["/bin/sh", "-c", "sleep 1001 & sleep 1002 & exec sleep 1000"]'
  launch
  three() { [ "$(members | wc -l)" = 3 ]; }
  wait_until three
  mapfile -t PIDS < <(members)
}

all_dead() {
  local pid
  for pid in "${PIDS[@]}"; do dead "$pid" || return 1; done
}

@test "TERM if nothing is said" { hears TERM; }
@test "TERM for an empty signal" { hears TERM ''; }
@test "a name" { hears USR1 USR1; }
@test "a name with SIG" { hears USR2 SIGUSR2; }
@test "a name in small letters" { hears HUP sighup; }
@test "a number" { hears USR1 10; }
@test "an option after the id" { hears USR1 --all=false USR1; }

@test "real-time signals" {
  recorder 37 63
  ask kill "$ID" RTMIN+3
  says ''
  wait_until got 37
  ask kill "$ID" SIGRTMAX-1
  says ''
  wait_until got $'37\n63'
}

@test "KILL ends the container" {
  launch
  ask kill "$ID" KILL
  says ''
  wait_until is_phase stopped
}

@test "a signal that there is not" {
  launch
  for signal in foo SIGFOO 65 999 0x9 ' 9' RTMIN-1 RTMAX+1 SIG; do
    ask kill "$ID" "$signal"
    exits 1
    refused "unknown signal ..${signal/+/.}.."
  done
  is_phase running
}

@test "0 asks whether it runs" {
  launch
  ask kill "$ID" 0
  says ''
  end_of
  ask kill "$ID" 0
  exits 1
  refused 'msg="container not running"'
}

@test "a created container" {
  create
  ask kill "$ID" KILL
  says ''
  wait_until is_phase stopped
}

@test "stopped: not running" {
  launch
  end_of
  for signal in TERM KILL; do
    ask kill "$ID" "$signal"
    exits 1
    refused 'msg="container not running"'
  done
}

@test "stopped, with --all: no error" {
  launch
  end_of
  for options in '-a' '--all' '-all'; do
    ask kill $options "$ID" KILL
    says ''
    ask kill $options "$ID" 0
    says ''
  done
}

@test "--all: every process" {
  config '.process.args = ["/bin/sh", "-c", "for i in 1 2; do sh -c \"trap \\\"echo $i >>/tmp/got\\\" USR1; touch /tmp/ready$i; while :; do sleep 0.01; done\" & done
    trap : USR1; while :; do wait; done"]'
  launch
  wait_until [ -e "$ROOTFS/tmp/ready1" ] && wait_until [ -e "$ROOTFS/tmp/ready2" ]
  ask kill --all "$ID" USR1
  says ''
  both() { [ "$(sort "$ROOTFS/tmp/got")" = $'1\n2' ]; }
  wait_until both
}

# cgroup.kill cannot be opened for writing: as on kernels before 5.14, but for the number of the error.
without_cgroup_kill() {
  local file
  for file in $(cgroups_of | sed 's|$|/cgroup.kill|'); do
    [ ! -e "$file" ] || { mount --bind "$file" "$file" && mount -o remount,bind,ro "$file" && COVERED=$file; }
  done
}

@test "--all: every process, frozen, without cgroup.kill" {
  drop_namespace pid
  config '.process.args = ["/bin/sh", "-c", "sleep 1001 & echo $! >/second; exec sleep 1000"]'
  launch
  wait_until [ -s "$ROOTFS/second" ]
  local first second
  first=$(pid_of)
  second=$(<"$ROOTFS/second")
  without_cgroup_kill
  freeze
  ask kill --all "$ID" KILL
  umount "$COVERED"
  says ''
  wait_until dead "$first"
  wait_until dead "$second"
}

@test "KILL of one that has frozen itself in a cgroup of its own" {
  launch
  freeze_from_inside
  ask kill "$ID" KILL
  says ''
  wait_until is_phase stopped
}

@test "a frozen container dies of KILL" {
  launch
  freeze
  ask kill "$ID" KILL
  says ''
  wait_until is_phase stopped
}

@test "KILL without a PID namespace: every process" {
  shared_pid_namespace
  ask kill "$ID" KILL
  says ''
  wait_until all_dead
  wait_until is_phase stopped
}

@test "KILL without a PID namespace, init gone: every process" {
  shared_pid_namespace
  kill -9 "$(pid_of)"
  wait_until is_phase stopped
  [ "$(members | wc -l)" -ge 2 ]
  ask kill "$ID" KILL
  says ''
  wait_until all_dead
}

@test "KILL without a PID namespace, nobody left: not running" {
  shared_pid_namespace
  kill -9 "${PIDS[@]}"
  empty() { [ -z "$(members)" ]; }
  wait_until empty
  ask kill "$ID" KILL
  exits 1
  refused 'msg="container not running"'
}

@test "another signal without a PID namespace: init alone" {
  shared_pid_namespace
  ask kill "$ID" TERM
  says ''
  wait_until is_phase stopped
  [ "$(members | wc -l)" = 2 ]
}

@test "a process that has got the pid since is left alone" {
  launch
  end_of
  sleep 1000 3>&- &
  mend_state ".pid = $!"
  ask kill "$ID" KILL
  refused 'container not running'
  alive $!
  kill $!
}

@test "unknown" {
  ask kill nope KILL
  exits 1
  refused 'container does not exist'
}

@test "one or two arguments" {
  ask kill
  exits 1
  refused 'requires a minimum of 1 argument\(s\)'
  ask kill a 9 9
  exits 1
  refused 'requires a maximum of 2 argument\(s\)'
}

@test "--regex: all that match" {
  is_husk || skip "an option of husk and crun"
  launch "$ID-1"
  launch "$ID-2"
  launch "$TOKEN-other"
  ask kill --regex "^$ID-[0-9]+\$" KILL
  says ''
  wait_until is_phase stopped "$ID-1"
  wait_until is_phase stopped "$ID-2"
  is_phase running "$TOKEN-other"
}

@test "--regex: one that fails does not keep the others from it" {
  is_husk || skip "an option of husk and crun"
  launch "$ID-1"
  end_of "$ID-1"
  launch "$ID-2"
  ask kill -r "$ID" KILL
  exits 1
  refused "$ID-1: container not running"
  wait_until is_phase stopped "$ID-2"
}

@test "--regex that is none" {
  is_husk || skip "an option of husk and crun"
  ask kill -r '(' KILL
  exits 1
  refused 'invalid regular expression'
}

@test "--regex that nothing matches" {
  is_husk || skip "an option of husk and crun"
  ask kill -r nothing KILL
  says ''
}
