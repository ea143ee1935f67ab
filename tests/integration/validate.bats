#!/usr/bin/env bats
# husk validate: all that is wrong with a bundle, at once.
# shellcheck disable=SC2154 # ($output and $stderr are set by run)
load helpers

setup_file() { is_husk || skip "husk's own"; }

check() { run --separate-stderr husk validate "$@"; }
pointers() { jq -r '.[] | select(.severity == "'"${1:-error}"'") | .pointer' <<<"$output"; }

@test "a good bundle" {
  bundle_busybox
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "the bundle in the current directory" {
  bundle_busybox
  cd "$BUNDLE"
  check
  says '.: nothing to complain about'
}

@test "every error has its line, those of type and those of sense" {
  bundle_busybox
  config '.process.cwd = "here" | .process.args = "sh" | .hostname = 5 | .linux.namespaces += [{type: "nett"}]
    | .mounts += [{type: "tmpfs"}] | .linux.sysctl = {"vm.swappiness": "3"}'
  check --format json "$BUNDLE"
  exits 1
  local mount
  mount=/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/destination
  same "$(pointers | sort)" "$(printf '%s\n' /hostname /linux/namespaces/5/type /linux/sysctl/vm.swappiness "$mount" \
    /process/args /process/cwd | sort)"
}

@test "as text: a line each and the count" {
  bundle_busybox
  config '.process.cwd = "here" | .root.path = "missing"'
  check "$BUNDLE"
  exits 1
  [[ $output == *"error   /process/cwd: must be an absolute path"* ]]
  [[ $output == *"error   /root/path: \"$BUNDLE/missing\" is not a directory (unpack the image's files there)"* ]]
  [[ $output == *"$BUNDLE: 2 errors, 0 warnings" ]]
}

@test "warnings alone are no failure" {
  bundle_busybox
  config '.mounts += [{destination: "/data", type: "bind", source: "/missing/source", options: ["bind"]}]'
  check --format json "$BUNDLE"
  ok
  same "$(pointers warning)" "/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/source"
}

@test "what a start would leave out is a warning" {
  bundle_busybox
  config '.process.capabilities.bounding = ["CAP_NONE"] | .linux.resources.memory.kernel = 5'
  check --format json "$BUNDLE"
  ok
  same "$(pointers warning)" $'/process/capabilities/bounding/0\n/linux/resources/memory/kernel'
}

@test "the source of a bind mount may be relative to the bundle" {
  bundle_busybox
  mkdir "$BUNDLE/beside"
  bind beside /data bind
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "text that is no JSON: line and column" {
  bundle_busybox
  echo '{"ociVersion": ' >"$BUNDLE/config.json"
  check "$BUNDLE"
  exits 1
  [[ $output == *"error   $BUNDLE/config.json: "*line* ]]
}

@test "--config and a file alone" {
  bundle_busybox
  jq '.process.cwd = ""' "$BUNDLE/config.json" >"$TMP/other.json"
  check --config "$TMP/other.json" "$BUNDLE"
  exits 1
  check "$TMP/other.json"
  exits 1
  [[ $output == *"/process/cwd"*"1 error, 0 warnings" ]]
}

@test "a configuration that lacks its process is not taken for one of a process" {
  bundle_busybox
  jq '{ociVersion, root}' "$BUNDLE/config.json" >"$TMP/other.json"
  check --format json "$TMP/other.json"
  exits 1
  same "$(pointers)" /process
}

@test "a process.json: pointers of the file, each problem once" {
  echo '{"args": ["a"], "cwd": "x", "rlimits": [{"type": "RLIMIT_NONE", "soft": 1, "hard": 2}]}' >"$TMP/process.json"
  check --format json "$TMP/process.json"
  exits 1
  same "$(pointers)" $'/cwd\n/rlimits/0/type'
  echo '{"env": ["x"]}' >"$TMP/process.json"
  check --format json "$TMP/process.json"
  same "$(pointers)" $'/cwd\n/args\n/env/0'
}

@test "a namespace without a type is a problem, and one" {
  bundle_busybox
  local entry
  for entry in '{}' '{"type": null}' '{"type": ["pid"]}' '{"type": "pids"}' null 5; do
    echo "{\"linux\": {\"namespaces\": [$entry]}, \"ociVersion\": \"1.3.0\"}" >"$TMP/config.json"
    check --format json "$TMP/config.json"
    exits 1
    same "$(pointers | grep -c ^/linux/namespaces/0)" 1
  done
}

@test "what run refuses, validate has found" {
  bundle_busybox
  local change
  for change in '.process.oomScoreAdj = 2000' '.linux.maskedPaths = ["a"]' '.hooks.poststop = [{path: "a"}]' \
    '.linux.namespaces = [] | .hostname = "a"' '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]' \
    'del(.process)' '.ociVersion = "9"' '.linux.resources.cpu.shares = -1'; do
    new_bundle "$BUNDLE"
    config "$change"
    start
    local run_status=$status
    check "$BUNDLE"
    [ "$run_status" -ne 0 ] && [ "$status" -eq 1 ] || { echo "$change: run $run_status, validate $status"; show; return 1; }
  done
}

@test "no such bundle" {
  check "$TMP/none"
  refused 'none: no such file or directory'
}
