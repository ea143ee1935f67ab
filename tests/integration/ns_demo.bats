#!/usr/bin/env bats
# husk ns demo: what it prints is compared with what /proc and other tools say.
# Legs: short enosys
# shellcheck disable=SC2154 # ($output and $stderr are set by run)
load helpers
load ns

setup_file() { is_husk || skip "husk's own"; }

demo() { COLUMNS=200 run --separate-stderr husk ns demo "$@" </dev/null; }
demo_as_user() { COLUMNS=200 run --separate-stderr as_user ns demo "$@"; }
cell() { # ROW COLUMN [TABLE]: of the tables printed, from 1
  awk -F ' *[|] ' -v row="$1" -v column="$2" -v want="${3:-1}" '
    /^-+[+]-/ { table++ }
    $1 == row && table == want { sub(/ +$/, "", $(column + 1)); print $(column + 1); exit }' <<<"$output"
}

@test "user: unmapped, mapped, joined and nested, as root and as an ordinary user" {
  local who uid outside
  for who in demo demo_as_user; do
    $who user
    ok
    [ "$who" = demo ] && uid=0 || uid=4242
    same "$(cell 'uid, gid' 1 1)" "$uid, $([ "$uid" = 0 ] && echo 0 || echo 4343)"
    same "$(cell 'uid, gid' 2 1)" '65534, 65534'
    same "$(cell uid_map 2 1)" '(empty)'
    same "$(cell 'uid, gid' 2 2)" '0, 0'
    same "$(cell uid_map 2 2)" "0 $uid 1"
    same "$(cell 'uid, gid' 2 3)" '0, 0'
    same "$(cell 'user namespace' 2 3)" "$(cell 'user namespace' 2 2)"
    same "$(cell 'uid, gid' 2 4)" '1000, 1000'
    for outside in 1 2 3 4; do same "$(cell 'uid as the parent sees it' 2 "$outside")" "$uid"; done
    same "$(cell capabilities 2 1), $(cell capabilities 2 4)" 'none, none'
    # The most that there is, as the kernel says it.
    same "$(cell 'before execve' 1 5)" "$(printf %016x $(((1 << ($(</proc/sys/kernel/cap_last_cap) + 1)) - 1)))"
    same "$(cell capabilities 2 2), $(cell capabilities 2 3)" "$(cell 'before execve' 1 5), $(cell 'before execve' 1 5)"
    same "$(cell 'after it, as uid 65534' 1 5)" none
    same "$(cell 'user namespace' 1 1)" "$(id_of self user)"
    differ "$(cell 'user namespace' 2 4)" "$(cell 'user namespace' 2 2)"
  done
}

@test "pid: a number at every level, and no thread for who has joined" {
  local who
  for who in demo demo_as_user; do
    $who pid
    ok
    same "$(cell 'its child' 2)" 1
    same "$(cell "the child's child" 3)" 1
    same "$(cell 'NSpid of the last' 1)" \
      "$(cell "the child's child" 1) $(cell "the child's child" 2) $(cell "the child's child" 3)"
    same "$(cell 'before setns into the pid namespace' 1 2)" works
    same "$(cell 'after it, in the joiner' 1 2)" 'fails: invalid argument'
    same "$(cell 'in a child born after it' 1 2)" works
  done
}

@test "ipc: each side sees its own queue and segment, and none of them is left" {
  local who before
  before=$(tail -n +2 /proc/sysvipc/msg /proc/sysvipc/shm | wc -l)
  for who in demo demo_as_user; do
    $who ipc
    ok
    [[ $(cell 'message queues' 1) == 'key 0x111, id '* ]]
    [[ $(cell 'message queues' 2) == 'key 0x222, id '* ]]
    [[ $(cell 'shared segments' 1) == 'key 0x111, id '* ]]
    [[ $(cell 'shared segments' 2) == 'key 0x222, id '* ]]
    differ "$(cell 'ipc namespace' 1)" "$(id_of self ipc)"
  done
  same "$(tail -n +2 /proc/sysvipc/msg /proc/sysvipc/shm | wc -l)" "$before"
}

