#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# husk list, byte for byte as runc prints it.
# Legs: short
load helpers
load containers

header='ID          PID         STATUS      BUNDLE      CREATED     OWNER'

stopped_in() { # ID BUNDLE: a container on paper, with columns of known width
  mkdir "$ROOT/$1"
  jq -cn --arg id "$1" --arg b "$2" '{id: $id, bundle: $b, rootfs: ($b + "/r"), created: "2026-01-02T03:04:05Z", owner: 0}' \
    >"$ROOT/$1/state.json"
}

@test "no containers" {
  ask list
  says "$header"
}

@test "no containers, as JSON" {
  ask list --format json
  says null
}

@test "no containers, ids" {
  ask list -q
  says ''
}

@test "a state directory that is not there: an error where it was asked for" {
  run --separate-stderr "$RUNTIME" --root "$TMP/none" list
  refused "$TMP/none.*no such file or directory"
  same "$output" ''
  [ ! -e "$TMP/none" ]
}

@test "the default state directory need not be there" {
  mkdir "$TMP/runtime"
  run --separate-stderr setpriv --reuid 47112 --clear-groups env -u XDG_RUNTIME_DIR "$RUNTIME" list
  if [ -e /run/husk ] || [ -e /run/runc ]; then skip "there is one"; fi
  says "$header"
  same "$stderr" ''
}

@test "columns: twelve wide at least, three blanks apart" {
  stopped_in "$ID-a-rather-long-name" /b
  stopped_in b "$TMP"
  ask list
  local wide
  printf -v wide '%-*s' $((${#ID} + 19 + 3)) "$ID-a-rather-long-name"
  local bundle=$((${#TMP} + 3)) text
  [ "$bundle" -ge 12 ] || bundle=12
  printf -v text '%-*sPID         STATUS      %-*sCREATED                OWNER\n' ${#wide} ID $bundle BUNDLE
  printf -v text '%s%-*s0           stopped     %-*s2026-01-02T03:04:05Z   root\n' "$text" ${#wide} b $bundle "$TMP"
  printf -v text '%s%s0           stopped     %-*s2026-01-02T03:04:05Z   root' "$text" "$wide" $bundle /b
  says "$text"
}

@test "a bundle with letters of several bytes" {
  stopped_in b /äöü/ß-日本
  ask list
  says "ID          PID         STATUS      BUNDLE      CREATED                OWNER
b           0           stopped     /äöü/ß-日本   2026-01-02T03:04:05Z   root"
}

@test "a bundle with a newline does not break the table" {
  stopped_in b $'/x\ny'
  ask list
  has '/x\?y'
}

@test "states of several" {
  launch "$ID-1"
  create "$ID-2"
  launch "$ID-3"
  end_of "$ID-3"
  ask list
  has "
$ID-1 +[0-9]+ +running +$BUNDLE +[0-9TZ:.-]+ +root
$ID-2 +[0-9]+ +created +$BUNDLE +[0-9TZ:.-]+ +root
$ID-3 +0 +stopped +$BUNDLE +[0-9TZ:.-]+ +root\$"
}

@test "--quiet: the ids, sorted" {
  stopped_in b /b
  stopped_in a /a
  for option in -q --quiet -quiet --quiet=true; do
    ask list "$option"
    says $'a\nb'
  done
}

@test "--format json: one line, with the owner's name" {
  stopped_in b /b
  config '.annotations = {"x": "y"}'
  launch
  ask list --format json
  ok
  local pid created
  pid=$(pid_of)
  created=$(jq -r .created "$ROOT/$ID/state.json")
  same "$output" "[{\"ociVersion\":\"1.3.0\",\"id\":\"b\",\"pid\":0,\"status\":\"stopped\",\"bundle\":\"/b\",\"rootfs\":\"/b/r\",\
\"created\":\"2026-01-02T03:04:05Z\",\"owner\":\"root\"},{\"ociVersion\":\"1.3.0\",\"id\":\"$ID\",\"pid\":$pid,\"status\":\"running\",\
\"bundle\":\"$BUNDLE\",\"rootfs\":\"$ROOTFS\",\"created\":\"$created\",\"annotations\":{\"x\":\"y\"},\"owner\":\"root\"}]"
}

@test "every spelling of --format" {
  for options in '-f json' '-f=json' '--format json' '--format=json' '-format json'; do
    # shellcheck disable=SC2086 # several words
    ask list $options
    says null
  done
  ask list -f table
  says "$header"
}

@test "a format that is none" {
  for format in yaml '' JSON; do
    ask list --format "$format"
    exits 1
    refused 'msg="invalid format option"'
  done
}

@test "an owner without a name" {
  stopped_in b /b
  mend_state '.owner = 4123456789' b
  ask list
  has '#4123456789$'
}

@test "a damaged state is left out, with a warning" {
  stopped_in a /a
  stopped_in c /c
  mkdir "$ROOT/b"
  echo '{' >"$ROOT/b/state.json"
  ask list -q
  says $'a\nc'
  [[ $stderr =~ level=warning.*'load container b: ' ]]
}

@test "the warning goes to the log" {
  mkdir "$ROOT/b"
  echo '[]' >"$ROOT/b/state.json"
  run --separate-stderr "$RUNTIME" --root "$ROOT" --log "$TMP/log" --log-format json list -f json
  says null
  same "$stderr" ''
  jq -e '.level == "warning" and (.msg | startswith("load container b: "))' "$TMP/log"
}

@test "a directory that was left without a state is told" {
  mkdir "$ROOT/b"
  runtime list 2>"$TMP/young"
  same "$(<"$TMP/young")" '' # somebody may be about to write it
  told() { runtime list 2>&1 | grep -q 'load container b: container does not exist'; }
  wait_until told
}

@test "what is no container is passed over" {
  echo x >"$ROOT/file"
  ln -s /etc "$ROOT/link"
  mkdir "$ROOT/with blank"
  ask list -q
  says ''
  same "$stderr" ''
  rm -r "$ROOT/file" "$ROOT/link" "$ROOT/with blank"
}

@test "while containers come and go" {
  come_and_go() {
    local _
    for _ in 1 2 3 4 5 6; do runtime create -b "$BUNDLE" "$ID-$1" && runtime delete -f "$ID-$1" || echo failed; done
  }
  stopped_in a /a
  come_and_go 1 </dev/null >"$TMP/one" 2>&1 3>&- &
  come_and_go 2 </dev/null >"$TMP/two" 2>&1 3>&- &
  while [ -n "$(jobs -rp)" ]; do
    ask list -f json
    ok
    same "$stderr" ''
    jq -e '.[0].id == "a" and all(.status != "running")' <<<"$output"
  done
  wait
  same "$(cat "$TMP/one" "$TMP/two")" ''
}
