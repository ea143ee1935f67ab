#!/usr/bin/env bats
# --trace of run, create and exec: the timeline of a start; husk trace: the same, drawn.
# shellcheck disable=SC2154,SC2016 # ($output and $stderr are set by run; expanded inside)
load helpers
load containers

setup_file() { is_husk || skip "husk's own"; }

names() { jq -r '.traceEvents[] | select(.ph == "X") | .name' "$TMP/trace.json"; }
threads() { jq -r '[.traceEvents[] | select(.ph == "M" and .name == "thread_name") | .args.name] | join(" ")' "$TMP/trace.json"; }
steps_of() { jq -r '[.traceEvents[] | select(.ph == "X" and .args.step) | .args.step] | unique | length' "$TMP/trace.json"; }
traced_run() {
  config '.process.args = ["/bin/true"]'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
}

@test "run: every step of the plan is there, and what the parent did" {
  traced_run
  ok
  same "$(steps_of)" "$(runtime run --dry-run --format json -b "$BUNDLE" "$ID" | jq '.steps | length')"
  names >"$TMP/names"
  local name
  for name in 'read the configuration' plan 'make the cgroup' 'mount proc on /proc' 'change root' 'start the program'; do
    grep -qxF "$name" "$TMP/names" || { echo "missing: $name"; cat "$TMP/names"; return 1; }
  done
}

@test "run: times are in order, and no longer than the run took" {
  local before after
  before=$(date +%s%N)
  traced_run
  after=$(date +%s%N)
  ok
  jq -e --argjson most "$(((after - before) / 1000))" '[.traceEvents[] | select(.ph == "X")]
    | (map(.ts) | . == sort) and (map(.ts >= 0 and .dur >= 0) | all) and (map(.ts + .dur) | max) <= $most' \
    "$TMP/trace.json"
  jq -e '[.traceEvents[] | select(.tid == 3 and .ph == "X" and .args.step) | .args.step]
    | . == sort' "$TMP/trace.json"
}

@test "with a user namespace the child's part is there, and the maps" {
  user_namespace
  traced_run
  ok
  same "$(threads)" 'parent child init'
  names | grep -qx 'wait for the id maps'
  names | grep -qx 'write the id maps'
  names | grep -qx 'clone init'
}

@test "a filter and no more privileges: the clock stops where a system call could end init" {
  config '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{names: ["clock_gettime"], action: "SCMP_ACT_KILL_PROCESS"}]}'
  traced_run
  ok
  names | grep -qx 'load seccomp filter'
  names | grep -qx 'start the program'
}

@test "create: up to the gate, and exec: into the container's namespaces" {
  runtime create --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  names | grep -q 'tell the parent: ready'
  runtime start "$ID"
  run --separate-stderr runtime exec --trace "$TMP/trace.json" "$ID" true </dev/null
  ok
  names | grep -qx 'join namespaces'
  names | grep -qx 'start the program'
}

@test "a start that fails has a timeline up to there" {
  config '.mounts += [{destination: "/x", type: "nofs", source: "x"}] | .process.args = ["/bin/true"]'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
  refused
  names | grep -qx 'mount proc on /proc'
  run ! grep -q 'change root' "$TMP/trace.json"
}

@test "a file that cannot be written: refused, and nothing was started" {
  run --separate-stderr runtime run --trace "$TMP/none/t.json" -b "$BUNDLE" "$ID" </dev/null
  refused 'write the trace file .*none/t.json: no such file or directory'
  gone
}

@test "what is not a file is refused, and what was there stays when nothing is started" {
  mkfifo "$TMP/pipe"
  run --separate-stderr timeout 10 "$RUNTIME" --root "$ROOT" run --trace "$TMP/pipe" -b "$BUNDLE" "$ID" </dev/null
  refused 'it is there and no regular file'
  run --separate-stderr runtime run --trace /dev/null -b "$BUNDLE" "$ID" </dev/null
  refused 'it is there and no regular file'
  [ -c /dev/null ]
  echo precious >"$TMP/precious"
  run --separate-stderr runtime exec --trace "$TMP/precious" nobody-of-this-name true </dev/null
  refused
  ln -s precious "$TMP/trace.json"
  traced_run
  ok
  same "$(<"$TMP/precious")" precious
  [ ! -L "$TMP/trace.json" ]
}

@test "names in a file of somebody else's do not reach the terminal as they are" {
  printf '%s' '{"otherData":{"what":"\u001b]0;x\u0007"},"traceEvents":[{"ph":"X","name":"a\u001b[31m\nb","ts":1,"dur":1,"tid":1}]}' >"$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  ok
  same "$(tr -d '[:print:]\n' <<<"$output")" ''
  same "$(wc -l <<<"$output")" 3
}

@test "the descriptor of the timeline is not in the container" {
  config '.process.args = ["/bin/sh", "-c", "ls -l /proc/self/fd /proc/1/fd; cat /proc/1/maps"]'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
  lacks timeline
}

@test "drawn as text and as SVG" {
  traced_run
  run --separate-stderr runtime trace "$TMP/trace.json"
  has 'start of' 'parent +\|#' '\| change root'
  same "$(grep -c '|.*|' <<<"$output")" "$(($(names | wc -l) + 1))"
  runtime trace --svg "$TMP/trace.json" >"$TMP/trace.svg"
  python3 - "$TMP/trace.svg" "$(names | wc -l)" <<'EOF'
import sys, xml.dom.minidom
tree = xml.dom.minidom.parse(sys.argv[1])
assert len(tree.getElementsByTagName("title")) == int(sys.argv[2])
EOF
}

@test "a file that is no timeline is refused" {
  echo '{}' >"$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  refused 'no timeline'
  echo '{"traceEvents": 5}' >"$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  refused 'traceEvents'
}
