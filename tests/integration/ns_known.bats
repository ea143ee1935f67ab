#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # ($output and $stderr are set by run; the scripts are for inner shells)
# husk ns list, tree and show: whose names are believed, what is said of processes that have ended, and what a word means.
# Legs: short v2
load helpers
load containers

setup_file() { is_husk || skip "husk's own"; }

asked_with() { # DIR ARG...: as the caller whose XDG_RUNTIME_DIR is DIR
  local dir=$1
  shift
  run --separate-stderr env XDG_RUNTIME_DIR="$dir" timeout 60 "$RUNTIME" --root "$ROOT" "$@"
}
name_of() { jq -r --argjson pid "$1" 'first(.namespaces[].processes[] | select(.pid == $pid) | .container.id // "none")'; } # PID

# A state as runc's in DIR, of a container NAME with process PID and the cgroup directory CGROUP.
state_of_runc() { # DIR NAME PID CGROUP
  mkdir -p "$1/runc/$2"
  jq -n --arg id "$2" --argjson pid "$3" --argjson start "$(cut -d' ' -f22 "/proc/$3/stat")" --arg dir "$4" \
    '{id: $id, init_process_pid: $pid, init_process_start: $start, cgroup_paths: {x: $dir}}' >"$1/runc/$2/state.json"
}

sleeper() { # sets SLEEPER
  sleep 1000 3>&- &
  SLEEPER=$!
  PINNED+=("$SLEEPER")
}

@test "states in a directory of somebody else name nobody, and hold nobody up" {
  sleeper
  state_of_runc "$TMP/run" liar "$SLEEPER" /nowhere
  asked_with "$TMP/run" ns list --format json
  ok
  same "$(name_of "$SLEEPER" <<<"$output")" liar # of one's own they do
  chown -R 47111 "$TMP/run"
  asked_with "$TMP/run" ns list --format json
  ok
  same "$(name_of "$SLEEPER" <<<"$output")" none
  chown -R 0 "$TMP/run"
  chmod 777 "$TMP/run/runc"
  asked_with "$TMP/run" ns list --format json
  ok
  same "$(name_of "$SLEEPER" <<<"$output")" none
}

@test "a state that is a fifo, a link or a device is none" {
  sleeper
  mkdir -p "$TMP/run/runc/fifo" "$TMP/run/runc/link" "$TMP/run/runc/device" "$TMP/run/husk/fifo"
  mkfifo "$TMP/run/runc/fifo/state.json" "$TMP/run/husk/fifo/state.json"
  state_of_runc "$TMP/other" link "$SLEEPER" /nowhere
  ln -s "$TMP/other/runc/link/state.json" "$TMP/run/runc/link/state.json"
  ln -s /dev/zero "$TMP/run/runc/device/state.json"
  asked_with "$TMP/run" ns list --format json
  ok
  same "$(name_of "$SLEEPER" <<<"$output")" none
}

@test "a directory that is named as a cgroup must be one, and not the caller's own" {
  sleeper
  local first=$SLEEPER own
  sleeper
  mkdir "$TMP/cgroup"
  echo "$SLEEPER" >"$TMP/cgroup/cgroup.procs"
  state_of_runc "$TMP/run" liar "$first" "$TMP/cgroup"
  asked_with "$TMP/run" ns list --format json
  ok
  same "$(name_of "$first" <<<"$output")" liar
  same "$(name_of "$SLEEPER" <<<"$output")" none
  own=$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs -exec grep -lx $$ {} + | head -n 1)
  [ -n "$own" ] || skip "no cgroup of our own is in sight"
  state_of_runc "$TMP/run" liar "$first" "${own%/*}"
  asked_with "$TMP/run" ns list --format json
  ok
  same "$(name_of "$SLEEPER" <<<"$output")" none
}

@test "a container of husk keeps its name, whatever others call it" {
  launch
  local pid
  pid=$(pid_of)
  state_of_runc "$TMP/run" liar "$pid" "$(cgroups_of | head -n 1)"
  asked_with "$TMP/run" ns list --format json
  ok
  same "$(name_of "$pid" <<<"$output")" "$ID"
  asked_with "$TMP/run" ns tree
  lacks liar
}

@test "too few descriptors are an error, and no empty table" {
  local most
  for most in 4 5 6 7 8 10; do
    run --separate-stderr bash -c 'ulimit -n "$1"; "$2" ns list' - "$most" "$RUNTIME"
    [ "$status" -ne 0 ] || [ "$(wc -l <<<"$output")" -gt 8 ] || { show; return 1; }
    if [ "$status" -ne 0 ]; then
      same "$output" ''
      [[ $stderr == *'too many open files'* ]] || { show; return 1; }
    fi
  done
  run --separate-stderr bash -c 'ulimit -n 4; "$1" ns list' - "$RUNTIME"
  refused 'look at the processes in /proc: too many open files .*ulimit -n'
}

