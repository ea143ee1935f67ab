#!/usr/bin/env bats
# husk run --dry-run: the plan of a start, and nothing else happens.
# shellcheck disable=SC2154 # ($output and $stderr are set by run)
load helpers

setup_file() { is_husk || skip "husk's own"; }

plan() { # OPTION...: the plan of $ID
  run --separate-stderr husk run --dry-run "$@" -b "$BUNDLE" "$ID"
}

@test "the steps are there in their order, and nothing is left behind" {
  bundle_busybox
  local before
  before=$(find /sys/fs/cgroup "$ROOT" "$BUNDLE" -maxdepth 3 2>/dev/null | grep -c "$TOKEN" || true)
  plan
  ok
  [[ $output == *' path="/dev/null" type='*' mode=0666'* ]] || { show; return 1; }
  [[ $output == *"mount proc on /proc"*"change root"*"set hostname"*"tell the parent: ready"*"start the program"* ]]
  same "$(find /sys/fs/cgroup "$ROOT" "$BUNDLE" -maxdepth 3 2>/dev/null | grep -c "$TOKEN" || true)" "$before"
  [ ! -e "$ROOT/$ID" ]
}

@test "as JSON it has the configuration's values" {
  bundle_busybox
  config '.hostname = "planned" | .linux.resources.pids.limit = 77 | .process.capabilities.bounding = ["CAP_KILL"]
    | .mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["nosuid", "size=1m"]}]'
  plan --format json
  ok
  same "$(jq -r '.steps[] | select(.op == "hostname") | .name' <<<"$output")" planned
  same "$(jq -c '.steps[] | select(.op == "credentials") | .bounding' <<<"$output")" '["CAP_KILL"]'
  same "$(jq -c '.steps[] | select(.target == "/data") | [.op, .attrSet, .data]' <<<"$output")" '["mount",["nosuid"],["size=1m"]]'
  same "$(jq -r '.cgroup.writes[] | select(.file == "pids.max") | .value' <<<"$output")" 77
  same "$(jq -r '.steps[-1].op' <<<"$output")" exec
}

@test "the way: with a user namespace there is a child, and its maps are shown" {
  bundle_busybox
  user_namespace
  plan --format json
  ok
  same "$(jq -c .processes <<<"$output")" '["parent","child","init"]'
  same "$(jq -r .namespaces.uidMap <<<"$output")" '0 100000 65536'
  has user
}

@test "a filter is told by its number of instructions" {
  bundle_busybox
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
  plan --format json
  ok
  local count
  count=$(jq '.steps[] | select(.op == "seccomp") | .instructions' <<<"$output")
  [ "$count" -gt 3 ] && [ "$count" -lt 30 ] || { echo "instructions: $count"; return 1; }
}

@test "a bundle that cannot be started is refused with the same sentence as by run" {
  bundle_busybox
  config '.process.cwd = "nowhere"'
  plan
  refused '/process/cwd: must be an absolute path'
  local said=$stderr
  start
  refused
  same "${stderr##*msg=}" "${said##*msg=}"
}

@test "--format without it, and --trace with it, are refused" {
  bundle_busybox
  run --separate-stderr husk run --format json -b "$BUNDLE" "$ID"
  refused 'is how --dry-run prints'
  plan --trace "$TMP/trace.json"
  refused 'there is no --trace of it'
  [ ! -e "$TMP/trace.json" ]
  plan --trace ''
  refused '--trace: an empty name is none'
}

@test "a format that is none is refused" {
  bundle_busybox
  plan --format xml
  refused 'invalid format: xml'
}

@test "what the parent does: hooks and network" {
  bundle_busybox
  config '.hooks = {prestart: [{path: "/bin/true", args: ["true", "a\u001bb"]}], poststop: [{path: "/bin/false", timeout: 3}]}
    | .annotations = {"org.husk.network":
        "{\"interfaces\":[{\"type\":\"veth\",\"name\":\"eth7\",\"hostName\":\"hq7\",\"addresses\":[\"10.9.0.2/24\"],\"gateway\":\"10.9.0.1\"}]}"}'
  plan --format json
  ok
  same "$(jq -c '[.hooks[] | [.kind, .path, .timeout]]' <<<"$output")" '[["prestart","/bin/true",null],["poststop","/bin/false",3]]'
  same "$(jq -c '.network[0] | [.type, .name, .hostName, .addresses, .gateway]' <<<"$output")" \
    '["veth","eth7","hq7",["10.9.0.2/24"],"10.9.0.1"]'
  plan
  has 'hook +prestart, while init waits: /bin/true a\?b' 'hook +poststop, .*: /bin/false \(3 s at most\)' \
    'network +veth eth7, outside hq7, 10.9.0.2/24, gateway 10.9.0.1'
}

@test "words are those of the field: types of devices, clocks, flags of filters" {
  bundle_busybox
  config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 5}}
    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_LOG"],
        syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
  plan
  has 'offset +of boottime: 5 s' 'path="/dev/null" type=c major=1 minor=3' 'path="/dev/tty" type=c major=5 minor=0' 'flags=\[.*log'
}

@test "nothing of the configuration reaches the terminal as it is" {
  bundle_busybox
  config '.hostname = "a\u001b[31m" | .process.args = ["\u009bx", "\u202e"]
    | .mounts += [{destination: "/\u001b]0;x\u0007", type: "tmpfs", source: "tmpfs"}]'
  plan
  ok
  same "$(grep -cP '[\x{1b}\x{07}\x{80}-\x{9f}\x{202a}-\x{202e}]' <<<"$output")" 0
}
