#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# husk state, byte for byte as runc prints it, with one member more at the end (see pids.bats).
# Legs: short
load helpers
load containers

@test "a running container" {
  launch --pid-file "$TMP/pid" "$ID"
  ask state "$ID"
  ok
  local more=
  if is_husk; then more=",
  \"nsPids\": [
    $(<"$TMP/pid"),
    1
  ]"; fi
  same "$output" "{
  \"ociVersion\": \"1.3.0\",
  \"id\": \"$ID\",
  \"pid\": $(<"$TMP/pid"),
  \"status\": \"running\",
  \"bundle\": \"$BUNDLE\",
  \"rootfs\": \"$ROOTFS\",
  \"created\": \"$(jq -r .created <<<"$output")\",
  \"owner\": \"\"$more
}"
}

@test "the time is RFC 3339 and now" {
  local before
  before=$(date +%s)
  launch
  ask state "$ID"
  has '"created": "[0-9-]{10}T[0-9:]{8}\.[0-9]{1,9}Z"'
  local created
  created=$(date -d "$(jq -r .created <<<"$output")" +%s)
  [ "$created" -ge "$before" ] && [ "$created" -le "$(date +%s)" ]
}

@test "no newline at the end" {
  launch
  runtime state "$ID" >"$TMP/text"
  same "$(tail -c 1 "$TMP/text")" '}'
}

@test "annotations: by name, with what HTML would take for its own escaped" {
  config '.annotations = {"b.x": "<1> & \"2\"", "a.y": "z"}'
  launch
  ask state "$ID"
  ok
  [[ $output == *'"annotations": {
    "a.y": "z",
    "b.x": "\u003c1\u003e \u0026 \"2\""
  },
  "owner": ""'* ]] || { show; return 1; }
}

@test "created" {
  create --pid-file "$TMP/pid" "$ID"
  ask state "$ID"
  ok
  same "$(jq -c '[.status, .pid]' <<<"$output")" "[\"created\",$(<"$TMP/pid")]"
}

@test "creating, while its hooks run" {
  hook createRuntime "'$RUNTIME' --root '$ROOT' state '$ID' >'$TMP/seen'"
  create
  same "$(jq -r .status "$TMP/seen")" creating
}

@test "stopped: no pid" {
  launch
  end_of
  ask state "$ID"
  ok
  same "$(jq -c '[.status, .pid]' <<<"$output")" '["stopped",0]'
}

@test "a pid that another process has now" {
  launch
  end_of
  mend_state ".pid = $$" # the start time is another one
  ask state "$ID"
  ok
  same "$(jq -c '[.status, .pid]' <<<"$output")" '["stopped",0]'
}

@test "a container whose create was killed" {
  hook createRuntime "kill -9 \$PPID"
  run ! create
  wait_until is_phase stopped
  runtime delete "$ID"
  gone
}

@test "unknown" {
  ask state nope
  exits 1
  refused 'container does not exist'
  same "$output" ''
}

@test "the state directory itself is no container" {
  for id in . .. a/b ../state; do
    ask state "$id"
    exits 1
    refused 'invalid container ID format'
  done
  ask state ''
  refused 'container id cannot be empty'
}

@test "a damaged state" {
  mkdir "$ROOT/$ID"
  echo '{"id": 7' >"$ROOT/$ID/state.json"
  ask state "$ID"
  exits 1
  refused "$ROOT/$ID/state.json: line"
}

@test "one argument, no more and no less" {
  for arguments in '' 'a b'; do
    # shellcheck disable=SC2086 # several words
    ask state $arguments
    exits 1
    refused '"state.*" requires exactly 1 argument\(s\)'
    [[ $output =~ ^'Incorrect Usage' ]]
  done
}

@test "a full disk is told" {
  launch
  run --separate-stderr sh -c '"$0" --root "$1" state "$2" >/dev/full' "$RUNTIME" "$ROOT" "$ID"
  refused 'no space left'
}