@test "a zombie is called one, is not counted, and is not entered" {
  # Its parent has become a sleep, which waits for nobody, before it ends.
  mkfifo "$TMP/gate"
  sh -c '(read -r _ <"$2") & echo $! >"$1"; exec sleep 1000' - "$TMP/pid" "$TMP/gate" 3>&- &
  PINNED+=($!)
  wait_until grep -qx sleep "/proc/$!/comm"
  echo >"$TMP/gate"
  local pid
  pid=$(<"$TMP/pid")
  wait_until grep -q '^State:.Z' "/proc/$pid/status"
  ask ns show "$pid"
  has 'state +zombie: it has ended'
  runtime ns list --format json 2>/dev/null >"$TMP/all"
  same "$(jq -c --argjson pid "$pid" '[.namespaces[] | select(any(.processes[]; .pid == $pid))]' all)" '[]'
  same "$(jq -c --argjson pid "$pid" '.namespaces[] | select(.kind == "user" and .first)
    | .zombies[] | select(.pid == $pid) | .zombie' all)" true
  run --separate-stderr "$RUNTIME" ns enter "$pid" true
  refused "process $pid has ended \(it is a zombie: its parent has not waited for it\)"
}

@test "a namespace by its name is one of that kind" {
  local user
  user=$(inode_of /proc/self/ns/user)
  ask ns show "user:[$user]"
  has "namespace   user $user"
  ask ns show "mnt:[$user]"
  refused "\"mnt:\[$user\]\\\\?\" is no namespace: $user is one of kind user"
}

@test "a container is shown by its first process" {
  script 'sleep 1000 & exec sleep 1000'
  launch
  local pid
  pid=$(pid_of)
  ask ns show "$ID"
  has "process     $pid " "container   husk $ID" "mnt +$(inode_of "/proc/$pid/ns/mnt")"
  ask ns show "husk:$ID"
  has "process     $pid "
  ask ns show --format json "container:$ID"
  same "$(jq .pid <<<"$output")" "$pid"
  ask ns show "pid:$pid"
  has "process     $pid "
  ask ns show "${ID%?}"
  refused 'neither a namespace nor a process nor a container'
}

@test "a container that has stopped is there, and has nothing to be shown" {
  script true
  launch
  wait_until is_phase stopped
  local word
  for word in "$ID" "container:$ID" "husk:$ID"; do
    ask ns show "$word"
    refused "container $ID has no process \(it is stopped\)"
  done
  ask ns show "pid:$ID"
  refused 'neither a namespace nor a process nor a container'
  ask ns list --format json
  ok
  [[ $output != *"$ID"* ]] || { show; return 1; }
  runtime delete "$ID"
  ask ns show "$ID"
  refused 'neither a namespace nor a process nor a container'
}

@test "a container whose id is a number" {
  launch 123456
  local pid
  pid=$(pid_of 123456)
  run --separate-stderr runtime ns enter 123456 readlink /proc/self/ns/mnt </dev/null
  same "$output" "$(readlink "/proc/$pid/ns/mnt")"
  runtime delete --force 123456
  sleeper
  launch "$SLEEPER"
  pid=$(pid_of "$SLEEPER")
  run --separate-stderr runtime ns enter "$SLEEPER" true </dev/null
  refused "$SLEEPER is a process, and the id of a container \(say which: pid:$SLEEPER or container:$SLEEPER\)"
  run --separate-stderr runtime ns enter "container:$SLEEPER" readlink /proc/self/ns/mnt </dev/null
  same "$output" "$(readlink "/proc/$pid/ns/mnt")"
  run --separate-stderr runtime ns enter "pid:$SLEEPER" readlink /proc/self/ns/mnt </dev/null
  same "$output" "$(readlink /proc/self/ns/mnt)"
  ask ns show "$SLEEPER"
  has "process     $SLEEPER "
  [[ $stderr == *"$SLEEPER may be something else, too: container:$SLEEPER"* ]] || { show; return 1; }
}

@test "a number is no process by chance where the container of that name cannot be looked at" {
  sleeper
  mkdir "$ROOT/$SLEEPER"
  echo '{' >"$ROOT/$SLEEPER/state.json"
  run --separate-stderr runtime ns enter "$SLEEPER" true </dev/null
  refused "state.json.*\(if the process is meant: pid:$SLEEPER\)"
  run --separate-stderr runtime ns enter "pid:$SLEEPER" true </dev/null
  ok
  echo >"$TMP/file"
  run --separate-stderr runtime --root "$TMP/file" ns enter "$SLEEPER" true </dev/null
  refused "state.json: not a directory"
  rm -r "${ROOT:?}/$SLEEPER"
  run --separate-stderr runtime ns enter "$SLEEPER" true </dev/null
  ok
  run --separate-stderr runtime ns enter pid:x true </dev/null
  refused '"x\\?" is no pid'
}

@test "names that people have chosen are not cut" {
  launch "$TOKEN-web-frontend-aaa"
  ask ns list --kind pid
  has "husk:$TOKEN-web-frontend-aaa "
}

@test "an unknown format: the ones of the command are named" {
  ask ns list --format yaml
  refused 'invalid format: yaml \(known: table, json\)'
  ask ns show --format yaml 1
  refused 'invalid format: yaml \(known: text, json\)'
}