@test "mnt: private, slave and shared, and what a joiner finds in /proc too late" {
  local who before
  before=$(cat /proc/self/mountinfo)
  for who in demo demo_as_user; do
    $who mnt
    ok
    same "$(cell 'mounted by the parent' 2 1), $(cell 'mounted by the child' 1 1)" 'not seen, not seen'
    same "$(cell 'mounted by the parent' 2 2), $(cell 'mounted by the child' 1 2)" 'seen, not seen'
    same "$(cell 'mounted by the parent' 2 3), $(cell 'mounted by the child' 1 3)" 'seen, seen'
    has 'setns mnt, then open /proc/[0-9]+/ns/uts +[|] fails: no such file' 'open it first, .* [|] works'
  done
  same "$(cat /proc/self/mountinfo)" "$before"
}

@test "net: the interfaces of both sides" {
  local who
  for who in demo demo_as_user; do
    $who net
    ok
    same "$(cell interfaces 2)" '1: lo (up)'
    same "$(grep -Eo '^[^|]*[|] +[0-9]+: [^ ]+' <<<"$output" | grep -Eo '[0-9]+: .*')" \
      "$(ip -o link | sed 's/^\([0-9]*: [^:@]*\).*/\1/')"
    same "$(cell 'net namespace' 1)" "$(id_of self net)"
    same "$(cell 'IPv4 routes' 2)" 0
  done
}

@test "uts: the child's hostname is not the parent's" {
  local who
  for who in demo demo_as_user; do
    $who uts
    ok
    same "$(cell hostname 1)" "$(hostname)"
    same "$(cell hostname 2)" husk-demo
  done
}

@test "cgroup: the child is at the root of what it sees" {
  local name path
  while IFS=: read -r _ name path; do
    demo cgroup
    ok
    same "$(cell "${name:-cgroup2}" 1)" "$path"
    same "$(cell "${name:-cgroup2}" 2)" /
  done < <(head -3 /proc/self/cgroup)
}

@test "time: the clocks that count from boot are ahead, and the time of day is not" {
  local who
  for who in demo demo_as_user; do
    $who time
    ok
    [ $(($(cell CLOCK_BOOTTIME 2) - $(cell CLOCK_BOOTTIME 1) - 8640000)) -lt 5 ] && [ "$(cell CLOCK_BOOTTIME 2)" -gt 8640000 ]
    [ $(($(cell CLOCK_MONOTONIC 2) - $(cell CLOCK_MONOTONIC 1) - 86400)) -lt 5 ]
    [ $(($(cell CLOCK_REALTIME 2) - $(cell CLOCK_REALTIME 1))) -lt 5 ]
    same "$(cell timens_offsets 2)" 'monotonic 86400 0'
  done
}

@test "a narrow terminal has one side below the other" {
  COLUMNS=30 run --separate-stderr husk ns demo uts
  ok
  same "$(grep -c '^hostname ' <<<"$output")" 2
  demo uts
  same "$(grep -c '^hostname ' <<<"$output")" 1
}

@test "a demo that fails names no option that it has not" {
  run --separate-stderr husk --debug ns run --user --no-map -- "$RUNTIME" --debug ns demo pid </dev/null
  refused 'are not both mapped'
  [[ $stderr == *'child failed '* && $stderr != *--show* ]] || { show; return 1; }
  run --separate-stderr husk --debug ns run --user --no-map -- "$RUNTIME" --debug ns run --pid -- true </dev/null
  refused 'CAP_SYS_ADMIN'
  run --separate-stderr husk --debug ns run --user --no-map -- "$RUNTIME" --debug ns run --user -- true </dev/null
  refused '--show says who parent, child and init are'
}

@test "a kind that there is not" {
  demo disk
  refused 'no demo of .*disk.* \(user, pid, ipc, mnt'
  exits 1
}
