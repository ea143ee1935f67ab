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

@test "run: a step's number and name are those of the plan" {
  traced_run
  ok
  runtime run --dry-run --format json -b "$BUNDLE" "$ID" | jq -c '.steps | to_entries[] | [.key + 1, .value.does]' >plan
  jq -c '[.traceEvents[] | select(.ph == "X" and .args.step) | [.args.step, .name]] | unique[]' trace.json >traced
  diff plan traced
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
  same "$(grep -E '"(ts|dur)":' "$TMP/trace.json" | grep -vcE ': [0-9]+[.][0-9]{3},?$')" 0 # (1.5 is not 1.005)
  # One after the other: what a process does next begins when this has ended.
  jq -e '[.traceEvents[] | select(.tid == 3 and .ph == "X")] | [., .[1:]] | transpose | map(select(.[1]))
    | map(.[0].ts + .[0].dur <= .[1].ts + 0.001) | all' "$TMP/trace.json"
  jq -e '[.traceEvents[] | select(.tid == 3 and .ph == "X" and .args.step) | .args.step]
    | . == sort' "$TMP/trace.json"
}

@test "with a user namespace the child's part is there, and the maps" {
  user_namespace
  traced_run
  ok
  same "$(threads)" 'parent child init'
  names | grep -qx 'send maps_please, wait for maps_done'
  names | grep -qx 'write the id maps, send maps_done'
  names | grep -qx 'clone init, send init_pid'
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

@test "a start that fails has a timeline up to there, with the step that failed" {
  config '.mounts += [{destination: "/x", type: "nofs", source: "x"}] | .process.args = ["/bin/true"]'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
  refused
  names | grep -qx 'mount proc on /proc'
  same "$(jq -r '.traceEvents[] | select(.cat == "error") | .name' "$TMP/trace.json")" 'failed: mount x on /x'
  run ! grep -q 'change root' "$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  has '! *\| failed: mount x on /x' 'failed: error mounting '
  same "$(jq -r '.otherData.error' "$TMP/trace.json")" "$(sed -n 's/^failed: //p' <<<"$output" | tail -n 1)"
}

@test "a program that cannot be executed is there once, as what failed" {
  printf '\x7fELF' >"$BUNDLE/rootfs/broken"
  chmod 755 "$BUNDLE/rootfs/broken"
  config '.process.args = ["/broken"]'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
  refused
  names | grep -qx 'failed: start the program'
  run ! grep -q '"start the program"' "$TMP/trace.json"
}

@test "a namespace that cannot be joined: the child's failure is there" {
  config '(.linux.namespaces[] | select(.type == "network") | .path) = "/proc/self/fd"'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
  refused
  same "$(jq -r '.traceEvents[] | select(.cat == "error") | [.tid, .name] | join(" ")' "$TMP/trace.json")" '2 failed: no namespace file /proc/self/fd'
}

@test "what fails in the parent is there, too" {
  config '.hooks.prestart = [{path: "/bin/false"}]'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
  refused 'prestart hook #0'
  same "$(jq -r '.traceEvents[] | select(.cat == "error") | [.tid, .name] | join(" ")' "$TMP/trace.json")" $'1 failed: run hooks, send state\n1 failed: prestart hook #0 /bin/false'
  [[ $(jq -r .otherData.error "$TMP/trace.json") == 'error running prestart hook #0'* ]]
}

@test "in a time namespace init's steps are at their times all the same" {
  local seconds
  for seconds in 100000 -1000; do
    config --argjson s "$seconds" '.linux.namespaces |= (map(select(.type != "time")) + [{type: "time"}])
      | .linux.timeOffsets = {monotonic: {secs: $s}}'
    traced_run
    ok
    same "$(steps_of)" "$(runtime run --dry-run --format json -b "$BUNDLE" "$ID" | jq '.steps | length')"
    same "$(jq '[.traceEvents[] | select(.ph == "X" and .ts > 60000000)] | length' "$TMP/trace.json")" 0
  done
}

@test "what comes after the seccomp filter has its time, too" {
  cat >"$ROOTFS/pause" <<<$'#!/bin/sh\nexec sleep 0.05'
  chmod +x "$ROOTFS/pause"
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["clock_gettime"], action: "SCMP_ACT_KILL_PROCESS"}]}
    | .process.noNewPrivileges = false | .hooks.startContainer = [{path: "/pause"}]'
  traced_run
  ok
  [ "$(jq '.traceEvents[] | select(.name == "run startContainer hook \"/pause\"") | .dur | floor' "$TMP/trace.json")" -ge 50000 ]
}

@test "a name of seventy characters is there to its end" {
  ln -s /bin/true "$TMP/a-hook-with-a-name-that-is-long"
  config --arg p "$TMP/a-hook-with-a-name-that-is-long" '.hooks.prestart = [{path: $p}]'
  traced_run
  ok
  names | grep -qxF "$(cut -c -71 <<<"prestart hook #0 $TMP/a-hook-with-a-name-that-is-long")"
}

@test "long times stand apart" {
  printf '%s' '{"traceEvents":[{"ph":"X","name":"a","ts":18058100.0,"dur":1106949.7,"tid":1}]}' >"$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  ok
  has '18058100\.0  ?1106949\.7  1'
}

@test "messages by their names, and each hook" {
  user_namespace
  config '.hooks.prestart = [{path: "/bin/true"}, {path: "/bin/true"}]'
  traced_run
  ok
  local message
  for message in maps_please init_pid hooks_please ready; do names | grep -qx "wait for a message: $message"; done
  for message in plan maps_done state run; do names | grep -qE "(^|, )send $message\$"; done
  names | grep -qx 'prestart hook #1 /bin/true'
  names | grep -qx 'wait until execve closes the socket'
}

