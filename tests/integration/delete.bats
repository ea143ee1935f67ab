#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# husk delete: from every state, and again after it was killed.
# Legs: short v2
load helpers
load containers

deletes() { # OPTION...: succeeds and leaves nothing (teardown looks closer)
  ask delete "$@" "$ID"
  says ''
  gone
}

shared_pid_namespace() { # init and one more process, which does not end with it
  drop_namespace pid
  config '.process.args = ["/bin/sh", "-c", "sleep 1001 & exec sleep 1000"]'
  launch
  two() { [ "$(members | wc -l)" = 2 ]; }
  wait_until two
  mapfile -t PIDS < <(members)
}

@test "stopped" {
  launch
  end_of
  deletes
}

@test "running: refused" {
  launch
  ask delete "$ID"
  exits 1
  refused "cannot delete container $ID that is not stopped: running"
  is_phase running
}

@test "running, --force" {
  for option in --force -f -force --force=true; do
    launch
    local pid
    pid=$(pid_of)
    deletes "$option"
    dead "$pid"
  done
}

@test "created" {
  create
  deletes
}

@test "created, --force" {
  create
  deletes --force
}

@test "frozen: refused" {
  launch
  freeze
  ask delete "$ID"
  exits 1
  refused "cannot delete container $ID that is not stopped: paused"
}

@test "frozen, --force" {
  launch
  freeze
  deletes --force
}

@test "created and frozen" {
  create
  freeze
  deletes --force
}

@test "unknown" {
  ask delete nope
  exits 1
  refused 'container does not exist'
}

@test "unknown, --force" {
  ask delete --force nope
  says ''
}

@test "no state directory at all, --force" {
  run --separate-stderr "$RUNTIME" --root "$TMP/none" delete --force nope
  says ''
}

@test "without a PID namespace, init gone" {
  shared_pid_namespace
  kill -9 "$(pid_of)"
  wait_until is_phase stopped
  deletes
  for pid in "${PIDS[@]}"; do wait_until dead "$pid"; done
}

@test "without a PID namespace, --force" {
  shared_pid_namespace
  deletes --force
  for pid in "${PIDS[@]}"; do wait_until dead "$pid"; done
}

@test "a process that has got the pid since is left alone" {
  launch
  end_of
  sleep 1000 3>&- &
  mend_state ".pid = $!"
  deletes --force
  alive $!
  kill $!
}

@test "cgroups made inside go with it" {
  launch
  local dir
  for dir in $(cgroups_of); do mkdir -p "$dir/a/b" "$dir/c"; done
  deletes --force
}

@test "without a cgroup" {
  is_husk || skip "an option of husk and crun"
  runtime --cgroup-manager=disabled run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  same "$(cgroups_of)" ''
  deletes --force
}

@test "poststop hooks get the state on their standard input" {
  hook poststop "cat >'$TMP/state.seen'"
  config '.annotations = {"x": "y"}'
  launch
  end_of
  deletes
  jq -e --arg id "$ID" '.id == $id and .status == "stopped" and (.pid // 0) == 0 and .annotations.x == "y"' "$TMP/state.seen"
}

@test "a poststop hook that fails is a warning" {
  hook poststop 'exit 3'
  launch
  ask delete --force "$ID"
  ok
  [[ $stderr =~ level=warning.*poststop ]]
  gone
}

@test "killed in the middle: a second one finishes" {
  hook poststop "[ -e '$TMP/again' ] || { touch '$TMP/again'; kill -9 \$PPID; }"
  launch
  ask delete --force "$ID"
  exits 137
  exists
  ask delete "$ID"
  ok
  gone
}

@test "a directory with nothing in it" {
  mkdir "$ROOT/$ID"
  deletes
  mkdir "$ROOT/$ID"
  deletes --force
}

@test "a directory with the rest of a container" {
  mkdir "$ROOT/$ID"
  mkfifo "$ROOT/$ID/exec.fifo"
  echo '{}' >"$ROOT/$ID/config.json"
  mkdir "$ROOT/$ID/inner"
  deletes
}

@test "a damaged state: refused" {
  mkdir "$ROOT/$ID"
  echo '{' >"$ROOT/$ID/state.json"
  ask delete "$ID"
  exits 1
  refused "$ROOT/$ID/state.json.*--force removes"
  exists
}

@test "a damaged state, --force" {
  mkdir "$ROOT/$ID"
  echo '{' >"$ROOT/$ID/state.json"
  ask delete --force "$ID"
  ok
  [[ $stderr =~ level=warning ]]
  gone
}

@test "a state that cannot be read just now is kept" {
  launch
  mv "$ROOT/$ID/state.json" "$TMP/kept"
  mkdir "$ROOT/$ID/state.json"
  ask delete --force "$ID"
  exits 1
  rmdir "$ROOT/$ID/state.json"
  mv "$TMP/kept" "$ROOT/$ID/state.json"
  is_phase running
}

