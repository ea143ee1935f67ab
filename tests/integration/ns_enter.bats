#!/usr/bin/env bats
# husk ns enter: a program in the namespaces of a process or container, compared with /proc and nsenter.
# Legs: short enosys
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # ($output and $stderr are set by run; the scripts are for inside)
load helpers
load ns
load containers

setup_file() { is_husk || skip "husk's own"; }
setup() { prepare; }
teardown() { unpin_namespaces; delete_all; }

@test "all kinds in which it differs, as in nsenter" {
  make_target
  enter "$TARGET" -- sh -c "$(declare -f ids); ids self; hostname; id -u"
  says "$(ids "$TARGET")
inside-$TOKEN
0"
  same "$output" "$(nsenter -a -t "$TARGET" sh -c "$(declare -f ids); ids self; hostname; id -u")"
}

@test "each kind alone, and no other" {
  make_target --pid --mount-proc --uts --ipc --net --cgroup --time
  local kind option
  for kind in pid mnt net uts ipc cgroup time; do
    option=$kind
    [ "$kind" != mnt ] || option=mount
    enter "$TARGET" "--$option" --net -- sh -c "$(declare -f ids); ids self"
    enter "$TARGET" "--$option" -- readlink "/proc/self/ns/$kind"
    [ "$kind" != mnt ] || { exits 1; continue; } # (its /proc does not know us)
    says "$(readlink "/proc/$TARGET/ns/$kind")"
    differ "$output" "$(readlink "/proc/self/ns/$kind")"
  done
}

@test "options before and after the target, and the program's own stay its own" {
  make_target --uts
  enter --uts "$TARGET" -- hostname
  says "inside-$TOKEN"
  enter "$TARGET" --uts hostname
  says "inside-$TOKEN"
  enter "$TARGET" sh -c 'echo "$1"' sh --net
  says --net
}

@test "the program is in the pid namespace: its pid, its children, its /proc" {
  make_target
  enter "$TARGET" -- sh -c 'echo $$; ps -o pid= -p 1,$$ | tr -d " "; sleep 0 & wait'
  ok
  [ "${lines[0]}" -gt 1 ]
  same "${lines[1]}" 1
  same "${lines[2]}" "${lines[0]}"
}

@test "--show: the joiner keeps its pid, its child has another" {
  make_target
  enter "$TARGET" --show -- true
  ok
  local kind
  for kind in user mnt net uts ipc cgroup time; do
    same "$(shown child "setns $kind" "$kind")" "*$(id_of "$TARGET" "$kind")"
    same "$(shown parent before "$kind")" "$(id_of self "$kind")"
    same "$(shown init born "$kind")" "$(id_of "$TARGET" "$kind")"
  done
  same "$(shown child 'setns pid' pid)" "$(id_of self pid)"
  same "$(shown init born pid)" "*$(id_of "$TARGET" pid)"
  same "$(blocks child | sed 's/.*: pid \([0-9]*\),.*/\1/' | sort -u | wc -l)" 1
  [[ $(blocks child) == *"hostname *inside-$TOKEN"* ]]
}

@test "the mount namespace is joined last, when no user namespace has to help" {
  make_target --pid --mount-proc --uts --ipc --net --cgroup --time
  enter "$TARGET" --show -- true
  ok
  same "$(blocks child | sed -n 's/.*setns \([a-z]*\):.*/\1/p' | tail -1)" mnt
}

@test "a container by its id: in its namespaces, not in its cgroup" {
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"] | .hostname = "box"'
  launch
  enter "$ID" -- /bin/sh -c 'hostname; ps | grep -c "sleep 1000$"; cat /proc/self/cgroup'
  has '^box
1'
  [[ $output != *"$ID"* ]] || { show; return 1; }
  enter "$ID" --uts -- hostname
  says box
}

@test "a container that has stopped or is not there" {
  bundle_busybox
  config '.process.args = ["/bin/true"]'
  launch
  wait_until is_phase stopped
  enter "$ID" -- true
  refused 'has no process \(it is stopped\)'
  runtime delete "$ID"
  enter "$ID" -- true
  refused 'does not exist'
  enter 4194305 -- true
  refused 'no such process'
}

@test "an ordinary user enters what is his own" {
  open_path
  mkfifo -m 666 "$TMP/fifo"
  setpriv --reuid 4242 --regid 4343 --clear-groups unshare -r --uts --net sh -c "echo \$\$ >'$TMP/fifo'; exec sleep 1000" \
    </dev/null >/dev/null 2>&1 3>&- &
  PINNED+=($!)
  read -r TARGET <"$TMP/fifo"
  run --separate-stderr as_user ns enter "$TARGET" -- sh -c "$(declare -f ids); ids self; id -u"
  says "$(ids "$TARGET")
0"
  run --separate-stderr as_user ns enter "$TARGET" --net -- true
  refused 'operation not permitted \(.*user namespace'
}

@test "an ordinary user is kept out of what is not" {
  make_target
  run --separate-stderr as_user ns enter "$TARGET" -- true
  refused 'must be yours'
}