@test "what somebody has written over init's memory does not harm, and is left out" {
  cat >"$TMP/forge.py" <<'EOF'
import json, struct, sys
pid = json.load(sys.stdin)["pid"]
start = int(next(line for line in open(f"/proc/{pid}/maps") if "husk-timeline" in line).split("-")[0], 16)
memory = open(f"/proc/{pid}/mem", "r+b", 0)
forged = [(-2**63, 5, 1, 2**32 - 1), (5, 2**63 - 1, 0, 2**32 - 1), (7, 8, 9, 3), (10**18, 10**18, 2, 10**6)]
for i, (begin, end, who, step) in enumerate(forged):
    memory.seek(start + 8 + i * 96)
    memory.write(struct.pack("<qqHHI", begin, end, who, 0, step) + b"forged\x1b[31m\xff\x9b\n".ljust(72, b"x"))
EOF
  config ".hooks.createRuntime = [{path: \"$(command -v python3)\", args: [\"python3\", \"$TMP/forge.py\"]}]"
  traced_run
  ok
  names | grep -qx 'start the program'
  run ! grep -q forged "$TMP/trace.json"
  jq -e . "$TMP/trace.json" >"$TMP/parsed"
}

@test "the file stays in the directory that was named, whoever moves that away" {
  mkdir "$TMP/here" "$TMP/victim"
  printf '#!/bin/sh\ncat >/dev/null\nmv %s %s && ln -s %s %s\n' "$TMP/here" "$TMP/moved" "$TMP/victim" "$TMP/here" >"$TMP/swap"
  chmod +x "$TMP/swap"
  config ".hooks.createRuntime = [{path: \"$TMP/swap\"}] | .process.args = [\"/bin/true\"]"
  run --separate-stderr runtime run --trace "$TMP/here/trace.json" -b "$BUNDLE" "$ID" </dev/null
  ok
  same "$(ls -A "$TMP/victim")" ''
  jq -e .traceEvents "$TMP/moved/trace.json" >"$TMP/parsed"
}

@test "thousands of steps: it says how many it left out" {
  config '.linux.maskedPaths = [range(4300) | "/proc/none/\(.)"] | .process.args = ["/bin/true"]'
  run --separate-stderr runtime run --trace "$TMP/trace.json" -b "$BUNDLE" "$ID" </dev/null
  ok
  [ "$(jq .otherData.leftOut "$TMP/trace.json")" -gt 200 ]
  run --separate-stderr runtime trace "$TMP/trace.json"
  has 'without the last [0-9]+ steps'
}

@test "a file that cannot be written: refused, and nothing was started" {
  run --separate-stderr runtime run --trace "$TMP/none/t.json" -b "$BUNDLE" "$ID" </dev/null
  refused 'write the trace file .*none/t.json: no such file or directory'
  gone
}

@test "what is not a file is refused, and what was there stays when nothing is started" {
  mkfifo "$TMP/pipe"
  run --separate-stderr timeout 60 "$RUNTIME" --root "$ROOT" run --trace "$TMP/pipe" -b "$BUNDLE" "$ID" </dev/null
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

@test "numbers that are none and names that are no text: a picture all the same" {
  local number name
  for number in 413369142136357 99999999999999999999 9e99 -5 0.5; do
    for name in 'a\u009b31m' '\u202ex' '\ufffe' "$(printf 'a%.0s\u00e9' {1..60})"; do
      printf '{"traceEvents":[{"name":"%s","cat":"work","ph":"X","tid":1,"ts":%s,"dur":%s}]}' "$name" "$number" "$number" >"$TMP/trace.json"
      run --separate-stderr runtime trace "$TMP/trace.json"
      ok
      same "$(grep -cP '[\x{80}-\x{9f}\x{202a}-\x{202e}]' <<<"$output")" 0
      runtime trace --svg "$TMP/trace.json" >"$TMP/trace.svg"
      python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$TMP/trace.svg"
    done
  done
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

@test "a bar begins and ends where its time does" {
  printf '%s' '{"traceEvents":[{"ph":"X","name":"all","ts":0,"dur":1000,"tid":1},{"ph":"X","name":"half","ts":500.5,"dur":499.5,
    "tid":1},{"ph":"X","name":"pause","cat":"wait","ts":999,"dur":1,"tid":1}]}' >"$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  has '  0[.]0  1000[.]0 [^|]*[|]#+[|] all' '  500[.]5   499[.]5 [^|]*[|] +#+[|] half' '  999[.]0     1[.]0 [^|]*[|] +[.][|] pause'
  local bar
  bar=$(sed -n 's/.*|\( *#*\)| half/\1/p' <<<"$output")
  same "$(tr -d '#' <<<"$bar" | tr -d '\n' | wc -c)" "$(tr -d ' ' <<<"$bar" | tr -d '\n' | wc -c)"
}

@test "a file that is no timeline is refused" {
  echo '{}' >"$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  refused 'no timeline'
  echo '{"traceEvents": 5}' >"$TMP/trace.json"
  run --separate-stderr runtime trace "$TMP/trace.json"
  refused 'traceEvents'
}

@test "an empty name of a trace is refused, and nothing is started" {
  config '.process.args = ["/bin/true"]'
  local command
  for command in run create; do
    run --separate-stderr runtime "$command" --trace '' -b "$BUNDLE" "$ID" </dev/null
    refused '--trace: an empty name is none'
    exits 1
  done
  config '.process.args = ["/bin/sleep", "1000"]'
  launch
  run --separate-stderr runtime exec --trace '' "$ID" true </dev/null
  refused '--trace: an empty name is none'
  exits 255
}