@test "a link in place of the directory: nothing is removed" {
  mkdir "$TMP/elsewhere"
  echo '{"id": "'"$ID"'"}' >"$TMP/elsewhere/state.json"
  ln -s "$TMP/elsewhere" "$ROOT/$ID"
  for option in '' --force; do
    # shellcheck disable=SC2086 # none or one
    ask delete $option "$ID"
    exits 1
    refused "open state directory $ROOT/$ID"
  done
  [ -e "$TMP/elsewhere/state.json" ] && [ -L "$ROOT/$ID" ]
  rm "$ROOT/$ID"
}

@test "links inside the directory are not followed" {
  launch
  mkdir "$TMP/elsewhere"
  touch "$TMP/elsewhere/file"
  ln -s "$TMP/elsewhere" "$ROOT/$ID/link"
  ln -s "$TMP/elsewhere/file" "$ROOT/$ID/file"
  deletes --force
  [ -e "$TMP/elsewhere/file" ]
}

@test "ids that lead elsewhere" {
  mkdir "$TMP/x"
  for id in . .. ../x x/; do
    ask delete --force "$id"
    exits 1
    refused 'invalid container ID format'
  done
  [ -d "$TMP/x" ] && [ -d "$ROOT" ]
}

@test "a create that was killed before it had a process does not cost others their cgroup" {
  launch
  mkdir "$ROOT/$ID-2"
  jq -c --arg id "$ID-2" '.id = $id | .pid = 0' "$ROOT/$ID/state.json" >"$ROOT/$ID-2/state.json"
  ask delete --force "$ID-2"
  ok
  [[ $stderr =~ 'in use by others' ]]
  gone "$ID-2"
  is_phase running
}

@test "a create that was killed in a hook" {
  hook createRuntime 'kill -9 $PPID'
  run ! create
  deletes
}

@test "--force ends a create that hangs in the container's own hooks" {
  config '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "touch \($ARGS.positional[0]); exec sleep 1000"]}]' --args "$TMP/hangs"
  "$RUNTIME" --root "$ROOT" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
  wait_until [ -e "$TMP/hangs" ]
  deletes --force
  ! wait $!
}

@test "one argument" {
  for arguments in '' 'a b'; do
    # shellcheck disable=SC2086 # several words
    ask delete $arguments
    exits 1
    refused 'requires exactly 1 argument\(s\)'
  done
}

@test "--regex: all that match" {
  is_husk || skip "an option of husk and crun"
  create "$ID-1"
  launch "$ID-2"
  create "$TOKEN-other"
  ask delete --force --regex "^$ID-"
  says ''
  gone "$ID-1"
  gone "$ID-2"
  is_phase created "$TOKEN-other"
}

@test "--regex: what fails is told, with its id" {
  is_husk || skip "an option of husk and crun"
  create "$ID-1"
  launch "$ID-2"
  ask delete -r "$ID"
  exits 1
  refused "$ID-2: cannot delete container"
  gone "$ID-1"
}

@test "one that shares its cgroup with another that runs: the other is left alone" {
  config --arg p "/$TOKEN-shared" '.linux.cgroupsPath = $p'
  config '.process.args = ["/bin/true"]'
  launch
  wait_until is_phase stopped
  config '.process.args = ["/bin/sleep", "1000"]'
  launch "$TOKEN-b"
  ask delete "$ID"
  refused "cgroup"
  is_phase running "$TOKEN-b"
  runtime delete --force "$TOKEN-b"
  ask delete "$ID"
  says ''
}

@test "somebody else's process in its cgroup: said at once, and it lives" {
  config --arg p "/$TOKEN-shared" '.linux.cgroupsPath = $p'
  launch
  sleep 1000 3>&- &
  local other=$! dir begun
  for dir in $(cgroups_of); do echo "$other" >"$dir/cgroup.procs"; done
  end_of
  begun=$(date +%s%N)
  ask delete "$ID"
  exits 1
  refused "still in it, the first is $other"
  [ $((($(date +%s%N) - begun) / 1000000)) -lt 5000 ] # ten seconds are for those that are about to end
  alive "$other"
  kill "$other"
  wait "$other" || true
  deletes
}

@test "frozen by itself, in a cgroup that it has made: --force" {
  launch
  freeze_from_inside
  local pid
  pid=$(pid_of)
  deletes --force
  wait_until dead "$pid"
}

@test "a state that was never written: as if there were none" {
  mkdir "$ROOT/$ID"
  : >"$ROOT/$ID/state.json"
  ask state "$ID"
  refused "does not exist"
  ask delete "$ID"
  ok
  [ ! -e "$ROOT/$ID" ]
}
